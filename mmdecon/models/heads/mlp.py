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
from .hidden import hidden_layer, is_by_channel

Config = Mapping[str, Any]
BATCH_NORM: Config = MappingProxyType(dict(type='BN'))
GELU: Config = MappingProxyType(dict(type='GELU'))
RELU: Config = MappingProxyType(dict(type='ReLU'))
CHEAP = 4  # times a first linear layer must fit into the second for it to be run again instead of kept
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
            each hidden layer one map is then kept, where it would be three, and none of the first hidden layer if the
            linear layer that makes it costs at most a quarter of the next: it alone is run again. The numbers are the
            same, but for the order in which maps' products are summed on a CPU. There the step gets faster, too, as it
            asks the system for less memory. Batch norms of one process do it piece by piece
            (:func:`~mmdecon.models.heads.hidden.hidden_layer`), others, among them those synchronised over several
            processes, by torch's checkpoints.
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
            parts = OrderedDict(conv=nn.Conv2d(i, o, 1, bias=hidden_bias))
            if norm_cfg is not None:
                parts['norm'] = build_norm_layer(dict(norm_cfg), o)[1]
            parts['act'] = build_activation_layer(dict(act_cfg))
            self.layers.append(nn.Sequential(parts))
        self.layers.append(nn.Conv2d(widths[-1], out_channels, 1, bias=last_bias))
        if last_norm:
            self.layers.append(build_norm_layer(dict(norm_cfg), out_channels)[1])

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C, h, w) to (B, out, h, w), or vectors (N, C) to (N, out)."""
        *segments, last = self._segments(x)
        for parts in segments:
            x = self._run_segment(parts, x, passes=True)
        return self._run_segment(last, x)

    def _run_segment(self, parts: list[nn.Module], x: Tensor, passes: bool = False) -> Tensor:
        """Runs some parts, of which the first ones prepare the last, in as little memory as asked for."""
        if self._in_pieces(parts, x):
            *first, norm, act, last = parts
            return hidden_layer(x, first[0] if first else None, norm, act, last, passes)
        if self.recompute and torch.is_grad_enabled() and len(parts) > 1:
            return run_segment(parts, x, _chain)
        return _chain(parts, x)

    def _in_pieces(self, parts: list[nn.Module], x: Tensor) -> bool:
        """Whether some parts run as one hidden layer; teachers' always do where they can."""
        wanted = self.recompute or not torch.is_grad_enabled()
        return wanted and x.dim() == 4 and len(parts) > 2 and is_by_channel(parts[-3])

    def _segments(self, x: Tensor) -> list[list[nn.Module]]:
        """All layers in order, parted after each linear one but for a first that is cheap to run again."""
        segments: list[list[nn.Module]] = [[]]
        for layer in self.layers:
            for part in layer if isinstance(layer, nn.Sequential) else [layer]:
                segments[-1].append(part)
                if isinstance(part, nn.Conv2d):
                    segments.append([])
        first, second = segments[0], segments[1]
        if self._in_pieces(second, x) and CHEAP * first[0].in_channels <= second[-1].out_channels:
            segments[:2] = [first + second]
        return [parts for parts in segments if parts]


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
