"""The network: an encoder and, optionally, decoders, from an image to named levels.

Letters: B images, H x W pixels.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule, ModuleDict
from torch import Tensor, nn

from ..registry import MODELS, build_foreign
from .pretrained import load_pretrained


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


@MODELS.register_module()
class EncoderDecoder(BaseModule):
    """Encoder + optional decoders: image -> {level: map}.

    Channels and strides are asked from the modules, by one pass over a small blank image. The encoder's levels are
    named by its ``out_indices`` (0 -> c2 ... 3 -> c5), or by their strides where it has none.

    Args:
        encoder: Config of a backbone that returns a tuple of maps, such as ``mmpretrain.ResNet`` with ``out_indices``.
            An ``init_cfg`` of type ``Pretrained`` is loaded strictly: weights for another backbone are refused.
        decoder: Name -> config of a decoder adapter (:class:`NeckDecoder`, :class:`SegHeadDecoder`), in the order in
            which they run; each reads levels that exist by then and adds its own.
        level_names: Names of the encoder's maps, where the rule above does not serve.
        probe_size: Side in pixels of the blank image.
    """

    def __init__(
        self,
        encoder: Dict[str, Any],
        decoder: Optional[Mapping[str, Dict[str, Any]]] = None,
        level_names: Optional[Sequence[str]] = None,
        probe_size: int = 64,
    ) -> None:
        super().__init__()
        self.encoder = build_foreign(encoder)
        self.decoder = ModuleDict()
        self.probe_size = probe_size
        self.level_names = list(level_names) if level_names else self._name_encoder_levels()
        self.levels = self.probe()
        self.unused: List[str] = []
        self.trained_levels: List[str] = []
        for name, config in (decoder or {}).items():
            self._add_decoder(name, config)

    def forward(self, image: Tensor) -> Dict[str, Tensor]:
        """Runs everything.

        Args:
            image: (B, 3, H, W).

        Returns:
            Level -> map (B, C, H / stride, W / stride).
        """
        maps = dict(zip(self.level_names, self.encoder(image)))
        for decoder in self.decoder.values():
            maps.update(decoder(maps))
        return maps

    def probe(self) -> Dict[str, Level]:
        """Asks every level's channels and stride, and says who makes it."""
        with torch.no_grad(), evaluating(self):
            maps = self(self._blank_image())
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
            ValueError: If a level does not exist.
        """
        names = sorted(set(names))
        for name in names:
            if name not in self.levels:
                raise ValueError(
                    f'level {name!r} does not exist: the encoder and decoders give {sorted(self.levels)}; change '
                    'model.branches.<name>.level, or add the decoder that makes it to model.network.decoder'
                )
        trained = {name: p for name, p in self.named_parameters() if p.requires_grad}
        with torch.enable_grad(), evaluating(self):
            maps = self(self._blank_image())
            total = sum(maps[name].sum() for name in names)
        self.unused = [name for name, feeds in zip(trained, _feed(trained.values(), total)) if not feeds]
        frozen = [trained[name] for name in self.unused]
        self.trained_levels = [name for name in maps if not frozen or not any(_feed(frozen, maps[name].sum()))]
        for parameter in frozen:
            parameter.requires_grad_(False)

    def init_weights(self) -> None:
        """Initialises all parts; an encoder's ``Pretrained`` weights must fit to the last tensor."""
        init_cfg = self.encoder.init_cfg
        if isinstance(init_cfg, dict) and init_cfg['type'] == 'Pretrained':
            load_pretrained(self.encoder, init_cfg['checkpoint'], init_cfg.get('prefix', ''))
            self.decoder.init_weights()
        else:
            super().init_weights()

    def _add_decoder(self, name: str, config: Dict[str, Any]) -> None:
        """Builds a decoder on the levels that exist and adds its own."""
        before = set(self.levels)
        self.decoder[name] = MODELS.build(config, default_args=dict(levels=self.levels))
        clash = before & set(self.decoder[name].names)
        if clash:
            raise ValueError(
                f'model.network.decoder.{name} makes level(s) {sorted(clash)}, which exist already; give it '
                'another prefix or level'
            )
        self.levels = self.probe()

    def _name_encoder_levels(self) -> List[str]:
        """Names the encoder's maps c2...c5."""
        with torch.no_grad(), evaluating(self.encoder):
            maps = self.encoder(self._blank_image())
        indices = getattr(self.encoder, 'out_indices', None)
        if indices is None or len(indices) != len(maps) or not all(0 <= i <= 3 for i in indices):
            strides = [self.probe_size // x.shape[2] for x in maps]
            indices = [
                stride.bit_length() - 3 for stride in strides
            ]  # stride 4 is level 2, doubled from level to level
        names = [f'c{i + 2}' for i in indices]
        if len(set(names)) < len(names):
            raise ValueError(
                f'the maps of encoder {type(self.encoder).__name__} would be named {names}; give '
                'model.network.level_names'
            )
        return names

    def _blank_image(self) -> Tensor:
        """(1, 3, probe_size, probe_size), zeros, where the parameters are."""
        return next(self.parameters()).new_zeros(1, 3, self.probe_size, self.probe_size)


def _feed(parameters: Iterable[Tensor], output: Tensor) -> List[bool]:
    """Whether each parameter feeds an output."""
    gradients = torch.autograd.grad(output, list(parameters), retain_graph=True, allow_unused=True)
    return [gradient is not None for gradient in gradients]


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Puts a module into eval mode and every part of it back into its own mode afterwards."""
    modes: List[Tuple[nn.Module, bool]] = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
