"""One resumption: refuses it, or makes mmengine's runner stand where the checkpoint's run stood."""

import os
from collections.abc import Mapping
from typing import Any

from mmengine.runner import EpochBasedTrainLoop, Runner
from torch import Tensor

from ..datasets.sampler import ViewSampler
from ..models.decon import DeCon
from ..models.pretrained import misfits
from ..schedules import SCHEDULES, Clock, Part
from ..wrapping import unwrapped
from .folder import checkpoint_folder
from .record import Place, compare, make_record, refuse_another_length
from .replay import Fresh, replay, unfinished

NAMED = 4  # how many tensors a message names


class Resumption:
    """Compares a checkpoint with a run, then converts.

    Args:
        runner: Built; nothing of the checkpoint is loaded yet.
        extend: Whether another length is wanted.
    """

    def __init__(self, runner: Runner, extend: bool) -> None:
        self.runner, self.extend = runner, extend
        if isinstance(runner.param_schedulers, dict):
            raise ValueError('several optimisers (optim_wrapper.constructor) in one run cannot be resumed by mmdecon')
        self.schedulers = runner.param_schedulers or []
        self.fresh = Fresh(runner.optim_wrapper, self.schedulers)
        self.place: Place  # set by plan

    @property
    def path(self) -> str:
        """Of the checkpoint."""
        return self.runner._load_from

    def require_same_model(self, checkpoint: Mapping[str, Any], wanted: Mapping[str, Tensor]) -> None:
        """Refuses a checkpoint of another model.

        Args:
            checkpoint: With ``state_dict``.
            wanted: The model's.

        Raises:
            ValueError: If a tensor is missing, left over or of another shape; names the first.
        """
        problems = misfits(checkpoint.get('state_dict', {}), wanted)
        if problems:
            more = f'; and {len(problems) - NAMED} more' if len(problems) > NAMED else ''
            raise ValueError(
                f'{self.path} is of another model than the one to resume: {"; ".join(problems[:NAMED])}{more}. Set '
                'model back to what it was; to start a new run from its weights, use load_from instead of --resume'
            )

    def plan(self, checkpoint: Mapping[str, Any]) -> None:
        """Decides where the run stands.

        Raises:
            ValueError: If it cannot go on from there, or would silently be another run.
        """
        runner, meta = self.runner, checkpoint['meta']
        if 'run' not in meta or 'optimizer' not in checkpoint:
            raise ValueError(
                f'{self.path} does not tell of which run it is (meta.run, written where mmdecon.CheckStart is in '
                'custom_hooks), or holds no optimiser; start a new run from its weights with load_from'
            )
        self._refuse_another_seed(meta)
        old, new = meta['run'], make_record(runner.cfg.to_dict(), runner.train_dataloader)
        self.place = compare(old, new, meta, self.path, self.extend)
        if not self.extend and self._depends_on_length():
            refuse_another_length(old, new, meta, self.path)
        if self.place.batches and not isinstance(runner.train_dataloader.sampler, ViewSampler):
            raise ValueError(
                f'{self.path} is in the midst of epoch {meta["epoch"] + 1}, where mmengine would begin that epoch '
                'again: go on from a checkpoint at the end of one (default_hooks.checkpoint.by_epoch=True)'
            )
        self._refuse_other_groups(checkpoint['optimizer']['param_groups'])
        if self.extend and self.place.converted:
            self._refuse_fixed_ends()

    def apply(self) -> None:
        """Puts the loop, the data, the schedules and the paths where they belong, after mmengine has loaded."""
        runner, place = self.runner, self.place
        before = self._told(runner.message_hub.get_info('max_iters'))  # of the checkpoint, so far
        if place.converted:
            runner.train_loop._iter = place.step
            length = len(runner.train_dataloader) if self._by_epoch else None
            replay(self.fresh, runner.optim_wrapper, self.schedulers, place.step, length, place.epoch)
            runner.optim_wrapper.initialize_count_status(runner.model, place.step, runner.max_iters)
        if place.batches:
            runner.train_dataloader.sampler.start_within(place.batches * runner.train_dataloader.batch_size)
        self._move_paths()
        if place.changes:
            runner.logger.warning(f'{self.path} is of a run with other options: {"; ".join(place.changes)}')
        if place.converted:
            now = self._told(runner.max_iters)
            runner.logger.warning(
                f'goes on at iteration {place.step} of {runner.max_iters}; before: {before}; now: {now}'
            )
        if place.step >= runner.max_iters:
            runner.logger.warning(f'{self.path} is the end of its run: nothing is left to train; --extend goes on')

    @property
    def _by_epoch(self) -> bool:
        return isinstance(self.runner.train_loop, EpochBasedTrainLoop)

    def _depends_on_length(self) -> bool:
        """Whether a schedule leads to the end of the run."""
        model = unwrapped(self.runner.model)
        moves = isinstance(model, DeCon) and model.momentum['schedule'] != 'constant'
        return moves or bool(self.schedulers)

    def _refuse_another_seed(self, meta: Mapping[str, Any]) -> None:
        """Refuses another seed: mmengine takes the checkpoint's seed when the sampler already has the config's."""
        chosen = (self.runner.cfg.get('randomness') or {}).get('seed') is not None
        counts = chosen or isinstance(unwrapped(self.runner.model), DeCon)
        if counts and meta.get('seed') is not None and meta['seed'] != self.runner.seed:
            raise ValueError(
                f'{self.path} is of a run with the seed {meta["seed"]}, here it is {self.runner.seed}: images and '
                f'views would be others; set randomness.seed={meta["seed"]}'
            )

    def _refuse_other_groups(self, old: list[Mapping[str, Any]]) -> None:
        """Refuses settings of the optimiser that the checkpoint would silently replace."""
        new = self.fresh.groups[: len(self.runner.optim_wrapper.optimizer.param_groups)]
        if len(old) != len(new):
            raise ValueError(
                f'{self.path} holds {len(old)} groups of parameters, the optimiser {len(new)}: other parameters '
                'train, or optim_wrapper differs; set it back'
            )
        rates, here = ([group.get('initial_lr', group['lr']) for group in groups] for groups in (old, new))
        if rates != here and not self.place.converted:
            raise ValueError(
                f'the learning rate would start at {max(here):g}, in the run of {self.path} it did at '
                f'{max(rates):g}, which a resumed run keeps (auto_scale_lr, --auto-scale-lr): scale it as that run '
                'did, or start a new run with load_from'
            )

    def _refuse_fixed_ends(self) -> None:
        """Refuses to extend a run whose rate would stand still or rise again at the end."""
        runner = self.runner
        fault = unfinished(self.schedulers, runner.max_epochs, runner.max_iters)
        if fault:
            raise ValueError(
                f'--extend to {runner.max_iters} iterations: {fault}; set it to the new length, or leave it out'
            )

    def _told(self, total: int) -> str:
        """The rate and the EMA momentum of now, in a run of so many iterations."""
        runner, model = self.runner, unwrapped(self.runner.model)
        words = f'learning rate {max(group["lr"] for group in runner.optim_wrapper.param_groups):.4g}'
        if not isinstance(model, DeCon):
            return words
        clock, start = Clock(runner.iter, total), model.momentum['start']
        momentum = SCHEDULES[model.momentum['schedule']](clock, start, Part('encoder', 'encoder'))
        return f'{words}, EMA momentum {momentum:.5g}'

    def _move_paths(self) -> None:
        """Has mmengine's checkpoint hook look in this run's folder, not in one that was copied, for what to remove."""
        hub = self.runner.message_hub
        folder = checkpoint_folder({**self.runner.cfg.to_dict(), 'work_dir': self.runner.work_dir})
        for key, path in list(hub.runtime_info.items()):
            if key.startswith(('best_ckpt', 'last_ckpt')) and isinstance(path, str) and '://' not in path:
                hub.update_info(key, os.path.join(folder, os.path.basename(path)))
