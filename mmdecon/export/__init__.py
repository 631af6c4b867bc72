"""From a training checkpoint to weights that mmseg and mmdet load."""

from .convert import PARTS, Export, convert
from .fit import Fit, check_fit
from .layouts import LAYOUTS
from .source import Source, read_source
from .verify import Verification, verify
from .write import read_export, require_destination, require_export, write

__all__ = [
    'LAYOUTS',
    'PARTS',
    'Export',
    'Fit',
    'Source',
    'Verification',
    'check_fit',
    'convert',
    'read_export',
    'read_source',
    'require_destination',
    'require_export',
    'verify',
    'write',
]
