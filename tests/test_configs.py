"""Builds every config in configs/ and makes real optimiser steps, on bundled images and with the config's own parts.

They are shrunk in size alone: every width is an eighth, there are 8 slots, images are 64 pixels, batches 2 or 4 images;
and regions come from a grid instead of a store.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner
from mmpretrain.models import ConvNeXt

from mmdecon.models import Twin
from mmdecon.models.branch import Branch, BranchOutput
from mmdecon.registry import build_foreign
from mmdecon.schedules import Clock
from mmdecon.wrapping import find_parts
from tests.support.wide import sampled

from .support.depth_files import write_pair

ROOT = Path(__file__).parent.parent / 'configs'
NUCLEI = str(Path(__file__).parent / 'data' / 'nuclei')
CONFIGS = [
    str(p.relative_to(ROOT))
    for p in sorted(ROOT.rglob('*.py'))
    if not {'_base_', 'xnet', 'my_rasters_seg'} & {*p.parts}
]  # xNet's: tests/xnet; rasters': tests/downstream/test_rasters.py
DECON_ML = 'decon/decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py'
SIDE = 64
WEIGHTS = TemporaryDirectory()


def read(name: str | Path) -> Config:
    """A config, shrunk; by its path in configs/ or any other."""
    if any(part in str(name) for part in ('coco_det', 'retinahead')) and find_spec('mmdet') is None:
        pytest.skip('mmdet is not installed')
    cfg = Config.fromfile(ROOT / name)
    for part in parts(cfg.model):
        narrow(part)
    for part in parts(cfg.model):
        make_weights(part)
    cfg.train_dataloader.update(batch_size=2, num_workers=0, persistent_workers=False)
    if cfg.model.type == 'mmdecon.DeCon':
        cfg.train_dataloader.batch_size = 4  # of two images, few slots are active in both views
    use_nuclei(cfg.train_dataloader.dataset)
    return cfg


def parts(config: Any) -> Iterator[dict[str, Any]]:
    """A config and all configs in it."""
    if isinstance(config, dict):
        yield config
    for item in config.values() if isinstance(config, dict) else config if isinstance(config, (list, tuple)) else ():
        yield from parts(item)


def narrow(part: dict[str, Any]) -> None:
    """Divides the widths of a part of a model by 8."""
    kind = str(part.get('type')).split('.')[-1]
    if kind in ('ResNet', 'ResNetV1c', 'DeepResNet'):
        part.update(base_channels=64, stem_channels=64)
    if kind == 'Shared4Conv1FCBBoxHead':
        part['conv_out_channels'] = 256
    if kind == 'ConvNeXt':
        part['arch'] = dict(ConvNeXt.arch_settings[part['arch']])
    classes = {'out_channels'} if 'num_classes' in part else set()  # which a decode head has as many of
    for key in [key for key in part if key.endswith('channels') and key not in classes]:
        part[key] = [width // 8 for width in part[key]] if isinstance(part[key], list) else part[key] // 8
    if kind == 'UpProjectionDepthHead':
        part['widths'] = [width // 8 for width in part['widths']]
    small = dict(num_slots=8, grid=4, size=(SIDE, SIDE), crop_size=(SIDE, SIDE), stride=(SIDE, SIDE))
    part.update({key: small[key] for key in small.keys() & part.keys()})


def make_weights(part: dict[str, Any]) -> None:
    """Makes the file that a part of a model starts from, in the shapes of the narrowed part."""
    start = part.get('init_cfg') or {}
    if 'checkpoint' not in start:
        return
    state = build_foreign({key: value for key, value in part.items() if key != 'init_cfg'}).state_dict()
    start['checkpoint'] = str(Path(WEIGHTS.name, f'{uuid4()}.pth'))
    prefix = f'{start["prefix"]}.' if 'prefix' in start else ''
    torch.save({f'{prefix}{name}': value for name, value in state.items()}, start['checkpoint'])


def make_small(transform: dict[str, Any]) -> None:
    """Makes the images of a transform small."""
    if transform['type'] == 'mmdecon.TwoViews':
        transform['size'] = SIDE
    elif transform['type'] == 'mmdecon.LoadRegions':
        transform.pop('store', None)
        transform['generator'] = dict(type='mmdecon.Grid', n=3)
    else:
        small = dict(crop_size=(SIDE, SIDE), scale=(2 * SIDE, SIDE), scales=[(4 * SIDE, 4 * SIDE)])
        transform.update({key: small[key] for key in small.keys() & transform.keys()})


@lru_cache
def depths() -> str:
    """A folder of pictures and depth maps in the size of NYU's."""
    folder = Path(WEIGHTS.name, 'depths')
    for name in 'ab':
        write_pair(folder / f'images/{name}.jpg', folder / f'depths/{name}.png', (480, 640))
    return str(folder)


