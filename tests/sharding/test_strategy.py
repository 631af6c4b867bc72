"""What cannot be sharded is refused; what can is trained by the other tests here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from mmpretrain.engine.optimizers import LARS
from torch import nn

from mmdecon.sharding import ShardedLARS, ShardedStrategy
from mmdecon.sharding.optim_state import by_name, by_number
from tests.support import tiny
from tests.support.shards import needs_shards

pytestmark = needs_shards


@pytest.fixture(autouse=True)
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A group of this process alone."""
    monkeypatch.setenv('LOCAL_RANK', '0')
    torch.distributed.init_process_group('gloo', f'file://{tmp_path}/rendezvous', rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def prepare(folder: Path, model: nn.Module, optimizer: dict[str, Any], **settings: Any) -> ShardedStrategy:
    """A strategy with model and optimiser."""
    told = dict(launcher='pytorch', randomness=dict(seed=0))
    strategy = ShardedStrategy(work_dir=str(folder), env_kwargs=told, **settings)
    strategy.prepare(model, optim_wrapper=dict(constructor='mmdecon.SkipVectors', optimizer=optimizer))
    return strategy


@pytest.mark.parametrize(
    ('settings', 'optimizer', 'message'),
    [
        (
            dict(sharding_strategy='HYBRID_SHARD'),
            'SGD',
            r"sharding_strategy is 'HYBRID_SHARD'; known: \['FULL_SHARD'",
        ),
        (dict(units='encoder.stage*'), 'SGD', r"strategy.units has 'encoder.stage\*', but no module is called so"),
        (dict(units=['decoder']), 'SGD', r"'decoder' only holds modules"),
        (dict(sync_bn='torch'), 'SGD', r"strategy.sync_bn is nothing that .* takes: give norms type='mmdecon.SyncBN'"),
        (dict(model_wrapper={}), 'SGD', 'strategy.model_wrapper is nothing that .*: units and sharding_strategy'),
        ({}, 'mmpretrain.Lamb', r"optimizer.type is 'Lamb', which may need whole matrices, .*known to work: LARS, SGD"),
        ({}, torch.optim.LBFGS, r"optimizer.type is 'LBFGS'"),
    ],
)
def test_refusals(tmp_path: Path, settings: dict[str, Any], optimizer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prepare(tmp_path, tiny.build(), dict(type=optimizer, lr=0.1), **settings)


def test_other_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shards models of mmdecon, not a Linear; mmengine's FSDPStrategy"):
        prepare(tmp_path, nn.Linear(2, 2), dict(type='SGD', lr=0.1))


@pytest.mark.parametrize('kind', ['LARS', 'mmpretrain.LARS', LARS])
def test_lars_is_replaced(tmp_path: Path, kind: Any) -> None:
    optimizer = prepare(tmp_path, tiny.build(), dict(type=kind, lr=0.1)).optim_wrapper.optimizer
    assert type(optimizer) is ShardedLARS


def test_states_of_other_optimisers_are_refused() -> None:
    state = by_number(dict(state=dict(b=1), param_groups=[dict(params=['a', 'b'])]))
    assert by_name(state, [['c', 'd']])['state'] == dict(d=1)
    with pytest.raises(ValueError, match=r'over groups of \[2\] parameters, this run one over \[1, 1\]'):
        by_name(state, [['a'], ['b']])
