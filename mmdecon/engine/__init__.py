"""What takes an optimisation step differently from mmengine."""

from .bfloat16 import BFloat16OptimWrapper

__all__ = ['BFloat16OptimWrapper']
