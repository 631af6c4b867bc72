"""Layouts: how the names of a pre-trained network become those of a downstream library. Data, and one engine.

A rule is a regular expression and what replaces it; it must match a whole name. Another layout is another entry here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

Rule = tuple[str, str]

SAME: Sequence[Rule] = ((r'(.+)', r'\1'),)
FLAT_STEM: Sequence[Rule] = (
    (r'(?!stem\.)(.+)', r'\1'),
    *((rf'stem\.{i}\.conv\.(.+)', rf'stem.{3 * i}.\1') for i in range(3)),
    *((rf'stem\.{i}\.bn\.(.+)', rf'stem.{3 * i + 1}.\1') for i in range(3)),
)
"""mmpretrain's deep stem holds three blocks of convolution, norm and activation, mmseg's and mmdet's nine layers."""


@dataclass(frozen=True)
class Counterpart:
    """A library's class for one of a pre-training config.

    Attributes:
        type: The library's class.
        rules: From the names of ours to those of the library's.
        arguments: What the library's class must be told where the config is silent.
    """

    type: str
    rules: Sequence[Rule] = SAME
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """What a downstream library expects.

    Attributes:
        name: The layout's name.
        encoder: What the encoder's names start with there.
        counterparts: Type of an encoder or neck in a pre-training config -> the library's; others keep type and names.
        decoder: Rules for the names inside ``decoder.<name>.``.
    """

    name: str
    encoder: str
    counterparts: Mapping[str, Counterpart]
    decoder: Sequence[Rule]

    def counterpart(self, type_name: str) -> Counterpart:
        """The library's class for a type of a pre-training config."""
        return self.counterparts.get(type_name, Counterpart(type_name))


def full_type(config: Mapping[str, Any]) -> str:
    """The type that a config names, with its scope.

    Example:
        >>> full_type(dict(type='ResNet', _scope_='mmpretrain'))
        'mmpretrain.ResNet'
    """
    scope = config.get('_scope_')
    return config['type'] if '.' in config['type'] or not scope else f'{scope}.{config["type"]}'


NECK: Rule = (r'neck\.(.+)', r'neck.\1')
DECODE_HEAD: Rule = (r'decode_head\.(.+)', r'decode_head.\1')
PLAIN = dict(stem_channels=64)  # the default of mmpretrain and mmseg, not of mmdet
V1C = dict(PLAIN, deep_stem=True)

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            'mmseg',
            'backbone.',
            {
                'mmpretrain.ResNet': Counterpart('mmseg.ResNet', FLAT_STEM),
                'mmpretrain.ResNetV1c': Counterpart('mmseg.ResNetV1c', FLAT_STEM),
                'mmdet.FPN': Counterpart('mmseg.FPN'),
            },
            (NECK, DECODE_HEAD),
        ),
        Layout(
            'mmdet',
            'backbone.',
            {
                'mmpretrain.ResNet': Counterpart('mmdet.ResNet', FLAT_STEM, PLAIN),
                'mmpretrain.ResNetV1c': Counterpart('mmdet.ResNet', FLAT_STEM, V1C),
                'mmseg.ResNet': Counterpart('mmdet.ResNet', SAME, PLAIN),
                'mmseg.ResNetV1c': Counterpart('mmdet.ResNet', SAME, V1C),
                'mmseg.FPN': Counterpart('mmdet.FPN'),
            },
            (NECK,),
        ),
    )
}


def rename(state: Mapping[str, Tensor], rules: Sequence[Rule], where: str) -> dict[str, Tensor]:
    """Applies rules to the names of a state dict.

    Args:
        state: Tensors by name.
        rules: Of which exactly one must match each name.
        where: What is renamed, for the message.

    Raises:
        ValueError: If a name fits no rule or several, or two names become one.

    Example:
        >>> list(rename({'stem.1.bn.weight': None}, FLAT_STEM, 'encoder'))
        ['stem.4.weight']
    """
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        matches = [match.expand(new) for old, new in rules for match in [re.fullmatch(old, name)] if match]
        if len(matches) != 1:
            raise ValueError(
                f'{where}: the layout has {len(matches)} places for {name}, must have one: choose another layout, or '
                'the decoders to export (--decoder)'
            )
        if matches[0] in renamed:
            raise ValueError(f'{where}: two tensors become {matches[0]}; name one decoder to export (--decoder)')
        renamed[matches[0]] = value
    return renamed
