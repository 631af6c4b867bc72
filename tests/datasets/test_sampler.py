"""The views of a sample depend on run seed, epoch and index, and on nothing else."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from mmengine.dataset import DefaultSampler
from mmengine.hooks import DistSamplerSeedHook
from mmengine.runner import Runner
from PIL import Image
from torch.utils.data import DataLoader

from mmdecon.datasets.sampler import Draw, ViewSampler
from mmdecon.images.seeding import derive_seed
from tests.support.pair import run_in_both

IMAGES = 10


def add_noise(sample: dict) -> dict:
    """A transform that draws from torch, as RandomGrayscale does from Python's and TwoViews from NumPy's generator."""
    noise = torch.randint(0, 9, sample['img'].shape).numpy()
    return dict(sample, img=(sample['img'] // 2 + noise).astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    (tmp_path / 'images').mkdir()
    for number in range(IMAGES):
        Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(tmp_path / f'images/{number}.png')
    return tmp_path / 'images'


def loader(folder: Path, seed: int = 3, shuffle: bool = True, **options) -> DataLoader:
    """The data loader as a runner builds it from a config."""
    photometric = [dict(type='RandomGrayscale', prob=0.5, keep_channels=True), add_noise]
    pipeline = [
        dict(type='mmdecon.LoadImage'),
        dict(type='mmdecon.TwoViews', size=16, photometric=[photometric, photometric]),
        dict(type='mmdecon.PackViews'),
    ]
    config = dict(
        dataset=dict(type='mmdecon.ImageFolder', folders=str(folder), pipeline=pipeline),
        sampler=dict(type='mmdecon.ViewSampler', shuffle=shuffle),
        collate_fn=dict(type='default_collate'),
        **{'batch_size': 2, 'num_workers': 0, **options},
    )
    return Runner.build_dataloader(config, seed=seed)


def views(batches: DataLoader, epoch: int = 0) -> list[torch.Tensor]:
    """Both images of each sample of an epoch, in the order of the batches, with the boxes and flips written in."""
    batches.sampler.set_epoch(epoch)
    return [
        torch.cat(
            [
                part.double().flatten()
                for view in batch['views']
                for part in (view['image'][item], view['box'][item], view['flipped'][item])
            ]
        )
        for batch in batches
        for item in range(len(batch['views'][0]['box']))
    ]


def equal(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return len(a) == len(b) and all(map(torch.equal, a, b))


@pytest.mark.parametrize(
    'options',
    [
        dict(num_workers=2),
        dict(num_workers=1, persistent_workers=True),
        dict(num_workers=2, prefetch_factor=5),
        dict(batch_size=5),
    ],
)
def test_views_do_not_depend_on_workers_or_batches(folder: Path, options: dict) -> None:
    reference, other = loader(folder), loader(folder, **options)
    for epoch in range(2):
        assert equal(views(reference, epoch), views(other, epoch))


def test_views_change_with_epoch_seed_and_image(folder: Path) -> None:
    ordered = loader(folder, shuffle=False)
    first = views(ordered, 0)
    assert len(first) == IMAGES
    for others in (views(ordered, 1), views(loader(folder, seed=4, shuffle=False), 0)):
        assert not any(map(torch.equal, first, others))
    image = Path(folder / '0.png').read_bytes()
    (folder / '1.png').write_bytes(image)  # one image under two indices is drawn differently
    assert not torch.equal(*views(ordered)[:2])


def test_views_of_an_image_do_not_depend_on_its_place_in_the_epoch(folder: Path) -> None:
    shuffled, ordered = loader(folder), loader(folder, shuffle=False)
    by_index = views(ordered, 2)
    found = views(shuffled, 2)
    order = [int(index) for index in shuffled.sampler]
    assert order != sorted(order) and equal(found, [by_index[index] for index in order])


def test_an_epoch_is_the_same_after_resuming(folder: Path) -> None:
    run, resumed = loader(folder), loader(folder)
    views(run, 0)
    torch.manual_seed(5), np.random.seed(5)  # a resumed process has other global states
    assert equal(views(run, 1), views(resumed, 1))


def test_the_order_is_that_of_the_default_sampler() -> None:
    ours, theirs = ViewSampler(range(7), seed=1), DefaultSampler(range(7), seed=1)
    for epoch in range(3):
        ours.set_epoch(epoch), theirs.set_epoch(epoch)
        assert list(ours) == list(theirs) and len(ours) == len(theirs)
        assert [draw.seed for draw in ours] == [derive_seed(1, epoch, index) for index in theirs]


def test_an_epoch_keeps_its_number_once_begun() -> None:
    sampler = ViewSampler(range(3), shuffle=False, seed=0)
    begun = iter(sampler)
    sampler.set_epoch(1)
    assert [draw.seed for draw in begun] == [derive_seed(0, 0, index) for index in range(3)]


def test_the_runners_hook_tells_the_epoch(folder: Path) -> None:
    class Loop:
        dataloader = loader(folder)

    class State:
        train_loop, epoch = Loop, 4

    DistSamplerSeedHook().before_train_epoch(State)
    assert next(iter(Loop.dataloader.sampler)).seed in {derive_seed(3, 4, index) for index in range(IMAGES)}


def test_a_draw_is_its_index_and_survives_pickling() -> None:
    draw = Draw(5, seed=2**32 - 1)
    for copied in (pickle.loads(pickle.dumps(draw, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)):
        assert (copied, copied.seed, type(copied)) == (5, 2**32 - 1, Draw)
    assert list(range(10))[draw] == 5 and isinstance(draw, int)


def test_what_wrappers_compute_from_a_draw_keeps_its_seed() -> None:
    draw = Draw(5, seed=9)
    for found, index in ((draw % 3, 2), (draw - 4, 1)):
        assert (found, found.seed, type(found)) == (index, 9, Draw)


def process_views(rank: int, folder: Path, results: Path) -> None:
    dist.init_process_group('gloo', init_method=f'file://{results}/store', rank=rank, world_size=2)
    torch.save(views(loader(folder), 1), results / f'{rank}.pt')
    dist.barrier()  # or one leaves before the other has connected
    dist.destroy_process_group()


def test_two_processes_see_the_views_of_one(folder: Path, tmp_path: Path) -> None:
    run_in_both(process_views, folder, tmp_path)
    ranks = [torch.load(tmp_path / f'{rank}.pt', weights_only=True) for rank in range(2)]
    joined = [sample for pair in zip(*ranks) for sample in pair]  # samplers deal the indices out in turn
    assert equal(joined, views(loader(folder), 1))
