"""Pyramid necks as decoders."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import MODELS, build_foreign
from ..encoders import evaluating
from ..levels import Level
from .arguments import complete_neck
from .base import NECK, Decoder


@MODELS.register_module()
class NeckDecoder(Decoder):
    """A neck of mmseg or mmdet: levels c2...c5 -> p2...p5.

    The neck itself is built, not a copy of it, so that its parameters have the names that mmseg and mmdet expect. Its
    levels are counted by one pass over blank maps. A neck that makes as many as it reads, at the same strides, names
    each after the one that it reads (c2 -> p2); another names them by their strides (p2 of stride 4 ... p7 of 128).

    Args:
        levels: The levels that exist, given by the network.
        neck: Config of the neck, such as ``mmseg.FPN``; ``in_channels`` and, where the neck takes them, ``num_outs``,
            ``num_levels``, ``num_scales`` and ``embed_dim`` are filled in.
        inputs: Levels to read, finest first, by default the encoder's; one name for a neck that takes the channels of
            one level as a number.
        prefix: Of the new levels' names.
        names: The new levels' names, where the rule above does not serve.
        channel_dropout: Probability of dropping a channel of a lateral map (DeCon-ML), kept channels are scaled up; the
            coarsest lateral map is never touched. 0 switches it off.
        map_dropout: Probability of dropping a whole lateral map, one draw a level and pass, not scaled. Not with the
            other.
        drop_in_teacher: Whether the teacher drops too, as published.

    Raises:
        ValueError: If a level to read does not exist, both dropouts are on, the neck has no ``lateral_convs`` to drop,
            it does not run on the levels that it is to read, or its levels cannot be told apart by name.
    """

    place = NECK
    reads_all = True

    def __init__(
        self,
        levels: Mapping[str, Level],
        neck: dict[str, Any],
        inputs: str | Sequence[str] | None = None,
        prefix: str = 'p',
        names: Sequence[str] | None = None,
        channel_dropout: float = 0.0,
        map_dropout: float = 0.0,
        drop_in_teacher: bool = True,
    ) -> None:
        super().__init__(levels, neck, inputs)
        self.neck = build_foreign(self._complete(neck))
        self.names = self._name_outputs(prefix, names)
        self.channel_dropout, self.map_dropout, self.drop_in_teacher = channel_dropout, map_dropout, drop_in_teacher
        if channel_dropout and map_dropout:
            raise ValueError(
                f'channel_dropout={channel_dropout} and map_dropout={map_dropout} exclude each other: set one to 0'
            )
        if channel_dropout or map_dropout:
            self._drop_from_laterals()

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Level -> map, from the maps so far to the new ones."""
        return dict(zip(self.names, self.neck([maps[name] for name in self.inputs])))

    def build_downstream(self, library_type: str, given: Sequence[str], folded: bool = False) -> nn.Module:
        """Builds the neck, on the maps that it reads alone."""
        config = dict(self.config, type=library_type, **(dict(norm_cfg=None) if folded else {}))
        return build_foreign(self._complete(config))

    def become_teacher(self) -> None:
        """Switches the dropout of the teacher's copy off, where that is asked for."""
        if not self.drop_in_teacher:
            self.channel_dropout = self.map_dropout = 0.0

    def _complete(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A neck's config, told of the levels."""
        return complete_neck(config, [level.channels for level in self.read], self.is_single)

    def _name_outputs(self, prefix: str, names: Sequence[str] | None) -> list[str]:
        """Names of the levels that the neck makes of those that it reads."""
        kind, strides = type(self.neck).__name__, [level.stride for level in self.read]
        made = self._strides()
        if names is None and made == strides:
            names = [prefix + name[1:] for name in self.inputs]
        elif names is None and all(stride & (stride - 1) == 0 for stride in made):
            names = [f'{prefix}{stride.bit_length() - 1}' for stride in made]
        if names is None or len(set(names)) < len(names) or len(names) != len(made):
            raise ValueError(
                f'{kind} makes {len(made)} levels, of strides {made}, for which the names {names} do not serve: give '
                'its decoder one name for each in names'
            )
        return list(names)

    def _strides(self) -> list[int]:
        """Asks the strides of what the neck makes, on blank maps of an image with eight cells at the coarsest level."""
        side = 8 * max(level.stride for level in self.read)
        maps = [torch.zeros(1, level.channels, side // level.stride, side // level.stride) for level in self.read]
        try:
            with torch.no_grad(), evaluating(self.neck):
                return [max(1, round(side / x.shape[2])) for x in self.neck(maps)]
        except (AssertionError, IndexError, RuntimeError, TypeError, ValueError) as error:
            shapes = {name: tuple(x.shape) for name, x in zip(self.inputs, maps)}
            raise ValueError(
                f'{type(self.neck).__name__} does not run on the levels {shapes}: {type(error).__name__}: {error}; '
                'change its inputs or its options'
            ) from error

    def _drop_from_laterals(self) -> None:
        laterals: nn.ModuleList | None = getattr(self.neck, 'lateral_convs', None)
        if laterals is None:
            raise ValueError(f'{type(self.neck).__name__} has no lateral_convs: lateral dropout needs an FPN-like neck')
        for lateral in list(laterals)[:-1]:
            lateral.register_forward_hook(self._drop)  # a bound method is copied along with self by deepcopy

    def _drop(self, module: nn.Module, inputs: tuple[Any, ...], lateral: Tensor) -> Tensor:
        if not self.training:
            return lateral
        if self.map_dropout:
            return lateral * (torch.rand((), device=lateral.device) >= self.map_dropout)
        return F.dropout2d(lateral, self.channel_dropout)
