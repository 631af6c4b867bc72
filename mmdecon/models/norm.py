"""Synchronised batch norm that also runs on CPUs."""

from typing import cast

import torch
from mmengine import dist
from torch import Tensor
from torch.nn import SyncBatchNorm
from torch.nn.modules.batchnorm import _BatchNorm

from ..precision import upcast
from ..registry import MODELS

STATISTICS = ('num_batches_tracked', 'running_mean', 'running_var')


@MODELS.register_module()
class SyncBN(_BatchNorm):
    """Batch norm over the joined batch of all processes, on GPUs and on CPUs.

    torch's ``SyncBatchNorm`` refuses CPUs, and its data-parallel wrapper refuses models that hold one there. On GPUs,
    in one process, and in eval mode this runs torch's own code; with several CPU processes (gloo) the statistics come
    from two differentiable reductions. State and names are a batch norm's.
    """

    process_group = None
    _check_input_dim = SyncBatchNorm._check_input_dim
    _check_non_zero_input_channels = SyncBatchNorm._check_non_zero_input_channels

    def forward(self, x: Tensor) -> Tensor:
        """Normalises (N, C, ...)."""
        if not self.training or x.is_cuda or dist.get_world_size() == 1:
            return SyncBatchNorm.forward(cast(SyncBatchNorm, self), x)
        dtype, x = x.dtype, upcast(x)  # half precision cannot count the cells of a batch
        dims, count = [d for d in range(x.dim()) if d != 1], x.numel() // x.shape[1]
        sums = _sum_over_processes(torch.cat([x.sum(dims), x.new_tensor([count])]))
        mean, total = sums[:-1] / sums[-1], sums[-1].detach()
        shape = (1, -1, *[1] * (x.dim() - 2))
        centred = x - mean.view(shape)
        variance = _sum_over_processes(centred.square().sum(dims)) / total
        if self.track_running_stats:
            self._count(mean, variance * total / (total - 1))
        normal = centred * ((variance + self.eps).rsqrt() * self.weight).view(shape) + self.bias.view(shape)
        return normal.to(dtype)

    @torch.no_grad()
    def _count(self, mean: Tensor, variance: Tensor) -> None:
        """Moves the running statistics."""
        count, running_mean, running_var = (getattr(self, name) for name in STATISTICS)
        count += 1
        running_mean.lerp_(mean, self.momentum)
        running_var.lerp_(variance, self.momentum)


def _sum_over_processes(value: Tensor) -> Tensor:
    from torch.distributed.nn.functional import (
        all_reduce,  # needed here alone, and absent from builds without distributed
    )

    return all_reduce(value)
