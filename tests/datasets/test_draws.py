"""Draws are functions of seed, epoch and index through samplers and wrappers, or the pair is refused."""

import random
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from mmdecon.datasets.draws import repeats_its_draws, require_seeded_draws, takes_seeds
from mmdecon.datasets.sampler import Draw, EndlessViewSampler, ViewSampler

IMAGES = 5


@DATASETS.register_module()
class Noise(Dataset):
    """Another package's dataset: draws from all three generators."""

    def __len__(self) -> int:
        return IMAGES

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.tensor([int(index), random.random(), np.random.rand(), float(torch.rand(()))])


@pytest.fixture
def folder(tmp_path: Path) -> dict[str, Any]:
    """Config of a folder of images and of views of them."""
    noise = np.random.default_rng(0)
    for number in range(IMAGES):
        Image.fromarray(noise.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(tmp_path / f'{number}.png')
    pipeline = [dict(type='mmdecon.LoadImage'), dict(type='mmdecon.TwoViews', size=16), dict(type='mmdecon.PackViews')]
    return dict(type='mmdecon.ImageFolder', folders=str(tmp_path), pipeline=pipeline)


def loader(dataset: dict[str, Any], sampler: str = 'mmdecon.ViewSampler', **options: Any) -> DataLoader:
    """As a runner builds it."""
    plain = dict(batch_size=2, num_workers=0, collate_fn=dict(type='default_collate'))
    return Runner.build_dataloader(dict(plain, dataset=dataset, sampler=dict(type=sampler), **options), seed=3)


WRAPPED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    'two folders': lambda folder: dict(type='ConcatDataset', datasets=[folder, dict(folder, indices=3)]),
    'twice': lambda folder: dict(type='RepeatDataset', times=2, dataset=folder),
    'both': lambda folder: dict(type='RepeatDataset', times=2, dataset=WRAPPED['two folders'](folder)),
    'another': lambda folder: dict(type='mmdecon.SeededDraws', dataset=dict(type='Noise')),
}


@pytest.mark.parametrize('name', WRAPPED)
def test_wrappers_keep_the_draws(name, folder) -> None:
    built = loader(WRAPPED[name](folder))
    require_seeded_draws(built)
    assert takes_seeds(built.dataset)
    last = len(built.dataset) - 1
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    one = flat(built.dataset[Draw(last, 7)])
    assert torch.equal(one, flat(built.dataset[Draw(last, 7)])) and not torch.equal(
        one, flat(built.dataset[Draw(last, 8)])
    )


def test_each_repetition_of_an_image_is_drawn_anew(folder) -> None:
    repeated = loader(WRAPPED['twice'](folder))
    assert len({draw.seed for draw in repeated.sampler}) == 2 * IMAGES


def test_what_loses_the_seed_is_refused() -> None:
    torch.manual_seed(2)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    with pytest.raises(ValueError, match=r"type='Noise' loses the seed.*mmdecon.SeededDraws"):
        require_seeded_draws(loader(dict(type='Noise')))
    assert torch.equal(torch.get_rng_state(), before[0]) and (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]  # the trial has drawn nothing that training would have


@pytest.mark.parametrize('sampler', ['DefaultSampler', 'InfiniteSampler'])
def test_samplers_without_seeds_are_refused(sampler, folder) -> None:
    with pytest.raises(ValueError, match=rf"type='{sampler}' gives indices without a seed.*EndlessViewSampler"):
        require_seeded_draws(loader(folder, sampler))


def test_workers_that_start_anew_repeat_their_draws() -> None:
    """mmengine's default: each epoch the same numbers, whatever the images."""
    anew = loader(dict(type='Noise'), 'DefaultSampler', num_workers=1)
    epochs = [torch.cat(list(anew))[:, 1:] for _ in range(2)]
    assert torch.equal(*epochs) and repeats_its_draws(anew)


@pytest.mark.parametrize(
    'sampler, options',
    [
        ('DefaultSampler', dict(num_workers=1, persistent_workers=True)),
        ('DefaultSampler', {}),
        ('InfiniteSampler', dict(num_workers=1)),
    ],
)
def test_others_do_not_repeat(sampler, options) -> None:
    assert not repeats_its_draws(loader(dict(type='Noise'), sampler, **options))


def test_seeded_draws_do_not_repeat(folder) -> None:
    assert not repeats_its_draws(loader(folder, num_workers=1))


class TestEndless:
    def test_its_epochs_follow_each_other(self) -> None:
        epochs = ViewSampler(range(IMAGES), seed=1)
        expected = []
        for epoch in range(3):
            epochs.set_epoch(epoch)
            expected += [(draw, draw.seed) for draw in epochs]
        endless = islice(EndlessViewSampler(range(IMAGES), seed=1), 3 * IMAGES)
        assert [(draw, draw.seed) for draw in endless] == expected

    @pytest.mark.parametrize('done', [0, 3, IMAGES, 2 * IMAGES + 1])
    def test_goes_on_where_it_was(self, done) -> None:
        whole = [(draw, draw.seed) for draw in islice(EndlessViewSampler(range(IMAGES), seed=1), 20)]
        resumed = EndlessViewSampler(range(IMAGES), seed=1)
        resumed.skip(done)
        resumed.set_epoch(0)  # as mmengine's hook does
        assert [(draw, draw.seed) for draw in islice(resumed, 20 - done)] == whole[done:]


def test_an_epoch_begun_goes_on_once() -> None:
    sampler, plain = ViewSampler(range(IMAGES), seed=1), DefaultSampler(range(IMAGES), seed=1)
    sampler.start_within(2)
    assert list(sampler) == list(plain)[2:]
    assert list(sampler) == list(plain)


def flat(sample: Any) -> torch.Tensor:
    """A sample's numbers."""
    if isinstance(sample, torch.Tensor):
        return sample.double().flatten()
    return torch.cat([view[key].double().flatten() for view in sample['views'] for key in ('image', 'box')])
