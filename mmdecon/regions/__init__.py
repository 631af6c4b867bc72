"""Image regions: generators, readers of human annotations, region stores, and reports on their quality."""

from .base import RegionGenerator, check_image, check_regions, stack_planes
from .build import Job, make_store
from .coco import CocoInstances, CocoPanoptic
from .felzenszwalb import Felzenszwalb
from .grid import Grid
from .human import BSDS, LabelFolder
from .proposals import Proposals
from .slic import Slic
from .store import RegionStore

__all__ = [
    'BSDS',
    'CocoInstances',
    'CocoPanoptic',
    'Felzenszwalb',
    'Grid',
    'Job',
    'LabelFolder',
    'Proposals',
    'RegionGenerator',
    'RegionStore',
    'Slic',
    'check_image',
    'check_regions',
    'make_store',
    'stack_planes',
]
