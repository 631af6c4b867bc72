"""Seeding of what the model itself draws."""

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..images.seeding import derive_seed
from ..registry import HOOKS


@HOOKS.register_module()
class SeedEachStep(Hook):
    """Makes dropout, and all else that the model draws from torch, a function of (run seed, iteration, rank).

    mmengine seeds once at the start and saves no generator's state in its checkpoints, so a resumed run would draw the
    first steps' dropout again. Seeding before each step needs no state: two steps, a checkpoint and two more equal
    four. What a sample draws is seeded apart, by :class:`~mmdecon.datasets.ViewSampler`.
    """

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None) -> None:
        """Seeds torch on the CPU and all GPUs.

        Args:
            runner: Its seed and iteration count.
            batch_idx: Unused; it counts within the epoch.
            data_batch: Unused.
        """
        torch.manual_seed(derive_seed(runner.seed, runner.iter, get_rank()))
