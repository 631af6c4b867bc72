"""The demo: real images pre-train an encoder and its decoder, and both meet a segmenter, in minutes on a CPU."""

from .plan import Demo
from .run import run

__all__ = ['Demo', 'run']
