"""Regions: where they come from, how they are kept, how good they are."""

from .base import RegionGenerator, check_image, check_regions, stack_planes
from .build import Job, make_store
from .felzenszwalb import Felzenszwalb
from .grid import Grid
from .slic import Slic
from .store import RegionStore

__all__ = [
    'Felzenszwalb',
    'Grid',
    'Job',
    'RegionGenerator',
    'RegionStore',
    'Slic',
    'check_image',
    'check_regions',
    'make_store',
    'stack_planes',
]
