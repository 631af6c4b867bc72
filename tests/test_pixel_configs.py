"""The data sets of images that are no photos: configs read such files, and a model of that many channels trains."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import default_collate

from mmdecon.registry import DATASETS, MODELS

from .support.colours import smooth_image
from .test_configs import ROOT, make_small, narrow, parts, run

pytest.importorskip('mmdecon.datasets.raster_folder')
CHANNELS = dict(multispectral=13, microscopy=2, grey16=1, rgbd=4)
TEXT = """
_base_ = [{bases}]
model = dict(
    data_preprocessor=_base_.normalisation,
    network=dict(encoder=dict(depth=18)),
    branches=dict(enc=dict(_base_.branch, level='c5')),
)
"""


def config(kind: str, folder: Path) -> Config:
    """A small SlotCon on a data set."""
    bases = ('networks/r50', 'branches/slotcon_small', f'datasets/{kind}', 'schedules/sgd_coslr', 'default_runtime')
    names = ', '.join(repr(str(ROOT / f'_base_/{base}.py')) for base in bases)
    (folder / 'config.py').write_text(TEXT.format(bases=names))
    cfg = Config.fromfile(folder / 'config.py')
    for part in parts(cfg.model):
        narrow(part)
    cfg.model.network.encoder.in_channels = CHANNELS[kind]
    cfg.train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False)
    dataset = cfg.train_dataloader.dataset
    dataset.update(folders=str(folder), tile=None)
    for transform in dataset.pipeline:
        make_small(transform)
    dataset.pipeline[0].axes = 'YXC'
    return cfg


def write(folder: Path, channels: int, span: tuple[float, float]) -> None:
    """Four images that fill a range of values."""
    photo = smooth_image().astype(np.float64) / 255
    for number in range(4):
        mixed = np.roll(photo, 9 * number, axis=0) @ np.random.default_rng(number).dirichlet([1] * 3, channels).T
        image = np.rint(np.clip(mixed * span[1], 1, span[1])).astype(np.uint16)
        np.save(folder / f'{number}.npy', image)


@pytest.mark.parametrize('kind', CHANNELS)
def test_trains(kind: str, tmp_path: Path) -> None:
    pytest.importorskip('mmdecon.models.first_layer')
    cfg = config(kind, tmp_path)
    write(tmp_path, CHANNELS[kind], cfg.train_dataloader.dataset.pipeline[0].value_range)
    model, before = run(cfg, steps=2)
    first: Any = next(p for name, p in model.named_parameters() if 'student.encoder' in name and p.dim() == 4)
    assert first.shape[1] == CHANNELS[kind]
    assert any(not torch.equal(p, before[name]) for name, p in model.named_parameters())


@pytest.mark.parametrize('kind', CHANNELS)
def test_views_are_normalised_to_the_range(kind: str, tmp_path: Path) -> None:
    cfg = config(kind, tmp_path)
    write(tmp_path, CHANNELS[kind], cfg.train_dataloader.dataset.pipeline[0].value_range)
    data = DATASETS.build(cfg.train_dataloader.dataset)
    batch = default_collate([data[number] for number in range(len(data))])
    view = MODELS.build(cfg.model.data_preprocessor)(batch)['views'][0]
    assert view.image.shape[:2] == (4, CHANNELS[kind]) and 0 <= view.image.min() < view.image.max() <= 1
    assert view.valid.all()
