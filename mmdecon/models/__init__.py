"""Everything that trains."""

from .branch import Branch
from .data_preprocessor import ViewPreprocessor
from .decoders import NeckDecoder, SegHeadDecoder
from .decon import DeCon
from .heads import RegionHead, SlotHead
from .network import EncoderDecoder
from .norm import SyncBN
from .objectives import DetConObjective, SlotConObjective
from .regions import RegionSampler
from .twin import Twin

__all__ = [
    'Branch',
    'DeCon',
    'DetConObjective',
    'EncoderDecoder',
    'NeckDecoder',
    'RegionHead',
    'RegionSampler',
    'SegHeadDecoder',
    'SlotConObjective',
    'SlotHead',
    'SyncBN',
    'Twin',
    'ViewPreprocessor',
]
