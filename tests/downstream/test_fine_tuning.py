"""An export, a downstream config, and the tools that run it: mmseg's own through mim, and ours."""

import re
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from mmengine.config import Config

from mmdecon.checkpoint import save_file
from mmdecon.export import convert, read_source, verify, write
from mmdecon.registry import MODELS
from tests.support import commands

PRETRAINING = commands.ROOT / 'configs/decon/decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py'
FINE_TUNING = commands.ROOT / 'configs/downstream/voc_seg/fpn_r50_2xb8-30k_voc12aug-513x513.py'
NARROW = dict(base_channels=8, stem_channels=8)
TINY = f"""
_base_ = '{FINE_TUNING}'
side = (64, 64)
model = dict(
    data_preprocessor=dict(size=side),
    backbone=dict(base_channels=8, stem_channels=8),
    neck=dict(in_channels=[32, 64, 128, 256]),
)
pipeline = list(_base_.train_pipeline)
pipeline[2] = dict(pipeline[2], scale=(128, 64))
pipeline[3] = dict(pipeline[3], crop_size=side)
nuclei = dict(data_root='tests/data/nuclei', img_suffix='.png', ann_file='ImageSets/Segmentation/train_4.txt')
train_dataloader = dict(
    batch_size=2, num_workers=1, dataset=dict(datasets=[{{**_base_.train, **nuclei, 'pipeline': pipeline}}])
)
val_dataloader = dict(num_workers=1, dataset=nuclei)
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2, val_interval=2)
default_hooks = dict(logger=dict(interval=1))
"""


@pytest.fixture(scope='module')
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a narrow network, not trained: what is loaded is what matters here."""
    cfg = Config.fromfile(PRETRAINING)
    cfg.model.network.encoder.update(NARROW)
    for branch in cfg.model.branches.values():
        branch.head.hidden_channels = branch.objective.hidden_channels = 16
    model = MODELS.build(cfg.model)
    model.init_weights()
    path = tmp_path_factory.mktemp('pretrained') / 'epoch_1.pth'
    save_file(dict(state_dict=model.state_dict(), meta=dict(cfg=cfg.pretty_text)), str(path))
    return path


@pytest.fixture(scope='module')
def config(pretrained: Path) -> str:
    """A downstream config of ours, of which only sizes, data and length are changed."""
    path = pretrained.parent / 'tiny.py'
    path.write_text(TINY)
    return str(path)


@pytest.fixture(scope='module')
def export(pretrained: Path, config: str) -> str:
    """The checkpoint in mmseg's names, verified in the config's own model."""
    source = read_source(str(pretrained))
    out = convert(source, 'mmseg')
    assert set(verify(source, out, config).equal) >= {'c2', 'c5', 'p2', 'p5'}
    path = str(pretrained.parent / 'export.pth')
    write(source, out, path)
    return path


@pytest.fixture(scope='module')
def ours(config: str, export: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run of our own tool: its folder and what it printed."""
    folder = tmp_path_factory.mktemp('ours')
    return folder, commands.train(folder, '--cfg-options', f'load_from={export}', config=config)


def mean_iou(printed: str) -> list[str]:
    """The last mIoU that a run printed."""
    return re.findall(r'mIoU: ([\d.]+)', printed)[-1:]


def test_encoder_and_decoder_are_loaded_and_the_rest_is_named(ours: tuple[Path, str]) -> None:
    _, printed = ours
    assert 'export.pth fits the model, which initialises:' in printed
    assert re.search(r'decode_head.*: \d+ tensors', printed)
    assert not re.search(r'(backbone|neck).*: \d+ tensors', printed)


@pytest.fixture(scope='module')
def by_mim(config: str, export: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same by mmseg's own tool, which mim starts: its folder."""
    pytest.importorskip('mim')
    folder = tmp_path_factory.mktemp('mim')
    options = ['--gpus', '0', '--work-dir', str(folder), '--cfg-options', f'load_from={export}']
    commands.run([sys.executable, '-m', 'mim', 'train', 'mmsegmentation', config, *options])
    return folder


@pytest.mark.wide
def test_mmsegs_tools_by_mim_and_ours_agree(ours: tuple[Path, str], by_mim: Path, config: str, tmp_path: Path) -> None:
    folder, printed = ours
    assert len(commands.losses(folder)) == 3  # two iterations and a validation
    assert commands.losses(by_mim) == commands.losses(folder)
    scores = []
    for tool in (files('mmseg') / '.mim/tools/test.py', 'tools/test.py'):
        scores.append(mean_iou(commands.run_script(tool, config, by_mim / 'iter_2.pth', '--work-dir', tmp_path)))
    assert scores == [mean_iou(printed)] * 2 != [[]] * 2


@pytest.mark.slow
def test_mim_tests_as_our_tool_does(ours: tuple[Path, str], by_mim: Path, config: str, tmp_path: Path) -> None:
    test = [sys.executable, '-m', 'mim', 'test', 'mmsegmentation', config, '--checkpoint', str(by_mim / 'iter_2.pth')]
    found = mean_iou(commands.run([*test, '--gpus', '0', '--work-dir', str(tmp_path)]))
    assert found == mean_iou(ours[1]) != []


def test_what_is_no_export_is_refused(config: str, pretrained: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match='is no export of mmdecon; make one with tools/export.py'):
        commands.train(tmp_path, '--cfg-options', f'load_from={pretrained}', config=config)
