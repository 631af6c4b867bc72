"""tools/export.py as a user runs it: a report, or one sentence and no file."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mmdecon.checkpoint import load_file, require_whole
from tests.support.exports import target
from tests.support.full_disk import SAYS, full_disk

__all__ = ['full_disk']  # a fixture


@pytest.fixture
def export(path, tmp_path, monkeypatch) -> Callable[..., Path]:
    """Runs the tool on the small checkpoint and returns the path that it was told to write."""

    def run(*options: str, out: str = str(tmp_path / 'out.pth')) -> Path:
        monkeypatch.setattr(sys, 'argv', ['export.py', path, out, '--layout', 'mmseg', *options])
        runpy.run_path('tools/export.py', run_name='__main__')
        return Path(out)

    return run


def test_a_target_that_fits(export, tmp_path, capsys) -> None:
    out = export('--target', target(tmp_path / 'target.py'))
    text = capsys.readouterr().out
    assert 'same features in the target: c2, c3, c4, c5, p2, p3, p4, p5, out' in text
    assert 'classifier: 2 tensors, such as decode_head.conv_seg.weight' in text
    assert {name.partition('.')[0] for name in load_file(str(out))['state_dict']} == {'backbone', 'neck', 'decode_head'}


def test_no_target(export, capsys) -> None:
    export('--part', 'encoder', '--half', 'student')
    text = capsys.readouterr().out
    assert 'tensors of the student, encoder, for mmseg' in text and '--target CONFIG lists' in text


def test_a_file_of_safetensors(export, tmp_path, capsys) -> None:
    pytest.importorskip('safetensors.torch', reason='safetensors is not installed: pip install safetensors')
    out = export('--part', 'encoder', out=str(tmp_path / 'out.safetensors'))
    assert "mmengine's load_from reads no safetensors: for it, name OUT .pth" in capsys.readouterr().out
    assert load_file(str(out))['meta']['mmdecon']['layout'] == 'mmseg'
    with pytest.raises(
        ValueError, match=r'mmengine reads no safetensors; give a file of torch.save, such as an export'
    ):
        require_whole(str(out), 'load_from')


def test_a_library_that_is_not_imported(export, capsys) -> None:
    out = export('--part', 'encoder', '--layout', 'detectron2', '--half', 'student')
    assert (
        "same features in detectron2's forward pass, written anew in plain torch: c2, c3, c4, c5"
        in capsys.readouterr().out
    )
    content = torch.load(out, weights_only=True)
    assert (
        content['model'].keys() == content['state_dict'].keys()
        and 'backbone.bottom_up.res2.0.conv1.weight' in content['model']
    )
    assert out.stat().st_size < 1.5 * sum(x.nbytes for x in content['model'].values())


@pytest.mark.parametrize(
    'config, words',
    [
        (None, 'there is no config at'),
        ('a = = 1', 'cannot be read: SyntaxError: invalid syntax'),
        ('a = 1', 'has no model'),
        ("model = dict(type='DeCon')", 'has no backbone to load into: name a config of mmseg'),
        ("model = dict(type='Foo', backbone=dict(type='Bar'))", 'cannot be built: KeyError: .*Foo is not in'),
    ],
)
def test_a_target_that_is_none(export, tmp_path, config, words: str) -> None:
    if config:
        (tmp_path / 'target.py').write_text(config)
    with pytest.raises(SystemExit, match=f'^error: .*{words}.*Nothing was written') as end:
        export('--target', str(tmp_path / 'target.py'))
    assert '\n' not in end.value.code and not (tmp_path / 'out.pth').exists()


@pytest.mark.parametrize(
    'options, words',
    [
        (['--part', 'encoder', '--decoder', 'fpn'], '--part encoder exports no decoder'),
        (['--part', 'encoder', '--fold-norm'], '--fold-norm finds no neck with norms'),
    ],
)
def test_options_that_contradict_each_other(export, tmp_path, options, words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        export(*options)
    assert not (tmp_path / 'out.pth').exists()


def test_a_target_that_does_not_fit(export, tmp_path) -> None:
    with pytest.raises(SystemExit, match=r'--fold-norm.*Nothing was written'):
        export('--target', target(tmp_path / 'target.py', neck=dict(norm_cfg=None)))
    assert not (tmp_path / 'out.pth').exists()


def test_a_full_disk_is_named(full_disk, export, tmp_path) -> None:
    words = rf'^error: \S*out\.pth cannot be written: {SAYS}; the disk at /\S* has \S+ MB left\. Nothing was written\.$'
    with pytest.raises(SystemExit, match=words):
        export()
    assert not list(tmp_path.glob('*out*'))


@pytest.mark.parametrize('size', [0, 3000])
def test_a_checkpoint_that_was_cut_off(path, tmp_path, monkeypatch, size) -> None:
    (tmp_path / 'cut.pth').write_bytes(Path(path).read_bytes()[:size])
    monkeypatch.setattr(sys, 'argv', ['export.py', str(tmp_path / 'cut.pth'), str(tmp_path / 'o'), '--layout', 'mmseg'])
    with pytest.raises(
        SystemExit, match=r'^error: \S*cut\.pth cannot be read as a checkpoint: it .*Nothing was written'
    ):
        runpy.run_path('tools/export.py', run_name='__main__')


def test_places_that_cannot_be_written_to(export, path, tmp_path) -> None:
    before = Path(path).read_bytes()
    with pytest.raises(SystemExit, match='is the checkpoint itself'):
        export(out=path)
    assert Path(path).read_bytes() == before
    with pytest.raises(SystemExit, match='is a folder'):
        export(out=str(tmp_path))
    (tmp_path / 'file').touch()
    with pytest.raises(SystemExit, match=r'error: .*Nothing was written'):
        export(out=str(tmp_path / 'file' / 'out.pth'))
