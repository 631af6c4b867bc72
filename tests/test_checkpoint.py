"""Checkpoints are read whole or refused with the file and the cause, wherever they come from."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
import torchvision
from mmengine.logging import HistoryBuffer

from mmdecon.addresses import kept_as, resolve
from mmdecon.checkpoint import load_file, require_whole
from mmdecon.registry import MODELS
from tests.support import tiny

STATE = {'weight': torch.randn(40, 40), 'bias': torch.zeros(3)}
SAVES = {
    'pth': torch.save,
    'old.pth': partial(torch.save, _use_new_zipfile_serialization=False),
}


def saved(folder: Path, kind: str) -> Path:
    """A checkpoint of a kind."""
    path = folder / f'whole.{kind}'
    if kind == 'safetensors':
        pytest.importorskip('safetensors.torch').save_file(STATE, path)
    else:
        SAVES[kind](dict(state_dict=STATE), path)
    return path


@pytest.mark.parametrize('kind', [*SAVES, 'safetensors'])
def test_what_was_cut_off_is_refused_wherever_it_was_cut(tmp_path, kind) -> None:
    whole = saved(tmp_path, kind)
    assert torch.equal(load_file(str(whole))['state_dict']['weight'], STATE['weight'])
    content, cut = whole.read_bytes(), tmp_path / f'cut.{kind}'
    for size in (0, 1, 2, 3, 7, 12, 60, 200, len(content) // 2, len(content) - 1):
        cut.write_bytes(content[:size])
        with pytest.raises(ValueError, match=rf'cut\.{kind} cannot be read as a checkpoint: it ') as found:
            load_file(str(cut))
        assert '\n' not in str(found.value) and ('is empty (0 bytes)' in str(found.value)) == (size == 0)
        if kind != 'safetensors':
            with pytest.raises(ValueError, match=rf'cut\.{kind} \(load_from\) cannot be read as a checkpoint: it '):
                require_whole(str(cut), 'load_from')


@pytest.mark.parametrize('content', [b'<html>404 not found</html>', b'0', b'\x80\x02}q\x00.', bytes(64)])
def test_what_is_no_checkpoint_is_refused(tmp_path, content) -> None:
    path = tmp_path / 'page.pth'
    path.write_bytes(content)
    for read in (load_file, partial(require_whole, place='load_from')):
        with pytest.raises(ValueError, match=r'page\.pth .*cannot be read as a checkpoint: it is no checkpoint'):
            read(str(path))


@pytest.mark.parametrize('kind', SAVES)
def test_what_holds_more_than_tensors_is_whole(tmp_path, kind) -> None:
    path = str(tmp_path / f'x.{kind}')
    SAVES[kind](dict(state_dict=STATE, message_hub=HistoryBuffer([1], [1])), path)
    require_whole(path, 'load_from')
    with pytest.raises(ValueError, match=r'tensors and plain values \(Unsupported .*HistoryBuffer'):
        load_file(path)


def test_mmengine_reads_no_safetensors(tmp_path) -> None:
    with pytest.raises(ValueError, match='mmengine reads no safetensors'):
        require_whole(str(saved(tmp_path, 'safetensors')), 'load_from')


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def serve(tmp_path, monkeypatch) -> Iterator[Callable[[str], str]]:
    """The address of a file of the test's folder; what is downloaded goes to a folder of its own."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'home'))
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield lambda name: f'http://127.0.0.1:{server.server_port}/{name}'
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize('kind', [*SAVES, 'safetensors'])
def test_a_url_is_downloaded_once(tmp_path, serve, kind) -> None:
    whole = saved(tmp_path, kind)
    address = serve(whole.name)
    for _ in range(2):
        assert torch.equal(load_file(address)['state_dict']['weight'], STATE['weight'])
        whole.unlink(missing_ok=True)


def test_what_cannot_be_downloaded_is_named_with_the_cause(tmp_path, serve) -> None:
    for address, cause in ((serve('gone.pth'), 'Not Found|File not found'), ('http://127.0.0.1:1/x.pth', 'refused')):
        for read in (load_file, partial(require_whole, place='load_from')):
            with pytest.raises(OSError, match=rf'{address} cannot be downloaded: .*({cause})'):
                read(address)
    assert not list((tmp_path / 'home').rglob('*.p*'))


