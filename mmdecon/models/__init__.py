"""Everything that trains."""

from .branch import Branch
from .data_preprocessor import ViewPreprocessor
from .decoders import NeckDecoder, SegHeadDecoder
from .decon import DeCon
from .heads import SlotHead
from .network import EncoderDecoder
from .norm import SyncBN
from .objectives import SlotConObjective
from .twin import Twin

__all__ = [
    'Branch',
    'DeCon',
    'EncoderDecoder',
    'NeckDecoder',
    'SegHeadDecoder',
    'SlotConObjective',
    'SlotHead',
    'SyncBN',
    'Twin',
    'ViewPreprocessor',
]
