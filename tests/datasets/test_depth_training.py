"""Depth is trained and tested by the documentation's config, and by the protocol of a folder."""

import re

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner

from tests.support import commands
from tests.support.depth_files import KITCHEN, needs_kitchen, write_pair


def documented(protocol='kitchen_depth'):
    """The config of docs/depth.md, with another protocol if need be."""
    page = (commands.ROOT / 'docs/depth.md').read_text()
    (text,) = re.findall(r'^```python\n(.*?)^```', page, flags=re.DOTALL | re.MULTILINE)
    return text.replace("'configs/", f"'{commands.ROOT}/configs/").replace('kitchen_depth', protocol)


def read(tmp_path, protocol, *lines):
    (tmp_path / 'config.py').write_text('\n'.join([documented(protocol), *lines]))
    return Config.fromfile(tmp_path / 'config.py')


@needs_kitchen
@pytest.mark.wide
def test_the_documented_config_trains_and_tests(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(commands.ROOT)
    config = tmp_path / 'config.py'
    config.write_text(documented())
    few = ['train_dataloader.batch_size=2', 'train_cfg.max_iters=3', 'train_cfg.val_interval=3']
    few.append('default_hooks.logger.interval=1')
    for part, count in (('train', 4), ('val', 2), ('test', 2)):
        few += [f'{part}_dataloader.{key}' for key in ('num_workers=0', 'persistent_workers=0')]
        few += [f'{part}_dataloader.dataset.{key}' for key in (f'data_root={KITCHEN}', f'indices={count}')]
    commands.run_here(monkeypatch, 'train', config, '--work-dir', tmp_path / 'run', '--cfg-options', *few)
    rows = commands.losses(tmp_path / 'run')
    losses = [row['loss'] for row in rows if 'loss' in row]
    assert len(losses) == 3 and np.isfinite(losses).all() and min(losses) > 0
    (metrics,) = [row for row in rows if 'abs_rel' in row]
    (best,) = (tmp_path / 'run').glob('best_abs_rel_*.pth')
    capsys.readouterr()
    commands.run_here(monkeypatch, 'test', config, best, '--work-dir', tmp_path / 'test', '--cfg-options', *few)
    printed = ''.join(capsys.readouterr())
    assert float(re.search(r'abs_rel: ([\d.]+)', printed)[1]) == pytest.approx(metrics['abs_rel'], abs=1e-4)


def test_pictures_of_several_sizes_are_padded_with_unknown_depth(tmp_path):
    for number, shape in enumerate([(64, 96), (80, 64)] * 2):
        for part in ('train', 'val'):
            write_pair(tmp_path / f'{part}/images/{number}.jpg', tmp_path / f'{part}/depths/{number}.png', shape)
    cfg = read(tmp_path, 'folder_depth')
    cfg.train_dataloader.update(num_workers=0, persistent_workers=False, batch_size=4)
    cfg.train_dataloader.dataset.data_root = str(tmp_path)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
        batch = next(iter(Runner.build_dataloader(cfg.train_dataloader, seed=0)))
        data = model.data_preprocessor(batch, training=True)
    assert data['inputs'].shape == (4, 3, 96, 96)
    depths = torch.stack([sample.gt_depth_map.data for sample in data['data_samples']])
    assert depths.shape == (4, 1, 96, 96) and depths.max() < 10
    for depth, sample in zip(depths[:, 0], data['data_samples']):
        height, width = sample.img_shape
        assert depth[:height, :width].any() and not depth[height:].any() and not depth[:, width:].any()
    losses = model(**data, mode='loss')
    assert torch.isfinite(losses['decode.loss_silog'])


def test_the_base_config_tests_with_the_flipped_image(tmp_path):
    cfg = read(tmp_path, 'folder_depth')
    with DefaultScope.overwrite_default_scope('mmseg'):
        torch.manual_seed(0)
        model = MODELS.build(cfg.model).eval()
    for parameter in model.decode_head.depth_pred_layer.parameters():
        torch.nn.init.normal_(parameter)
    image = torch.randn(1, 3, 64, 96)
    meta = [dict(ori_shape=(64, 96), img_shape=(64, 96))]
    with torch.no_grad():
        found = model.inference(image, meta)
        plain, turned = (model.encode_decode(picture, meta) for picture in (image, image.flip(3)))
    assert found.shape == (1, 1, 64, 96) and (plain - turned.flip(3)).abs().max() > 1e-3
    torch.testing.assert_close(found, (plain + turned.flip(3)) / 2)
