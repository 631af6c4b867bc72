"""The multi-layer perceptron of projectors and predictors."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from mmcv.cnn import build_activation_layer, build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from ..recompute import run_segment

Config = Mapping[str, Any]
BATCH_NORM: Config = MappingProxyType(dict(type='BN'))
GELU: Config = MappingProxyType(dict(type='GELU'))
RELU: Config = MappingProxyType(dict(type='ReLU'))
CHEAP = 4  # a first linear layer is run again, not kept, if the second costs at least as many times as much
SMALL_NORMAL: Config = MappingProxyType(dict(type='TruncNormal', layer='Conv2d', std=0.02))


class PointwiseMLP(BaseModule):
    """Linear layers applied to every cell alike, normalised and activated but for the last.

    Args:
        in_channels: Channels of the input.
        hidden_channels: Channels between.
        out_channels: Channels of the output.
        num_layers: Linear layers, >= 1.
        norm_cfg: Norm after each hidden layer; None for none.
        act_cfg: Activation after each norm.
        last_bias: Whether the last layer has a bias.
        hidden_bias: Whether the others have one, also beside a norm.
        last_norm: Whether a norm follows the last layer.
        init_cfg: Config of the initialisation; None keeps torch's own.
        recompute: Whether the backward pass computes norms and activations again instead of keeping their results. Of
            each hidden layer one map is then kept, where it would be three, and none of the first hidden layer if its
            linear layer costs at most a quarter of the next: that one alone is run twice. The numbers are the same.

    Raises:
        ValueError: If ``last_norm`` is asked for without ``norm_cfg``.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int,
        out_channels: int,
        num_layers: int,
        norm_cfg: Config | None,
        act_cfg: Config,
        last_bias: bool = True,
        hidden_bias: bool = True,
        last_norm: bool = False,
        init_cfg: Config | None = SMALL_NORMAL,
        recompute: bool = False,
    ) -> None:
        super().__init__(init_cfg=None if init_cfg is None else dict(init_cfg))
        if last_norm and norm_cfg is None:
            raise ValueError('last_norm=True with norm_cfg=None: say which norm follows the last layer, in norm_cfg')
        self.recompute = recompute
        widths = [in_channels] + [hidden_channels] * (num_layers - 1)
        self.layers = nn.Sequential()
        for i, o in zip(widths, widths[1:]):
            parts = OrderedDict[str, nn.Module](conv=nn.Conv2d(i, o, 1, bias=hidden_bias))
            if norm_cfg is not None:
                parts['norm'] = build_norm_layer(dict(norm_cfg), o)[1]
            parts['act'] = build_activation_layer(dict(act_cfg))
            self.layers.append(nn.Sequential(parts))
        self.layers.append(nn.Conv2d(widths[-1], out_channels, 1, bias=last_bias))
        if norm_cfg is not None and last_norm:
            self.layers.append(build_norm_layer(dict(norm_cfg), out_channels)[1])

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, h, w) to (B, out, h, w), or vectors (N, C) to (N, out)."""
        again = self.recompute and torch.is_grad_enabled()
        for parts in self._segments():
            x = run_segment(parts, x, _chain) if again else _chain(parts, x)
        return x

    def _segments(self) -> list[list[nn.Module]]:
        """All parts in order, parted after each linear layer but for a first one that is cheap to run again."""
        parts = [part for layer in self.layers for part in (layer if isinstance(layer, nn.Sequential) else [layer])]
        linear = [(i, part) for i, part in enumerate(parts, start=1) if isinstance(part, nn.Conv2d)]
        ends = [i for i, _ in linear]
        if len(ends) > 1 and CHEAP * linear[0][1].in_channels <= linear[1][1].out_channels:
            del ends[0]
        return [parts[a:b] for a, b in zip([0, *ends], [*ends, len(parts)]) if a < b]


def _chain(parts: Sequence[nn.Module], x: Tensor) -> Tensor:
    """One part after the other."""
    for part in parts:
        x = _run(part, x)
    return x


def _run(part: nn.Module, x: Tensor) -> Tensor:
    """Runs a part on a map, or on vectors: there a convolution of single cells would take five times as long."""
    if x.dim() == 4:
        return part(x)
    if isinstance(part, nn.Conv2d):
        return F.linear(x, part.weight.flatten(1), part.bias)
    return part(x[:, :, None, None]).flatten(1)
