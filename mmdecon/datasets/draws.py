"""Whether a data loader's random draws are functions of run seed, epoch and index, and how to make them so."""

import random
from collections.abc import Iterator, Sized
from typing import Any, cast

import numpy as np
import torch
from mmengine.dataset import InfiniteSampler
from torch.utils.data import DataLoader, Dataset

from ..images.seeding import seeded
from ..registry import DATASETS
from .sampler import Draw

EXACT = 'mmdecon.ViewSampler (mmdecon.EndlessViewSampler in an iteration-based loop)'


@DATASETS.register_module()
class SeededDraws(Dataset):
    """Another package's dataset, whose draws become functions of what the sampler's indices carry.

    Put it around the outermost wrapper; :class:`~mmdecon.datasets.ImageFolder` needs none.

    Args:
        dataset: Config of the dataset, or the dataset.
    """

    def __init__(self, dataset: dict[str, Any] | Dataset) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset

    def full_init(self) -> None:
        """Initialises the dataset, where mmengine's can wait; called by the runner."""
        if hasattr(self.dataset, 'full_init'):
            self.dataset.full_init()

    def __len__(self) -> int:
        return len(cast(Sized, self.dataset))

    def __getitem__(self, index: int) -> Any:
        """One sample, drawn by the seed of the index, if it has one."""
        if not isinstance(index, Draw):
            return self.dataset[index]
        with seeded(index.seed):
            return self.dataset[int(index)]


def require_seeded_draws(loader: DataLoader) -> None:
    """Refuses a loader whose views another number of workers, or resuming, would change.

    Args:
        loader: Of a pre-training run; its first and last sample are loaded.

    Raises:
        ValueError: If its sampler's indices carry no seed, or its dataset loses the seed.
    """
    if not isinstance(next(_indices(loader)), Draw):
        raise ValueError(
            f'train_dataloader.sampler.type={type(loader.sampler).__name__!r} gives indices without a seed: a resumed '
            f'run would draw the first views again, and workers would draw the same ones each epoch; take {EXACT}'
        )
    if not takes_seeds(loader.dataset):
        raise ValueError(
            f'train_dataloader.dataset.type={type(loader.dataset).__name__!r} loses the seed of an index, so that a '
            "resumed run would draw other views; put dict(type='mmdecon.SeededDraws', dataset=...) around it"
        )


def takes_seeds(dataset: Dataset) -> bool:
    """Whether a dataset draws by the seeds of its indices and leaves the process's generators alone.

    Args:
        dataset: Its first and last sample are loaded.
    """
    ends = {0, len(cast(Sized, dataset)) - 1}
    before = _generators()
    for index in ends:
        dataset[Draw(index, seed=index)]
    if _generators() == before:
        return True
    random.setstate(before[0])
    np.random.set_state((before[1][0], np.frombuffer(before[1][1], np.uint32), *before[1][2:]))
    torch.set_rng_state(torch.tensor(list(before[2]), dtype=torch.uint8))
    return False


def repeats_its_draws(loader: DataLoader) -> bool:
    """Whether workers start anew each epoch, with the same seed and so the same draws, as mmengine has them do.

    Args:
        loader: Of any training run; may load the first and the last sample.
    """
    lasting = loader.num_workers == 0 or loader.persistent_workers
    if lasting or isinstance(loader.sampler, InfiniteSampler) or isinstance(next(_indices(loader)), Draw):
        return False
    return not takes_seeds(loader.dataset)


def _indices(loader: DataLoader) -> Iterator[int]:
    """The sampler's indices, from the start."""
    batches = getattr(loader.batch_sampler, 'sampler', None)
    return iter(loader.sampler if batches is None else batches)


def _generators() -> tuple[Any, Any, bytes]:
    """The states of Python's, NumPy's and torch's generators, comparable."""
    state: Any = np.random.get_state()
    name, keys, *rest = state
    return random.getstate(), (name, keys.tobytes(), *rest), torch.get_rng_state().numpy().tobytes()
