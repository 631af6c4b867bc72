"""mmdecon.VerifyLoad in mmengine's own runner."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch.utils.data import DataLoader

from mmdecon.export import convert, read_source, write
from tests.support.exports import target

SIDE = 64


def batches() -> DataLoader:
    """Two images with labels, as one batch."""
    sample = SegDataSample(gt_sem_seg=PixelData(data=torch.zeros(1, SIDE, SIDE, dtype=torch.long)))
    image = torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)
    return DataLoader([dict(inputs=image, data_samples=sample)] * 2, batch_size=2, collate_fn=pseudo_collate)


@pytest.fixture
def train(tmp_path) -> Callable[..., Runner]:
    """Trains a small segmenter with the hook, at learning rate 0, from a file."""

    def run(load_from, steps: int = 1, resume: bool = False, any_checkpoint: bool = False, **changes: Any) -> Runner:
        model = Config.fromfile(target(tmp_path / 'target.py', **changes)).model
        model['data_preprocessor'] = dict(type='SegDataPreProcessor', size=(SIDE, SIDE))
        init_default_scope('mmseg')
        runner = Runner(
            model=model,
            work_dir=str(tmp_path / 'work'),
            train_dataloader=batches(),
            train_cfg=dict(by_epoch=False, max_iters=steps),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.0)),
            default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1, by_epoch=False)),
            custom_hooks=[dict(type='mmdecon.VerifyLoad', any_checkpoint=any_checkpoint)],
            default_scope='mmseg',
            experiment_name=str(uuid4()),
            load_from=load_from,
            resume=resume,
        )
        runner.train()
        return runner

    return run


@pytest.fixture(scope='module')
def export(path, tmp_path_factory) -> str:
    out = str(tmp_path_factory.mktemp('exports') / 'export.pth')
    source = read_source(path)
    write(source, convert(source, 'mmseg'), out)
    return out


def test_an_export_is_loaded_and_a_resumed_run_left_alone(train, export, tmp_path, path) -> None:
    trained = train(export).model.state_dict()
    for name, value in torch.load(export, weights_only=True)['state_dict'].items():
        if 'running' not in name and 'tracked' not in name:
            assert torch.equal(value, trained[name]), name
    log = next(Path(tmp_path).glob('work/*/*.log')).read_text()
    assert 'export.pth fits the model, which initialises:\n  classifier: 2 tensors' in log
    assert train(str(tmp_path / 'work/iter_1.pth'), steps=2, resume=True).iter == 2
    with pytest.raises(ValueError, match=r'iter_1.pth is no export of mmdecon; make one with tools/export.py'):
        train(str(tmp_path / 'work/iter_1.pth'))


def test_an_export_for_another_model(train, export) -> None:
    with pytest.raises(ValueError, match="The target's neck has no norm: export with --fold-norm"):
        train(export, neck=dict(norm_cfg=None))


def test_a_file_that_was_cut_off(train, export, tmp_path) -> None:
    for size, cause in ((0, r'is empty \(0 bytes\)'), (5000, 'was cut off while it was written or copied, after 5000')):
        (tmp_path / 'cut.pth').write_bytes(Path(export).read_bytes()[:size])
        with pytest.raises(ValueError, match=rf'cut\.pth \(load_from\) cannot be read as a checkpoint: it {cause}'):
            train(str(tmp_path / 'cut.pth'))


def test_other_files_by_option_must_fit_too(train, export, tmp_path) -> None:
    state = {k: v for k, v in torch.load(export, weights_only=True)['state_dict'].items() if k.startswith('backbone.')}
    torch.save(state, tmp_path / 'supervised.pth')
    loaded = train(str(tmp_path / 'supervised.pth'), any_checkpoint=True).model.state_dict()
    assert torch.equal(loaded['backbone.layer4.1.conv2.weight'], state['backbone.layer4.1.conv2.weight'])
    torch.save({**state, 'head.fc.weight': torch.zeros(2, 2)}, tmp_path / 'classifier.pth')
    with pytest.raises(ValueError, match=r'head.fc.weight has no place there.*backbone.init_cfg=dict\(type='):
        train(str(tmp_path / 'classifier.pth'), any_checkpoint=True)


def test_the_encoder_alone_by_init_cfg(train, export) -> None:
    init = dict(type='Pretrained', checkpoint=export, prefix='backbone.')
    loaded = train(None, backbone=dict(init_cfg=init)).model.state_dict()
    state = torch.load(export, weights_only=True)['state_dict']
    assert torch.equal(loaded['backbone.conv1.weight'], state['backbone.conv1.weight'])
    assert not torch.equal(loaded['neck.lateral_convs.0.conv.weight'], state['neck.lateral_convs.0.conv.weight'])
