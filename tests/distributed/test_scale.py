"""Two gloo processes with the options of ``configs/_base_/scale/ddp.py``, against two with torch's defaults."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from torch import Tensor

from mmdecon.engine import BFloat16OptimWrapper
from mmdecon.hooks import Recompute
from mmdecon.models import DeCon
from tests.support import joint
from tests.support.pair import joined

pytestmark = pytest.mark.wide

FRAGMENT = Path(__file__).parents[2] / 'configs/_base_/scale/ddp.py'
PLAIN = dict(broadcast_buffers=False)
PASSES = 3
RUNS = [('averaged', 1, 0.5), ('shared', 1, 0.5), ('averaged', 2, 0.5)]


def options(static_graph: bool) -> dict[str, Any]:
    """The fragment's, with buckets so small that a tiny model fills several."""
    config = dict(Config.fromfile(FRAGMENT).model_wrapper_cfg, bucket_cap_mb=0.05)
    config['static_graph'] &= static_graph
    assert config.pop('type') == 'MMDistributedDataParallel'
    return config


def train(
    model: DeCon,
    accumulate: int,
    wrapper: dict[str, Any],
    rank: int,
    optim_wrapper_type: type[OptimWrapper] = OptimWrapper,
) -> dict[str, Any]:
    """Some passes as mmengine makes them; the losses and what the model holds then."""
    model = MMDistributedDataParallel(model, **wrapper)
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05, momentum=0.9)
    optim_wrapper = optim_wrapper_type(optimiser, accumulative_counts=accumulate)
    optim_wrapper.initialize_count_status(model, 0, PASSES)
    losses = joint.train(model, optim_wrapper, rank, PASSES)
    return dict(losses=losses, state=model.module.state_dict())


def work(rank: int, folder: str) -> None:
    """One of two processes: every run, with and without the options."""
    with joined(rank, folder):
        for kind, accumulate, dropout in RUNS:
            for name, wrapper in dict(plain=PLAIN, options=options(accumulate == 1)).items():
                model = joint.build(kind, dropout)
                if kind == 'shared' and name == 'options':  # synchronised norms run again in the backward pass
                    Recompute('network.student.encoder.layer*').before_train(SimpleNamespace(model=model))
                outcome = train(model, accumulate, wrapper, rank)
                torch.save(outcome, Path(folder) / f'{kind}-{accumulate}-{name}-{rank}.pth')
        for name, kind in dict(half=BFloat16OptimWrapper, full=OptimWrapper).items():
            outcome = train(joint.build('averaged', 0.0).float(), 1, options(True), rank, kind)
            torch.save(outcome, Path(folder) / f'{name}-{rank}.pth')


outcomes = joint.outcomes_of(work)


@pytest.mark.parametrize(('kind', 'accumulate'), [run[:2] for run in RUNS])
def test_static_graph_and_buckets_change_no_number(kind: str, accumulate: int, outcomes: Path) -> None:
    states: list[dict[str, Tensor]] = []
    for rank in range(2):
        plain, got = (torch.load(outcomes / f'{kind}-{accumulate}-{name}-{rank}.pth') for name in ('plain', 'options'))
        assert got['losses'] == pytest.approx(plain['losses'], rel=1e-10)
        assert len(set(plain['losses'])) == PASSES
        states += [plain['state'], got['state']]
    for name, value in states[0].items():
        for other in states[1:]:
            torch.testing.assert_close(
                other[name], value, rtol=1e-8, atol=1e-10, msg=lambda m, name=name: f'{name}: {m}'
            )


def test_bfloat16_in_two_processes(outcomes: Path) -> None:
    """Norms over all processes included: every base in one model, its loss close to that of full precision."""
    for rank in range(2):
        half, full = (torch.load(outcomes / f'{name}-{rank}.pth') for name in ('half', 'full'))
        assert half['losses'][0] == pytest.approx(full['losses'][0], rel=0.02)
        assert half['losses'] == pytest.approx(full['losses'], rel=0.15)
        assert {value.dtype for value in half['state'].values() if value.is_floating_point()} == {torch.float32}
