"""Pyramid necks as decoders."""

from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS, build_foreign


@MODELS.register_module()
class NeckDecoder(BaseModule):
    """A neck of mmseg or mmdet: levels c2...c5 -> p2...p5.

    The neck itself is built, not a copy of it, so that its parameters have the names that mmseg and mmdet expect.

    Args:
        levels: The levels that exist, given by the network.
        neck: Config of the neck, such as ``mmseg.FPN``; ``in_channels`` and ``num_outs`` are filled in.
        inputs: Levels to read, finest first; by default the encoder's.
        prefix: Of the new levels' names: p2 is made from c2.
        channel_dropout: Probability of dropping a channel of a lateral map (DeCon-ML), kept channels are scaled up; the
            coarsest lateral map is never touched. 0 switches it off.
        map_dropout: Probability of dropping a whole lateral map, one draw a level and pass, not scaled. Not with the
            other.
        drop_in_teacher: Whether the teacher drops too, as published.

    Raises:
        ValueError: If both dropouts are on, or the neck has no ``lateral_convs`` to drop.
    """

    def __init__(
        self,
        levels: Mapping[str, Any],
        neck: Dict[str, Any],
        inputs: Optional[Sequence[str]] = None,
        prefix: str = 'p',
        channel_dropout: float = 0.0,
        map_dropout: float = 0.0,
        drop_in_teacher: bool = True,
    ) -> None:
        super().__init__()
        self.inputs = list(inputs or [name for name, level in levels.items() if level.side == 'encoder'])
        channels = [levels[name].channels for name in self.inputs]
        self.neck = build_foreign(neck, in_channels=channels, num_outs=len(channels))
        self.names = [prefix + name[1:] for name in self.inputs]
        self.channel_dropout, self.map_dropout, self.drop_in_teacher = channel_dropout, map_dropout, drop_in_teacher
        if channel_dropout and map_dropout:
            raise ValueError(
                f'channel_dropout={channel_dropout} and map_dropout={map_dropout} exclude each other: set one to 0'
            )
        if channel_dropout or map_dropout:
            self._drop_from_laterals()

    def forward(self, maps: Mapping[str, Tensor]) -> Dict[str, Tensor]:
        """Level -> map, from the maps so far to the new ones."""
        return dict(zip(self.names, self.neck([maps[name] for name in self.inputs])))

    def become_teacher(self) -> None:
        """Called on the teacher's copy."""
        if not self.drop_in_teacher:
            self.channel_dropout = self.map_dropout = 0.0

    def _drop_from_laterals(self) -> None:
        laterals: Optional[nn.ModuleList] = getattr(self.neck, 'lateral_convs', None)
        if laterals is None:
            raise ValueError(f'{type(self.neck).__name__} has no lateral_convs: lateral dropout needs an FPN-like neck')
        for lateral in list(laterals)[:-1]:
            lateral.register_forward_hook(self._drop)  # a bound method is copied along with self by deepcopy

    def _drop(self, module: nn.Module, inputs: Tuple[Any, ...], lateral: Tensor) -> Tensor:
        if not self.training:
            return lateral
        if self.map_dropout:
            return lateral * (torch.rand((), device=lateral.device) >= self.map_dropout)
        return F.dropout2d(lateral, self.channel_dropout)
