"""From a training checkpoint to weights that downstream libraries load."""

from .convert import PARTS, convert
from .fit import Fit, check_fit
from .layouts import Counterpart, Layout, Misfits, OpenMMLabLayout, get_layout
from .pieces import Export, Move, Piece
from .source import Source, read_source
from .transplant import transplant
from .verify import Verification, verify
from .write import read_export, require_destination, require_export, write

__all__ = [
    'PARTS',
    'Counterpart',
    'Export',
    'Fit',
    'Layout',
    'Misfits',
    'Move',
    'OpenMMLabLayout',
    'Piece',
    'Source',
    'Verification',
    'check_fit',
    'convert',
    'get_layout',
    'read_export',
    'read_source',
    'require_destination',
    'require_export',
    'transplant',
    'verify',
    'write',
]
