"""What the rows of the ablations share, and what alone differs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mmcv import imwrite
from mmengine.config import Config
from mmengine.registry import DATASETS, DefaultScope

from projects.runs import ROOT
from projects.xnet_ablations.__main__ import TASKS

from ..test_configs import parts

CONFIGS = ROOT / 'projects/xnet_ablations/configs'
SMALL = sorted(path.stem for path in CONFIGS.glob('*_1xb8-*.py'))
FULL = {'100_camvid-128x128': '2k_camvid-320x320', '100_kitchen-96x128': '600_kitchen-240x320'}


def small(name: str) -> Config:
    """A config of the project."""
    return Config.fromfile(CONFIGS / f'{name}.py')


def test_the_list_is_not_empty() -> None:
    assert len(SMALL) >= 12 and [f'1xb8-{rest}' for rest in FULL] == [*TASKS]


def without_start(cfg: Config) -> dict[str, Any]:
    """A model's config, but for the weights that it starts from and the size of its crops."""
    model = cfg.to_dict()['model']
    for part in parts(model):
        part.pop('init_cfg', None)
        part.get('data_preprocessor', {}).pop('size', None)
    return model


@pytest.mark.parametrize('pair', ['lite0-lite0', 'r18-r18'])
@pytest.mark.parametrize('rest', FULL)
def test_a_small_pair_is_the_full_one_with_another_schedule(pair: str, rest: str) -> None:
    full = Config.fromfile(ROOT / f'configs/xnet/xnet_{pair}_1xb8-{FULL[rest]}.py')
    assert without_start(small(f'xnet_{pair}_1xb8-{rest}')) == without_start(full)


@pytest.mark.parametrize('name', SMALL)
def test_all_rows_of_a_task_have_one_schedule(name: str) -> None:
    cfg, first = small(name), small(f'xnet_lite0-lite0_1xb8-{name.partition("_1xb8-")[2]}')
    for key in ('train_cfg', 'param_scheduler', 'train_dataloader', 'val_dataloader', 'val_evaluator', 'randomness'):
        assert cfg[key] == first[key], key


@pytest.mark.parametrize('rest', FULL)
def test_a_rival_has_the_same_encoder(rest: str) -> None:
    plain = small(f'xnet_lite0-lite0_1xb8-{rest}').model.neck.classifier  # that encoder, with four maps
    for name in ('fpn', 'upernet'):
        assert small(f'{name}_lite0_1xb8-{rest}').model.backbone == plain


@pytest.mark.parametrize('rest', FULL)
def test_a_random_decoder_differs_in_its_classifiers_start_alone(rest: str) -> None:
    trained, random = (small(f'{kind}_r18-r18_1xb8-{rest}').to_dict() for kind in ('xnet', 'xnet-random-decoder'))
    starts = [cfg['model']['neck']['classifier'].pop('init_cfg') for cfg in (trained, random)]
    assert starts[0]['type'] == 'Pretrained' and 'Pretrained' not in str(starts[1])
    assert trained['model'] == random['model']
    assert trained['model']['backbone']['encoder']['init_cfg']['checkpoint'] == starts[0]['checkpoint']


@pytest.mark.parametrize(
    ('rest', 'image', 'truth', 'seen', 'shown'),
    [
        ('100_camvid-128x128', 'img_dir/{}/a.jpg', 'ann_dir/{}/a.png', (128, 128), (144, 192)),
        ('100_kitchen-96x128', '{}/color/a.jpg', '{}/depth/a.png', (96, 128), (96, 128)),
    ],
)
def test_sizes_that_small_configs_read(
    rest: str, image: str, truth: str, seen: Any, shown: Any, tmp_path: Path
) -> None:
    cfg = small(f'xnet_lite0-lite0_1xb8-{rest}')
    values = np.random.default_rng(0).integers(1, 11, (360, 480)).astype(np.uint8 if 'camvid' in rest else np.uint16)
    for part, size, size_of_truth in (('train', seen, seen), ('val', shown, (360, 480))):
        imwrite(np.zeros((360, 480, 3), np.uint8), str(tmp_path / image.format(part)))
        imwrite(values, str(tmp_path / truth.format(part)))
        with DefaultScope.overwrite_default_scope(cfg.default_scope):
            sample = DATASETS.build(dict(cfg[f'{part}_dataloader'].dataset, data_root=str(tmp_path)))[0]
        found = sample['data_samples']
        field = found.gt_sem_seg if 'camvid' in rest else found.gt_depth_map
        assert (sample['inputs'].shape[1:], field.shape) == (size, size_of_truth)
