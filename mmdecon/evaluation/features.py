"""Features of cells: a level, or several joined.

Shapes: C channels, h x w cells, N cells.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..models.levels import Level


def parse_feature(text: str, levels: Mapping[str, Level], place: str) -> tuple[str, ...]:
    """The levels that a feature joins.

    Args:
        text: A level, or levels with ``+`` between.
        levels: Those of the network.
        place: Which network, for the message.

    Raises:
        ValueError: If the network has no such level, or one is named twice.

    Example:
        >>> parse_feature('p2+p3', dict(p2=None, p3=None), 'the network')
        ('p2', 'p3')
    """
    names = tuple(text.split('+'))
    absent = [name for name in names if name not in levels]
    if absent or len(set(names)) < len(names):
        raise ValueError(
            f'levels {text!r} cannot be probed: {place} has {", ".join(levels)}; give one of them, or some joined by '
            '+, each once'
        )
    return names


def default_features(levels: Mapping[str, Level]) -> list[str]:
    """Each level of the decoders, and all joined where there are several; of the encoder where there are none."""
    names = [name for name, level in levels.items() if level.side == 'decoder'] or list(levels)
    return [*names, '+'.join(names)] if len(names) > 1 else names


def encoder_join(levels: Mapping[str, Level]) -> str:
    """All levels of the encoder joined: what a decoder could read."""
    return '+'.join(name for name, level in levels.items() if level.side == 'encoder')


def join(maps: Mapping[str, Tensor], names: Sequence[str]) -> Tensor:
    """Concatenates levels, resized bilinearly to the finest.

    Args:
        maps: Level -> (C, h, w).
        names: Of the levels.

    Returns:
        (sum of C, h, w), float32.
    """
    chosen = [maps[name].float() for name in names]
    size = max((x.shape[1:] for x in chosen), key=lambda shape: shape[0] * shape[1])
    resized = [x if x.shape[1:] == size else _resize(x, size) for x in chosen]
    return torch.cat(resized)


def _resize(x: Tensor, size: Sequence[int]) -> Tensor:
    return interpolate(x[None], tuple(size), mode='bilinear', align_corners=False)[0]


class Standardiser:
    """Gives each channel mean 0 and standard deviation 1 over some cells.

    Args:
        features: Those cells, (N, C). A channel that is the same in all of them becomes 0.
    """

    def __init__(self, features: Tensor) -> None:
        self.mean, spread = features.mean(0), features.std(0, unbiased=False)
        self.scale = torch.where(spread > 1e-6 * spread.max().clamp(min=1e-12), 1 / spread, torch.zeros_like(spread))

    def __call__(self, features: Tensor) -> Tensor:
        """Standardises cells (N, C)."""
        return (features - self.mean) * self.scale
