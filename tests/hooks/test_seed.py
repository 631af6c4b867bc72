from pathlib import Path
from types import SimpleNamespace

import torch
import torch.distributed as dist
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from mmdecon.hooks.seed import SeedEachStep
from mmdecon.images.seeding import derive_seed
from tests.support.pair import run_in_both


class Dropped(BaseModel):
    """A layer behind dropout, that remembers which cells were kept in each step."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(16, 1)
        self.kept: list[tuple[bool, ...]] = []

    def forward(self, inputs: torch.Tensor, mode: str = 'tensor') -> dict[str, torch.Tensor]:
        dropped = nn.functional.dropout(inputs, 0.5)
        self.kept.append(tuple(dropped.ne(0).flatten().tolist()))
        return dict(loss=self.layer(dropped).square().mean())


def train(work_dir: Path, epochs: int, seed: int = 7, resume: bool = False, seeded: bool = True) -> Dropped:
    torch.manual_seed(0)
    model = Dropped()
    Runner(
        model,
        str(work_dir),
        train_dataloader=dict(
            dataset=[dict(inputs=torch.randn(16)) for _ in range(8)],
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='default_collate'),
            batch_size=4,
        ),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9)),
        custom_hooks=[SeedEachStep()] if seeded else [],
        randomness=dict(seed=seed),
        resume=resume,
        default_scope='mmengine',
        log_level='ERROR',
        experiment_name=f'{work_dir.name}_{epochs}_{resume}',
    ).train()
    return model


def same(a: Dropped, b: Dropped) -> bool:
    return torch.equal(a.layer.weight, b.layer.weight) and torch.equal(a.layer.bias, b.layer.bias)


def test_two_steps_and_two_more_equal_four(tmp_path: Path) -> None:
    whole = train(tmp_path / 'whole', epochs=2)
    first = train(tmp_path / 'halves', epochs=1)
    second = train(tmp_path / 'halves', epochs=2, resume=True)
    assert len(whole.kept) == 4 == len(set(whole.kept))  # each step drops other cells
    assert first.kept + second.kept == whole.kept
    assert same(whole, second) and not same(whole, first)
    assert not set(train(tmp_path / 'other', epochs=2, seed=8).kept) & set(whole.kept)


def test_without_the_hook_a_resumed_run_differs(tmp_path: Path) -> None:
    whole = train(tmp_path / 'whole', epochs=2, seeded=False)
    train(tmp_path / 'halves', epochs=1, seeded=False)
    assert not same(whole, train(tmp_path / 'halves', epochs=2, resume=True, seeded=False))


def process_seed(rank: int, results: Path) -> None:
    dist.init_process_group('gloo', init_method=f'file://{results}/store', rank=rank, world_size=2)
    SeedEachStep().before_train_iter(SimpleNamespace(seed=7, iter=3), batch_idx=0)
    (results / str(rank)).write_text(str(torch.initial_seed()))
    dist.barrier()  # or one leaves before the other has connected
    dist.destroy_process_group()


def test_processes_draw_apart(tmp_path: Path) -> None:
    run_in_both(process_seed, tmp_path)
    seeds = [int((tmp_path / str(rank)).read_text()) for rank in range(2)]
    assert seeds == [derive_seed(7, 3, rank) for rank in range(2)] and len(set(seeds)) == 2
