"""Additions to mmengine's optimisation."""

from .bfloat16 import BFloat16OptimWrapper
from .skip_vectors import SkipVectors

__all__ = ['BFloat16OptimWrapper', 'SkipVectors']
