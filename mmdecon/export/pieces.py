"""What an export is made of, and what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Piece:
    """A part of a pre-trained network on its way into a target.

    Attributes:
        where: Its place in the network, for messages: ``'encoder'``, ``'decoder.<name>'``.
        place: ``'encoder'``, or the place of a decoder (``'neck'``, ``'decode_head'``).
        type: The class that pre-training had, with its scope, such as ``'mmseg.FPN'``.
        number: Which one it is of several in one place, in the order in which they run; None where it is alone.
        names: Of all its tensors, inside it; they tell its architecture.
    """

    where: str
    place: str
    type: str
    number: int | None = None
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Move:
    """A part of a pre-trained decoder that became a part of another decoder.

    Attributes:
        source: Its place in the network.
        target: Its place in the target.
        role: What it does in both, such as ``'lateral of c3'``.
        folded: Whether its norm was folded into its convolution.
    """

    source: str
    target: str
    role: str
    folded: bool


@dataclass(frozen=True)
class Export:
    """What is written, and what was left out on purpose.

    Attributes:
        state: Tensors under the target's names.
        layout: Name of the layout.
        part: ``'encoder'`` or ``'encoder+decoder'``.
        untrained: Names in the target of what feeds no branch, so that it was neither trained nor exported.
        decoders: Names of the decoders in it.
        places: Where each of them goes in the target, such as ``neck``, or ``decode_head.1`` in a cascade.
        classifiers: What the names of the heads' classifiers, which no export has, start with in the target.
        folded: Whether the necks' norms were folded into their convolutions.
        left_out: Names in the network of what the library has no place for.
        moves: Parts of decoders that went into other decoders (``--transplant``).
        left: Tensors of decoders, by their names in the network, that went nowhere -> why; with ``moves``.
        new: Names in the target of what is not pre-trained in the decoders that ``moves`` fills in part.
    """

    state: dict[str, Tensor]
    layout: str
    part: str
    untrained: list[str]
    decoders: list[str]
    places: dict[str, str]
    classifiers: list[str]
    folded: bool
    left_out: list[str]
    moves: Sequence[Move] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    new: Sequence[str] = ()
