"""The losses, with what only the student or only the loss owns."""

from .base import Objective, direction_std
from .denoising import DenoisingObjective
from .densecl import DenseCLObjective
from .detcon import DetConObjective
from .pixpro import PixProObjective
from .slotcon import SlotConObjective
from .vector import VectorContrast, VectorPrediction

__all__ = [
    'DenoisingObjective',
    'DenseCLObjective',
    'DetConObjective',
    'Objective',
    'PixProObjective',
    'SlotConObjective',
    'VectorContrast',
    'VectorPrediction',
    'direction_std',
]
