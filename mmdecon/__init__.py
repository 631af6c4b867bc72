"""mmdecon pre-trains encoders together with their decoders."""

from .version import __version__

__all__ = ['__version__']
