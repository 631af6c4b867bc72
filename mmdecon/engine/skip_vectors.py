"""Weight decay and layer-wise adaptation for matrices only."""

from typing import Any

from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS, OPTIMIZERS
from torch import nn

from ..registry import OPTIM_WRAPPER_CONSTRUCTORS
from ..wrapping import is_sharded, unwrapped


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class SkipVectors(DefaultOptimWrapperConstructor):
    """Builds an optimiser that neither decays nor, if it is LARS, adapts parameters of at most one dimension.

    These are biases and the scales and shifts of norms, whatever they are called (SlotCon, PixPro, DetCon).
    ``paramwise_cfg`` of mmengine can say the same by names only. Frozen parameters, teachers among them, are left out.

    Args:
        optim_wrapper_cfg: Config of the wrapper, with ``optimizer``.
        paramwise_cfg: Must be empty.

    Raises:
        ValueError: If ``paramwise_cfg`` is given.
    """

    def __init__(self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: Any = None) -> None:
        if paramwise_cfg:
            raise ValueError(
                f'optim_wrapper.paramwise_cfg is {paramwise_cfg}, which mmdecon.SkipVectors does not take; leave it '
                "out, or use mmengine's DefaultOptimWrapperConstructor"
            )
        super().__init__(optim_wrapper_cfg)

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Builds the wrapper for a model, wrapped or not.

        Raises:
            ValueError: If each process holds shards (FSDP), which are rows of numbers, matrices or not.
        """
        trained: list[nn.Parameter] = [p for p in unwrapped(model).parameters() if p.requires_grad]
        if is_sharded(model) and all(p.dim() <= 1 for p in trained):
            raise ValueError(
                'mmdecon.SkipVectors cannot tell matrices from vectors in a model whose processes hold shards; use '
                "strategy=dict(type='mmdecon.ShardedStrategy') instead of mmengine's FSDPStrategy (docs/scale.md)"
            )
        groups = [
            dict(params=[p for p in trained if p.dim() > 1]),
            dict(params=[p for p in trained if p.dim() <= 1], weight_decay=0.0, lars_exclude=True),
        ]
        optimizer = OPTIMIZERS.build(dict(self.optimizer_cfg, params=groups))
        return OPTIM_WRAPPERS.build({'type': 'OptimWrapper', **self.optim_wrapper_cfg, 'optimizer': optimizer})
