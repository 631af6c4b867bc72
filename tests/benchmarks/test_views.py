"""The data path is measured side by side with torchvision's, which makes the same views."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image

from benchmarks.torchvision_views import MEAN, STD, TorchvisionViews
from benchmarks.views import REFERENCE, compare_views
from mmdecon.datasets import TwoViews
from mmdecon.registry import TRANSFORMS
from tests.support.benchmark import run_benchmark

ROOT = Path(__file__).parents[2]
BASE = ROOT / 'configs/_base_/datasets'


@pytest.fixture(scope='module')
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four smooth JPEGs of 0.08 megapixels."""
    folder, noise = tmp_path_factory.mktemp('photos'), np.random.default_rng(0)
    for number in range(4):
        small = Image.fromarray(noise.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        small.resize((320, 240), Image.Resampling.BICUBIC).save(folder / f'{number}.jpg')
    return folder


def imitated(**changes) -> TwoViews:
    config = Config.fromfile(BASE / 'coco.py').train_dataloader.dataset.pipeline[1]
    return TRANSFORMS.build({**config, **changes})


def test_each_pipeline_without_and_with_regions(photos: Path) -> None:
    speeds = compare_views([str(BASE / 'coco.py'), str(BASE / 'imagenet_grid.py')], str(photos), images=3, turns=2)
    names = [speed.pipeline for speed in speeds]
    assert names[0] == REFERENCE and names[2:] == [
        'coco',
        'coco, regions from a store',
        'imagenet_grid',
        'imagenet_grid, regions made',
    ]
    by_name = dict(zip(names, speeds))
    assert by_name[REFERENCE].ratio == 1
    for speed in speeds:
        assert speed.per_second == pytest.approx(1000 / speed.milliseconds)


def test_torchvisions_views_are_ours(photos: Path) -> None:
    """Without anything random but the crops' place: whole crops, so that none is."""
    path = str(photos / '0.jpg')
    ours = imitated(scale=(1.0, 1.0), ratio=(4 / 3, 4 / 3), flip_prob=0.0, photometric=[[plain()], [plain()]])
    image = np.asarray(Image.open(path))
    views = ours(dict(img=np.ascontiguousarray(image[..., ::-1])))['views']
    for view, bytes_, floats in zip(views, TorchvisionViews(ours, False)(path), TorchvisionViews(ours)(path)):
        difference = abs(view['img'][..., ::-1].transpose(2, 0, 1).astype(int) - bytes_.numpy())
        assert difference.max() <= 2 and difference.mean() < 0.05
        scaled = floats * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]
        assert torch.allclose(scaled * 255, bytes_.float(), atol=1e-3)


def plain() -> dict:
    return dict(type='mmdecon.Photometrics')


def test_torchvisions_views_change_by_the_same_chances(photos: Path) -> None:
    grey, flipped = dict(plain(), grey_prob=1.0), dict(plain(), solarise_prob=1.0, solarise_threshold=0)
    theirs = TorchvisionViews(imitated(size=8, photometric=[[grey], [flipped]]), False)
    first, second = theirs(str(photos / '0.jpg'))
    assert (first[0] == first[1]).all() and (first[1] == first[2]).all() and (second[0] != second[1]).any()
    with pytest.raises(ValueError, match=r'photometric\[1\].*mmdecon\.Photometrics'):
        TorchvisionViews(imitated(photometric=[[plain()], []]))


def test_the_tool_writes_what_it_prints(photos: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    out, config = tmp_path / 'speeds.json', BASE / 'coco.py'
    run_benchmark(monkeypatch, 'views', config, '--data', photos, '--turns', 1, '--json', out)
    printed, written = capsys.readouterr().out, json.loads(out.read_text())
    assert '4 images of 0.08 megapixels' in printed and written['megapixels'] == pytest.approx(0.0768)
    for speed in written['speeds']:
        assert f'| {speed["pipeline"]} | {speed["milliseconds"]:.2f} |' in printed
    (tmp_path / 'empty').mkdir()
    for wrong, message in (('nowhere.py', r"no config file 'nowhere\.py'"), (config, 'no images')):
        with pytest.raises(SystemExit, match=message) as end:
            run_benchmark(monkeypatch, 'views', wrong, '--data', tmp_path / 'empty', '--turns', 1)
        assert isinstance(end.value.code, str)  # what is printed instead of a traceback


@pytest.mark.wide
def test_against_another_checkout(photos: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    out, config = tmp_path / 'speeds.json', BASE / 'coco.py'
    images = ('--data', photos, '--images', 2, '--turns', 2)
    run_benchmark(monkeypatch, 'views', config, *images, '--against', ROOT, '--json', out)
    printed, speeds = capsys.readouterr().out, json.loads(out.read_text())['speeds']
    names = [speed['pipeline'] for speed in speeds]
    assert names == [REFERENCE, 'this checkout', str(ROOT), f'{ROOT}, again']
    assert speeds[0]['ratio'] == 1 and speeds[2]['against'] == 1 and speeds[2]['quartiles'] == [1, 1]
    for speed in speeds:
        assert speed['milliseconds'] > 0 and f'| {speed["pipeline"]} | {speed["milliseconds"]:.2f} |' in printed


@pytest.mark.wide
def test_what_cannot_be_compared_is_refused(photos: Path, tmp_path: Path, monkeypatch) -> None:
    config, other = BASE / 'coco.py', tmp_path / 'other'
    (other / config.relative_to(ROOT).parent).mkdir(parents=True)
    outside = tmp_path / 'own.py'
    Config.fromfile(config).dump(outside)
    for configs, message in (
        ([config, config], 'takes one config'),
        ([outside], r'own\.py is not in'),
        ([config], r'other \(--against\) has no configs/_base_/datasets/coco\.py'),
    ):
        with pytest.raises(SystemExit, match=message):
            run_benchmark(monkeypatch, 'views', *configs, '--data', photos, '--turns', 2, '--against', other)


@pytest.mark.wide
def test_a_folder_without_mmdecon_is_refused(photos: Path, tmp_path: Path, monkeypatch) -> None:
    config, other = BASE / 'coco.py', tmp_path / 'other'
    (other / config.relative_to(ROOT).parent).mkdir(parents=True)
    (other / config.relative_to(ROOT)).write_text('train_dataloader = dict(dataset=dict(pipeline=[]))')
    with pytest.raises(SystemExit, match=r'mmdecon/__init__\.py would be measured and not .*other'):
        run_benchmark(monkeypatch, 'views', config, '--data', photos, '--turns', 2, '--against', other)
