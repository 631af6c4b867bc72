"""Whether a run may start as it was asked to: afresh, from weights, or from where it was interrupted."""

from typing import Any

from mmengine.dataset import InfiniteSampler
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, Runner

from ..checkpoint import require_whole
from ..datasets.draws import repeats_its_draws, require_seeded_draws
from ..datasets.joined_regions import require_own_regions
from ..datasets.sampler import EndlessViewSampler
from ..models.decon import DeCon
from ..models.strict_start import lenient_starts, require_some_fit
from ..registry import HOOKS
from ..resuming import Resumption, find_checkpoint, make_record, refuse_overwriting
from ..wrapping import unwrapped, whole_state
from .lone_image import require_no_lone_image
from .next_stage import require_fit

ENDLESS = (InfiniteSampler, EndlessViewSampler)


@HOOKS.register_module()
class CheckStart(Hook):
    """Refuses starts that mmengine would silently make another run of; writes into checkpoints what that needs.

    * A fresh run does not overwrite an earlier run's checkpoints. A resumed one takes the last checkpoint of its own
      work folder.
    * A resumed run is the run of its checkpoint: the same model, images, order, optimiser and length. Another number
      of processes, batch or accumulation is converted at the end of an epoch: epochs done stay done, and the learning
      rate and the EMA momentum are those of a run with the new numbers.
    * ``load_from`` fits a DeCon to the last tensor; branches may come and go.
    * A DeCon's random draws are functions of seed, epoch and image (see :mod:`mmdecon.datasets.draws`), and no model
      sees the same draws each epoch.

    ``tools/train.py`` adds it to every config.

    Args:
        overwrite: Start anew over the checkpoints of an earlier run in the work folder.
        extend: Go on to another length of the run than the checkpoint's: both schedules continue as in a run of the
            new length, from the place that has been reached.
    """

    priority = 'HIGHEST'  # before mmengine tells its other hooks where the run stands

    def __init__(self, overwrite: bool = False, extend: bool = False) -> None:
        self.overwrite, self.extend = overwrite, extend
        self._resumption: Resumption | None = None

    def before_run(self, runner: Runner) -> None:
        """Finds the checkpoint, or refuses to overwrite one; called by mmengine first of all.

        Raises:
            OSError: If a checkpoint to start from cannot be read or downloaded.
            ValueError: See :func:`find_checkpoint`, :func:`refuse_overwriting` and :func:`require_whole`.
        """
        if not _trains(runner):
            return
        cfg = {**runner.cfg.to_dict(), 'work_dir': runner.work_dir}
        if runner._resume and runner._load_from is None:
            runner._load_from = find_checkpoint(cfg)
            runner._resume = runner._load_from is not None
        elif not runner._resume and not self.overwrite:
            refuse_overwriting(cfg)
        if runner._load_from:
            require_whole(runner._load_from, 'resume' if runner._resume else 'load_from')
        for start in lenient_starts(unwrapped(runner.model)):
            require_whole(start.config['checkpoint'], start.place)
            require_some_fit(start)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Compares; called by mmengine with what was read, before any of it is loaded.

        Raises:
            ValueError: If it does not fit, or would make another run.
        """
        if not _trains(runner):
            return
        model = unwrapped(runner.model)
        if not runner._resume:
            if isinstance(model, DeCon):
                require_fit(runner, checkpoint)
            return
        self._resumption = Resumption(runner, self.extend)
        self._resumption.require_same_model(checkpoint, whole_state(runner.model))
        self._resumption.plan(checkpoint)

    def before_train(self, runner: Runner) -> None:
        """Looks at the data, then converts what has to be; called by mmengine after loading.

        Raises:
            ValueError: If the draws depend on more than they should, joined datasets share regions, or batch norm
                would meet a single value.
        """
        loader = runner.train_dataloader
        if isinstance(runner.train_loop, EpochBasedTrainLoop) and isinstance(loader.sampler, ENDLESS):
            raise ValueError(
                f'train_dataloader.sampler.type={type(loader.sampler).__name__!r} never ends, nor would the first '
                'epoch of train_cfg.type=EpochBasedTrainLoop; take mmdecon.ViewSampler, or IterBasedTrainLoop'
            )
        if isinstance(unwrapped(runner.model), DeCon):
            require_seeded_draws(loader)
            require_own_regions(loader.dataset)
            require_no_lone_image(runner)
        elif repeats_its_draws(loader):
            raise ValueError(
                f'train_dataloader.num_workers={loader.num_workers} without persistent_workers: mmengine starts them '
                'anew each epoch with the same seeds, so that each epoch draws the same augmentations; set '
                'train_dataloader.persistent_workers=True'
            )
        if self._resumption is not None:
            self._resumption.apply()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Writes the run's record into ``meta['run']``; called by mmengine with the checkpoint about to be written."""
        checkpoint['meta']['run'] = make_record(runner.cfg.to_dict(), runner.train_dataloader)


def _trains(runner: Runner) -> bool:
    """Whether this is a training run: its loop is built before the hooks are called."""
    return isinstance(runner._train_loop, BaseLoop)
