"""Layouts: what downstream libraries expect of an export. One file each."""

from .base import Layout, get_layout
from .by_table import TableLayout
from .counterparts import Counterpart
from .detectron2 import Detectron2
from .mmdet import MMDet
from .mmpretrain import MMPretrain
from .mmseg import MMSeg
from .openmmlab import OpenMMLabLayout
from .remedies import Misfits
from .smp import SMP
from .timm import Timm
from .torchvision import Torchvision, TorchvisionDetection, TorchvisionSegmentation

__all__ = [
    'SMP',
    'Counterpart',
    'Detectron2',
    'Layout',
    'MMDet',
    'MMPretrain',
    'MMSeg',
    'Misfits',
    'OpenMMLabLayout',
    'TableLayout',
    'Timm',
    'Torchvision',
    'TorchvisionDetection',
    'TorchvisionSegmentation',
    'get_layout',
]
