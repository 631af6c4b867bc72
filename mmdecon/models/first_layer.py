"""What of an encoder reads the image, and how many channels that has: found by running, whatever its class.

Shapes: C channels of the image, S x S pixels.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

COLOURS = 3  # channels of a photo
LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
REFUSALS = (AssertionError, RuntimeError, ValueError)
FOREIGN = (*REFUSALS, AttributeError, IndexError, KeyError, TypeError)  # of a module that is no encoder


class _Reached(Exception):
    """Ends a forward pass at its first layer."""


def input_channels(encoder: nn.Module, sides: Sequence[int]) -> int:
    """Asks an encoder how many channels its images have: its first convolution, by running up to it.

    Args:
        encoder: Any backbone.
        sides: S, of blank images to try one after the other, in pixels.

    Returns:
        C; 3 where no convolution is the first layer, so that none tells.
    """
    reached: list[tuple[nn.Module, int]] = []

    def stop(name: str, layer: nn.Module, x: Any) -> None:
        reached.append((layer, x.shape[1]))
        raise _Reached

    with _looking(encoder, stop):
        for side in sides:
            try:
                _run(encoder, COLOURS, side)
            except _Reached:
                break
            except REFUSALS:  # of this size; whoever runs all of it says so
                continue
    first, given = reached[0] if reached else (None, COLOURS)
    if not isinstance(first, nn.Conv2d):
        return COLOURS
    return first.in_channels * COLOURS // given  # given more where pixels were moved into channels, as by YOLOX


def image_readers(module: nn.Module, sides: Sequence[int]) -> list[str]:
    """Names of the convolutions that read the image itself; some encoders have several, one for each of their paths.

    Args:
        module: Any; one that does not run on an image, such as a neck, has none.
        sides: S, of blank images to try one after the other, in pixels.
    """
    channels = input_channels(module, sides)
    for side in sides:
        readers: dict[str, None] = {}

        def look(name: str, layer: nn.Module, x: Any, side: int = side, readers: dict[str, None] = readers) -> None:
            if isinstance(layer, nn.Conv2d) and x.shape[1] == channels and min(x.shape[2:]) >= side:
                readers[name] = None

        with _looking(module, look):
            try:
                _run(module, channels, side)
                return list(readers)
            except FOREIGN:
                continue
    return []


def _run(module: nn.Module, channels: int, side: int) -> None:
    """One forward pass without gradient, in eval mode, so that no statistics move."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            module(next(module.parameters()).new_zeros(1, channels, side, side))
    finally:
        for part, mode in modes:
            part.training = mode


@contextmanager
def _looking(module: nn.Module, look: Callable[[str, nn.Module, Tensor], None]) -> Iterator[None]:
    """Tells a function of each layer that a module runs inside: its name, the layer, what it is given."""

    def hook(name: str) -> Callable[[nn.Module, Any], None]:
        return lambda layer, inputs: look(name, layer, inputs[0])

    layers = [(name, part) for name, part in module.named_modules() if isinstance(part, LAYERS)]
    hooks = [part.register_forward_pre_hook(hook(name)) for name, part in layers]
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()
