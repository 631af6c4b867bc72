"""Giving freed memory back to the system, on CPUs."""

import ctypes
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..models.heads.mlp import PointwiseMLP
from ..registry import HOOKS
from ..wrapping import unwrapped


@HOOKS.register_module()
class TrimHeap(Hook):
    """Gives back what the C library keeps of freed memory, where a training step has just freed much.

    Training on a CPU, glibc keeps a fifth of the peak for later, in pieces that larger maps do not fit into. This hook
    has it return them before each step, before each branch, and around the backward passes of projectors and
    predictors, which costs a few per cent of a step. Numbers stay. A model on a GPU is left as it is: there mmengine's
    ``EmptyCacheHook`` has this part.

    Raises:
        OSError: If the C library is not glibc.
    """

    def __init__(self) -> None:
        try:
            self._trim = ctypes.CDLL(None).malloc_trim
        except (AttributeError, TypeError, OSError) as error:
            raise OSError(
                "custom_hooks has type='mmdecon.TrimHeap', but this C library has no malloc_trim, which is glibc's: "
                'take the hook out'
            ) from error

    def before_train(self, runner: Runner) -> None:
        """Puts the calls into the model.

        Args:
            runner: Its model, wrapped or not.
        """
        model = unwrapped(runner.model)
        if next(model.parameters()).device.type != 'cpu':
            return
        for part in (model, *model.branches.values()):
            part.register_forward_pre_hook(self._give_back)
        for part in model.modules():
            if isinstance(part, PointwiseMLP):
                part.register_full_backward_pre_hook(self._give_back)
                part.register_full_backward_hook(self._give_back)

    def _give_back(self, *_: Any) -> None:
        self._trim(0)
