"""Regions: where they come from, how they are kept, how good they are."""

from .base import RegionGenerator, check_regions, stack_planes

__all__ = ['RegionGenerator', 'check_regions', 'stack_planes']
