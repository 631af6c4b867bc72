"""What stands between a level and the loss, and has a teacher."""

from .base import Head
from .dense_head import DenseHead
from .map_head import MapHead
from .pixel_head import PixelHead
from .region_head import RegionHead
from .slot_head import SlotHead
from .vector_head import VectorHead

__all__ = ['DenseHead', 'Head', 'MapHead', 'PixelHead', 'RegionHead', 'SlotHead', 'VectorHead']
