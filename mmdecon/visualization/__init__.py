"""Drawing functions: each takes arrays and returns one RGB picture."""

from .canvas import blend, brighten, caption, enlarge, frame, palette, tile
from .curves import Curve, draw_curves, read_scalars
from .depth_maps import colour_depth, draw_depth, scale_bar
from .predictions import draw_errors, draw_mask, iou
from .region_maps import draw_regions, draw_row, outlines
from .slots import draw_slots
from .view_pairs import draw_crops, draw_pair

__all__ = [
    'Curve',
    'blend',
    'brighten',
    'caption',
    'colour_depth',
    'draw_crops',
    'draw_curves',
    'draw_depth',
    'draw_errors',
    'draw_mask',
    'draw_pair',
    'draw_regions',
    'draw_row',
    'draw_slots',
    'enlarge',
    'frame',
    'iou',
    'outlines',
    'palette',
    'read_scalars',
    'scale_bar',
    'tile',
]
