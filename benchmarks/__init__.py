"""What things cost: ratios measured side by side in one run."""

from .step import Cost, compare_steps

__all__ = ['Cost', 'compare_steps']