def test_names_of_mmengine_stand_for_urls() -> None:
    assert resolve('torchvision://resnet18') == resolve('modelzoo://resnet18')
    assert resolve('torchvision://resnet18').startswith('https://download.pytorch.org/models/resnet18-')
    assert resolve('open-mmlab://resnet50_caffe') == resolve('openmmlab://detectron/resnet50_caffe')
    assert resolve('mmcls://resnet18').endswith('.pth')
    assert resolve('https://x.org/a.pth') == 'https://x.org/a.pth' and resolve('a/b.pth') == 'a/b.pth'


def test_names_of_timm_stand_for_urls() -> None:
    timm = pytest.importorskip('timm', reason='timm is not installed: pip install timm')
    for name in ('resnet18.a1_in1k', 'resnet18', 'convnext_tiny.fb_in1k', 'swin_tiny_patch4_window7_224.ms_in1k'):
        found = timm.models.get_pretrained_cfg(name)
        hub = f'https://huggingface.co/{found.hf_hub_id}/resolve/main/model.safetensors'
        assert resolve(f'timm://{name}') == (found.url or hub)
    for name in ('resnet18.a1_in2k', 'resnet81'):
        with pytest.raises(
            ValueError, match=rf'timm://{name}: timm knows no weights of this name; did you mean .*resnet'
        ):
            load_file(f'timm://{name}')


@pytest.mark.parametrize('name', ['resnet18.a1_in1k', 'vit_base_patch16_224.augreg2_in21k_ft_in1k'])
def test_an_encoder_starts_from_a_name_of_timm(tmp_path, monkeypatch, name) -> None:
    """The file is where torch keeps what was downloaded: there is no network here. The second is of safetensors."""
    timm = pytest.importorskip('timm', reason='timm is not installed: pip install timm')
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    options = dict(embed_dim=24, depth=2, num_heads=2) if name.startswith('vit') else {}
    theirs = timm.create_model(name.partition('.')[0], num_classes=3, **options)
    kept = tmp_path / 'hub/checkpoints' / kept_as(resolve(f'timm://{name}'))
    kept.parent.mkdir(parents=True)
    if kept.suffix == '.safetensors':
        pytest.importorskip('safetensors.torch').save_file(theirs.state_dict(), kept)
    else:
        torch.save(theirs.state_dict(), kept)
    encoder = dict(type='mmpretrain.ResNet', depth=18, norm_cfg=tiny.BN)
    if name.startswith('vit'):
        arch = dict(embed_dims=24, num_layers=2, num_heads=2, feedforward_channels=96)
        encoder = dict(type='mmpretrain.VisionTransformer', arch=arch, out_type='featmap')
    encoder['init_cfg'] = dict(type='Pretrained', checkpoint=f'timm://{name}')
    network = MODELS.build(dict(type='mmdecon.Network', encoder=encoder)).eval()
    network.init_weights()
    image = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        wanted = theirs.eval().forward_intermediates(image, indices=1, norm=True, intermediates_only=True)[-1]
        torch.testing.assert_close(list(network(image).values())[-1], wanted)


@pytest.mark.parametrize(
    'address, words',
    [
        ('torchvision://resnet19', 'knows no weights of this name; did you mean .*resnet1'),
        ('open-mmlab://nothing_of_the_kind', 'knows no weights of this name'),
        ('gopher://x.pth', 'cannot be fetched: nothing reads gopher://; .*torchvision'),
        ('s3://bucket/x.pth', 'cannot be fetched: .*petrel'),
    ],
)
def test_addresses_that_lead_nowhere(address, words) -> None:
    with pytest.raises(ValueError, match=words):
        load_file(address)


@pytest.mark.parametrize('name, prefix', [('torchvision://resnet18', ''), ('mmcls://resnet18', 'backbone.')])
def test_an_encoder_starts_from_a_name_of_mmengine(tmp_path, monkeypatch, name, prefix) -> None:
    """The file is where torch keeps what was downloaded: there is no network here."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    theirs = torchvision.models.resnet18().state_dict()
    (tmp_path / 'hub/checkpoints').mkdir(parents=True)
    kept = tmp_path / 'hub/checkpoints' / resolve(name).rpartition('/')[2]
    torch.save({f'{prefix}{key}': value for key, value in theirs.items()}, kept)
    encoder = dict(type='mmpretrain.ResNet', depth=18, out_indices=(3,), norm_cfg=tiny.BN)
    encoder['init_cfg'] = dict(type='Pretrained', checkpoint=name)
    network = MODELS.build(dict(type='mmdecon.Network', encoder=encoder))
    network.init_weights()
    assert torch.equal(network.encoder.layer4[1].conv2.weight, theirs['layer4.1.conv2.weight'])
