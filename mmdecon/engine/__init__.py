"""Additions to mmengine's optimisation."""

from .bfloat16 import BFloat16OptimWrapper
from .sharded_norms import ShardedLARS
from .sharded_strategy import ShardedStrategy
from .skip_vectors import SkipVectors
from .step_in_backward import StepInBackward
from .trim_heap import TrimHeap

__all__ = [
    'BFloat16OptimWrapper',
    'ShardedLARS',
    'ShardedStrategy',
    'SkipVectors',
    'StepInBackward',
    'TrimHeap',
]