def use_nuclei(dataset: dict[str, Any]) -> None:
    """Points a dataset, whatever it is, at the bundled images, and makes them small."""
    for part in dataset.get('datasets', [dataset]):
        part.update(data_root=NUCLEI)
        if part['type'] == 'mmdecon.ImageFolder':
            part.update(folders='JPEGImages', list_file=None, indices=12)
        elif part['type'] == 'mmdecon.DepthFolder':
            part.update(data_root=depths(), images='images', depths='depths')
        elif part['type'] == 'CocoDataset':
            part.update(ann_file='annotations/instances_train.json', metainfo=dict(classes=['nucleus']))
            part.update(data_prefix=dict(img='JPEGImages'))
        else:
            part.update(ann_file='ImageSets/Segmentation/train_4.txt', img_suffix='.png', seg_map_suffix='.png')
            part.update(data_prefix=dict(img_path='JPEGImages', seg_map_path='SegmentationClass'))
        for transform in part['pipeline']:
            make_small(transform)


def batches(cfg: Config) -> Iterator[Any]:
    """Batches of the config's own pipeline."""
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    while True:
        yield from loader


def run(cfg: Config, steps: int) -> tuple[BaseModel, dict[str, torch.Tensor]]:
    """Trains, checking losses and gradients, and runs one forward pass more: teachers move before it.

    Returns:
        The model and its parameters as they were at first.
    """
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).train()
    model.init_weights()
    model.clock = lambda: Clock(1, 10)
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    unreached = {name for name, p in model.named_parameters() if p.requires_grad}
    for name, p in model.named_parameters():
        if p.requires_grad:  # residual branches start from zero and hold up the first step's gradients
            p.register_hook(lambda grad, name=name: unreached.discard(name) if grad.any() else None)
    for step, batch in enumerate(islice(batches(cfg), steps + 1)):
        loss, _ = model.parse_losses(model(**model.data_preprocessor(batch, True), mode='loss'))
        assert torch.isfinite(loss), f'loss is {loss} at step {step}'
        if step == steps:
            break
        optim_wrapper.backward(loss)
        optim_wrapper.step()
        optim_wrapper.zero_grad()
    assert not unreached, f'no gradient in {steps} steps for {len(unreached)} parameters: {sorted(unreached)[:3]}'
    return model, before


def check(name: str | Path) -> None:
    """Trains the model of a config for two steps and looks at its teachers, if it has any."""
    cfg = read(name)
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmengine')):
        model, before = run(cfg, steps=2)
    if cfg.model.type != 'mmdecon.DeCon':
        return
    unused = {f'network.teacher.{name}' for name in model.network.student.unused}
    teachers = {name: p for name, p in model.named_parameters() if '.teacher.' in name and name not in unused}
    students = {name: p for name, p in model.named_parameters() if '.student.' in name}
    moves = 1 - min(model._last_momentum.values())
    still = {
        name
        for name, p in teachers.items()
        if torch.equal(p, before[name])
        # a bias before a norm has no gradient but rounding, too little of which may be left to move its teacher
        and not torch.equal(before[name].lerp(students.get(name.replace('.teacher.', '.student.'), p), moves), p)
    }
    published = model.momentum['schedule'] == 'published_decon'
    meant = {name for name in teachers if published and name.endswith('prototypes') and '.dec' in name}
    assert still == meant, f'{len(still)} parts of a teacher should move and do not: {sorted(still - meant)[:3]}'


def test_the_list_is_not_empty() -> None:
    folders = {str(Path(name).parent) for name in CONFIGS}
    tasks = ('voc_seg', 'cityscapes_seg', 'ade20k_seg', 'coco_det', 'my_images_seg', 'nyu_depth')
    assert folders >= {'slotcon', 'densecl', 'pixpro', 'detcon', 'decon', *(f'downstream/{task}' for task in tasks)}


@pytest.mark.parametrize('name', sampled(CONFIGS))
def test_trains(name: str) -> None:
    check(name)


@pytest.mark.parametrize('name', [name for name in CONFIGS if '-fsdp' in name])
def test_parts_that_are_shared_out_exist(name: str) -> None:
    cfg = read(name)
    network = build_foreign(cfg.model.network)
    found = [part for pattern in cfg.strategy.units for part in find_parts(network, pattern, 'strategy.units')]
    assert cfg.runner_type == 'FlexibleRunner' and len(found) == 37  # 3 + 3 + 27 + 3 blocks and the decoder


@pytest.mark.wide
def test_a_dropped_twin_update_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    update = Twin.update
    monkeypatch.setattr(
        Twin, 'update', lambda self, momentum: hasattr(self.student, 'prototypes') or update(self, momentum)
    )
    with pytest.raises(AssertionError, match='should move'):
        check(DECON_ML)


def test_a_detached_branch_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = Branch.forward

    def detached(self: Branch, *args: Any) -> BranchOutput:
        out = forward(self, *args)
        return out._replace(loss=out.loss.detach()) if self.level.name == 'p3' else out

    monkeypatch.setattr(Branch, 'forward', detached)
    with pytest.raises(AssertionError, match=r'branches\.dec_p3'):
        check(DECON_ML)
