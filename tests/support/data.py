"""Where data stand that are too large for the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get('MMDECON_SHARED', '../shared') / 'data'
