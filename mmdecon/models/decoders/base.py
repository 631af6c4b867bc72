"""The interface of decoders.

Shapes: B images, C channels, h x w cells.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from ..levels import Level, find_levels
from ..twin import Half
from .arguments import class_of, full_type

NECK, DECODE_HEAD, DENSE_HEAD = 'neck', 'decode_head', 'dense_head'
PLACES = (NECK, DECODE_HEAD, DENSE_HEAD)


class Decoder(Half):
    """Levels -> further levels, by a module of another library.

    The network builds it with the levels that exist, runs it as soon as those exist that it reads, and asks channels
    and strides of those that it makes. An export asks it for its place downstream, and to build and run its module
    there.

    A subclass gives ``place``, sets ``names``, implements :meth:`forward` and :meth:`build_downstream`, and holds the
    library's module under the name of its place: ``self.neck``, ``self.decode_head`` or ``self.dense_head``. All its
    tensors are inside that module, so that a layout finds the library's own names. It may override ``classifiers``,
    ``reads_all``, :meth:`reads`, :meth:`run_downstream` and, as any half of a twin, :meth:`become_teacher`.

    Attributes:
        place: Where it stands downstream. ``'neck'``: between encoder and heads, what follows reads its levels alone.
            ``'decode_head'``: last, and gives what enters its classifier.
            ``'dense_head'``: last, in a detector, and gives what enters its predictors.
        reads_all: Whether it reads, downstream, all maps that the neck before it or the backbone gives, as necks and
            dense heads do; decode heads choose some.
        config: Of the library's module.
        inputs: Names of the levels that it reads, in the order in which its module takes them.
        read: Those levels.
        is_single: Whether the config gives one name instead of a list.
        previous: The level, made by a decoder of the same place before it, that it reads besides; of cascades.
        names: Names of the levels that it makes, in the order in which its module gives them.
        classifiers: Where in the library's module its classifier is, or its predictors are: layers that are not
            pre-trained and in no export.

    Args:
        levels: The levels that exist, given by the network.
        config: Of the library's module.
        inputs: Names of the levels to read, by default the encoder's.
        previous: See above.

    Raises:
        ValueError: If a level to read does not exist, or there is no such place.
    """

    place: ClassVar[str]
    reads_all: ClassVar[bool] = False
    names: list[str] = []
    classifiers: Sequence[str] = ()

    def __init__(
        self,
        levels: Mapping[str, Level],
        config: Mapping[str, Any],
        inputs: str | Sequence[str] | None = None,
        previous: str | None = None,
    ) -> None:
        super().__init__()
        if self.place not in PLACES:
            raise ValueError(f'{type(self).__name__}.place is {self.place!r}; known: {", ".join(PLACES)}')
        self.config = config
        encoder = [name for name, level in levels.items() if level.side == 'encoder']
        self.is_single = isinstance(inputs, str)
        self.inputs: list[str] = [inputs] if isinstance(inputs, str) else list(inputs or encoder)
        self.previous = previous
        others = [] if previous is None else [previous]
        read = find_levels([*self.inputs, *others], levels, f'a {type(self).__name__}', 'its inputs')
        self.read = read[: len(self.inputs)]

    @classmethod
    def reads(cls, config: Mapping[str, Any]) -> set[str]:
        """The levels that must exist before a decoder can be built.

        Args:
            config: Of the decoder. Its ``inputs`` and ``previous`` count; without ``inputs`` the encoder's levels are
                read, which always exist.
        """
        inputs, previous = config.get('inputs') or [], config.get('previous')
        return {*([inputs] if isinstance(inputs, str) else inputs), *([previous] if previous else [])}

    @property
    def part(self) -> nn.Module:
        """The library's module."""
        return self.get_submodule(self.place)

    def require_part(self) -> None:
        """Refuses an adapter whose module is not where an export looks for it.

        Raises:
            ValueError: If so.
        """
        if self.place not in dict(self.named_children()):
            raise ValueError(
                f'{type(self).__name__} has no module self.{self.place}: an adapter holds the module of the library, '
                'with all of its tensors, under the name of its place'
            )

    @property
    def library_type(self) -> str:
        """The class of the library's module, with its scope, such as ``'mmseg.FPN'``: layouts may have another."""
        return full_type(self.config)

    @abstractmethod
    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Runs the module.

        Args:
            maps: Level -> map (B, C, h, w), of all levels so far.

        Returns:
            Level -> map, of those in ``names``.
        """

    @abstractmethod
    def build_downstream(self, library_type: str, given: Sequence[str], folded: bool = False) -> nn.Module:
        """Builds the library's own module for downstream, with its classifiers, to prove an export without a target.

        Args:
            library_type: The layout's class for :attr:`library_type`.
            given: Names of the levels whose maps it will be given there, in their order.
            folded: Whether its norms were folded into the convolutions before them: build it without.
        """

    def run_downstream(self, module: nn.Module, maps: list[Any], levels: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Runs the library's own module; by default as necks are run.

        Args:
            module: In a downstream model, in eval mode.
            maps: What it is given there: those of the backbone, or of the neck before it.
            levels: The downstream model's levels so far.

        Returns:
            Level -> map, of those in ``names``; of a head what enters its classifiers.
        """
        return dict(zip(self.names, module(maps)))


def class_of_decoder(name: str, config: Mapping[str, Any]) -> type[Decoder]:
    """The adapter that a decoder's config names.

    Args:
        name: Of the decoder, for the message.
        config: With ``type``.

    Raises:
        ValueError: If the type is no decoder.
    """
    kind = class_of(config)
    if not issubclass(kind, Decoder):
        raise ValueError(
            f'model.network.decoder.{name} has the type {config["type"]!r}, which is no decoder: give a neck to '
            'mmdecon.NeckDecoder, a decode head to mmdecon.SegHeadDecoder, a dense head to mmdecon.DenseHeadDecoder, '
            'or derive an adapter from mmdecon.models.decoders.Decoder (docs/add_a_decoder.md)'
        )
    return kind
