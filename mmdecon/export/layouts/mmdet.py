"""The layout of mmdet: detectors."""

from collections.abc import Mapping

from ...compat import require
from ...models.decoders import DENSE_HEAD
from ...models.decoders.arguments import class_of
from ...registry import LAYOUTS
from ..pieces import Piece
from ..source import read_config
from .counterparts import SAME, Counterpart
from .openmmlab import FLAT_STEM, OpenMMLabLayout

PLAIN = dict(stem_channels=64)  # the default of mmpretrain and mmseg, not of mmdet
V1C = dict(PLAIN, deep_stem=True)
OWN_PLACES = {'mmdet.RPNHead': 'rpn_head', 'mmdet.SOLOHead': 'mask_head'}  # of dense heads that are no bbox_head


@LAYOUTS.register_module('mmdet')
class MMDet(OpenMMLabLayout):
    """Models of mmdet: ``backbone``, ``neck``, and one dense head.

    Dense heads are ``bbox_head``, but proposal networks ``rpn_head``, of two-stage detectors, and SOLO's ``mask_head``.
    With a target a head's place is where that has one of its class. A detector that is nothing but a proposal network
    (``mmdet.RPN``) keeps it as ``bbox_head``.
    """

    library = 'mmdet'
    places = dict(encoder='backbone', neck='neck', dense_head='bbox_head')
    other_parts = tuple(OWN_PLACES.values())
    beyond = ('roi_head',)
    counterparts = {
        'mmpretrain.ResNet': Counterpart('mmdet.ResNet', FLAT_STEM, PLAIN),
        'mmpretrain.ResNetV1c': Counterpart('mmdet.ResNet', FLAT_STEM, V1C),
        'mmseg.ResNet': Counterpart('mmdet.ResNet', SAME, PLAIN),
        'mmseg.ResNetV1c': Counterpart('mmdet.ResNet', SAME, V1C),
        'mmseg.FPN': Counterpart('mmdet.FPN'),
    }

    def __init__(self, heads: Mapping[type, str] | None = None) -> None:
        self.heads = heads or {}

    def for_target(self, config: str | None) -> 'MMDet':
        """Looks where the detector of a config keeps its dense heads; a two-stage one takes any as ``rpn_head``."""
        if config is None:
            return self
        require(self.library)
        target = read_config(config)
        model, scope = target.model, target.get('default_scope', self.library)
        is_alone = issubclass(class_of(model, scope), class_of(dict(type='mmdet.RPN')))
        given = {part: model[part] for part in (self.places['dense_head'], *self.other_parts) if model.get(part)}
        return MMDet(
            {class_of(head, scope): self.places['dense_head'] if is_alone else part for part, head in given.items()}
        )

    def place(self, piece: Piece) -> str:
        """A dense head's place is the target's, or depends on what the head is."""
        if piece.place != DENSE_HEAD:
            return super().place(piece)
        kind = class_of(dict(type=piece.type))
        if kind in self.heads:
            return self.heads[kind]
        found = (place for base, place in OWN_PLACES.items() if issubclass(kind, class_of(dict(type=base))))
        return next(found, super().place(piece))
