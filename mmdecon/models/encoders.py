"""What encoders give, whatever library they are from: maps with channels first, and their names.

Shapes: B images, C channels, h x w cells.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .first_layer import REFUSALS, input_channels

SIDES = (64, 224)  # pixels; window attention and timm's ViTs refuse the first


def blank_image(module: nn.Module, side: int, channels: int) -> Tensor:
    """(1, channels, side, side), zeros, where a module's parameters are."""
    return next(module.parameters()).new_zeros(1, channels, side, side)


def channels_of(encoder: nn.Module, side: int | None = None) -> int:
    """How many channels an encoder's images have.

    Args:
        encoder: Any backbone.
        side: Of its images, in pixels, where :data:`SIDES` do not serve.
    """
    return input_channels(encoder, [side] if side else SIDES)


def require_means(preprocessor: nn.Module, channels: int) -> None:
    """Refuses a data preprocessor that normalises images of another number of channels than an encoder takes.

    Args:
        preprocessor: Of the model; one without a mean normalises nothing.
        channels: That the encoder takes.

    Raises:
        ValueError: If so.
    """
    mean = dict(preprocessor.named_buffers()).get('mean')
    if mean is not None and mean.numel() not in (1, channels):
        raise ValueError(
            f'model.data_preprocessor.mean has {mean.numel()} values, but the encoder takes images of {channels} '
            f'channels: give mean and std {channels} values, or the encoder in_channels={mean.numel()}'
        )


def first_maps(encoder: nn.Module, side: int | None = None) -> tuple[int, list[Tensor]]:
    """Runs an encoder on a blank image, of as many channels as it takes.

    Args:
        encoder: Any backbone.
        side: Of the image, in pixels; by default the first of :data:`SIDES` that the encoder takes.

    Returns:
        The side, and the encoder's maps as they are, each (1, C, h, w) or (1, h, w, C).

    Raises:
        ValueError: If the encoder takes no such image, or gives anything but maps.
    """
    sides = [side] if side else list(SIDES)
    channels, reasons = channels_of(encoder, side), []
    for tried in sides:
        try:
            with torch.no_grad(), evaluating(encoder):
                return tried, require_maps(encoder(blank_image(encoder, tried, channels)), encoder)
        except REFUSALS as error:
            if isinstance(error, NoMaps):
                raise
            reasons.append(f'{tried} pixels: {next(iter(str(error).splitlines()), type(error).__name__)[:200]}')
    raise ValueError(
        f'encoder {type(encoder).__name__} takes no image of {"; nor of ".join(reasons)}. Set model.network.probe_size '
        'to the side of the images that it was made for (its img_size)'
    )


class NoMaps(ValueError):
    """Raised where an encoder gives something else than maps."""


def require_maps(outputs: Any, encoder: nn.Module) -> list[Tensor]:
    """Refuses class tokens, token sequences and pooled features.

    Raises:
        NoMaps: If an output has not four dimensions.
    """
    maps = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    for i, x in enumerate(maps):
        if not isinstance(x, Tensor) or x.dim() != 4:
            given = f'a tensor of shape {tuple(x.shape)}' if isinstance(x, Tensor) else f'a {type(x).__name__}'
            raise NoMaps(
                f'output {i} of encoder {type(encoder).__name__} is {given}, not a map (B, C, h, w). Set in '
                "model.network.encoder: out_type='featmap' for mmpretrain's ViTs, gap_before_final_norm=False for its "
                "ConvNeXt, features_only=True for timm's models"
            )
    return maps


def changes_in_training(encoder: nn.Module, side: int, maps: Sequence[Tensor]) -> bool:
    """Whether an encoder gives other maps where its own flag says that it trains, as DDRNet and PIDNet do.

    Args:
        encoder: The encoder.
        side: Of an image that it takes, in pixels.
        maps: What it gives in eval mode, as it is.
    """
    with torch.no_grad(), evaluating(encoder):
        encoder.training = True  # its parts stay in eval mode: no statistics move
        given = encoder(blank_image(encoder, side, channels_of(encoder, side)))
    outputs = given if isinstance(given, (list, tuple)) else [given]
    return [getattr(x, 'shape', None) for x in outputs] != [x.shape for x in maps]


def is_channels_last(x: Tensor) -> bool:
    """Whether a map of a square image has its channels last, as those of timm's Swin.

    Examples:
        >>> [is_channels_last(torch.empty(shape)) for shape in ((1, 96, 16, 16), (1, 16, 16, 96), (1, 16, 16, 16))]
        [False, True, False]
    """
    return x.shape[1] == x.shape[2] != x.shape[3]


def channels_first(x: Tensor, is_last: bool) -> Tensor:
    """A map as (B, C, h, w)."""
    return x.permute(0, 3, 1, 2).contiguous() if is_last else x


def name_levels(encoder: nn.Module, maps: Sequence[Tensor], side: int, names: Sequence[str] | None) -> list[str]:
    """Names an encoder's maps c2...c5.

    By ``out_indices`` where these number four stages, of which stage i has at most stride 4 * 2^i (a ViT's layers have
    more, dilated stages less), otherwise by stride: 4 is level 2, doubled from level to level.

    Args:
        encoder: The encoder.
        maps: Its maps, channels first.
        side: Of the image that they were made from.
        names: From the config, which are taken as they are.

    Raises:
        ValueError: If several maps would have one name, or there are not as many names as maps.
    """
    indices, strides = getattr(encoder, 'out_indices', None), [side // x.shape[2] for x in maps]
    if (
        indices is None
        or len(indices) != len(maps)
        or not all(0 <= i <= 3 and stride <= 4 << i for i, stride in zip(indices, strides))
    ):
        indices = [stride.bit_length() - 3 for stride in strides]
    found = list(names) if names else [f'c{i + 2}' for i in indices]
    if len(found) != len(maps):
        raise ValueError(
            f'model.network.level_names has {len(found)} names, {found}, but encoder {type(encoder).__name__} gives '
            f'{len(maps)} maps'
        )
    if len(set(found)) < len(found):
        raise ValueError(
            f'the maps of encoder {type(encoder).__name__} would be named {found}; give model.network.level_names'
        )
    return found


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Puts a module into eval mode and every part of it back into its own mode afterwards."""
    modes: list[tuple[nn.Module, bool]] = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
