"""A sampler that seeds the augmentation of each sample by the run's seed, the epoch and the sample's index."""

from collections.abc import Iterator

from mmengine.dataset import DefaultSampler

from ..images.seeding import derive_seed
from ..registry import DATA_SAMPLERS


class Draw(int):
    """A sample's index together with the seed of its augmentation in this epoch.

    It is an ``int``, so batch samplers and datasets that do not use seeds treat it as an index. The result of
    arithmetic (``draw % 10``) is a plain ``int`` without a seed. The seed is kept when it is pickled for a worker.

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


@DATA_SAMPLERS.register_module()
class ViewSampler(DefaultSampler):
    """mmengine's ``DefaultSampler`` with indices that carry a seed, which depends on run seed, epoch and index.

    With a dataset that uses this seed, such as :class:`~mmdecon.datasets.ImageFolder`, the views of an image are the
    same for any number of workers and processes, and after resuming. mmengine's ``ConcatDataset`` and
    ``RepeatDataset`` compute new indices and lose the seed; give ``ImageFolder`` several folders instead.

    It has the arguments of ``DefaultSampler``; the runner passes ``dataset`` and ``seed`` and sets the epoch.
    """

    def __iter__(self) -> Iterator[Draw]:
        """Iterates over the samples of this process in this epoch."""
        seed, epoch = self.seed, self.epoch  # fixed here: a prefetching loader may run on after the next set_epoch
        return (Draw(index, derive_seed(seed, epoch, index)) for index in super().__iter__())
