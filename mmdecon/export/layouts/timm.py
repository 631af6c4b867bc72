"""The layout of timm: classifiers, of which an export fills all but the last layer.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from ...compat import require
from ...registry import LAYOUTS
from ..pieces import Export
from ..source import Source, refusing
from .by_table import TableLayout
from .remedies import Misfits
from .shapes import ConvNeXtShape, ResNetShape, SwinShape, ViTShape


@LAYOUTS.register_module('timm')
class Timm(TableLayout):
    """Models of ``timm.create_model``: ResNet, ResNeXt, ConvNeXt, ConvNeXt V2, Swin, ViT."""

    library = 'timm'
    places = dict(encoder='')
    input_option = 'create it with in_chans={channels}'
    classifiers = ('fc.', 'head.fc.', 'head.weight', 'head.bias')

    def build_target(self, source: Source, export: Export, config: str | None = None) -> nn.Module:
        """The model of a name, such as ``resnet50``, or one with the encoder's depths and widths; its ``in_chans``."""
        require('timm')
        import timm

        family, encoder = self.table(source).family, source.network.encoder
        base, options = MODELS[family](encoder)
        if config is not None:
            base, options = config, {'img_size': self.image_side(source)} if family == 'Swin' else {}
        options['in_chans'] = source.network.in_channels
        with refusing(f'the timm model {base} for {source.path}', 'built'):
            model: nn.Module = timm.create_model(base, pretrained=False, **options)
        return model

    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Maps by timm's ``forward_intermediates``, of which those of ResNets begin with the stem's."""
        shift = int(self.table(source).family.startswith('ResNet'))
        forward: Any = model.forward_intermediates
        maps = forward(image, indices=[index + shift for index in self.indices(source)], intermediates_only=True)
        return self.finish(source, model, dict(zip(self.indices(source), maps)))

    def remedy(self, misfits: Misfits) -> str:
        """Names what differs between timm's models of one architecture."""
        return (
            'Give --target a timm model of the same depths and widths, whose window, image size and kind of stem are '
            'those of pre-training.'
        )


def _resnet(encoder: nn.Module) -> tuple[str, dict[str, Any]]:
    from timm.models.resnet import BasicBlock, Bottleneck

    shape = ResNetShape.of(encoder)
    options = dict(
        block=Bottleneck if shape.bottleneck else BasicBlock,
        layers=tuple(shape.depths),
        channels=tuple(shape.planes << i for i in range(len(shape.depths))),
        cardinality=shape.groups,
        base_width=shape.base_width,
        output_stride=32 >> sum(shape.dilated),
    )
    return 'resnet18', options if shape.stem is None else dict(options, stem_type='deep', stem_width=shape.stem)


def _pooled_resnet(encoder: nn.Module) -> tuple[str, dict[str, Any]]:
    base, options = _resnet(encoder)
    return base, dict(options, avg_down=True)


def _convnext(encoder: nn.Module) -> tuple[str, dict[str, Any]]:
    shape = ConvNeXtShape.of(encoder)
    return 'convnext_tiny' if shape.layer_scale else 'convnextv2_tiny', dict(  # which scales nothing
        depths=tuple(shape.depths),
        dims=tuple(shape.widths),
        patch_size=shape.patch,
        use_grn=shape.grn,
        conv_mlp=shape.maps,
    )


def _swin(encoder: nn.Module) -> tuple[str, dict[str, Any]]:
    shape = SwinShape.of(encoder)
    return 'swin_tiny_patch4_window7_224', dict(
        img_size=shape.side,
        patch_size=shape.patch,
        window_size=shape.window,
        embed_dim=shape.width,
        depths=tuple(shape.depths),
        num_heads=tuple(shape.heads),
        mlp_ratio=shape.mlp_ratio,
    )


def _vit(encoder: nn.Module) -> tuple[str, dict[str, Any]]:
    shape = ViTShape.of(encoder)
    options = dict(
        img_size=shape.side,
        patch_size=shape.patch,
        embed_dim=shape.width,
        depth=shape.depth,
        num_heads=shape.heads,
        mlp_ratio=shape.hidden / shape.width,
        init_values=1.0 if shape.layer_scale else None,
        final_norm=shape.final_norm,
        pre_norm=shape.pre_norm,
        qkv_bias=shape.qkv_bias,
    )
    return 'vit_base_patch16_224', options if shape.class_token else dict(
        options, class_token=False, global_pool='avg', fc_norm=False
    )


MODELS: Mapping[str, Callable[[nn.Module], tuple[str, dict[str, Any]]]] = {
    'ResNet': _resnet,
    'ResNet-D': _pooled_resnet,
    'ConvNeXt': _convnext,
    'Swin': _swin,
    'ViT': _vit,
}
"""Architecture -> a model of timm that has it, and what to tell it."""
