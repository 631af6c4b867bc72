"""Two gloo processes, each with half of the batch, against one process with all of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.model import MMDistributedDataParallel

from mmdecon.models import DeCon
from mmdecon.schedules import Clock
from mmdecon.views import View
from tests.support import tiny
from tests.support.pair import joined, run_in_both

SYNC = dict(type='mmdecon.SyncBN')
STEPS = 3
IMAGES = 6
SOME_APART = [[0.0, 0.0, 64.0, 64.0], [32.0, 16.0, 96.0, 80.0]]


def build() -> DeCon:
    """DeCon-ML with synchronised norms, in double precision."""
    torch.manual_seed(0)
    encoder = dict(tiny.RESNET, norm_cfg=SYNC)
    fpn = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=SYNC))
    levels = dict(enc='c5', dec_p2='p2', dec_p4='p4')
    model = DeCon(
        network=tiny.network(dict(fpn=fpn), encoder=encoder),
        branches={name: tiny.branch(level, norm_cfg=SYNC) for name, level in levels.items()},
    )
    model.init_weights()
    return model.double().train()


def views() -> list[View]:
    """Two views; those of image 1 have nothing in common, so that processes differ in their valid pairs."""
    first, second = (v._replace(image=v.image.double(), box=v.box.double()) for v in tiny.views(batch=IMAGES))
    second.box[1] += 1000.0
    return [first, second]


def train(model: torch.nn.Module, batch: list[View]) -> list[float]:
    """Some steps; the losses."""
    inner = model.module if hasattr(model, 'module') else model
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05, momentum=0.9)
    losses = []
    for step in range(STEPS):
        inner.clock = lambda step=step: Clock(step, 10)
        loss = tiny.total(model(views=batch, mode='loss'))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def work(rank: int, folder: str, make: Callable[..., DeCon], args: tuple, batch: Callable) -> None:
    """One of two processes: the images rank, rank + 2, ..., as mmengine's sampler deals them."""
    with joined(rank, folder):
        model = MMDistributedDataParallel(make(*args), broadcast_buffers=False)
        half = [View(*(None if x is None else x[rank::2] for x in view)) for view in batch()]
        losses = train(model, half)
        torch.save(dict(losses=losses, state=model.module.state_dict()), Path(folder) / f'{rank}.pth')


def run_both(make: Callable[..., DeCon], args: tuple, batch: Callable[[], list[View]], folder: Path) -> None:
    """Trains a model in two processes and in one; losses, parameters, teachers, statistics and queues must agree.

    Args:
        make: Builds the model; a module's function, as processes must find it.
        args: For ``make``.
        batch: Makes all images' views; a module's function.
        folder: For the outcomes.
    """
    run_in_both(work, str(folder), make, args, batch)
    two = [torch.load(folder / f'{rank}.pth') for rank in range(2)]
    model = make(*args)
    losses = train(model, batch())
    mean = [sum(pair) / 2 for pair in zip(*(part['losses'] for part in two))]
    assert mean == pytest.approx(losses, rel=1e-10)
    for part in two:
        assert part['state'].keys() == model.state_dict().keys()
        for name, value in model.state_dict().items():
            torch.testing.assert_close(
                part['state'][name], value, rtol=1e-8, atol=1e-10, msg=lambda m, name=name: f'{name}: {m}'
            )


def test_slotcon(tmp_path) -> None:
    run_both(build, (), views, tmp_path)
