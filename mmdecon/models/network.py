"""The network: an encoder and, optionally, decoders, from an image to named levels.

Shapes: B images, C channels of images, H x W pixels; c channels of a map.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from mmengine.model import ModuleDict
from torch import Tensor, nn

from ..registry import MODELS, build_foreign
from .decoders.base import class_of_decoder
from .encoders import (
    SIDES,
    blank_image,
    changes_in_training,
    channels_first,
    channels_of,
    evaluating,
    first_maps,
    is_channels_last,
    name_levels,
)
from .levels import Level, feeds_of, find_levels, require_trainable
from .pretrained import Start, load_pretrained, take_starts
from .twin import Half


@MODELS.register_module()
class Network(Half):
    """Encoder + optional decoders: image -> {level: map}.

    Channels and strides are asked from the modules, by one pass over a small blank image of as many channels C as the
    encoder's first convolution takes (``in_channels``, 3 where no convolution sees the image). The encoder's levels are
    named by its ``out_indices`` (0 -> c2 ... 3 -> c5), or by their strides where it has none.

    A frozen encoder is fixed entirely: no gradient, no backward pass through it, and eval mode for good, so that norms
    use the statistics that they came with and nothing is dropped. A twin's halves share it instead of having one each.

    Args:
        encoder: Config of a backbone that returns a tuple of maps, such as ``mmpretrain.ResNet`` with ``out_indices``.
            An ``init_cfg`` of type ``Pretrained`` is loaded strictly: weights for another backbone are refused.
        decoder: Name -> config of a decoder adapter (:class:`NeckDecoder`, :class:`SegHeadDecoder`). Each reads levels
            and adds its own; one runs as soon as the levels that it reads exist, in whatever order they are written
            (mmengine sorts the names in the configs that it saves). An ``init_cfg`` of its neck or head is loaded
            strictly too.
        level_names: Names of the encoder's maps, where the rule above does not serve.
        probe_size: Side in pixels of the blank image; by default 64, or 224 where the encoder refuses that.
        freeze_encoder: Whether the encoder keeps its pretrained weights, which it must then have, and only decoders
            train.

    Raises:
        ValueError: If the encoder refuses the blank image or gives no maps, a decoder is none or breaks its contract
            (:class:`Decoder`), or level names clash.
    """

    def __init__(
        self,
        encoder: dict[str, Any],
        decoder: Mapping[str, dict[str, Any]] | None = None,
        level_names: Sequence[str] | None = None,
        probe_size: int | None = None,
        freeze_encoder: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = build_foreign(encoder)
        self.decoder = ModuleDict()
        self._starts: list[Start] = take_starts(self.encoder, 'model.network.encoder')
        self.probe_size, maps = first_maps(self.encoder, probe_size)
        self.in_channels = channels_of(self.encoder, self.probe_size)
        self._flag_stays_off = changes_in_training(self.encoder, self.probe_size, maps)
        self._channels_last = [is_channels_last(x) for x in maps]
        maps = list(map(channels_first, maps, self._channels_last))
        self.level_names = name_levels(self.encoder, maps, self.probe_size, level_names)
        self.freeze_encoder = freeze_encoder
        if freeze_encoder:
            self.encoder.requires_grad_(False).eval()
        self.levels = self.probe()
        self.unused: list[str] = []
        self.trained_levels: list[str] = []
        waiting = dict(decoder or {})
        while waiting:
            ready = [k for k, v in waiting.items() if class_of_decoder(k, v).reads(v) <= self.levels.keys()]
            name = next(iter(ready or waiting))
            self._add_decoder(name, waiting.pop(name))

    @property
    def common(self) -> list[nn.Module]:
        """Parts that a twin's halves share instead of having one each."""
        return [self.encoder] if self.freeze_encoder else []

    def become_teacher(self) -> None:
        """Tells the decoders."""
        for decoder in self.decoder.values():
            decoder.become_teacher()

    def train(self, mode: bool = True) -> 'Network':
        """Changes the mode of all but a frozen encoder.

        The own flag of an encoder that gives further maps while it trains, for auxiliary heads (DDRNet, PIDNet), stays
        off; its parts train.
        """
        super().train(mode)
        if self.freeze_encoder:
            self.encoder.eval()
        elif self._flag_stays_off:
            self.encoder.training = False
        return self

    def encode(self, image: Tensor) -> dict[str, Tensor]:
        """Runs the encoder, without gradient if it is frozen.

        Args:
            image: (B, C, H, W).

        Returns:
            The encoder's levels -> map (B, c, H / stride, W / stride).
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.freeze_encoder):
            outputs = self.encoder(image)
            outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            return dict(zip(self.level_names, map(channels_first, outputs, self._channels_last), strict=True))

    def forward(self, image: Tensor, encoded: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Runs everything.

        Args:
            image: (B, C, H, W).
            encoded: What :meth:`encode` gave for the image, where that is known already.

        Returns:
            Level -> map (B, c, H / stride, W / stride).
        """
        maps = dict(self.encode(image) if encoded is None else encoded)
        for decoder in self.decoder.values():
            maps.update(decoder(maps))
        return maps

    def probe(self) -> dict[str, Level]:
        """Asks every level's channels and stride, and says who makes it."""
        with torch.no_grad(), evaluating(self):
            maps = self(blank_image(self, self.probe_size, self.in_channels))
        return {
            name: Level(
                name,
                x.shape[1],
                round(self.probe_size / x.shape[2]),
                'encoder' if name in self.level_names else 'decoder',
            )
            for name, x in maps.items()
        }

    def use(self, names: Iterable[str]) -> None:
        """Says which levels are read; parameters that feed none of them are frozen and listed in ``unused``.

        ``trained_levels`` then lists the levels that no such parameter feeds: those that pre-training makes useful.

        Args:
            names: Levels.

        Raises:
            ValueError: If a level does not exist, or is one of a frozen encoder's.
        """
        names = sorted(set(names))
        read = find_levels(names, self.levels, 'a branch', 'model.branches.<name>.level')
        if self.freeze_encoder:
            require_trainable(read)
        trained = {name: p for name, p in self.named_parameters() if p.requires_grad}
        with torch.enable_grad(), evaluating(self):
            maps = self(blank_image(self, self.probe_size, self.in_channels))
            total = sum(maps[name].sum() for name in names)
        self.unused = [name for name, feeds in zip(trained, feeds_of(trained.values(), total)) if not feeds]
        frozen = [trained[name] for name in self.unused]
        self.trained_levels = [name for name in maps if not frozen or not any(feeds_of(frozen, maps[name].sum()))]
        for parameter in frozen:
            parameter.requires_grad_(False)

    def init_weights(self) -> None:
        """Initialises all parts; ``Pretrained`` weights must fit to the last tensor.

        Raises:
            ValueError: If weights do not fit, or a frozen encoder has none to start from.
        """
        loaded = {parameter for start in self._starts for parameter in start.module.parameters()}
        starts = loaded.issuperset(self.encoder.parameters()) or getattr(self.encoder, 'is_init', False)
        if self.freeze_encoder and not starts:
            raise ValueError(
                'model.network.freeze_encoder is set, but the encoder has no weights to start from: give '
                "model.network.encoder init_cfg=dict(type='Pretrained', checkpoint=FILE, prefix=...); of a DeCon run "
                "the prefix is 'network.teacher.encoder'"
            )
        super().init_weights()
        for start in self._starts:
            load_pretrained(*start, sides=(self.probe_size, *SIDES))

    def _add_decoder(self, name: str, config: dict[str, Any]) -> None:
        """Builds a decoder on the levels that exist and adds its own."""
        before = set(self.levels)
        self.decoder[name] = MODELS.build(config, default_args=dict(levels=self.levels))
        self._starts += take_starts(self.decoder[name], f'model.network.decoder.{name}')
        self.decoder[name].require_part()
        names = set(self.decoder[name].names)
        if before & names:
            raise ValueError(
                f'model.network.decoder.{name} makes level(s) {sorted(before & names)}, which exist already; give it '
                'another prefix or level'
            )
        self.levels = self.probe()
        made = self.levels.keys() - before
        if made != names:
            raise ValueError(
                f'model.network.decoder.{name} says that it makes levels {sorted(names)}, but makes {sorted(made)}: '
                f'the names of {type(self.decoder[name]).__name__} must be those that its forward returns'
            )
