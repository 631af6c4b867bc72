"""Mixed precision in bfloat16, on CPUs as well as on GPUs."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from mmengine.runner import autocast
from torch import nn

from ..registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Runs forward passes in bfloat16 where autocast allows it.

    Unlike mmengine's ``AmpOptimWrapper`` it needs no GPU, and scales no loss: bfloat16 spans the range of float32, so
    small gradients do not vanish. The arguments are those of ``OptimWrapper``.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Surrounds a forward pass with autocast.

        Args:
            model: The model that is trained.
        """
        with super().optim_context(model), autocast(dtype=torch.bfloat16):
            yield
