"""Classifiers of torchvision with the depths and widths of an encoder, and where their stages are.

Shapes: B images, C channels, h x w cells.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isqrt
from typing import Any

from torch import Tensor, nn
from torchvision.models import ConvNeXt, ResNet, SwinTransformer, VisionTransformer
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.resnet import BasicBlock, Bottleneck

from ...models.first_layer import COLOURS, image_readers
from .shapes import ConvNeXtShape, ResNetShape, SwinShape, ViTShape

CLASSES = 2
STAGES: Mapping[str, str] = {
    'ResNet': 'layer{after}',
    'ConvNeXt': 'features.{odd}',
    'Swin': 'features.{odd}',
    'ViT': 'encoder.layers.encoder_layer_{index}',
}


def stage(family: str, index: int) -> str:
    """Name of the module that gives a map.

    Args:
        family: Architecture.
        index: Of the stage or layer, as in ``out_indices``.

    Examples:
        >>> stage('ResNet', 3), stage('Swin', 3), stage('ViT', 11)
        ('layer4', 'features.7', 'encoder.layers.encoder_layer_11')
    """
    return STAGES[family].format(index=index, after=index + 1, odd=2 * index + 1)


def as_map(x: Tensor, family: str) -> Tensor:
    """What a stage gives, as a map (B, C, h, w): Swin has channels last, ViT a list with a class token."""
    if family == 'Swin':
        return x.permute(0, 3, 1, 2)
    if family == 'ViT':
        cells = x[:, 1:].transpose(1, 2)
        return cells.reshape(*cells.shape[:2], isqrt(cells.shape[2]), -1)
    return x


def build_body(family: str, encoder: nn.Module) -> nn.Module:
    """A classifier with an encoder's depths and widths.

    Args:
        family: Architecture.
        encoder: The encoder.
    """
    return BODIES[family](encoder)


def take_channels(body: nn.Module, channels: int, sides: Sequence[int]) -> None:
    """Gives a classifier, which has no option for it, a new first convolution where images have not three channels.

    Args:
        body: The classifier, or what another model holds of one.
        channels: Of the images.
        sides: Of images that it may take, in pixels.
    """
    for name in image_readers(body, sides) if channels != COLOURS else ():
        old = body.get_submodule(name)
        assert isinstance(old, nn.Conv2d)
        sizes: Any = old.kernel_size, old.stride, old.padding
        new = nn.Conv2d(channels, old.out_channels, sizes[0], sizes[1], sizes[2], bias=old.bias is not None)
        owner, _, field = name.rpartition('.')
        setattr(body.get_submodule(owner), field, new)


def _resnet(encoder: nn.Module) -> nn.Module:
    shape = ResNetShape.of(encoder)
    body: nn.Module = ResNet(
        Bottleneck if shape.bottleneck else BasicBlock,
        list(shape.depths),
        num_classes=CLASSES,
        groups=shape.groups,
        width_per_group=shape.base_width,
        replace_stride_with_dilation=list(shape.dilated),
    )
    return body


def _convnext(encoder: nn.Module) -> nn.Module:
    shape = ConvNeXtShape.of(encoder)
    widths = [*shape.widths, None]
    settings = [CNBlockConfig(widths[i], widths[i + 1], depth) for i, depth in enumerate(shape.depths)]
    body: nn.Module = ConvNeXt(settings, num_classes=CLASSES)
    return body


def _swin(encoder: nn.Module) -> nn.Module:
    shape = SwinShape.of(encoder)
    sizes = [[size, size] for size in (shape.patch, shape.window)]
    options = dict(window_size=sizes[1], mlp_ratio=shape.mlp_ratio, num_classes=CLASSES)
    body: nn.Module = SwinTransformer(sizes[0], shape.width, list(shape.depths), list(shape.heads), **options)
    return body


def _vit(encoder: nn.Module) -> nn.Module:
    shape = ViTShape.of(encoder)
    sizes = (shape.side, shape.patch, shape.depth, shape.heads, shape.width, shape.hidden)
    body: nn.Module = VisionTransformer(*sizes, num_classes=CLASSES)
    return body


BODIES: Mapping[str, Callable[[nn.Module], nn.Module]] = {
    'ResNet': _resnet,
    'ConvNeXt': _convnext,
    'Swin': _swin,
    'ViT': _vit,
}
