"""What an encoder is: depths, widths and options, asked from its tensors and modules, whatever its class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

from torch import Tensor, nn

STAGES = (0, 1, 2, 3)


@dataclass(frozen=True)
class ResNetShape:
    """A ResNet or ResNeXt.

    Attributes:
        depths: Blocks of each stage.
        bottleneck: Whether blocks have three convolutions, not two.
        planes: Channels that the first stage's blocks are counted in, 64 of a usual one.
        groups: Groups of a block's 3x3 convolution.
        base_width: Channels of a group, for 64 planes.
        stem: Channels of a deep stem's first convolution; None for a stem of one.
        entry: Channels that enter the first stage.
        dilated: Whether each stage but the first has a dilation in place of its stride.
    """

    depths: Sequence[int]
    bottleneck: bool
    planes: int
    groups: int
    base_width: int
    stem: int | None
    entry: int
    dilated: Sequence[bool]

    @classmethod
    def of(cls, encoder: nn.Module) -> 'ResNetShape':
        """Asks an encoder."""
        state: Mapping[str, Tensor] = encoder.state_dict()
        bottleneck = 'layer1.0.conv3.weight' in state
        width, in_group = state['layer1.0.conv2.weight'].shape[:2]
        planes = state['layer1.0.conv3.weight'].shape[0] // 4 if bottleneck else width
        stem = state.get('stem.0.conv.weight', state.get('stem.0.weight'))
        strides: Any = getattr(encoder, 'strides', (1, 2, 2, 2))  # all of OpenMMLab's ResNets tell theirs
        return cls(
            depths=[count(state, f'layer{i + 1}') for i in STAGES],
            bottleneck=bottleneck,
            planes=planes,
            groups=width // in_group,
            base_width=64 * in_group // planes,
            stem=None if stem is None else stem.shape[0],
            entry=state['layer1.0.conv1.weight'].shape[1],
            dilated=[stride == 1 for stride in strides[1:]],
        )


@dataclass(frozen=True)
class ConvNeXtShape:
    """A ConvNeXt or ConvNeXt V2.

    Attributes:
        depths: Blocks of each stage.
        widths: Channels of each stage.
        patch: Side of the stem's patches, in pixels.
        layer_scale: Whether blocks scale what they add.
        grn: Whether blocks have response normalisation (V2).
        maps: Whether a block's MLP is of 1x1 convolutions, not of linear layers.
    """

    depths: Sequence[int]
    widths: Sequence[int]
    patch: int
    layer_scale: bool
    grn: bool
    maps: bool

    @classmethod
    def of(cls, encoder: nn.Module) -> 'ConvNeXtShape':
        """Asks an encoder."""
        state: Mapping[str, Tensor] = encoder.state_dict()
        return cls(
            depths=[count(state, f'stages.{i}') for i in STAGES],
            widths=[state[f'stages.{i}.0.norm.weight'].shape[0] for i in STAGES],
            patch=state['downsample_layers.0.0.weight'].shape[-1],
            layer_scale='stages.0.0.gamma' in state,
            grn='stages.0.0.grn.gamma' in state,
            maps=state['stages.0.0.pointwise_conv1.weight'].dim() == 4,
        )


@dataclass(frozen=True)
class SwinShape:
    """A Swin.

    Attributes:
        depths: Blocks of each stage.
        heads: Heads of attention of each stage.
        width: Channels of the first stage.
        window: Side of a window, in cells.
        patch: Side of the patches, in pixels.
        mlp_ratio: Width of the MLPs in that of the blocks.
    """

    depths: Sequence[int]
    heads: Sequence[int]
    width: int
    window: int
    patch: int
    mlp_ratio: float

    @classmethod
    def of(cls, encoder: nn.Module) -> 'SwinShape':
        """Asks an encoder."""
        state: Mapping[str, Tensor] = encoder.state_dict()
        tables = [state[f'stages.{i}.blocks.0.attn.w_msa.relative_position_bias_table'] for i in STAGES]
        hidden, width = state['stages.0.blocks.0.ffn.layers.0.0.weight'].shape
        return cls(
            depths=[count(state, f'stages.{i}.blocks') for i in STAGES],
            heads=[table.shape[1] for table in tables],
            width=width,
            window=(isqrt(tables[0].shape[0]) + 1) // 2,
            patch=state['patch_embed.projection.weight'].shape[-1],
            mlp_ratio=hidden / width,
        )

    @property
    def side(self) -> int:
        """Side in pixels of an image on whose maps all libraries shift windows alike: two windows on the last map."""
        return 2 * self.window * 8 * self.patch


@dataclass(frozen=True)
class ViTShape:
    """A ViT.

    Attributes:
        depth: Layers.
        width: Channels.
        heads: Heads of attention.
        hidden: Channels inside an MLP.
        patch: Side of the patches, in pixels.
        side: Of the image that its position embeddings are for, in pixels.
        class_token: Whether it has one.
        layer_scale: Whether layers scale what they add.
        final_norm: Whether the last map is normalised.
        pre_norm: Whether patches are normalised before the first layer.
        qkv_bias: Whether queries, keys and values have a bias.
    """

    depth: int
    width: int
    heads: int
    hidden: int
    patch: int
    side: int
    class_token: bool
    layer_scale: bool
    final_norm: bool
    pre_norm: bool
    qkv_bias: bool

    @classmethod
    def of(cls, encoder: nn.Module) -> 'ViTShape':
        """Asks an encoder."""
        state: Mapping[str, Tensor] = encoder.state_dict()
        heads: Any = encoder.get_submodule('layers.0.attn').num_heads
        patch, class_token = state['patch_embed.projection.weight'].shape[-1], 'cls_token' in state
        return cls(
            depth=count(state, 'layers'),
            width=state['pos_embed'].shape[2],
            heads=heads,
            hidden=state['layers.0.ffn.layers.0.0.weight'].shape[0],
            patch=patch,
            side=isqrt(state['pos_embed'].shape[1] - class_token) * patch,
            class_token=class_token,
            layer_scale='layers.0.attn.gamma1.weight' in state,
            final_norm='ln1.weight' in state,
            pre_norm='pre_norm.weight' in state,
            qkv_bias='layers.0.attn.qkv.bias' in state,
        )


def count(state: Mapping[str, Tensor], prefix: str) -> int:
    """How many numbered parts a module has.

    Args:
        state: Tensors by name.
        prefix: Name of the module.

    Examples:
        >>> count({'layers.0.bias': None, 'layers.0.weight': None, 'layers.1.weight': None}, 'layers')
        2
    """
    return len({name[len(prefix) + 1 :].partition('.')[0] for name in state if name.startswith(f'{prefix}.')})
