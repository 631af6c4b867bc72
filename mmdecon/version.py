"""The version, in one place: read by ``setup.py`` and written into checkpoints and exports."""

__version__ = '0.1.0'
