"""The tool as a user runs it, and what it says."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmdecon.locking import locked
from mmdecon.models.pretrained import find_prefix, load_pretrained
from mmdecon.pretrain_for import (
    find_config,
    make_plan,
    read_downstream,
    shipped_configs,
)
from mmdecon.pretrain_for.batch import largest_batch
from mmdecon.pretrain_for.report import fine_tuning_options, start_line
from tests.support.commands import run

from .models import RESNET, UPER, write

IMAGES = 'tests/data/nuclei/JPEGImages'


def test_shipped_configs_are_found_by_name() -> None:
    known = list(shipped_configs('mmseg'))
    assert len(known) > 600
    path = find_config('sem_fpn/fpn_r50_4xb2-80k_cityscapes-512x1024')
    assert path in known and path == find_config('mmseg::fpn_r50_4xb2-80k_cityscapes-512x1024.py')
    with pytest.raises(ValueError, match='similar name: fpn_r50_4xb2-80k_cityscapes-512x1024'):
        find_config('fpn_r50_4xb2-80k_cityscape-512x1024')


def test_two_images_must_fit() -> None:
    with pytest.raises(ValueError, match='not even a batch of 2 images fits'):
        largest_batch(lambda size: False, 100)
    asked: list[int] = []
    assert largest_batch(lambda size: asked.append(size) or size < 20, 1000) == 16
    assert asked == [2, 4, 8, 16, 32]


@pytest.mark.slow
def test_from_config_to_weights(tmp_path: Path) -> None:
    images = tmp_path / 'images'
    images.mkdir()
    for path in sorted(Path(IMAGES).iterdir())[:8]:
        (images / path.name).write_bytes(path.read_bytes())
    target = write(tmp_path, UPER)
    words = [target, '--images', str(images), '--epochs', '1', '--size', '64', '--batch-size', '4']
    command = [sys.executable, 'tools/pretrain_for.py', *words, '--work-dir', str(tmp_path / 'out')]
    run([*command, '--write-config-only'])
    text = (tmp_path / 'out' / 'pretrain_for_model.py').read_text()
    with locked(tmp_path / 'out' / 'pretrain_for_model.lock', lambda: None):
        done = subprocess.run([*command, '--method', 'densecl'], capture_output=True, text=True)
    assert done.returncode == 1 and 'error: another process trains in ' in done.stderr
    assert (tmp_path / 'out' / 'pretrain_for_model.py').read_text() == text
    said = run(command)
    assert said.count('| head | mmseg.UPerHead | contrasted at out |') == 2 and "load_from = '" in said
    file = torch.load(tmp_path / 'out' / 'model_pretrained.pth', weights_only=True)
    assert {name.partition('.')[0] for name in file['state_dict']} == {'backbone', 'decode_head'}
    before = os.stat(tmp_path / 'out' / 'pretraining' / 'epoch_1.pth').st_mtime_ns
    assert 'epoch_1.pth is trained already, and is exported' in run(command)
    assert os.stat(tmp_path / 'out' / 'pretraining' / 'epoch_1.pth').st_mtime_ns == before
    other = subprocess.run([*command, '--method', 'densecl'], capture_output=True, text=True)
    assert other.returncode == 1 and 'holds checkpoints of other options' in other.stderr


@pytest.mark.parametrize(
    'words, message',
    [
        (['absent.py', '--images', IMAGES], "there is no config file 'absent.py'"),
        (['MODEL', '--images', IMAGES, 'absent'], '--images absent: there is no such folder'),
        (['MODEL', '--images', 'setup.py'], '--images setup.py is a file: name a folder'),
        (['MODEL', '--images', IMAGES, '--write-config-only', '--init', ''], '--init is empty: give it a value'),
        (['MODEL', '--images', IMAGES, '--init', 'torchvision://resnet19'], 'did you mean '),
        (['MODEL', '--images', IMAGES, '--epochs', '0'], '--epochs 0 is too small'),
        (['MODEL', '--images', IMAGES, '--batch-size', '999'], '--batch-size 999 is more than the '),
        (['MODEL', '--images', IMAGES, '--decoder-only'], 'name its weights with --init FILE'),
        (['MODEL', '--images', IMAGES, '--init', 'absent.pth'], 'absent.pth'),
        (['MODEL', '--images', IMAGES, '--init', 'FOREIGN'], 'does not hold the weights of ResNetV1c (--init)'),
    ],
)
def test_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    target = write(tmp_path, UPER)
    foreign = tmp_path / 'foreign.pth'
    torch.save(dict(state_dict={'conv.weight': torch.zeros(1)}), foreign)
    words = [dict(MODEL=target, FOREIGN=str(foreign)).get(word, word) for word in words]
    with pytest.raises(SystemExit) as end:
        monkeypatch.setattr('sys.argv', ['pretrain_for.py', *words, '--work-dir', str(tmp_path / 'out')])
        runpy.run_path('tools/pretrain_for.py', run_name='__main__')
    assert message in str(end.value.code) and not str(end.value.code).endswith('?.') and '\n' not in str(end.value.code)
    assert not (tmp_path / 'out').exists()


def test_weights_start_the_encoder_whatever_stands_before_their_names(tmp_path: Path) -> None:
    encoder = make_plan(read_downstream(write(tmp_path, UPER))).network.encoder
    state = {f'student.backbone.{name}': value + 1 for name, value in encoder.state_dict().items()}
    torch.save(dict(state_dict=state), tmp_path / 'start.pth')
    assert find_prefix(str(tmp_path / 'start.pth'), encoder, '--init') == 'student.backbone.'
    both = {f'{half}.{name}': x for half in ('student', 'teacher') for name, x in encoder.state_dict().items()}
    torch.save(dict(state_dict=both), tmp_path / 'both.pth')
    assert find_prefix(str(tmp_path / 'both.pth'), encoder, '--init') == 'teacher.'
    broken = dict(encoder.state_dict(), **{'stem.1.weight': torch.full_like(encoder.stem[1].weight, float('nan'))})
    torch.save(dict(state_dict=broken), tmp_path / 'broken.pth')
    with pytest.raises(ValueError, match=r'broken.pth \(--init\) holds values that are not finite, in stem.1.weight'):
        load_pretrained(encoder, dict(checkpoint=str(tmp_path / 'broken.pth')), '--init')


def test_a_base_of_mmseg_is_found_whatever_its_package_is_called(tmp_path: Path) -> None:
    (tmp_path / 'mine.py').write_text("_base_ = 'mmseg::upernet/upernet_r18_4xb4-20k_voc12aug-512x512.py'\n")
    assert read_downstream(str(tmp_path / 'mine.py')).part('backbone')[0]['type'] == 'mmseg.ResNetV1c'


def test_what_fine_tuning_would_load_for_nothing_is_named(tmp_path: Path) -> None:
    plan = make_plan(read_downstream(write(tmp_path, UPER)), 64)
    needless = ['model.pretrained=None', 'model.backbone.init_cfg=None']
    assert fine_tuning_options(plan, 'out.pth') == ['load_from=out.pth', *needless]
    named = "model.pretrained='open-mmlab://resnet18_v1c', model.backbone.init_cfg='absent.pth'"
    assert f'({named}) is not used without --init open-mmlab://resnet18_v1c' in start_line(plan, None)
    assert start_line(plan, 'a.pth') == 'the encoder starts from a.pth'


def test_a_start_of_the_whole_model_is_named_and_stays(tmp_path: Path) -> None:
    model = {key: value for key, value in UPER.items() if key != 'pretrained'}
    model.update(backbone={**RESNET, 'init_cfg': None}, init_cfg=dict(type='Pretrained', checkpoint='whole.pth'))
    plan = make_plan(read_downstream(write(tmp_path, model, load_from='last.pth')), 64)
    assert fine_tuning_options(plan, 'out.pth') == ['load_from=out.pth']
    named = "load_from='last.pth', model.init_cfg='whole.pth'"
    assert f'({named}) is not used without --init last.pth' in start_line(plan, None)
