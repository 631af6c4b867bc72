"""What the layouts of OpenMMLab's libraries have in common: backbone, necks and decode heads, built from configs.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

import inspect
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from mmengine.registry import init_default_scope
from torch import Tensor, nn

from ...compat import require
from ...models.decoders import NECK
from ...models.decoders.arguments import full_type
from ...registry import MODELS, build_foreign
from ..pieces import Export
from ..source import Source, read_config, refusing
from .base import Layout
from .remedies import Misfits, of_backbone, of_decoder
from .rules import Rule

FLAT_STEM: Sequence[Rule] = (
    (r'(?!stem\.)(.+)', r'\1'),
    *((rf'stem\.{i}\.conv\.(.+)', rf'stem.{3 * i}.\1') for i in range(3)),
    *((rf'stem\.{i}\.bn\.(.+)', rf'stem.{3 * i + 1}.\1') for i in range(3)),
)
"""mmpretrain's deep stem holds three blocks of convolution, norm and activation, mmseg's and mmdet's nine layers."""

TRAINING_ONLY = ('drop_path_rate',)  # arguments of mmpretrain's backbones that mmseg's and mmdet's lack


class OpenMMLabLayout(Layout):
    """A library of OpenMMLab: a backbone, necks behind one another, and decode heads, which read the last of these.

    Attributes:
        library: Its import name, also the scope of its registries.
    """

    library: ClassVar[str]
    input_option = 'set model.backbone.in_channels={channels} there, and give its data_preprocessor as many means'
    safetensors = "mmengine's load_from reads no safetensors: for it, name OUT .pth"

    def build_target(self, source: Source, export: Export, config: str | None = None) -> nn.Module:
        """A config's whole model, or the library's own classes for the parts that the export fills."""
        require(self.library)
        if config is None:
            with refusing(f'{self.library} classes with the options of {source.path}', 'built'):
                return self._build_parts(source, export)
        cfg = read_config(config)
        scope = cfg.get('default_scope', self.library)
        init_default_scope(scope)
        if 'backbone' not in cfg.model:
            raise ValueError(f'the model of {config} has no backbone to load into: name a config of {self.library}')
        with refusing(f'the model of {config}', 'built'):
            return build_foreign({'_scope_': scope, **self.model_config(cfg.model, scope)})

    def model_config(self, model: Mapping[str, Any], scope: str) -> Mapping[str, Any]:
        """A model's config without the files that training would start from, which need not exist here.

        Args:
            model: As the downstream config has it.
            scope: Of its types.
        """
        backbone = {key: value for key, value in model['backbone'].items() if key != 'init_cfg'}
        if backbone.get('pretrained') is True:  # wrappers of timm download otherwise
            backbone['pretrained'] = False
        kept = {key: value for key, value in model.items() if key != 'pretrained'}
        changed: Mapping[str, Any] = _of_one_process({**kept, 'backbone': backbone})
        return changed

    def is_constant(self, name: str) -> bool:
        """Heads hold their losses, some of which have buffers (GHM)."""
        return re.search(r'\.loss_\w+\.', name) is not None

    def lists(self, config: str | None) -> Collection[str]:
        """Parts of a config's model that are written as lists: cascades of heads, necks behind one another."""
        model = read_config(config).model if config else {}
        return [place for place, part in self.places.items() if isinstance(model.get(part), (list, tuple))]

    def part(self, name: str) -> str:
        """An item of a list, such as ``decode_head.1`` of a cascade, is a part of its own."""
        place = super().part(name)
        item = re.match(rf'{re.escape(place)}\.\d+(?=\.)', name)
        return item[0] if item else place

    def place_of(self, part: str) -> str:
        """An item of a list is in its list."""
        return re.sub(r'\.\d+$', '', part)

    def run(self, source: Source, export: Export, model: nn.Module, image: Tensor) -> dict[str, Tensor]:
        """Backbone and decoders: necks read each other, heads the last neck."""
        backbone = model.get_submodule('backbone')
        given: Any = backbone(image)
        maps: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
        names = _encoder_levels(source, backbone)
        levels = {name: _bare(x) for name, x in zip(names, maps) if name is not None}
        for name, place in export.places.items():
            decoder = source.network.decoder[name]
            made = decoder.run_downstream(model.get_submodule(place), maps, levels)
            levels.update(made)
            if decoder.place == NECK:
                maps = list(made.values())
        return levels

    def decoders(self, source: Source, model: nn.Module) -> dict[str, tuple[nn.Module, list[str | None]]]:
        """Neck and heads; a head reads the backbone where there is no neck."""
        given, parts = _encoder_levels(source, model.get_submodule('backbone')), dict(model.named_children())
        neck = self.places[NECK]
        places = [place for place in self.parts if place in parts and place != self.places['encoder']]
        return {place: (parts[place], given if place == neck or neck not in parts else []) for place in places}

    def remedy(self, misfits: Misfits) -> str:
        """By what differs in the part."""
        part = self.part(next(name for kind in misfits for name in kind))
        if self.place_of(part) not in self.parts:
            return (
                f'Only {", ".join(self.parts)} are looked for: make the file with tools/export.py, or name '
                "it in backbone.init_cfg=dict(type='Pretrained', checkpoint=..., prefix=...) instead of load_from."
            )
        found = of_backbone(misfits) if part == self.places['encoder'] else of_decoder(misfits)
        return ' '.join(found)

    def _build_parts(self, source: Source, export: Export) -> nn.ModuleDict:
        """The library's own classes for the exported parts, as the pre-training config has them."""
        encoder = source.network.level_names
        given = read = encoder  # what the next decoder is given; what the backbone must give
        built: dict[str, list[nn.Module]] = {}
        for name, place in export.places.items():
            decoder = source.network.decoder[name]
            library_type = self.counterpart(decoder.library_type).type
            module = decoder.build_downstream(library_type, given, export.folded)
            built.setdefault(place.partition('.')[0], []).append(module)
            read = decoder.inputs if decoder.reads_all and given is encoder else read
            given = decoder.names if decoder.place == NECK else given
        parts = {part: found[0] if len(found) == 1 else nn.ModuleList(found) for part, found in built.items()}
        return nn.ModuleDict({**parts, 'backbone': self._build_backbone(source, read)})

    def _build_backbone(self, source: Source, read: Sequence[str]) -> nn.Module:
        """Builds the library's class for an encoder; what only training needs is left out where the class lacks it.

        Args:
            source: The pre-trained network.
            read: Levels that what follows it takes, all of what it gives.
        """
        encoder, names = source.config['network']['encoder'], source.network.level_names
        counterpart = self.counterpart(full_type(encoder))
        known = inspect.signature(MODELS.get(counterpart.type)).parameters
        dropped = {'_scope_', 'init_cfg', *(name for name in TRAINING_ONLY if name not in known)}
        kept = {**counterpart.arguments, **encoder, 'type': counterpart.type}
        kept = {name: value for name, value in kept.items() if name not in dropped}
        if read != names:  # necks take all that a backbone gives
            indices: Any = source.network.encoder.out_indices
            kept['out_indices'] = [indices[names.index(level)] for level in read]
        return build_foreign(kept)


def _of_one_process(config: Any) -> Any:
    """A config without mmcv's own synchronised norm, which cannot be built outside a group of processes."""
    if isinstance(config, Mapping):
        kind: Any = type(config)  # a ConfigDict stays one
        changed = kind({key: _of_one_process(value) for key, value in config.items()})
        return kind(changed, type='SyncBN') if config.get('type') == 'MMSyncBN' else changed
    if isinstance(config, (list, tuple)):
        return type(config)(map(_of_one_process, config))
    return config


def _bare(x: Any) -> Tensor:
    """A map that a backbone may give together with a class token."""
    bare: Tensor = x[0] if isinstance(x, (list, tuple)) else x
    return bare


def _encoder_levels(source: Source, backbone: nn.Module) -> list[str | None]:
    """The level that each map of a target's backbone is, or None where pre-training had none there."""
    names, ours = source.network.level_names, getattr(source.network.encoder, 'out_indices', None)
    theirs = getattr(backbone, 'out_indices', None)
    if ours is None or theirs is None:
        return list(names)
    return [dict(zip(ours, names)).get(index) for index in theirs]
