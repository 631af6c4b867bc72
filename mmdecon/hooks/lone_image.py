"""Batches of a single image, in which batch norm may meet a single value."""

from collections.abc import Sized
from copy import deepcopy
from typing import Any, cast

import torch
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from ..datasets.sampler import Draw, EndlessViewSampler
from ..images.seeding import seeded
from ..schedules import Clock
from ..wrapping import is_sharded, unwrapped

TORCHS = 'Expected more than 1 value per channel'  # how torch's refusal begins
REMEDY = (
    'set train_dataloader.drop_last=True, or a batch_size of at least 2 that leaves no single image over, or larger '
    'images'
)


def require_no_lone_image(runner: Runner) -> None:
    """Refuses a pre-training run that torch would end in a batch of one image, hours after its start.

    Where there will be such a batch, a copy of the model is tried with one. Vectors, and maps of one cell, are what
    batch norm cannot normalise then.

    Args:
        runner: About to train a DeCon.

    Raises:
        ValueError: If the copy fails so.
    """
    loader, model = runner.train_dataloader, unwrapped(runner.model)
    if smallest_batch(loader) != 1 or is_sharded(runner.model):  # a shard's model cannot be copied
        return
    copy: Any = deepcopy(model).train()
    copy.clock = lambda: Clock(0, 1)
    batch = loader.collate_fn([loader.dataset[Draw(0, seed=0)]])
    try:
        with seeded(0), torch.random.fork_rng(), torch.no_grad():
            copy(**copy.data_preprocessor(batch, True), mode='loss')
    except ValueError as error:
        if TORCHS not in str(error):
            raise
        raise ValueError(
            f'{len(loader.sampler)} images in batches of train_dataloader.batch_size={loader.batch_size} leave a batch '
            f'of one image, in which batch norm finds a single value of a channel; {REMEDY}'
        ) from error


def smallest_batch(loader: DataLoader) -> int:
    """How many images the last batch of an epoch has in this process; 0 where batches vary."""
    size = loader.batch_size or 0
    ends = bool(size) and not loader.drop_last and not isinstance(loader.sampler, EndlessViewSampler)
    return len(cast(Sized, loader.sampler)) % size or size if ends else size
