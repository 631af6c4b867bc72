"""Layouts: what downstream libraries expect of an export. One file each."""

from .base import Counterpart, Layout, Misfits, get_layout, place_of
from .mmdet import MMDet
from .mmseg import MMSeg
from .openmmlab import OpenMMLabLayout

__all__ = ['Counterpart', 'Layout', 'MMDet', 'MMSeg', 'Misfits', 'OpenMMLabLayout', 'get_layout', 'place_of']
