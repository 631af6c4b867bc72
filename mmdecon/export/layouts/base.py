"""The interface of layouts: how the names of a pre-trained network become those of a downstream library.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import ClassVar

from torch import Tensor, nn

from ...registry import LAYOUTS
from ..pieces import Export, Piece
from ..source import Source
from .counterparts import Counterpart
from .remedies import Misfits
from .rules import apply_rules


class Layout(ABC):
    """What a downstream library expects of an export. It has no state; one is made for each use.

    A subclass is registered in ``mmdecon.registry.LAYOUTS`` under the name that ``--layout`` takes. It gives
    ``places``, and implements :meth:`build_target` and :meth:`run`; it may give ``counterparts`` and ``classifiers``,
    and override :meth:`place`, :meth:`rename`, :meth:`without_place`, :meth:`image_side` and :meth:`remedy`.

    Attributes:
        places: Place of a piece (``'encoder'``, ``'neck'``, ``'decode_head'``) -> name of the module in the target. A
            place that the library does not have is left out; what stands there is then refused. An empty name is the
            target itself, as where an encoder is the whole model.
        counterparts: Type of an encoder, neck or head in a pre-training config -> the library's; others keep type and
            names.
        classifiers: What the names of classifiers start with in the target, which no export fills.
        other_parts: Names of further modules that an export may fill, where :meth:`place` gives others than ``places``.
        beyond: Names of modules that no pre-training reaches.
        also_under: Further keys of the file under which the library looks for the tensors, beside ``state_dict``.
        input_option: How a target is made to take images of ``{channels}`` channels, as a clause for messages.
        safetensors: What to say of a file of safetensors that the library itself cannot read; empty where it can.
        proof: What computed the features that were compared, for the report.
    """

    places: ClassVar[Mapping[str, str]]
    counterparts: ClassVar[Mapping[str, Counterpart]] = MappingProxyType({})
    classifiers: ClassVar[tuple[str, ...]] = ()
    other_parts: ClassVar[tuple[str, ...]] = ()
    beyond: ClassVar[tuple[str, ...]] = ()
    also_under: ClassVar[tuple[str, ...]] = ()
    safetensors: ClassVar[str] = ''
    input_option: ClassVar[str] = 'give its first convolution {channels} inputs'
    proof: ClassVar[str] = 'the target'

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
            image: (B, I, H, W), I the channels that the encoder takes.

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

    def for_target(self, config: str | None) -> 'Layout':
        """The layout as a target needs it, where the places of its modules depend on it; by default they do not.

        Args:
            config: What ``--target`` names.
        """
        return self

    def is_constant(self, name: str) -> bool:
        """Whether a tensor of a target is no weight, as what its losses compute with; by default none is.

        Args:
            name: Of the tensor.
        """
        return False

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
        """The part of a target that a tensor is in: one of its places, or what precedes the first dot.

        Args:
            name: Of the tensor.
        """
        places = sorted(filter(None, set(self.parts)), key=len, reverse=True)  # one may stand in another
        rest = '' if '' in self.parts else name.partition('.')[0]
        return next((place for place in places if name.startswith(f'{place}.')), rest)

    def place_of(self, part: str) -> str:
        """The place that a part of a target is in; by default it is one.

        Args:
            part: As :meth:`part` gives it.
        """
        return part

    def rename(self, state: Mapping[str, Tensor], piece: Piece) -> dict[str, Tensor]:
        """Gives a piece's tensors the target's names: by default the counterpart's rules, behind the piece's place.

        An override may change values too, where the library keeps them in another order or shape. It is asked for the
        name of a head's classifier as well.

        Args:
            state: Tensors by their names inside the piece, without those of :meth:`without_place`.
            piece: What it is.

        Raises:
            ValueError: If a name does not become exactly one.
        """
        renamed = apply_rules(state, self.counterpart(piece.type).rules, piece.where)
        prefix = f'{self.place(piece)}.'.lstrip('.')
        return {f'{prefix}{name}': value for name, value in renamed.items()}

    def without_place(self, piece: Piece) -> list[str]:
        """Names inside a piece of tensors that the library has nothing for; they are left out and reported.

        Args:
            piece: What it is.
        """
        return []

    def image_side(self, source: Source) -> int | None:
        """Side in pixels of the image to compare features on, where the target does not take any.

        Args:
            source: The pre-trained network.
        """
        return None

    def remedy(self, misfits: Misfits) -> str:
        """What to change when an export does not fit a model, in a sentence or some.

        Args:
            misfits: Of one part of the model.
        """
        return (
            'The models differ: give the target the types and widths of the pre-trained parts, or export with '
            '--part encoder.'
        )


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
