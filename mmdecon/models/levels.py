"""Levels: the named feature maps of a network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """A named feature map.

    Attributes:
        name: Its name.
        channels: Its channels.
        stride: Pixels of the image to a cell.
        side: Who makes it, ``'encoder'`` or ``'decoder'``.
    """

    name: str
    channels: int
    stride: int
    side: str


def require_levels(names: Iterable[str], levels: Mapping[str, Level], frozen_encoder: bool) -> None:
    """Refuses branches that read what is not there, or what does not train.

    Args:
        names: Levels that branches read.
        levels: Those of the network.
        frozen_encoder: Whether the encoder's levels are fixed.

    Raises:
        ValueError: If so.
    """
    for name in names:
        if name not in levels:
            raise ValueError(
                f'level {name!r} does not exist: the encoder and decoders give {sorted(levels)}; change '
                'model.branches.<name>.level, or add the decoder that makes it to model.network.decoder'
            )
        if frozen_encoder and levels[name].side == 'encoder':
            raise ValueError(
                f'a branch reads level {name!r} of the encoder, which model.network.freeze_encoder fixes: nothing of '
                "the network would train by it; let it read a decoder's level, or leave the branch out until the "
                'encoder trains too'
            )
