"""What is read: checkpoints of ours, by whoever gave them; what is written: exports that know their origin."""

import pytest
import torch

from mmdecon.checkpoint import load_file
from mmdecon.export import convert, read_export, read_source, verify, write


def test_files_that_are_no_checkpoints_of_ours(tmp_path) -> None:
    (tmp_path / 'text.pth').write_text('hello')
    with pytest.raises(ValueError, match='cannot be read as a checkpoint'):
        read_source(str(tmp_path / 'text.pth'))
    with pytest.raises(FileNotFoundError, match='no checkpoint at'):
        read_source(str(tmp_path / 'gone.pth'))
    torch.save(dict(state_dict={}), tmp_path / 'bare.pth')
    with pytest.raises(ValueError, match='is no checkpoint of an mmdecon run: it holds no config'):
        read_source(str(tmp_path / 'bare.pth'))
    cfg = "model = dict(type='EncoderDecoder')"
    torch.save(dict(state_dict={}, meta=dict(cfg=cfg)), tmp_path / 'other.pth')
    with pytest.raises(ValueError, match='a checkpoint of a EncoderDecoder, not of a DeCon'):
        read_source(str(tmp_path / 'other.pth'))
    torch.save(dict(state_dict={}, meta=None), tmp_path / 'no_meta.pth')
    with pytest.raises(ValueError, match='it holds no config'):
        read_source(str(tmp_path / 'no_meta.pth'))
    torch.save(dict(state_dict=3, meta=dict(cfg=cfg)), tmp_path / 'number.pth')
    with pytest.raises(ValueError, match='holds no state dict but a int'):
        read_source(str(tmp_path / 'number.pth'))
    torch.save(dict(state_dict={}, meta=dict(cfg="model = dict(type='DeCon')")), tmp_path / 'empty.pth')
    with pytest.raises(ValueError, match=r"the network of .*empty.pth cannot be built: KeyError: 'network'"):
        read_source(str(tmp_path / 'empty.pth'))
    torch.save(dict(state_dict={}, meta=dict(cfg='model = = 1')), tmp_path / 'torn.pth')
    with pytest.raises(ValueError, match='the config in the checkpoint cannot be read'):
        read_source(str(tmp_path / 'torn.pth'))
    torch.save(dict(state_dict={}, meta=dict(cfg='import os\nos.abort()')), tmp_path / 'bad.pth')
    with pytest.raises(ValueError, match='is not an assignment'):
        read_source(str(tmp_path / 'bad.pth'))


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_run_that_diverged_is_not_exported(path, tmp_path, value: float) -> None:
    content = load_file(path)
    content['state_dict']['network.teacher.encoder.layer1.0.conv1.weight'][0, 0, 0, 0] = value
    torch.save(content, tmp_path / 'diverged.pth')
    with pytest.raises(ValueError, match=r'encoder.layer1.0.conv1.weight is not finite'):
        read_source(str(tmp_path / 'diverged.pth'))
    assert read_source(str(tmp_path / 'diverged.pth'), 'student').half == 'student'


class Evil:
    def __reduce__(self):
        return print, ('executed',)


def test_features_that_overflow_are_not_called_equal(path, tmp_path) -> None:
    content = load_file(path)
    content['state_dict']['network.teacher.encoder.bn1.weight'] *= 1e38
    torch.save(content, tmp_path / 'huge.pth')
    source = read_source(str(tmp_path / 'huge.pth'))
    with pytest.raises(ValueError, match='is not finite on an image of noise: the run diverged'):
        verify(source, convert(source, 'mmseg'))


def test_a_strangers_file_is_not_executed(tmp_path, capsys) -> None:
    torch.save(dict(state_dict={}, meta=dict(cfg=Evil())), tmp_path / 'evil.pth')
    with pytest.raises(ValueError, match='tensors and plain values'):
        load_file(str(tmp_path / 'evil.pth'))
    assert 'executed' not in capsys.readouterr().out


def test_the_file_knows_where_it_comes_from_and_whether_it_is_whole(path, tmp_path) -> None:
    source = read_source(path)
    made = convert(source, 'mmseg')
    out = str(tmp_path / 'out.pth')
    write(source, made, out)
    content = read_export(out)
    about = content['meta']['mmdecon']
    assert (about['step'], about['epoch'], about['half'], about['layout']) == (3, 1, 'teacher', 'mmseg')
    assert len(about['checkpoint_sha256']) == 64 and "type='mmdecon.DeCon'" in about['config']
    content['state_dict']['backbone.conv1.weight'][0] += 1
    torch.save(content, out)
    with pytest.raises(ValueError, match='is damaged'):
        read_export(out)
    with pytest.raises(ValueError, match='is no export of mmdecon'):
        read_export(path)
