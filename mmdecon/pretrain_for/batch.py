"""The largest batch that fits."""

import gc
from collections.abc import Callable

import torch
from mmengine.config import Config

from ..models.decon import DeCon
from ..noise_views import noise_views
from ..registry import MODELS
from ..schedules import Clock

ON_CPU = 16
LARGEST = 256
ROOM = 0.9
"""Share of a GPU's memory that a step may take; other images than noise, and fragments, take some more."""


def largest_batch(fits: Callable[[int], bool], images: int, largest: int = LARGEST) -> int:
    """The largest power of two that fits, at most the number of images.

    Args:
        fits: Whether a batch of a size fits; asked for rising sizes, until one does not.
        images: Of the data set: a batch must be filled.
        largest: Where to stop.

    Returns:
        At least 2, as batch norms behind pooling need two images.

    Raises:
        ValueError: If not even two images fit.

    Examples:
        >>> largest_batch(lambda size: size <= 50, images=1000)
        32
        >>> largest_batch(lambda size: True, images=21)
        21
    """
    size = min(2, images)
    if not fits(size):
        raise ValueError(
            f'not even a batch of {size} images fits: take a GPU with more memory, a smaller --size, or no --exact'
        )
    while size < min(images, largest):
        larger = min(2 * size, images, largest)
        if not fits(larger):
            break
        size = larger
    return size


def fits_on_gpu(config: Config, size: int, amp: bool) -> Callable[[int], bool]:
    """Tells whether a training step of a batch fits on the current GPU, by running it on noise.

    Args:
        config: Of the run.
        size: Side of the views in pixels.
        amp: Whether the step is in mixed precision.
    """
    model = MODELS.build(config.model).cuda().train()
    model.clock = lambda: Clock(1, 2)
    total = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory

    def fits(batch: int) -> bool:
        torch.cuda.reset_peak_memory_stats()
        try:
            with torch.autocast('cuda', enabled=amp):
                _step(model, batch, size)
            states = 2 * sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
            return torch.cuda.max_memory_allocated() + states < ROOM * total  # an optimiser has up to two numbers each
        except torch.cuda.OutOfMemoryError:
            return False
        finally:
            model.zero_grad(set_to_none=True)
            gc.collect()
            torch.cuda.empty_cache()

    return fits


def _step(model: DeCon, batch: int, size: int) -> None:
    loss, _ = model.parse_losses(model.loss(noise_views(batch, size, 'cuda', model.network.student.in_channels)))
    loss.backward()
