"""The layouts of torchvision, one for each kind of its models, which name their tensors differently.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torchvision.models import get_model
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.segmentation.fcn import FCN, FCNHead

from ...models.decoders.layer_calls import watching
from ...models.encoders import SIDES
from ...registry import LAYOUTS
from ..pieces import Export
from ..source import Source, refusing
from .by_table import TableLayout, has_norms, watch
from .remedies import Misfits
from .torchvision_bodies import CLASSES, as_map, build_body, stage, take_channels

KINDS = 'torchvision for classifiers, torchvision.detection for FPN detectors, torchvision.segmentation for FCN'


class TorchvisionLayout(TableLayout):
    """Models of torchvision.

    A subclass is for the models of one module of torchvision.
    """

    library = 'torchvision'

    def build_target(self, source: Source, export: Export, config: str | None = None) -> nn.Module:
        """The model of a name, such as ``fasterrcnn_resnet50_fpn``, or one with the encoder's depths and widths.

        torchvision has no option for channels: the first convolution is a new one where images have not three.
        """
        subject = f'the torchvision model {config}' if config else f'torchvision classes for {source.path}'
        with refusing(subject, 'built'):
            if config is not None:
                model = self.build_named(config)
            else:
                body = build_body(self.table(source).family, source.network.encoder)
                model = self.build_around(body, source, export)
            filled, side = model.get_submodule(self.places['encoder']), self.image_side(source)
            take_channels(filled, source.network.in_channels, SIDES if side is None else [side])
        return model

    def build_named(self, name: str) -> nn.Module:
        """The model of a name, from scratch."""
        model: nn.Module = get_model(name, weights=None, weights_backbone=None)
        return model

    @abstractmethod
    def build_around(self, body: nn.Module, source: Source, export: Export) -> nn.Module:
        """Builds a model of the kind.

        Args:
            body: A classifier of torchvision with the encoder's depths and widths.
            source: The pre-trained network.
            export: Tells the decoders.
        """

    def stages(self, source: Source, body: nn.Module, run: Callable[[], Any]) -> dict[str, Tensor]:
        """Maps of a classifier, or of what another model holds of one.

        Args:
            source: Tells the levels.
            body: The part that the encoder fills.
            run: Runs the model.

        Returns:
            Level -> map (B, C, h, w).
        """
        family = self.table(source).family
        seen = watch(body, {index: stage(family, index) for index in self.indices(source)}, run)
        return self.finish(source, body, {index: as_map(x, family) for index, x in seen.items()})

    def remedy(self, misfits: Misfits) -> str:
        """Tells the layouts of the kinds of models."""
        return (
            f'Each kind of model has its layout ({KINDS}): choose that of the target, and a target with the depths and '
            'widths of pre-training; --fold-norm is for detectors whose FPN has no norms.'
        )


@LAYOUTS.register_module('torchvision')
class Torchvision(TorchvisionLayout):
    """Classifiers: ResNet, ResNeXt, ConvNeXt, Swin, ViT."""

    places = dict(encoder='')
    classifiers = ('fc.', 'head.', 'heads.', 'classifier.2.')

    def build_named(self, name: str) -> nn.Module:
        """The classifier of a name, from scratch."""
        model: nn.Module = get_model(name, weights=None)
        return model

    def build_around(self, body: nn.Module, source: Source, export: Export) -> nn.Module:
        """The classifier itself."""
        return body

    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Level -> map (B, C, h, w), of the encoder."""
        return self.stages(source, model, lambda: model(image))


@LAYOUTS.register_module('torchvision.detection')
class TorchvisionDetection(TorchvisionLayout):
    """Detectors on a ResNet or ResNeXt with FPN: ``backbone.body`` and ``backbone.fpn``; their heads start anew."""

    places = dict(encoder='backbone.body', neck='backbone.fpn')
    families = ('ResNet',)

    def build_around(self, body: nn.Module, source: Source, export: Export) -> nn.Module:
        """A backbone with an FPN, without heads."""
        network = source.network
        neck = next((network.decoder[name] for name in export.decoders), None)
        read = network.level_names if neck is None else neck.inputs
        index = dict(zip(network.level_names, self.indices(source)))
        fpn = BackboneWithFPN(
            body,
            {stage('ResNet', index[name]): str(i) for i, name in enumerate(read)},
            [network.levels[name].channels for name in read],
            256 if neck is None else network.levels[neck.names[0]].channels,
            norm_layer=nn.BatchNorm2d if neck and not export.folded and has_norms(neck) else None,
        )
        return nn.ModuleDict(dict(backbone=fpn))

    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Level -> map (B, C, h, w), of the encoder and of the FPN."""
        body, fpn = (model.get_submodule(place) for place in self.places.values())
        maps: dict[str, Tensor] = {}
        levels = self.stages(source, body, lambda: maps.update(body(image)))
        for decoder in export.decoders:
            levels.update(zip(source.network.decoder[decoder].names, fpn(maps).values()))
        return levels


@LAYOUTS.register_module('torchvision.segmentation')
class TorchvisionSegmentation(TorchvisionLayout):
    """FCN on a ResNet: ``backbone`` and ``classifier``, whose last layer starts anew."""

    places = dict(encoder='backbone', decode_head='classifier')
    families = ('ResNet',)

    def build_around(self, body: nn.Module, source: Source, export: Export) -> nn.Module:
        """An FCN, whose head reads the last stage."""
        channels = source.network.levels[source.network.level_names[-1]].channels
        last = BackboneWithFPN(body, {stage('ResNet', 3): 'out'}, [channels], 1).body  # the body alone, up to its end
        model: nn.Module = FCN(last, FCNHead(channels, CLASSES))
        return model

    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Level -> map (B, C, h, w), of the encoder, and what enters the head's last layer."""
        with watching(model, ['classifier.4']) as entered:
            levels = self.stages(source, model.get_submodule('backbone'), lambda: model(image))
        names = [name for decoder in export.decoders for name in source.network.decoder[decoder].names]
        return {**levels, **dict(zip(names, entered['classifier.4']))}
