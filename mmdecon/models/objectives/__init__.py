"""The losses, with what only the student or only the loss owns."""

from .base import Objective, direction_std
from .detcon import DetConObjective
from .slotcon import SlotConObjective

__all__ = ['DetConObjective', 'Objective', 'SlotConObjective', 'direction_std']
