"""What values the pixels of a folder have: per channel, over all images, of any dtype."""

from .measure import Folder, Measured, measure
from .normalising import CHOICES, normalise, snippet
from .summary import Summary

__all__ = ['CHOICES', 'Folder', 'Measured', 'Summary', 'measure', 'normalise', 'snippet']
