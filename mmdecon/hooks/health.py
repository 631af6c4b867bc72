"""Watches a run: throughput, collapse, losses that are not finite."""

import math
from datetime import timedelta
from typing import Any

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS

SLOW = 1.0
"""Seconds from which on a step is slow."""


@HOOKS.register_module()
class Health(Hook):
    """Logs images per second, warns of branches that collapse or learn nothing, stops at losses that are not finite.

    Nothing of the training depends on it. Where steps are slow, the second one says how long the run will take. A
    branch reports the spread of its projections' directions as ``<branch>/std``: 1 where they are uniform, 0 where all
    are one. A branch whose loss is exactly 0 had nothing to learn from, for example no region; the warning comes at the
    first look after it, and whenever their number doubled.

    Args:
        interval: Iterations between two looks; a look waits for the GPU.
        collapsed_std: A spread below this counts as collapse.
        patience: Looks in a row below it before the warning.
    """

    priority = 'NORMAL'

    def __init__(self, interval: int = 10, collapsed_std: float = 0.05, patience: int = 3) -> None:
        self.interval, self.collapsed_std, self.patience = interval, collapsed_std, patience
        self._low_looks: dict[str, int] = {}
        self._last: dict[str, torch.Tensor] = {}
        self._iteration = 0
        self._zeros: dict[str, torch.Tensor] = {}  # loss -> iterations in which it was 0, counted without a wait
        self._told: dict[str, int] = {}
        self._seen = 0  # iterations of this process, up to the one that is foretold from

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict[str, Any] | None = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Looks every ``interval`` iterations."""
        self._foretell(runner)
        self._last = {name: torch.as_tensor(value).detach() for name, value in (outputs or {}).items()}
        self._iteration = runner.iter + 1
        for name, value in self._last.items():
            if name.startswith('loss_'):
                self._zeros[name] = (value == 0).long() + self._zeros.get(name, 0)
        if not self.every_n_train_iters(runner, self.interval):
            return
        if data_batch is not None:
            self._log_throughput(runner, data_batch)
        self.check_losses()
        self._watch_zeros(runner)
        for name, value in self._last.items():
            if name.endswith('/std'):
                self._watch_collapse(runner, name.rsplit('/', 1)[0], float(value))

    def after_train(self, runner: Runner) -> None:
        """Looks at the iterations since the last look."""
        self._watch_zeros(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Lets no checkpoint of broken weights replace a good one."""
        self.check_losses()

    def check_losses(self) -> None:
        """Looks at the last iteration's losses.

        Raises:
            FloatingPointError: If one is not finite; names the branch.
        """
        for name, value in self._last.items():
            if name.startswith('loss_') and not math.isfinite(float(value)):
                raise FloatingPointError(
                    f'the loss of branch {name[len("loss_") :]!r} is {float(value)} at iteration {self._iteration}. '
                    'Lower optim_wrapper.optimizer.lr, lengthen the warm-up, set optim_wrapper.clip_grad, or train '
                    'without --amp.'
                )

    def _foretell(self, runner: Runner) -> None:
        """Says how long the run will take, before the first line of the log; a GPU's steps are too fast to tell."""
        if self._seen == 2:
            return
        self._seen += 1
        took, left = runner.message_hub.get_scalar('train/time').current(), runner.max_iters - runner.iter - 1
        if self._seen == 2 and took > SLOW:
            runner.logger.info(
                f'a step takes about {took:.1f} s: {timedelta(seconds=round(took * left))} for the {left} left'
            )

    def _log_throughput(self, runner: Runner, data_batch: dict[str, Any]) -> None:
        seconds = runner.message_hub.get_scalar('train/time').current()
        images = len(data_batch['views'][0]['image']) * get_world_size()
        runner.message_hub.update_scalar('train/images_per_s', images / seconds)

    def _watch_zeros(self, runner: Runner) -> None:
        for name, count in ((name, int(count)) for name, count in self._zeros.items()):
            told, branch = self._told.get(name, 0), name[len('loss_') :]
            if count <= told or count < 2 * told:
                continue
            self._told[name] = count
            remedy = 'its views had nothing in common to compare'
            if f'{branch}/regions' in self._last:
                remedy = "no image had a region in both views: see 'tools/regions.py report', and docs/regions.md"
            runner.logger.warning(
                f'branch {branch!r} learnt nothing in {count} of the iterations up to {self._iteration}: its loss was '
                f'exactly 0; {remedy}.'
            )

    def _watch_collapse(self, runner: Runner, branch: str, std: float) -> None:
        looks = self._low_looks.get(branch, 0) + 1 if std < self.collapsed_std else 0
        self._low_looks[branch] = looks
        if looks == self.patience:
            runner.logger.warning(
                f'branch {branch!r} has collapsed: the spread of its projections (std) is {std:.3f} (1 healthy, 0 '
                f'collapsed) and was below {self.collapsed_std} at the last {looks} looks. A lower learning rate, a '
                'higher model.momentum.start or larger batches usually help.'
            )
