"""Hooks that watch, record and check; no training depends on one."""

from .health import Health
from .plain_checkpoint import PlainCheckpoint
from .seed import SeedEachStep

__all__ = ['Health', 'PlainCheckpoint', 'SeedEachStep']
