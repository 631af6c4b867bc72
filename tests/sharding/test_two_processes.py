"""Two gloo processes that shard a model (FSDP), against two that hold it whole, in double precision."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from mmengine._strategy import DDPStrategy
from mmengine._strategy.base import BaseStrategy
from mmengine._strategy.fsdp import FSDPStrategy

from mmdecon.hooks import Recompute
from mmdecon.sharding import ShardedStrategy
from mmdecon.wrapping import whole_state
from tests.support import joint, tiny
from tests.support.pair import joined
from tests.support.shards import needs_shards

pytestmark = [needs_shards, pytest.mark.wide]
PASSES = 4
LARS = dict(type='mmpretrain.LARS', lr=0.1, momentum=0.9, weight_decay=1e-4)
ADAMW = dict(type='AdamW', lr=1e-3, weight_decay=0.05, eps=1e-6)  # where gradients are 0 but for rounding, steps too
SGD = dict(type='SGD', lr=0.05, momentum=0.9)


class Run(NamedTuple):
    """One way to train; ``kind`` as of :func:`joint.build`."""

    kind: str
    optimizer: dict[str, Any]
    options: dict[str, Any] = {}
    units: tuple[str, ...] = ()
    sharding: str = 'FULL_SHARD'
    recompute: bool = False
    norm_cfg: dict[str, Any] = tiny.BN  # quicker; each process has statistics of its own


RUNS = {
    'lars': Run('averaged', LARS, units=('encoder.layer*', 'decoder.fpn'), norm_cfg=joint.SYNC),
    'adamw': Run('averaged', ADAMW, dict(accumulative_counts=2), recompute=True),
    'sgd': Run('shared', SGD, dict(clip_grad=dict(max_norm=0.1)), ('encoder.layer*.*',), 'SHARD_GRAD_OP', True),
}


def strategy(run: Run, is_sharded: bool, folder: str) -> BaseStrategy:
    """The strategy that trains, set up for one of the processes."""
    common = dict(work_dir=folder, env_kwargs=dict(launcher='pytorch', randomness=dict(seed=0)))
    if is_sharded:
        return ShardedStrategy(units=run.units, sharding_strategy=run.sharding, **common)
    wrapper = dict(type='MMDistributedDataParallel', broadcast_buffers=False, device_ids=None)
    return DDPStrategy(model_wrapper=wrapper, **common)


def train(run: Run, is_sharded: bool, rank: int, folder: str) -> dict[str, Any]:
    """Some passes as mmengine makes them; the losses, what the model holds then, and what this process holds of it."""
    trainer = strategy(run, is_sharded, folder)
    optimisation = dict(constructor='mmdecon.SkipVectors', optimizer=run.optimizer, **run.options)
    told = dict(max_iters=PASSES, init_weights_for_test_or_val=False)
    trainer.prepare(joint.build(run.kind, 0.5, run.norm_cfg), optim_wrapper=optimisation, dispatch_kwargs=told)
    model, wrapper = trainer.model, trainer.optim_wrapper
    if run.recompute:
        Recompute('network.student.encoder.layer*').before_train(SimpleNamespace(model=model))
    losses = joint.train(model, wrapper, rank, PASSES)
    numbers = sum(p.numel() for p in model.parameters())
    moments = sum(x.numel() for state in wrapper.optimizer.state.values() for x in state.values())
    return dict(losses=losses, state=whole_state(model), numbers=numbers, moments=moments)


def refusal(folder: str) -> str:
    """What mmengine's own strategy ends with."""
    trainer = FSDPStrategy(model_wrapper=dict(device_id=torch.device('cpu')), work_dir=folder)
    optimisation = dict(constructor='mmdecon.SkipVectors', optimizer=LARS)
    try:
        trainer.prepare(joint.build('averaged', 0.5), optim_wrapper=optimisation)
    except ValueError as error:
        return str(error)
    return 'none'


def work(rank: int, folder: str) -> None:
    """One of two processes."""
    with joined(rank, folder):
        for name, run in RUNS.items():
            for is_sharded in (False, True):
                torch.save(train(run, is_sharded, rank, folder), Path(folder) / f'{name}-{is_sharded}-{rank}.pth')
        (Path(folder) / f'refusal-{rank}.txt').write_text(refusal(folder))


outcomes = joint.outcomes_of(work)


def load(outcomes: Path, name: str, is_sharded: bool) -> list[dict[str, Any]]:
    """What both processes ended with."""
    return [torch.load(outcomes / f'{name}-{is_sharded}-{rank}.pth') for rank in range(2)]


@pytest.mark.parametrize('name', RUNS)
def test_shards_change_no_number(name: str, outcomes: Path) -> None:
    whole, shards = load(outcomes, name, False), load(outcomes, name, True)
    for got, wanted in zip(shards, whole):
        assert got['losses'] == pytest.approx(wanted['losses'], rel=1e-10)
        assert len(set(wanted['losses'])) == PASSES
        assert list(got['state']) == list(wanted['state'])
        for key, value in wanted['state'].items():
            torch.testing.assert_close(
                got['state'][key], value, rtol=1e-8, atol=1e-10, msg=lambda m, key=key: f'{key}: {m}'
            )


@pytest.mark.parametrize('name', RUNS)
def test_each_process_holds_half(name: str, outcomes: Path) -> None:
    """Of students, teachers and moments; what does not divide by two is filled up."""
    whole, shards = load(outcomes, name, False)[0], load(outcomes, name, True)
    for part in ('numbers', 'moments'):
        held = [shard[part] for shard in shards]
        assert max(held) <= 0.51 * whole[part]
        assert whole[part] <= sum(held) <= 1.01 * whole[part]


def test_matrices_are_not_told_by_shards(outcomes: Path) -> None:
    for rank in range(2):
        assert 'SkipVectors cannot tell matrices from vectors' in (outcomes / f'refusal-{rank}.txt').read_text()
