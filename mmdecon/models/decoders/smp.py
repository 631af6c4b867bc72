"""The decoders of segmentation_models_pytorch.

Shapes: B images, C channels, H x W the image in pixels, h x w cells.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from ...compat import require
from ...registry import MODELS
from ..levels import Level
from .base import DECODE_HEAD, Decoder

LIBRARY = 'segmentation_models_pytorch'
SCOPE = 'smp.'
DEPTH = 5  # stages of the library's encoders, unless a model is told otherwise


@MODELS.register_module()
class SMPDecoder(Decoder):
    """The decoder of a model of segmentation_models_pytorch: the encoder's levels -> one map, without its last layer.

    The library gives its decoders one map for each halving of the image. An encoder that begins at a quarter of it, as
    ConvNeXt and Swin do, has a map without channels in the first place, as in the library. A ResNet gives what the
    library reads if its stem is a level: ``mmdecon.TIMMBackbone`` with ``out_indices=(0, 1, 2, 3, 4)``.

    Args:
        levels: The levels that exist, given by the network.
        model: Config of the model: ``type`` is ``smp.Unet``, ``smp.FPN``, ``smp.UPerNet`` or another of the library's
            models; its other arguments are the model's. Encoder and classes are not named.
        inputs: Levels to read, finest first, by default the encoder's.
        level: Name of the level that it makes.

    Raises:
        ModuleNotFoundError: If segmentation_models_pytorch is not installed.
        ValueError: If it has no such model, or the encoder has not as many levels as the decoder reads.
    """

    place = DECODE_HEAD
    reads_all = True

    def __init__(
        self,
        levels: Mapping[str, Level],
        model: dict[str, Any],
        inputs: Sequence[str] | None = None,
        level: str = 'out',
    ) -> None:
        super().__init__(levels, model, inputs)
        depth = model.get('encoder_depth', DEPTH)
        if len(self.read) not in (depth, depth - 1):
            raise ValueError(
                f'{model["type"]} reads {depth} levels, or {depth - 1} where nothing has half the resolution of the '
                f'image, and is given {self.inputs}: set out_indices of model.network.encoder, or inputs and '
                'model.encoder_depth of the decoder'
            )
        self.has_stem = len(self.read) == depth
        self.names = [level]
        self.decode_head = self.build_downstream(self.library_type, self.inputs)

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Level -> map, from the maps so far to the new one."""
        read = [maps[name] for name in self.inputs]
        finer = [_nothing(read[0], factor) for factor in ((2,) if self.has_stem else (4, 2))]
        return {self.names[0]: self.decode_head([*finer, *read])}

    def build_downstream(self, library_type: str, given: Sequence[str], folded: bool = False) -> nn.Module:
        """Builds the decoder for an encoder with the levels' channels."""
        channels = [3, *([] if self.has_stem else [0]), *(level.channels for level in self.read)]
        with naming(_Channels, dict(out_channels=channels)) as name:
            decoder: nn.Module = build_model(self.config, name).get_submodule('decoder')
        return decoder

    def run_downstream(self, module: nn.Module, maps: list[Any], levels: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Level -> map; the library's decoder is given the image, too."""
        return {self.names[0]: module(maps)}


class _Channels(nn.Module):
    """An encoder of which nothing is known but channels."""

    def __init__(self, out_channels: Sequence[int], depth: int, output_stride: int) -> None:
        super().__init__()
        self.out_channels, self.output_stride = list(out_channels), output_stride

    def set_in_channels(self, in_channels: int, pretrained: bool = True) -> None:
        """It has no first layer to adapt."""

    def make_dilated(self, output_stride: int) -> None:
        """It has no layer to dilate: the levels are as they are."""


def _nothing(x: Tensor, factor: int) -> Tensor:
    """A map without channels, so many times as large as another."""
    return x.new_zeros(len(x), 0, *(factor * side for side in x.shape[2:]))


def build_model(config: Mapping[str, Any], encoder: str) -> nn.Module:
    """Builds a model of segmentation_models_pytorch, from scratch.

    Args:
        config: With ``type``, such as ``smp.Unet``.
        encoder: The library's name of the encoder.

    Raises:
        ModuleNotFoundError: If the library is not installed.
        ValueError: If it has no such model, or the model does not take its arguments.
    """
    require(LIBRARY)
    import segmentation_models_pytorch as smp

    kind = str(config['type'])
    known = {SCOPE + model.__name__: model for model in smp.MODEL_ARCHITECTURES_MAPPING.values()}
    if kind not in known:
        raise ValueError(f'segmentation_models_pytorch has no {kind}: it has {", ".join(sorted(known))}')
    options = {key: value for key, value in config.items() if key not in ('type', '_scope_')}
    try:
        model: nn.Module = known[kind](encoder_name=encoder, encoder_weights=None, **options)
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f'{kind} of segmentation_models_pytorch cannot be built with {options}: {error}') from error
    return model


@contextmanager
def naming(kind: type[nn.Module], options: Mapping[str, Any]) -> Iterator[str]:
    """Has segmentation_models_pytorch know an encoder by a name, in its own table for that.

    Args:
        kind: The encoder's class.
        options: Its arguments.
    """
    require(LIBRARY)
    from segmentation_models_pytorch.encoders import encoders

    name = 'mmdecon'
    encoders[name] = dict(encoder=kind, params=dict(options), pretrained_settings={})
    try:
        yield name
    finally:
        del encoders[name]
