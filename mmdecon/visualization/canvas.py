"""Basic drawing functions: colours, brightness, captions and tiles.

Shapes: H x W the picture in pixels, C channels. Pictures are RGB, (H, W, 3), uint8.
"""

import colorsys
from collections.abc import Sequence

import numpy as np
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

# Okabe and Ito's palette, which colour-blind people can distinguish.
ORANGE, SKY, GREEN, VERMILION = (230, 159, 0), (86, 180, 233), (0, 158, 115), (213, 94, 0)
INK, PAPER = (40, 40, 40), (255, 255, 255)

GOLDEN = (5**0.5 - 1) / 2  # this step around the hue circle keeps any number of hues well apart


def palette(count: int) -> np.ndarray:
    """Makes distinct colours; the first ones are the same for any count.

    Args:
        count: Number of colours.

    Returns:
        (count, 3), uint8.

    Examples:
        >>> bool((palette(3) == palette(9)[:3]).all())
        True
    """
    shades = [(0.8, 1.0), (0.4, 1.0), (0.8, 0.65)]  # saturation and value
    colours = [colorsys.hsv_to_rgb(i * GOLDEN % 1, *shades[i % 3]) for i in range(count)]
    return np.round(np.array(colours).reshape(count, 3) * 255).astype(np.uint8)


def brighten(image: np.ndarray, top: float = 99.5) -> np.ndarray:
    """Stretches the brightness of a dark image for display, equally in all channels.

    Args:
        image: (H, W, 3), uint8.
        top: Percentile of the values that becomes white, 0..100; the smallest value becomes black.

    Returns:
        (H, W, 3), uint8.
    """
    low, high = float(image.min()), float(np.percentile(image, top))
    scaled = (image.astype(np.float32) - low) / max(high - low, 1.0)
    return np.round(scaled.clip(0, 1) * 255).astype(np.uint8)


def blend(image: np.ndarray, colours: np.ndarray | Sequence[int], opacity: float | np.ndarray) -> np.ndarray:
    """Blends an image with colours.

    Args:
        image: (H, W, 3), uint8.
        colours: Any array that broadcasts to (H, W, 3), 0..255.
        opacity: 0 (only the image) .. 1 (only the colours), a number or (H, W).

    Returns:
        (H, W, 3), uint8.
    """
    share = np.broadcast_to(np.asarray(opacity, np.float32), image.shape[:2])[..., None]
    return np.round(image * (1 - share) + np.asarray(colours, np.float32) * share).astype(np.uint8)


def enlarge(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes a picture for display with nearest neighbours: every pixel stays visible as a block.

    Args:
        image: (h, w, 3) or (h, w), uint8.
        size: H, W.
    """
    return np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.NEAREST))


def frame(image: np.ndarray, box: Sequence[float], colour: Colour, width: int = 2) -> np.ndarray:
    """Draws the outline of a box inside its border.

    Args:
        image: (H, W, 3), uint8.
        box: left, top, right, bottom in pixels, right and bottom exclusive.
        colour: Line colour.
        width: Line width in pixels.

    Returns:
        A new picture.
    """
    picture = Image.fromarray(image)
    left, top, right, bottom = (round(float(edge)) for edge in box)
    ImageDraw.Draw(picture).rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), None, colour, width)
    return np.asarray(picture)


def caption(image: np.ndarray, text: str, size: int = 13, ink: Colour = INK) -> np.ndarray:
    """Puts a white strip with text above a picture.

    Args:
        image: (H, W, 3), uint8.
        text: One or more lines; a line that is too wide is clipped at the picture's edge.
        size: Font size in pixels.
        ink: Text colour.

    Returns:
        (H + strip, W, 3), uint8; the height of the strip depends only on ``size`` and the number of lines.
    """
    line = size + 5
    strip = Image.new('RGB', (image.shape[1], line * (text.count('\n') + 1) + 3), PAPER)
    font = ImageFont.truetype(findfont('DejaVu Sans'), size)
    for number, words in enumerate(text.split('\n')):
        ImageDraw.Draw(strip).text((2, number * line + 1), words, ink, font)
    return np.concatenate([np.asarray(strip), image])


def tile(rows: Sequence[Sequence[np.ndarray]], gap: int = 8) -> np.ndarray:
    """Arranges pictures in rows on a white background.

    Args:
        rows: Rows of pictures, (H, W, 3), uint8, of any sizes; each is aligned to the top left of its place.
        gap: White space between and around them, in pixels.

    Returns:
        One picture.
    """
    return _join([_join(row, gap, axis=1) for row in rows], gap, axis=0, margin=gap)


def _join(pictures: Sequence[np.ndarray], gap: int, axis: int, margin: int = 0) -> np.ndarray:
    """Joins pictures along an axis with gaps, padded to the largest on the other axis, with a margin around all."""
    across = 1 - axis
    longest = max(picture.shape[across] for picture in pictures)
    parts = []
    for number, picture in enumerate(pictures):
        pad = [(0, 0)] * 3
        pad[across] = (0, longest - picture.shape[across])
        pad[axis] = (gap if number else 0, 0)
        parts.append(np.pad(picture, pad, constant_values=255))
    return np.pad(np.concatenate(parts, axis), [(margin, margin), (margin, margin), (0, 0)], constant_values=255)
