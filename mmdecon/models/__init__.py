"""Everything that trains."""
from .branch import Branch
from .decoders import NeckDecoder, SegHeadDecoder
from .decon import DeCon
from .heads import SlotHead
from .network import EncoderDecoder
from .norm import SyncBN
from .objectives import SlotConObjective
from .twin import Twin

__all__ = ['Branch', 'DeCon', 'EncoderDecoder', 'NeckDecoder', 'SegHeadDecoder', 'SlotConObjective', 'SlotHead', 'SyncBN', 'Twin']
