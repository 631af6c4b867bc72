"""The interface of layouts: how the names of a pre-trained network become those of a downstream library.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from torch import Tensor, nn

from ...registry import LAYOUTS
from ..pieces import Export, Piece
from ..source import Source

Rule = tuple[str, str]
"""A regular expression, which must match a whole name, and what replaces it."""

SAME: Sequence[Rule] = ((r'(.+)', r'\1'),)


@dataclass(frozen=True)
class Counterpart:
    """A library's class for one of a pre-training config.

    Attributes:
        type: The library's class.
        rules: From the names inside our class to those inside the library's.
        arguments: What the library's class must be told where the config is silent.
    """

    type: str
    rules: Sequence[Rule] = SAME
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Misfits(NamedTuple):
    """Names of tensors that keep an export from fitting a model.

    Attributes:
        holes: Of the model, which the export should fill and does not.
        left_over: Of the export, without a place in the model.
        unequal: Of both, with another shape there.
    """

    holes: Sequence[str]
    left_over: Sequence[str]
    unequal: Sequence[str]


class Layout(ABC):
    """What a downstream library expects of an export. It has no state; one is made for each use.

    A subclass is registered in ``mmdecon.registry.LAYOUTS`` under the name that ``--layout`` takes. It gives
    ``places``, and implements :meth:`build_target` and :meth:`run`; it may give ``counterparts`` and ``classifiers``,
    and override :meth:`place`, :meth:`rename` and :meth:`remedy`.

    Attributes:
        places: Place of a piece (``'encoder'``, ``'neck'``, ``'decode_head'``) -> name of the module in the target. A
            place that the library does not have is left out; what stands there is then refused. An empty name is the
            target itself, as where an encoder is the whole model.
        counterparts: Type of an encoder, neck or head in a pre-training config -> the library's; others keep type and
            names.
        classifiers: What the names of classifiers start with in the target, for files that do not tell theirs.
        other_parts: Names of further modules that an export may fill, where :meth:`place` gives others than ``places``.
        beyond: Names of modules that no pre-training reaches.
    """

    places: ClassVar[Mapping[str, str]]
    counterparts: ClassVar[Mapping[str, Counterpart]] = MappingProxyType({})
    classifiers: ClassVar[tuple[str, ...]] = ()
    other_parts: ClassVar[tuple[str, ...]] = ()
    beyond: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def build_target(self, source: Source, export: Export, config: str | None = None) -> nn.Module:
        """Builds what the export will be loaded into, with weights of its own.

        Args:
            source: The pre-trained network.
            export: Tells the decoders and their places.
            config: What ``--target`` names, such as a downstream config file; without it, the parts that the export
                fills are built as they were pre-trained.

        Raises:
            ValueError: If there is no such model, with one sentence for the user.
        """

    @abstractmethod
    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Runs the parts of a model that an export fills.

        Args:
            source: Tells the levels' names.
            export: Tells the decoders.
            model: The target, in eval mode.
            image: (B, 3, H, W).

        Returns:
            Level, by its name in the network -> map (B, C, h, w). A level of the network that the target does not give
            is left out.
        """

    def decoders(self, source: Source, model: nn.Module) -> dict[str, tuple[nn.Module, list[str | None]]]:
        """The decoders of a target, for ``--transplant``; by default the layout tells none.

        Args:
            source: Tells the levels' names.
            model: The target.

        Returns:
            Place -> module, and the encoder's levels that it is given, None where the network has none; nothing where
            it reads another decoder.
        """
        return {}

    def counterpart(self, type_name: str) -> Counterpart:
        """The library's class for a type of a pre-training config."""
        return self.counterparts.get(type_name, Counterpart(type_name))

    def place(self, piece: Piece) -> str:
        """Where a piece goes in the target: its module's name, numbered where several stand in one place.

        Raises:
            ValueError: If the library has no such place.
        """
        if piece.place not in self.places:
            raise ValueError(
                f'{piece.where}: the layout has no place for a {piece.place}, only for {sorted(self.places)}: choose '
                'another layout, --part encoder, or the decoders to export (--decoder)'
            )
        name = self.places[piece.place]
        return name if piece.number is None else f'{name}.{piece.number}'

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the modules that an export may fill."""
        return (*self.places.values(), *self.other_parts)

    def lists(self, config: str | None) -> Collection[str]:
        """Places of a target that hold a list, even of one; by default none is known to.

        Args:
            config: What ``--target`` names.
        """
        return ()

    def part(self, name: str) -> str:
        """The part of a target that a tensor is in: one of its places, an item of a list there, or its first name.

        Args:
            name: Of the tensor.
        """
        for place in filter(None, set(self.parts)):
            match = re.match(rf'{re.escape(place)}(\.\d+)?(?=\.)', name)
            if match:
                return match[0]
        return '' if '' in self.parts else name.partition('.')[0]

    def rename(self, state: Mapping[str, Tensor], piece: Piece) -> dict[str, Tensor]:
        """Gives a piece's tensors the target's names: by default the counterpart's rules, behind the piece's place.

        Args:
            state: Tensors by their names inside the piece.
            piece: What it is.

        Raises:
            ValueError: If a name does not become exactly one.
        """
        renamed = apply_rules(state, self.counterpart(piece.type).rules, piece.where)
        prefix = f'{self.place(piece)}.'.lstrip('.')
        return {f'{prefix}{name}': value for name, value in renamed.items()}

    def remedy(self, misfits: Misfits) -> str:
        """What to change when an export does not fit a model, in a sentence or some.

        Args:
            misfits: Of one part of the model.
        """
        return (
            'The models differ: give the target the types and widths of the pre-trained parts, or export with '
            '--part encoder.'
        )


def place_of(part: str) -> str:
    """The place that a part of a target is in: an item of a list is in its list.

    Args:
        part: As :meth:`Layout.part` gives it.

    Examples:
        >>> place_of('decode_head.1'), place_of('neck')
        ('decode_head', 'neck')
    """
    return re.sub(r'\.\d+$', '', part)


def get_layout(name: str) -> Layout:
    """The layout of a name.

    Raises:
        ValueError: If none is registered under it.
    """
    if name not in LAYOUTS.module_dict:
        raise ValueError(
            f'layout is {name!r}; known: {sorted(LAYOUTS.module_dict)}; another one must be imported: --import MODULE '
            'of tools/export.py, custom_imports in a config'
        )
    kind: type[Layout] = LAYOUTS.module_dict[name]
    return kind()


def apply_rules(state: Mapping[str, Tensor], rules: Sequence[Rule], where: str) -> dict[str, Tensor]:
    r"""Applies rules to the names of a state dict.

    Args:
        state: Tensors by name.
        rules: Of which exactly one must match each name.
        where: What is renamed, for the message.

    Raises:
        ValueError: If a name fits no rule or several, or two names become one.

    Examples:
        >>> list(apply_rules({'stem.1.bn.weight': None}, [(r'stem\.1\.bn\.(.+)', r'stem.4.\1')], 'encoder'))
        ['stem.4.weight']
    """
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        matches = [match.expand(new) for old, new in rules for match in [re.fullmatch(old, name)] if match]
        if len(matches) != 1:
            raise ValueError(
                f'{where}: {len(matches)} rules of the layout match {name} (it becomes {matches}), one must: correct '
                'them, or choose another layout'
            )
        if matches[0] in renamed:
            raise ValueError(
                f'{where}: {name} and another tensor become {matches[0]} by the rules of the layout: correct them'
            )
        renamed[matches[0]] = value
    return renamed
