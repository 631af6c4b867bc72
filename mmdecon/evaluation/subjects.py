"""What is probed: networks of checkpoints, exports and configs.

Shapes: H x W an image in pixels.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor
from torch.nn.functional import pad

from ..export.source import read_config, read_source, refusing
from ..models.data_preprocessor import ViewPreprocessor
from ..models.levels import Level
from ..models.network import Network
from .downstream import load_downstream, network_of
from .starts import without_starts


@dataclass(frozen=True)
class Colours:
    """Makes of images (..., 3, H, W), BGR, 0..255, what a network wants.

    Attributes:
        mean: Of each channel, 0..255, in the network's order.
        std: Of each channel, in the same unit.
        to_rgb: Whether it wants RGB, not BGR.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    to_rgb: bool

    def __call__(self, images: Tensor, /) -> Tensor:
        """Orders and normalises channels, in float32."""
        ordered = images.flip(-3) if self.to_rgb else images
        mean, std = (torch.tensor(values, device=images.device)[:, None, None] for values in (self.mean, self.std))
        return (ordered.float() - mean) / std


@dataclass(frozen=True)
class Subject:
    """A network to probe.

    Attributes:
        name: In tables.
        network: Image -> maps.
        config: The network's, without files to start from.
        normalise: Makes of images (1, 3, H, W), uint8, BGR, what it wants.
        levels: Those that its weights were trained for, or loaded for; others are not probed.
    """

    name: str
    network: Network
    config: Mapping[str, Any]
    normalise: Callable[[Tensor], Tensor]
    levels: Mapping[str, Level]

    @property
    def has_decoder(self) -> bool:
        """Whether a level is a decoder's."""
        return any(level.side == 'decoder' for level in self.levels.values())

    def prepare(self, image: np.ndarray) -> Tensor:
        """Makes the network's input.

        Args:
            image: (H, W, 3), uint8, BGR.

        Returns:
            (1, 3, H', W'), normalised, on the network's device, with the mean colour to the right and below so that
            all strides divide H' and W'.
        """
        weight = next(self.network.parameters())
        x = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].to(weight.device)
        step = math.lcm(*(level.stride for level in self.network.levels.values()))
        height, width = image.shape[:2]
        return pad(self.normalise(x), (0, -width % step, 0, -height % step)).to(weight.dtype)


def read_colours(config: Mapping[str, Any] | None) -> Colours:
    """How a network wants its images, from the config of its data preprocessor.

    Args:
        config: Of :class:`~mmdecon.models.data_preprocessor.ViewPreprocessor`, whose defaults stand for what it leaves
            out, or of another library's, which leaves images as they are where it has no mean.
    """
    given = dict(config or {})
    if str(given.get('type', '')).endswith('ViewPreprocessor'):
        defaults = {name: word.default for name, word in signature(ViewPreprocessor).parameters.items()}
        given = {**defaults, **given}
    mean, std = given.get('mean') or [0.0] * 3, given.get('std') or [1.0] * 3
    return Colours(tuple(mean), tuple(std), bool(given.get('bgr_to_rgb', given.get('to_rgb', False))))


def open_subject(path: str, half: str, config: str | None = None, name: str | None = None) -> Subject:
    """Opens what is to be probed.

    Args:
        path: A checkpoint of DeCon; an export or a checkpoint of mmseg, with the ``config`` of its model; or a config
            (.py) alone, whose network starts as it says.
        half: Of a checkpoint of DeCon, ``'teacher'`` or ``'student'``.
        config: A config file, where the checkpoint has none, or is not DeCon's.
        name: By default made of the path.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or weights and config do not fit.
    """
    name = name or '/'.join(Path(path).with_suffix('').parts[-2:])
    if path.endswith('.py'):
        return _open_config(path, name)
    told = read_config(config) if config else None
    if told is not None and not _is_decon(told.model):
        network_config = network_of(told.model, told.get('default_scope') or 'mmseg')
        with refusing(f'the model of {config}', 'built'):
            network, levels, network_config = load_downstream(network_config, path)
        return Subject(name, network, network_config, _colours_of(told), levels)
    source = read_source(path, half, config)
    trained = {level: source.network.levels[level] for level in _trained(source.network)}
    colours = read_colours(source.config.get('data_preprocessor'))
    return Subject(name, source.network, without_starts(source.config['network']), colours, trained)


def _open_config(path: str, name: str) -> Subject:
    """A network that starts as its config says."""
    told = read_config(path)
    scope = told.get('default_scope') or 'mmseg'
    config = dict(told.model['network']) if _is_decon(told.model) else network_of(told.model, scope)
    with refusing(f'the model of {path}', 'built'):
        network = Network(**{key: value for key, value in config.items() if key != 'type'})
        network.init_weights()
    return Subject(name, network.eval(), without_starts(config), _colours_of(told), network.levels)


def _trained(network: Network) -> list[str]:
    """The encoder's levels, and those of decoders that pre-training trained throughout, in the network's order."""
    return [n for n, level in network.levels.items() if level.side == 'encoder' or n in network.trained_levels]


def _is_decon(model: Mapping[str, Any]) -> bool:
    return str(model.get('type', '')).rpartition('.')[2] == 'DeCon'


def _colours_of(config: Config) -> Colours:
    """Of a config whose preprocessor stands in the model or, as mmpretrain's, beside it."""
    return read_colours(config.model.get('data_preprocessor') or config.get('data_preprocessor'))
