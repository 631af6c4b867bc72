"""What stands between a level and the loss, and has a teacher."""

from .regions import RegionHead
from .slots import SlotHead

__all__ = ['RegionHead', 'SlotHead']
