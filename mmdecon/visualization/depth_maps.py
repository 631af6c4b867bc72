"""Draws depth: ground truth, prediction and their difference.

Shapes: H x W the image in pixels. Pictures are RGB, uint8. Depth is in metres, and 0 where it is unknown.
"""

import numpy as np
from matplotlib import colormaps
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from .canvas import INK, PAPER, caption, tile

NEAR_TO_FAR, ERRORS = 'viridis', 'magma'  # perceptually uniform colour maps, readable in grey too
UNKNOWN = ((225, 225, 225), (175, 175, 175))  # colours of a checkerboard, which no colour map has
CELL = 4  # size of its fields in pixels


def colour_depth(depth: np.ndarray, limits: tuple[float, float], colours: str = NEAR_TO_FAR) -> np.ndarray:
    """Maps depth to colours; unknown depth becomes a grey checkerboard.

    Args:
        depth: (H, W), metres; 0, negative and non-finite values are unknown.
        limits: Metres of the first and of the last colour; values outside get the nearest of these colours.
        colours: Name of a matplotlib colour map.

    Returns:
        (H, W, 3).

    Raises:
        ValueError: If the limits are not ascending.
    """
    known = np.isfinite(depth) & (depth > 0)
    return _colour(np.where(known, depth, limits[0]), known, limits, colours)


def _colour(values: np.ndarray, known: np.ndarray, limits: tuple[float, float], colours: str) -> np.ndarray:
    """Maps values (H, W) to colours (H, W, 3), with a checkerboard where ``known`` is False."""
    low, high = limits
    if not low < high:
        raise ValueError(f'limits={limits}: give the smaller and the larger, in metres')
    shares = ((np.asarray(values, np.float64) - low) / (high - low)).clip(0, 1)
    picture = np.round(colormaps[colours](shares)[..., :3] * 255).astype(np.uint8)
    rows, columns = np.indices(known.shape) // CELL
    board = np.array(UNKNOWN, np.uint8)[(rows + columns) % 2]
    return np.where(known[..., None], picture, board)


def scale_bar(height: int, limits: tuple[float, float], colours: str = NEAR_TO_FAR, unit: str = 'm') -> np.ndarray:
    """Draws a colour bar with the largest value at the top.

    Args:
        height: H in pixels.
        limits: Values at the bottom and at the top.
        colours: Name of a matplotlib colour map.
        unit: Unit after each number.

    Returns:
        (H, 70, 3).
    """
    shares = np.linspace(1, 0, height)[:, None].repeat(14, 1)
    bar = np.full((height, 70, 3), PAPER, np.uint8)
    bar[:, :14] = np.round(colormaps[colours](shares)[..., :3] * 255)
    picture, font = Image.fromarray(bar), ImageFont.truetype(findfont('DejaVu Sans'), 11)
    draw, marks = ImageDraw.Draw(picture), max(2, min(5, height // 40 + 1))
    for number in range(marks):
        share = number / (marks - 1)
        row = round((1 - share) * (height - 1))
        draw.line((14, row, 18, row), INK)
        text = f'{limits[0] + share * (limits[1] - limits[0]):.2f} {unit}'
        draw.text((21, min(max(row, 6), height - 7)), text, INK, font, anchor='lm')
    return np.asarray(picture)


def draw_depth(
    image: np.ndarray,
    truth: np.ndarray,
    prediction: np.ndarray,
    limits: tuple[float, float] | None = None,
    largest_error: float | None = None,
) -> np.ndarray:
    """Draws image, ground truth, prediction and their absolute difference in a row, with colour bars.

    Ground truth and prediction share their colours. Pixels of unknown depth are a grey checkerboard in ground truth and
    difference; the prediction is shown everywhere.

    Args:
        image: (H, W, 3), uint8.
        truth: (H, W), metres, 0 where unknown.
        prediction: (H, W), metres.
        limits: Depth of the first and of the last colour; by default the range of the ground truth.
        largest_error: Metres of the last colour of the difference; by default its 99th percentile.

    Returns:
        One picture.

    Raises:
        ValueError: If the sizes differ, or no depth of the ground truth is known.
    """
    known = _known(image, truth, prediction)
    error = np.where(known, np.abs(prediction - truth), 0).astype(np.float64)
    if limits is None:
        limits = _rising(float(truth[known].min()), float(truth[known].max()))
    top = _rising(0.0, float(np.percentile(error[known], 99)) if largest_error is None else largest_error)
    mean = float((error[known] / truth[known]).mean())
    height = image.shape[0]
    panels = [
        (image, 'image'),
        (colour_depth(truth, limits), 'truth'),
        (colour_depth(prediction, limits), 'prediction'),
        (scale_bar(height, limits), ''),
        (_colour(error, known, top, ERRORS), f'difference, {100 * mean:.1f} % of the truth'),
        (scale_bar(height, top, ERRORS), ''),
    ]
    return tile([[caption(panel, words) for panel, words in panels]])


def _known(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Checks the inputs of ``draw_depth`` and finds the pixels of known depth, (H, W), bool."""
    sizes = {name: part.shape[:2] for name, part in dict(image=image, truth=truth, prediction=prediction).items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f'image, truth and prediction have to be of one size, but are {sizes}')
    known = np.isfinite(truth) & (truth > 0)
    if not known.any():
        raise ValueError('no pixel of the truth has a known depth: there is nothing to compare with')
    return known


def _rising(low: float, high: float) -> tuple[float, float]:
    """Makes ascending limits, also for a map with one single value."""
    return low, max(high, low + 1e-3)
