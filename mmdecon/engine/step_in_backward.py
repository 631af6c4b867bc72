"""Optimiser steps within the backward pass: a gradient lives no longer than its parameter's step takes."""

from typing import Any

from mmengine import dist
from mmengine.optim import OptimWrapper
from torch.nn import Parameter

from ..registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class StepInBackward(OptimWrapper):
    """Steps each parameter as soon as its gradient is complete, and drops the gradient.

    Numbers are those of ``OptimWrapper``, as no parameter is needed by a backward pass that has computed its gradient;
    the memory of all gradients but the one at hand is saved. It serves optimisers that treat each parameter by itself,
    as SGD, AdamW and LARS do, in one process, in one type.

    Args:
        optimizer: The optimiser.
        **kwargs: Of ``OptimWrapper``. What needs all gradients at once is refused.

    Raises:
        ValueError: If gradients are to be clipped or accumulated, or if several processes train.
    """

    def __init__(self, optimizer: Any, **kwargs: Any) -> None:
        super().__init__(optimizer, **kwargs)
        all_at_once = {
            f'clip_grad={kwargs.get("clip_grad")}': self.clip_grad_kwargs,
            f'accumulative_counts={self._accumulative_counts}': self._accumulative_counts != 1,
            f'{dist.get_world_size()} processes': dist.get_world_size() > 1,
        }
        for what, given in all_at_once.items():
            if given:
                raise ValueError(
                    f"optim_wrapper.type='mmdecon.StepInBackward' with {what}: this needs all gradients at once; "
                    "use type='OptimWrapper'"
                )
        self._groups: dict[Parameter, int] = {}
        for index, group in enumerate(optimizer.param_groups):
            for parameter in group['params']:
                self._groups[parameter] = index
                if parameter.requires_grad:
                    parameter.register_post_accumulate_grad_hook(self._step_alone)

    def step(self, **kwargs: Any) -> None:
        """Steps what is left: parameters that were frozen when this was built."""
        for parameter in self._groups:
            if parameter.grad is not None:
                self._step_alone(parameter)

    def _step_alone(self, parameter: Parameter) -> None:
        """Steps one parameter with its group's settings of now, and drops its gradient."""
        groups = self.optimizer.param_groups
        group = groups[self._groups[parameter]]
        params, group['params'], self.optimizer.param_groups = group['params'], [parameter], [group]
        try:
            self.optimizer.step()
        finally:
            group['params'], self.optimizer.param_groups = params, groups
        parameter.grad = None
