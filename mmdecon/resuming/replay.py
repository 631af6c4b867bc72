"""Schedules of the learning rate, computed anew up to where a resumed run stands."""

import warnings
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from mmengine.optim import OptimWrapper, _ParamScheduler


class Fresh:
    """Rates and schedulers as a run starts with them, kept while mmengine overwrites them by a checkpoint's.

    Args:
        optim_wrapper: Built, nothing loaded yet.
        schedulers: Built on it.

    Attributes:
        groups: The settings of each parameter group without its parameters; mmengine's wrapper may add one, which holds
            the base rate.
    """

    def __init__(self, optim_wrapper: OptimWrapper, schedulers: Sequence[_ParamScheduler]) -> None:
        self.groups = [
            {key: deepcopy(value) for key, value in group.items() if key != 'params'}
            for group in optim_wrapper.param_groups
        ]
        self.states = [deepcopy(scheduler.state_dict()) for scheduler in schedulers]


def replay(
    fresh: Fresh,
    optim_wrapper: OptimWrapper,
    schedulers: Sequence[_ParamScheduler],
    steps: int,
    epoch_length: int | None,
    epochs: int,
) -> None:
    """Puts rates and schedulers where a run that began so stands now.

    Schedulers of mmengine compute each value from the one before, so all steps are taken, in the order of training.

    Args:
        fresh: Of the start.
        optim_wrapper: Changed in place: what schedulers change of its groups, and the groups' base values.
        schedulers: Changed in place.
        steps: Iterations done.
        epoch_length: Iterations of an epoch; None where the loop knows no epochs.
        epochs: Whole epochs done; one whose last iteration alone is done has its end before it.

    Raises:
        ValueError: If one waits for results of validations.
    """
    for scheduler, state in zip(schedulers, fresh.states):
        if getattr(scheduler, 'need_val_args', False):
            raise ValueError(
                f'{type(scheduler).__name__} (param_scheduler) follows validations, which cannot be computed anew for '
                'another batch or length; resume with those of the checkpoint'
            )
        scheduler.load_state_dict(deepcopy(state))
    names = {scheduler.param_name for scheduler in schedulers} | {'lr'}
    for group, start in zip(optim_wrapper.param_groups, fresh.groups):
        group.update({key: start[key] for key in start if key.removeprefix('initial_') in names})
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # torch's on the order of optimizer.step and scheduler.step: done long ago
        for step in range(1, steps + 1):
            epoch, rest = divmod(step, epoch_length) if epoch_length else (0, 1)
            for by_epoch in (False, True) if rest == 0 and epoch <= epochs else (False,):
                for scheduler in schedulers:
                    if scheduler.by_epoch == by_epoch:
                        scheduler.step()


def unfinished(schedulers: Sequence[_ParamScheduler], epochs: int, steps: int) -> str | None:
    """What of the schedulers' settings does not reach the end of a run.

    Args:
        schedulers: Built.
        epochs: Length of the run in epochs.
        steps: Length of the run in iterations.

    Returns:
        In words, or None.
    """
    for number, scheduler in enumerate(schedulers):
        end = min(scheduler.end, epochs if scheduler.by_epoch else steps)
        period: Any = getattr(scheduler, 'T_max', None)
        if period is not None and period < end - scheduler.begin - 1:
            return f'param_scheduler.{number}.T_max ends at {scheduler.begin + period} of {end}'
    last = max(schedulers, key=lambda one: one.end / (epochs if one.by_epoch else steps), default=None)
    total = None if last is None else epochs if last.by_epoch else steps
    return f'all of param_scheduler ends at {last.end} of {total}' if last is not None and last.end < total else None
