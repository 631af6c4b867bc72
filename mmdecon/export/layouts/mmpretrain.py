"""The layout of mmpretrain: classifiers."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ...models.decoders.arguments import class_of, parameter
from ...registry import LAYOUTS
from ...translation import TABLES
from ..pieces import Export, Piece
from ..source import Source
from .counterparts import Counterpart
from .openmmlab import OpenMMLabLayout
from .rules import Rule

DEEP_STEM: tuple[Rule, ...] = (
    (r'(?!stem\.)(.+)', r'\1'),
    *((rf'stem\.{3 * i}\.(.+)', rf'stem.{i}.conv.\1') for i in range(3)),
    *((rf'stem\.{3 * i + 1}\.(.+)', rf'stem.{i}.bn.\1') for i in range(3)),
)
GIVE_MAPS = dict(gap_before_final_norm=False, out_type='featmap')


@LAYOUTS.register_module('mmpretrain')
class MMPretrain(OpenMMLabLayout):
    """Classifiers of mmpretrain: ``backbone``; the head starts anew."""

    library = 'mmpretrain'
    places = dict(encoder='backbone')
    classifiers = ('head.',)
    counterparts = {
        'mmseg.ResNet': Counterpart('mmpretrain.ResNet', DEEP_STEM),
        'mmseg.ResNetV1c': Counterpart('mmpretrain.ResNetV1c', DEEP_STEM),
        'mmseg.ResNeXt': Counterpart('mmpretrain.ResNeXt'),
        'mmdet.ResNet': Counterpart('mmpretrain.ResNet', DEEP_STEM),
        'mmdet.ResNeXt': Counterpart('mmpretrain.ResNeXt'),
    }

    def without_place(self, piece: Piece) -> list[str]:
        """Norms behind the first stages (ConvNeXt, Swin), which a classifier does not have."""
        tables = [table for table in TABLES if table.library == self.library and not table.unknown(piece.names)]
        return [name for table in tables for name in table.find_lost(sorted(piece.names))]

    def model_config(self, model: Mapping[str, Any], scope: str) -> dict[str, Any]:
        """A classifier's config, whose backbone gives maps, not vectors, as far as that changes no parameter."""
        config = super().model_config(model, scope)
        kind, backbone = class_of(config['backbone'], scope), config['backbone']
        known = {name: value for name, value in GIVE_MAPS.items() if parameter(kind, name) is not None}
        if backbone.get('out_type', 'cls_token') != 'cls_token':  # another may have a norm of its own
            known.pop('out_type', None)
        return {**config, 'backbone': {**backbone, **known}}

    def _build_parts(self, source: Source, export: Export) -> nn.ModuleDict:
        """The backbone, with the map that a classifier reads where the others' norms were left out."""
        names = source.network.level_names
        state: Mapping[str, Tensor] = source.network.encoder.state_dict()
        lost = self.without_place(Piece('encoder', 'encoder', '', names=frozenset(state)))
        return nn.ModuleDict(dict(backbone=self._build_backbone(source, names[-1:] if lost else names)))
