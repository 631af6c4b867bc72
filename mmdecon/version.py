"""The version, in one place: read by ``setup.py`` and written into exports."""

__version__ = '0.1.0'
