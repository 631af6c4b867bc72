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


def find_levels(names: Iterable[str], levels: Mapping[str, Level], reader: str, key: str) -> list[Level]:
    """Looks levels up by their names.

    Args:
        names: Levels that are read.
        levels: Those that exist.
        reader: Who reads them, for the message.
        key: What in the config names them, for the message.

    Raises:
        ValueError: If one does not exist.
    """
    names = list(names)
    missing = [name for name in names if name not in levels]
    if missing:
        raise ValueError(
            f'level {", ".join(map(repr, missing))} does not exist, but {reader} reads it: there are {sorted(levels)}; '
            f'change {key}, or add the decoder that makes it to model.network.decoder'
        )
    return [levels[name] for name in names]


def require_trainable(levels: Iterable[Level]) -> None:
    """Refuses branches that read levels of a frozen encoder.

    Args:
        levels: Those that branches read.

    Raises:
        ValueError: If the encoder makes one.
    """
    for level in levels:
        if level.side == 'encoder':
            raise ValueError(
                f'a branch reads level {level.name!r} of the encoder, which model.network.freeze_encoder fixes: '
                "nothing of the network would train by it; let it read a decoder's level, or leave the branch out "
                'until the encoder trains too'
            )
