"""The sampler that makes each sample's random draws a function of the run's seed, the epoch and the index."""

from collections.abc import Iterator

from mmengine.dataset import DefaultSampler

from ..images.seeding import derive_seed
from ..registry import DATA_SAMPLERS


class Draw(int):
    """A sample's index together with the seed of its random draws in this epoch.

    It is an ``int``, so batch samplers and datasets that know nothing of seeds take it as the index that it is; what
    is computed from it (``draw % 10``) is a plain ``int`` without a seed. It keeps its seed when pickled to a worker.

    Attributes:
        seed: 0..2**32 - 1.
    """

    seed: int

    def __new__(cls, index: int, seed: int) -> 'Draw':
        """Makes the index; an ``int`` is made here, not in ``__init__``."""
        draw = super().__new__(cls, index)
        draw.seed = seed
        return draw

    def __getnewargs__(self) -> tuple[int, int]:
        return int(self), self.seed


@DATA_SAMPLERS.register_module()
class ViewSampler(DefaultSampler):
    """mmengine's ``DefaultSampler`` whose indices carry a seed, a function of run seed, epoch and index alone.

    With a dataset that draws by that seed, as :class:`~mmdecon.datasets.ImageFolder` does, the views of an image are
    the same with any number of workers and processes, and after resuming. mmengine's ``ConcatDataset`` and
    ``RepeatDataset`` compute new indices and so lose the seed; ``ImageFolder`` takes several folders instead.

    The arguments are ``DefaultSampler``'s; the runner passes ``dataset`` and ``seed`` and tells the epoch.
    """

    def __iter__(self) -> Iterator[Draw]:
        """Iterates over this process's share of the epoch."""
        seed, epoch = self.seed, self.epoch  # of now: a prefetching loader may outlive the next set_epoch
        return (Draw(index, derive_seed(seed, epoch, index)) for index in super().__iter__())
