"""Parameters, gradients and moments sharded over processes, through mmengine's strategy for FSDP."""

from collections.abc import Sequence
from copy import deepcopy
from inspect import signature
from typing import Any, cast

import torch
from mmengine._strategy.fsdp import FSDPStrategy
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel

from ..models.twin import Twin
from ..registry import STRATEGIES
from ..wrapping import find_parts, plain_name
from .norms import ShardedLARS, clip_sharded_norm_
from .optim_state import by_name, by_number

# What steps each number by itself, so that it need not know to which matrix a number belongs.
BY_NUMBER = ('SGD', 'Adam', 'AdamW', 'Adamax', 'NAdam', 'RAdam', 'RMSprop', 'Adagrad', 'Adadelta')
SHARDINGS = ('FULL_SHARD', 'SHARD_GRAD_OP')
DECIDED = {
    'model_wrapper': 'units and sharding_strategy say what can be chosen',
    'state_dict_cfg': 'checkpoints are whole',
    'skip_init_weights': 'teachers start as copies of initialised students',
    'activation_checkpointing': 'add dict(type="mmdecon.Recompute", modules=[...]) to custom_hooks',
    'sync_bn': "give norms type='mmdecon.SyncBN'",
}


@STRATEGIES.register_module()
class ShardedStrategy(FSDPStrategy):
    """Trains a DeCon of which each process holds a shard: parameters, teachers', gradients and moments (FSDP).

    Tried on CPUs only, in two processes.

    The numbers are those of data-parallel training up to rounding. Each half of each twin is a unit, whose parameters
    are put together while it runs; ``units`` cuts networks smaller. What is frozen for good is whole everywhere.

    Checkpoints are those of mmengine's ``Runner``: whole, one file, so that either resumes the other's run and the
    tools read both. ``LARS`` is replaced by :class:`ShardedLARS`, and gradients are clipped by the norm of all shards.

    Needs ``runner_type='FlexibleRunner'``, a launcher, and
    ``custom_imports=dict(imports=['mmdecon.sharding'], allow_failed_imports=False)``: ``configs/_base_/scale/fsdp.py``.

    Args:
        units: Patterns of names of modules within a network that are units of their own, in both halves:
            ``'encoder.layer*'`` are the stages of a ResNet, ``'encoder.stages.*'`` those of a ConvNeXt. Smaller units
            take less memory and send more messages.
        sharding_strategy: ``'FULL_SHARD'``, or ``'SHARD_GRAD_OP'``, which leaves the student's parameters together from
            the forward pass to the end of the backward pass: more memory, fewer messages.
        **kwargs: What mmengine's runner passes on.

    Raises:
        ValueError: If there is no such way of sharding, or an option of mmengine's strategies is given that this one
            decides.
    """

    def __init__(self, units: str | Sequence[str] = (), sharding_strategy: str = 'FULL_SHARD', **kwargs: Any) -> None:
        if sharding_strategy not in SHARDINGS:
            raise ValueError(f'strategy.sharding_strategy is {sharding_strategy!r}; known: {list(SHARDINGS)}')
        for name in DECIDED.keys() & kwargs.keys():
            raise ValueError(f'strategy.{name} is nothing that mmdecon.ShardedStrategy takes: {DECIDED[name]}')
        # where shards are put together on the CPU already, FSDP's offloading to it reads freed memory
        offload = dict(rank0_only=True, offload_to_cpu=get_device() != 'cpu')
        config = dict(
            state_dict_type='FULL_STATE_DICT',
            state_dict_config=dict(type='FullStateDictConfig', **offload),
            optim_state_dict_config=dict(type='FullOptimStateDictConfig', **offload),
        )
        super().__init__(state_dict_cfg=config, **kwargs)
        self.units = [units] if isinstance(units, str) else list(units)
        self.sharding_strategy = sharding_strategy

    def _wrap_model(self, model: nn.Module) -> nn.Module:
        """Shards the model.

        Raises:
            ValueError: If it is no model of mmdecon, or this torch shards on GPUs alone.
        """
        twins = [part for part in model.modules() if isinstance(part, Twin)]
        if not twins:
            raise ValueError(
                f"strategy.type='mmdecon.ShardedStrategy' shards models of mmdecon, not a {type(model).__name__}; "
                "mmengine's FSDPStrategy serves others"
            )
        on_cpu = get_device() == 'cpu'
        if on_cpu and not shards_on_cpus():
            raise ValueError(f'torch {torch.__version__} shards models on GPUs alone; newer ones (2.12) also without')
        fixed = [part for twin in twins for part in twin.student.common]
        for part in fixed:
            part.to(get_device())  # FSDP moves what it shards
        units = {half for twin in twins for half in twin.children()} | self._find_units(cast(Twin, model.network))
        self.model_wrapper = dict(
            type='MMFullyShardedDataParallel',
            use_orig_params=True,
            sharding_strategy=self.sharding_strategy,
            auto_wrap_policy=lambda module, recurse, nonwrapped_numel: recurse or module in units,
            ignored_modules=fixed,  # units among them stay as they are
            **(dict(device_id=torch.device('cpu')) if on_cpu else {}),
        )
        return super()._wrap_model(model)

    def _find_units(self, network: Twin) -> set[nn.Module]:
        """The parts of both halves of the network that the config names."""
        pairs = [(half, pattern) for half in network.children() for pattern in self.units]
        return {part for half, pattern in pairs for part in find_parts(half, pattern, 'strategy.units').values()}

    def build_optim_wrapper(self, optim_wrapper: dict[str, Any], model: nn.Module | None = None) -> OptimWrapper:
        """Builds the optimiser while every parameter has its whole shape, by which some are told apart.

        Raises:
            ValueError: If the optimiser needs whole matrices.
        """
        config = deepcopy(optim_wrapper)
        config['optimizer'] = dict(config['optimizer'], type=_over_shards(config['optimizer']['type']))
        model = self.model if model is None else model
        with FullyShardedDataParallel.summon_full_params(model, writeback=False):
            wrapper = super().build_optim_wrapper(config, model)
        if wrapper.clip_grad_kwargs and wrapper.clip_func is nn.utils.clip_grad_norm_:
            wrapper.clip_func = clip_sharded_norm_
        return wrapper

    def optim_state_dict(self) -> dict[str, Any]:
        """The optimiser's state as an unsharded optimiser has it, in the first process; all must call it."""
        state = FullyShardedDataParallel.optim_state_dict(self.model, self.optim_wrapper.optimizer)
        return {**self.optim_wrapper.state_dict(), **by_number(state)} if state else {}

    def load_optim_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes each process's shards of an unsharded optimiser's state.

        Args:
            state_dict: Of :meth:`optim_state_dict`, or of an ``OptimWrapper`` over the same parameters.
        """
        optimizer, names = self.optim_wrapper.optimizer, {p: plain_name(n) for n, p in self.model.named_parameters()}
        order = [[names[p] for p in group['params']] for group in optimizer.param_groups]
        shards = FullyShardedDataParallel.optim_state_dict_to_load(
            model=self.model, optim=optimizer, optim_state_dict=by_name(state_dict, order)
        )
        self.optim_wrapper.load_state_dict({**state_dict, **shards})


def shards_on_cpus() -> bool:
    """Whether this torch's FSDP runs without a GPU: it asks for streams with a priority; 2.1 has none there."""
    return bool(signature(torch.cpu.Stream.__init__).parameters.keys() & {'priority'})


def _over_shards(kind: Any) -> Any:
    """The optimiser that does over shards what the named one does over whole parameters, by name or class."""
    name = (kind if isinstance(kind, str) else kind.__name__).rpartition('.')[2]
    if name == 'LARS':
        return ShardedLARS
    if name in BY_NUMBER:
        return kind
    raise ValueError(
        f'optim_wrapper.optimizer.type is {name!r}, which may need whole matrices, of which each process has shards '
        f'under mmdecon.ShardedStrategy; known to work: LARS, {", ".join(BY_NUMBER)}'
    )
