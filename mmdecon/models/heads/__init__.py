"""What stands between a level and the loss, and has a teacher."""

from .slots import SlotHead

__all__ = ['SlotHead']
