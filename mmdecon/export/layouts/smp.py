"""The layout of segmentation_models_pytorch: an encoder, a decoder, and a last layer that starts anew.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from ...compat import require
from ...models.decoders.smp import LIBRARY, SCOPE, SMPDecoder, build_model, naming
from ...registry import LAYOUTS
from ..pieces import Export, Piece
from ..source import Source, refusing
from .by_table import TableLayout
from .remedies import Misfits
from .shapes import ResNetShape

WRAPPED = 'timm_model.'
"""Before the names of timm's tensors in mmdecon.TIMMBackbone; the library's own wrapper says ``model.``."""


@LAYOUTS.register_module('smp')
class SMP(TableLayout):
    """Models of segmentation_models_pytorch: encoders of timm (``tu-...``); ResNets, whose names are torchvision's."""

    library = 'torchvision'
    families = ('ResNet',)
    places = dict(encoder='encoder', decode_head='decoder')
    classifiers = ('segmentation_head.',)
    beyond = ('classification_head',)
    input_option = 'create it with in_channels={channels}'

    def build_target(self, source: Source, export: Export, config: str | None = None) -> nn.Module:
        """The model of ``MODEL:ENCODER``, such as ``Unet:tu-resnet34``, or one like the pre-trained network."""
        require(LIBRARY)
        model = next((source.network.decoder[name].config for name in export.decoders), dict(type=f'{SCOPE}FPN'))
        taken = dict(in_channels=source.network.in_channels)
        model = {**model, **taken}
        with refusing(config or f'a model of {LIBRARY} for {source.path}', 'built'):
            if config is not None:
                kind, _, encoder = config.rpartition(':')
                named = SCOPE + kind if kind else str(model['type'])
                return build_model(model if named == model['type'] else dict(taken, type=named), encoder)
            if _is_timm(source.network.encoder.state_dict()):
                return build_model(model, f'tu-{source.config["network"]["encoder"]["model_name"]}')
            return self._build_around(source, model)

    def _build_around(self, source: Source, model: Mapping[str, Any]) -> nn.Module:
        """A model on a ResNet of the encoder's depths and widths."""
        from segmentation_models_pytorch.encoders.resnet import ResNetEncoder
        from torchvision.models.resnet import BasicBlock, Bottleneck

        self.table(source)  # which refuses others
        shape = ResNetShape.of(source.network.encoder)
        wide = [(shape.planes << i) * (4 if shape.bottleneck else 1) for i in range(len(shape.depths))]
        options = dict(
            out_channels=[3, 64, *wide],
            block=Bottleneck if shape.bottleneck else BasicBlock,
            layers=shape.depths,
            groups=shape.groups,
            width_per_group=shape.base_width,
        )
        with naming(ResNetEncoder, options) as name:
            return build_model(model, name)

    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Level -> map (B, C, h, w), of the encoder and of the decoder."""
        features: Sequence[Tensor] = model.get_submodule('encoder')(image)
        first = 2 if features[1].shape[1] == 0 or not _is_timm(source.network.encoder.state_dict()) else 1
        levels = {name: features[first + i] for name, i in zip(source.network.level_names, self.indices(source))}
        for name in export.decoders:
            decoder = source.network.decoder[name]
            levels.update(decoder.run_downstream(model.get_submodule('decoder'), list(features), levels))
        return levels

    def rename(self, state: Mapping[str, Tensor], piece: Piece) -> dict[str, Tensor]:
        """Decoders and encoders of timm keep their names behind their place, ResNets have torchvision's.

        Raises:
            ValueError: If a decoder or an encoder is none that the library has.
        """
        if piece.place != 'encoder':
            if not piece.type.startswith(SCOPE):
                raise ValueError(
                    f'{piece.where}: {LIBRARY} has no {piece.type}, but the decoders of {SMPDecoder.__name__}: choose '
                    'another layout, or --part encoder'
                )
            return {f'{self.place(piece)}.{name}': value for name, value in state.items()}
        if _is_timm(state):
            return {f'encoder.model.{name.removeprefix(WRAPPED)}': value for name, value in state.items()}
        return super().rename(state, piece)

    def without_place(self, piece: Piece) -> list[str]:
        """Of a ResNet nothing is left out."""
        return [] if piece.place != 'encoder' or _is_timm(piece.names) else super().without_place(piece)

    def indices(self, source: Source) -> list[int]:
        """Which of the encoder's stages the levels are."""
        indices: Any = source.config['network']['encoder'].get('out_indices')
        return list(indices or range(len(source.network.level_names)))

    def image_side(self, source: Source) -> int | None:
        """Any, as the encoder says."""
        return None

    def remedy(self, misfits: Misfits) -> str:
        """Names what differs."""
        return (
            'Give --target MODEL:ENCODER, such as Unet:tu-resnet34, with the encoder and the decoder of pre-training; '
            'a Unet needs the level of half resolution, out_indices=(0, 1, 2, 3, 4) of mmdecon.TIMMBackbone.'
        )


def _is_timm(names: Any) -> bool:
    """Whether an encoder is a wrapper of timm's."""
    return all(name.startswith(WRAPPED) for name in names)
