"""Pictures of what models predict: right picture, right truth, the checkpoint's prediction."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmcv import imread, imwrite
from mmengine.registry import MODELS, DefaultScope

from mmdecon.visualization import palette
from projects.xnet_ablations.look import draw_classes, draw_depths, predict

from ..xnet.test_xnet_configs import read


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A narrow xNet for the kitchen, never trained, beside two pictures with depth in millimetres."""
    generator = np.random.default_rng(0)
    for index in range(2):
        image, depth = generator.integers(0, 256, (96, 128, 3)), generator.integers(800, 3500, (96, 128))
        imwrite(image.astype(np.uint8), str(tmp_path / f'data/val/color/{index}.jpg'))
        imwrite(depth.astype(np.uint16), str(tmp_path / f'data/val/depth/{index}.png'))
    cfg = read('xnet_r18-r18_1xb8-600_kitchen-240x320')
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    (tmp_path / 'run').mkdir()
    cfg.dump(tmp_path / 'run/config.py')
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'run/iter_1.pth')
    (tmp_path / 'run/last_checkpoint').write_text(str(tmp_path / 'run/iter_1.pth'))
    return tmp_path


def test_depths_are_those_of_the_file_and_of_the_checkpoint(run: Path) -> None:
    fields = predict(str(run / 'run'), str(run / 'data'), [1, 0])
    for (image, truth, seen), name in zip(fields, ('1', '0'), strict=True):
        assert (image == imread(str(run / f'data/val/color/{name}.jpg'), channel_order='rgb')).all()
        wanted = imread(str(run / f'data/val/depth/{name}.png'), flag='unchanged') / 1000
        np.testing.assert_allclose(truth, wanted, atol=1e-6)
        assert seen.shape == truth.shape and 0 < seen.min() < seen.max() < 4
    with torch.no_grad():
        state = torch.load(run / 'run/iter_1.pth')['state_dict']
        bias = [key for key in state if key.startswith('decode_head') and key.endswith('bias')][-1]
        torch.save(dict(state_dict={**state, bias: state[bias] + 9}), run / 'run/iter_1.pth')
    assert predict(str(run / 'run'), str(run / 'data'), [1])[0][2].mean() > 3.9 > fields[0][2].mean()
    picture = draw_depths([fields[0]] * 2, ['one', 'two'])
    assert picture.dtype == np.uint8 and picture.shape[1] > 4 * 240


def test_a_folder_without_a_checkpoint_is_refused(run: Path) -> None:
    (run / 'run/last_checkpoint').unlink()
    with pytest.raises(FileNotFoundError, match='give the work directory of a run'):
        predict(str(run / 'run'), str(run / 'data'), [0])


def test_classes_have_their_colours_and_what_is_none_has_none() -> None:
    image, truth = np.full((180, 60, 3), 100, np.uint8), np.zeros((180, 60), np.int64)
    truth[90:], seen = 11, np.full((180, 60), 1)
    picture = draw_classes([(image, truth, seen)], ['xnet'], classes=11)
    wanted = np.round(0.25 * 100 + 0.75 * palette(2).astype(float))
    strip = picture.shape[0] - 180 - 16  # the caption
    column = picture[8 + strip :]
    assert np.abs(column[40, 8 + 68 + 20] - wanted[0]).max() <= 1
    assert np.abs(column[40, 8 + 2 * 68 + 20] - wanted[1]).max() <= 1
    assert (column[140, 8 + 68 + 20] == 100).all()
