"""Going on from a checkpoint: which one, whether it belongs to the same run, and what has to be converted."""

from .folder import find_checkpoint, refuse_overwriting
from .record import make_record
from .resumption import Resumption

__all__ = ['Resumption', 'find_checkpoint', 'make_record', 'refuse_overwriting']
