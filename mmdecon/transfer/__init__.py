"""Whether pre-training pays: fine-tuning from several starts, on the same labels and seeds, compared in pairs."""

from .compare import compare, list_runs
from .reading import read_settings
from .run import Trainer
from .settings import Launcher, Protocol, Settings, Start, Tune

__all__ = ['Launcher', 'Protocol', 'Settings', 'Start', 'Trainer', 'Tune', 'compare', 'list_runs', 'read_settings']
