"""Activation checkpointing that changes no number."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn
from torch.utils.checkpoint import checkpoint

from ..models.recompute import keeping_statistics
from ..registry import HOOKS
from ..wrapping import find_parts


@HOOKS.register_module()
class Recompute(Hook):
    """Makes parts of the model keep their inputs alone and compute the rest again in the backward pass.

    Losses, gradients and running statistics are those of a run without it, random draws included. Parts worth it are
    the student's stages or blocks; teachers keep nothing for a backward pass anyway.

    Neither mmengine's ``activation_checkpointing`` nor the ``with_cp`` of mmpretrain's backbones serves here: the first
    gives no gradient to a module whose input needs none, such as the encoder, and counts each batch twice in running
    statistics; the second cannot be asked which parameters feed a level.

    Args:
        modules: Names of modules of the model, or patterns of names with ``*``, ``?`` and ``[...]``, where ``*`` stands
            for any characters but dots: ``'network.student.encoder.layer*'`` are the stages of a ResNet,
            ``'network.student.encoder.layer*.*'`` their blocks. One inside another is recomputed twice.

    Raises:
        ValueError: If a pattern is no module's name, or that of a mere container.
    """

    def __init__(self, modules: str | Sequence[str]) -> None:
        self.modules = [modules] if isinstance(modules, str) else list(modules)

    def before_train(self, runner: Runner) -> None:
        """Wraps the modules' forward passes.

        Args:
            runner: Its model, wrapped or not.
        """
        for pattern in self.modules:
            for part in find_parts(runner.model, pattern, 'Recompute.modules').values():
                part.forward = recomputed(part)


def recomputed(module: nn.Module) -> Callable[..., Any]:
    """The module's forward pass, computed again where a backward pass needs it.

    Args:
        module: Its batch norms count a batch once.
    """
    forward = module.forward

    def run(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return forward(*args, **kwargs)
        contexts = (nullcontext(), keeping_statistics([module]))
        return checkpoint(forward, *args, use_reentrant=False, context_fn=lambda: contexts, **kwargs)

    return run
