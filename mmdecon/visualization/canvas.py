"""What all pictures are composed of: colours, brightness, captions and tiles.

Shapes: H x W the picture in pixels, C channels. Pictures are RGB, (H, W, 3), uint8.
"""

import colorsys
from collections.abc import Sequence

import numpy as np
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

# Told apart by the colour-blind too (Okabe and Ito's set).
ORANGE, SKY, GREEN, VERMILION = (230, 159, 0), (86, 180, 233), (0, 158, 115), (213, 94, 0)
INK, PAPER = (40, 40, 40), (255, 255, 255)

GOLDEN = (5**0.5 - 1) / 2  # of all steps around the hue circle it keeps any number of hues best apart


def palette(count: int) -> np.ndarray:
    """Makes colours of which the first ones do not depend on how many there are.

    Args:
        count: How many.

    Returns:
        (count, 3), uint8.

    Example:
        >>> bool((palette(3) == palette(9)[:3]).all())
        True
    """
    shades = [(0.8, 1.0), (0.4, 1.0), (0.8, 0.65)]  # saturation and value
    colours = [colorsys.hsv_to_rgb(i * GOLDEN % 1, *shades[i % 3]) for i in range(count)]
    return np.round(np.array(colours).reshape(count, 3) * 255).astype(np.uint8)


def brighten(image: np.ndarray, top: float = 99.5) -> np.ndarray:
    """Stretches the brightness of a dark image for display, all channels alike.

    Args:
        image: (H, W, 3), uint8.
        top: Percentile of the pixels that becomes white, 0..100; the darkest pixel becomes black.

    Returns:
        (H, W, 3), uint8.
    """
    low, high = float(image.min()), float(np.percentile(image, top))
    scaled = (image.astype(np.float32) - low) / max(high - low, 1.0)
    return np.round(scaled.clip(0, 1) * 255).astype(np.uint8)


def blend(image: np.ndarray, colours: np.ndarray, opacity: float | np.ndarray) -> np.ndarray:
    """Lays colours over an image.

    Args:
        image: (H, W, 3), uint8.
        colours: Anything that broadcasts to (H, W, 3), 0..255.
        opacity: 0 (image alone) .. 1 (colours alone), a number or (H, W).

    Returns:
        (H, W, 3), uint8.
    """
    share = np.broadcast_to(np.asarray(opacity, np.float32), image.shape[:2])[..., None]
    return np.round(image * (1 - share) + np.asarray(colours, np.float32) * share).astype(np.uint8)


def enlarge(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes a picture for display, without smoothing: every pixel stays visible as a block.

    Args:
        image: (h, w, 3) or (h, w), uint8.
        size: H, W.
    """
    return np.asarray(Image.fromarray(image).resize(size[::-1], Image.NEAREST))


def frame(image: np.ndarray, box: Sequence[float], colour: Colour, width: int = 2) -> np.ndarray:
    """Draws the outline of a box inside its border.

    Args:
        image: (H, W, 3), uint8.
        box: left, top, right, bottom in pixels, right and bottom exclusive.
        colour: Of the line.
        width: Of the line, in pixels.

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
        text: One or more lines; a line too wide is cut off at the picture's edge.
        size: Height of the letters, in pixels.
        ink: Colour of the letters.

    Returns:
        (H + strip, W, 3), uint8; the strip's height depends on ``size`` and the number of lines alone.
    """
    line = size + 5
    strip = Image.new('RGB', (image.shape[1], line * (text.count('\n') + 1) + 3), PAPER)
    font = ImageFont.truetype(findfont('DejaVu Sans'), size)
    for number, words in enumerate(text.split('\n')):
        ImageDraw.Draw(strip).text((2, number * line + 1), words, ink, font)
    return np.concatenate([np.asarray(strip), image])


def tile(rows: Sequence[Sequence[np.ndarray]], gap: int = 8) -> np.ndarray:
    """Sets pictures side by side and rows one below the other, on white.

    Args:
        rows: Rows of pictures, (H, W, 3), uint8, of any sizes; each is set to the top left of its place.
        gap: White between and around them, in pixels.

    Returns:
        One picture.
    """
    return _join([_join(row, gap, axis=1) for row in rows], gap, axis=0, margin=gap)


def _join(pictures: Sequence[np.ndarray], gap: int, axis: int, margin: int = 0) -> np.ndarray:
    """Joins pictures along an axis with gaps between, padded to the longest on the other axis, with a margin around."""
    across = 1 - axis
    longest = max(picture.shape[across] for picture in pictures)
    parts = []
    for number, picture in enumerate(pictures):
        pad = [(0, 0)] * 3
        pad[across] = (0, longest - picture.shape[across])
        pad[axis] = (gap if number else 0, 0)
        parts.append(np.pad(picture, pad, constant_values=255))
    return np.pad(np.concatenate(parts, axis), [(margin, margin), (margin, margin), (0, 0)], constant_values=255)
