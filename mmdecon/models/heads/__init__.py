"""What stands between a level and the loss, and has a teacher."""

from .dense import DenseHead
from .maps import MapHead
from .regions import RegionHead
from .slots import SlotHead
from .vector import VectorHead

__all__ = ['DenseHead', 'MapHead', 'RegionHead', 'SlotHead', 'VectorHead']
