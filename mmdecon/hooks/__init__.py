"""Hooks that watch, record and check; no training depends on one."""

from .check_start import CheckStart
from .dense_probe import DenseProbe
from .evaluate_missed import EvaluateMissed
from .health import Health
from .next_stage import NextStage
from .plain_checkpoint import PlainCheckpoint
from .recompute_parts import Recompute
from .seed import SeedEachStep
from .verify_load import VerifyLoad

__all__ = [
    'CheckStart',
    'DenseProbe',
    'EvaluateMissed',
    'Health',
    'NextStage',
    'PlainCheckpoint',
    'Recompute',
    'SeedEachStep',
    'VerifyLoad',
]
