"""An evaluation that an interruption has prevented."""

from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..registry import HOOKS


@HOOKS.register_module()
class EvaluateMissed(Hook):
    """Evaluates a resumed run where it stands, if an evaluation was due there.

    mmengine saves a checkpoint first and evaluates then. A run that is killed in between and resumed would never be
    evaluated at that place, which may be its end. An evaluation that had been done is repeated and gives the same.
    """

    priority = 'LOWEST'  # behind the hooks that prepare training

    def before_train(self, runner: Runner) -> None:
        """Called by mmengine after loading.

        Args:
            runner: Resumed or not.
        """
        loop = runner.train_loop
        by_epoch = isinstance(loop, EpochBasedTrainLoop)
        done, end = (runner.epoch, runner.max_epochs) if by_epoch else (runner.iter, runner.max_iters)
        if runner.val_loop is None or not runner._resume or done < max(1, loop.val_begin):
            return
        if done % loop.val_interval == 0 or done >= end:
            runner.val_loop.run()
