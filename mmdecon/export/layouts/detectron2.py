"""The layout of detectron2: detectors on a ResNet or ResNeXt with FPN.

detectron2 is not imported: what is exported is proven by a forward pass written here, in plain torch, on modules that
have detectron2's names.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...models.decoders import NECK
from ...registry import LAYOUTS
from ..pieces import Export
from ..source import Source
from .by_table import TableLayout, has_norms
from .remedies import Misfits
from .shapes import ResNetShape


@LAYOUTS.register_module('detectron2')
class Detectron2(TableLayout):
    """Models with ``backbone.bottom_up`` and an FPN, ``backbone.fpn_lateral2`` ...; their heads start anew."""

    library = 'detectron2'
    places = dict(encoder='backbone.bottom_up', neck='backbone')
    families = ('ResNet',)
    also_under = ('model',)
    input_option = 'give MODEL.PIXEL_MEAN and PIXEL_STD {channels} values there'
    safetensors = 'detectron2 reads no safetensors'
    proof = "detectron2's forward pass, written anew in plain torch"

    def build_target(self, source: Source, export: Export, config: str | None = None) -> nn.Module:
        """Modules with detectron2's names."""
        if config is not None:
            raise ValueError(
                f'--target {config}: detectron2 is not imported, so that no model of its is built; leave out --target'
            )
        shape, network = ResNetShape.of(source.network.encoder), source.network
        backbone = nn.Module()
        backbone.bottom_up = BottomUp(shape, network.in_channels)
        necks = [network.decoder[name] for name in export.decoders if network.decoder[name].place == NECK]
        for neck in necks:
            width, norms = network.levels[neck.names[0]].channels, not export.folded and has_norms(neck)
            for i, level in enumerate(neck.inputs):
                number = 6 - len(neck.inputs) + i
                channels = network.levels[level].channels
                backbone.add_module(f'fpn_lateral{number}', Conv(channels, width, 1, norm=norms))
                backbone.add_module(f'fpn_output{number}', Conv(width, width, 3, norm=norms))
        return nn.ModuleDict(dict(backbone=backbone))

    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Level -> map (B, C, h, w), of the encoder and of the FPN."""
        backbone = model.get_submodule('backbone')
        stages = backbone.get_submodule('bottom_up')(image)
        levels = self.finish(source, backbone, {index: stages[index] for index in self.indices(source)})
        for decoder in export.decoders:
            neck = source.network.decoder[decoder]
            levels.update(zip(neck.names, _run_fpn(backbone, [levels[name] for name in neck.inputs])))
        return levels

    def remedy(self, misfits: Misfits) -> str:
        """Tells what fits."""
        return 'Export with --part encoder, or pre-train an FPN on the last levels of the encoder up to c5.'


class Conv(nn.Conv2d):
    """A convolution that holds its norm, without bias, or has a bias and no norm."""

    def __init__(
        self, inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, norm: bool = True
    ) -> None:
        super().__init__(inputs, outputs, size, stride, size // 2, groups=groups, bias=not norm)
        self.norm = nn.BatchNorm2d(outputs) if norm else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> the same with other C, h, w."""
        x = super().forward(x)
        return x if self.norm is None else self.norm(x)


class Block(nn.Module):
    """A residual block, of two convolutions or of three."""

    def __init__(self, inputs: int, widths: Sequence[tuple[int, int, int]], stride: int, groups: int) -> None:
        super().__init__()
        outputs, previous = widths[-1][0], inputs
        for i, (width, size, place) in enumerate(widths):
            step = stride if place else 1
            self.add_module(f'conv{i + 1}', Conv(previous, width, size, step, groups if size == 3 else 1))
            previous = width
        self.count = len(widths)
        self.shortcut = Conv(inputs, outputs, 1, stride) if inputs != outputs or stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) -> the same with other C, h, w."""
        y = x
        for i in range(self.count):
            y = self.get_submodule(f'conv{i + 1}')(y if i == 0 else F.relu(y))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class BottomUp(nn.Module):
    """A ResNet or ResNeXt: stem, res2 to res5."""

    def __init__(self, shape: ResNetShape, channels: int) -> None:
        super().__init__()
        self.stem = nn.ModuleDict(dict(conv1=Conv(channels, shape.entry, 7, 2)))
        previous = shape.entry
        for i, depth in enumerate(shape.depths):
            planes = shape.planes << i
            inner = planes * shape.base_width // 64 * shape.groups
            three = [(inner, 1, 0), (inner, 3, 1), (4 * planes, 1, 0)]
            widths = three if shape.bottleneck else [(planes, 3, 1), (planes, 3, 0)]
            blocks = []
            for j in range(depth):
                blocks.append(Block(previous, widths, 2 if i and not j else 1, shape.groups))
                previous = widths[-1][0]
            self.add_module(f'res{i + 2}', nn.Sequential(*blocks))

    def forward(self, image: Tensor) -> list[Tensor]:
        """(B, channels, H, W) -> maps of res2 to res5."""
        x = F.max_pool2d(F.relu(self.stem['conv1'](image)), 3, 2, 1)
        maps = []
        for name, stage in self.named_children():
            if name != 'stem':
                x = stage(x)
                maps.append(x)
        return maps


def _run_fpn(backbone: nn.Module, maps: Sequence[Tensor]) -> list[Tensor]:
    """From the coarsest map down: each finer one plus the coarser one, doubled; then the output convolutions."""
    made: list[Tensor] = []
    above: Any = None
    for i in reversed(range(len(maps))):
        number = 6 - len(maps) + i
        above_here = 0 if above is None else F.interpolate(above, scale_factor=2.0, mode='nearest')
        above = backbone.get_submodule(f'fpn_lateral{number}')(maps[i]) + above_here
        made.insert(0, backbone.get_submodule(f'fpn_output{number}')(above))
    return made
