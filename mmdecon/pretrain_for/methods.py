"""The base methods that a derived config may have: their files in configs/_base_, and what makes them fast or exact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

POSITIONS: Mapping[str, Any] = MappingProxyType(dict(type='mmdecon.PositionSampler', grid=14))


@dataclass(frozen=True)
class Method:
    """A base method.

    Attributes:
        exact: File in configs/_base_/branches: all cells, the published widths.
        fast: The same, narrower.
        positions: What a fast branch has besides.
        data: File in configs/_base_/datasets.
    """

    exact: str
    fast: str
    positions: Mapping[str, Any] = field(default_factory=dict)
    data: str = 'folder'


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        'slotcon': Method('slotcon', 'slotcon_small', dict(positions=POSITIONS)),
        'densecl': Method('densecl', 'densecl_small'),
        'pixpro': Method('pixpro', 'pixpro_small', dict(positions=POSITIONS)),
        'detcon-b': Method('detcon_b', 'detcon_b_small', data='folder_fh'),
    }
)
"""Fast branches read 14 x 14 positions of a level; DenseCL's average as many cells, DetCon's pool regions."""
