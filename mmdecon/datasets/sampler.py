"""Samplers that seed the augmentation of each sample by the run's seed, the epoch and the sample's index."""

from collections.abc import Iterator
from itertools import islice
from typing import SupportsIndex

from mmengine.dataset import DefaultSampler

from ..images.seeding import derive_seed
from ..registry import DATA_SAMPLERS


class Draw(int):
    """A sample's index together with the seed of its augmentation in this epoch.

    It is an ``int``, so batch samplers and datasets that know nothing of seeds take it as the index that it is. It
    keeps its seed when pickled to a worker, and where a wrapper finds the index in one of its datasets (``draw - 10``,
    ``draw % 10``): each repetition of an image has an index, and so a seed, of its own.

    Attributes:
        seed: 0..2**32 - 1.
    """

    seed: int

    def __new__(cls, index: int, seed: int) -> 'Draw':
        """Creates the index; a subclass of ``int`` sets its value here, not in ``__init__``."""
        draw = super().__new__(cls, index)
        draw.seed = seed
        return draw

    def __getnewargs__(self) -> tuple[int, int]:  # type: ignore[override]
        return int(self), self.seed

    def __sub__(self, other: SupportsIndex) -> 'Draw':
        return Draw(int(self) - int(other), self.seed)

    def __mod__(self, other: SupportsIndex) -> 'Draw':
        return Draw(int(self) % int(other), self.seed)


@DATA_SAMPLERS.register_module()
class ViewSampler(DefaultSampler):
    """mmengine's ``DefaultSampler`` with indices that carry a seed, which depends on run seed, epoch and index.

    With a dataset that draws by that seed, as :class:`~mmdecon.datasets.ImageFolder` does, the views of an image are
    the same with any number of workers and processes, and after resuming; also inside mmengine's ``ConcatDataset`` and
    ``RepeatDataset``. :class:`~mmdecon.datasets.SeededDraws` makes other datasets do so.

    It has the arguments of ``DefaultSampler``; the runner passes ``dataset`` and ``seed`` and sets the epoch.
    """

    _start = 0

    def __iter__(self) -> Iterator[Draw]:
        """Iterates over this process's share of the epoch, or over what is left of it."""
        seed, epoch, start = self.seed, self.epoch, self._start  # of now: a loader may outlive the next set_epoch
        self._start = 0
        return (Draw(index, derive_seed(seed, epoch, index)) for index in islice(super().__iter__(), start, None))

    def start_within(self, samples: int) -> None:
        """Has the next epoch, and that one alone, begin behind some samples, where a run was interrupted.

        Args:
            samples: How many of this process's are done, >= 0.
        """
        self._start = samples


@DATA_SAMPLERS.register_module()
class EndlessViewSampler(ViewSampler):
    """A :class:`ViewSampler` for loops that count iterations: one epoch follows the other without end.

    Batches run over the ends of epochs, as with mmengine's ``InfiniteSampler``, whose indices carry no seed.
    """

    _skipped = 0

    def __iter__(self) -> Iterator[Draw]:
        """Iterates over this process's share of all epochs."""
        epoch, start = divmod(self._skipped, self.num_samples)
        while True:
            super().set_epoch(epoch)
            self.start_within(start)
            yield from super().__iter__()
            epoch, start = epoch + 1, 0

    def set_epoch(self, epoch: int) -> None:
        """Does nothing: the loop, which calls this with 0, knows no epochs."""

    def skip(self, num_samples: int) -> None:
        """Has the next iteration begin behind some samples; mmengine's loop calls it when it resumes.

        Args:
            num_samples: How many of this process's are done since the start of the run.
        """
        self._skipped = num_samples
