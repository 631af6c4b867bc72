"""From a downstream config to the pre-training config of exactly that model."""

from ..shipped import find_config, shipped_configs
from .config_file import config_text
from .downstream import Downstream, read_downstream
from .methods import METHODS
from .plan import Plan, branch_levels, make_plan, prove
from .run import Run

__all__ = [
    'METHODS',
    'Downstream',
    'Plan',
    'Run',
    'branch_levels',
    'config_text',
    'find_config',
    'make_plan',
    'prove',
    'read_downstream',
    'shipped_configs',
]
