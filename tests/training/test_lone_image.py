"""A last batch of one image: refused before training where batch norm would find a single value, else trained on."""

from pathlib import Path

import pytest
from mmengine.config import Config

from tests.support import here

CONFIG = here.ROOT / 'tests/training/tiny_any.py'
BN = dict(type='mmdecon.SyncBN')
VECTORS = dict(
    level='c5',
    weight=1.0,
    head=dict(type='mmdecon.VectorHead', hidden_channels=8, out_channels=4, norm_cfg=BN),
    objective=dict(type='mmdecon.VectorPrediction', hidden_channels=8, norm_cfg=BN),
)


def train(folder: Path, branches: dict | None = None, size: int = 64, **loader: object) -> list[dict]:
    """Eight images, views of ``size`` pixels; what was logged."""
    cfg = Config.fromfile(CONFIG)
    if branches is not None:
        cfg.model.branches = branches
    cfg.train_dataloader.update(loader)
    cfg.train_dataloader.dataset.pipeline[1].size = size
    cfg.train_cfg.max_epochs, cfg.param_scheduler = 1, None
    cfg.dump(folder / 'config.py')
    here.train(folder / 'work', config=str(folder / 'config.py'))
    return here.rows(folder / 'work')


@pytest.mark.parametrize(
    'options', [dict(branches=dict(enc=VECTORS)), dict(size=32)], ids=['vectors', 'maps of one cell']
)
def test_single_values_are_refused_before_training(options, tmp_path) -> None:
    with pytest.raises(SystemExit) as end:
        train(tmp_path, batch_size=7, drop_last=False, **options)
    assert '8 images in batches of train_dataloader.batch_size=7 leave a batch of one image' in end.value.code
    assert 'train_dataloader.drop_last=True' in end.value.code
    assert not list(tmp_path.rglob('*.pth')) and not list(tmp_path.rglob('scalars.json'))


def test_maps_of_more_cells_are_trained_on(tmp_path) -> None:
    assert len(train(tmp_path, batch_size=7, drop_last=False)) == 2


def test_no_single_image_is_left(tmp_path) -> None:
    assert len(train(tmp_path, dict(enc=VECTORS), batch_size=7, drop_last=True)) == 1
