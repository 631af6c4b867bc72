"""What the catalogue of decoders is made of; its entries are in heads.py and necks.py.

The lists of classes come from the libraries' registries (:func:`classes`): a class without an entry fails the tests.
"""

from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tests.support import tiny

Config = dict[str, Any]
BN = tiny.BN
ALL = ['c2', 'c3', 'c4', 'c5']
PYRAMID = dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=8, norm_cfg=BN))
VIT = dict(
    type='mmseg.VisionTransformer',
    img_size=64,
    patch_size=8,
    embed_dims=16,
    num_layers=4,
    num_heads=2,
    mlp_ratio=2,
    out_indices=(0, 1, 2, 3),
)
WIDE = dict(tiny.RESNET, base_channels=16)
FLAT = dict(tiny.RESNET, strides=(1, 1, 1, 1))  # all levels at stride 4


@dataclass(frozen=True)
class Entry:
    """A class's small decoder, or the reason for none.

    Attributes:
        decoder: Name -> config of the network's decoders; the last has the class. Empty if it does not work.
        remark: What to know; of a class that does not work, why.
        refusal: What the error says, of a class that is refused.
        encoder: The encoder's config.
        size: Side of images, in pixels.
        target: What the downstream backbone's config has besides.
        model: The type of the downstream model.
        needs: A module without which the class cannot be built.
        torch: The first release of torch that is known to train the library's own class.
    """

    decoder: Config = field(default_factory=dict)
    remark: str = ''
    refusal: str = ''
    encoder: Config = field(default_factory=lambda: tiny.RESNET)
    size: int = 64
    target: Config = field(default_factory=dict)
    model: str = 'mmseg.EncoderDecoder'
    needs: str = 'mmseg'
    torch: str = '2.1'

    @property
    def works(self) -> bool:
        """Whether there is a decoder with it."""
        return bool(self.decoder) and not self.refusal


def classes(package: str) -> list[str]:
    """Names of the classes that a package's module registers as models, such as ``mmseg.models.necks``."""
    library = package.partition('.')[0]
    if find_spec(library) is None:
        return []
    import_module(package)
    registered = import_module(f'{library}.registry').MODELS.module_dict
    return sorted(name for name, kind in registered.items() if kind.__module__.startswith(package))


OWN = ('encoder', 'size', 'target', 'model', 'needs', 'torch', 'remark', 'refusal')
LEVELS = ['p3', 'p4', 'p5']


def head(name: str, inputs: Any = 'c5', **options: Any) -> Config:
    """A SegHeadDecoder: options of the decoder by their names, all others are the head's."""
    own = {key: options.pop(key) for key in ('level', 'classifier', 'previous', 'form') if key in options}
    options = dict(dict(channels=8, norm_cfg=BN), **options)
    options = {key: value for key, value in options.items() if value is not ...}
    return dict(type='mmdecon.SegHeadDecoder', inputs=inputs, head=dict(type=f'mmseg.{name}', **options), **own)


def one(name: str, inputs: Any = 'c5', **options: Any) -> Entry:
    """An entry of a head that is the only decoder."""
    own = {key: options.pop(key) for key in OWN if key in options}
    return Entry(dict(head=head(name, inputs, **options)), **own)


def neck(name: str, /, **options: Any) -> Entry:
    """An entry of a neck that is the only decoder."""
    own = {key: options.pop(key) for key in OWN if key in options}
    return Entry(dict(neck=necks(name, **options)), **own)


def necks(name: str, **options: Any) -> Config:
    """A NeckDecoder: options of the decoder by their names, all others are the neck's."""
    own = {key: options.pop(key) for key in ('inputs', 'prefix', 'names') if key in options}
    return dict(type='mmdecon.NeckDecoder', neck=dict(type=name, **options), **own)


def dense(name: str, inputs: Any = LEVELS, neck: Config | None | str = 'pyramid', **options: Any) -> Entry:
    """An entry of a dense head behind a neck, by default of three levels; options of the decoder by their names."""
    own = {key: options.pop(key) for key in OWN if key in options}
    adapter = {key: options.pop(key) for key in ('predictors', 'names') if key in options}
    options = dict(dict(feat_channels=8, norm_cfg=BN), **options)
    options = {key: value for key, value in options.items() if value is not ...}
    head = dict(type='mmdecon.DenseHeadDecoder', inputs=inputs, head=dict(type=f'mmdet.{name}', **options), **adapter)
    neck = necks('mmdet.FPN', inputs=ALL[1:], out_channels=8, norm_cfg=BN) if neck == 'pyramid' else neck
    before = {} if neck is None else dict(neck=neck)
    return Entry(dict(before, head=head), **{**dict(model='mmdet.SingleStageDetector', needs='mmdet'), **own})
