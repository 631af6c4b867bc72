"""From a training checkpoint to the state dict of a layout."""

import copy
import hashlib
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from mmcv.cnn import fuse_conv_bn
from mmengine.config import Config
from torch import Tensor

from ..checkpoint import load_file, read_config_text
from ..models.decon import build_network
from ..models.network import EncoderDecoder
from ..models.twin import STUDENT, TEACHER
from .layouts import LAYOUTS, Layout, Rule, rename

PARTS = ('encoder', 'encoder+decoder')


@dataclass(frozen=True)
class Source:
    """A pre-trained network, rebuilt from its checkpoint.

    Attributes:
        network: With the weights of one half, in eval mode.
        config: The model's config.
        half: ``'student'`` or ``'teacher'``.
        meta: The checkpoint's ``meta``.
        path: Of the checkpoint.
    """

    network: EncoderDecoder
    config: Mapping[str, Any]
    half: str
    meta: Mapping[str, Any]
    path: str


@dataclass(frozen=True)
class Export:
    """What is written, and what was left out on purpose.

    Attributes:
        state: Tensors under the target's names.
        layout: Name of the layout.
        part: ``'encoder'`` or ``'encoder+decoder'``.
        untrained: Names in the target of what feeds no branch, so that it was neither trained nor exported.
        decoders: Names of the decoders in it.
        folded: Whether the necks' norms were folded into their convolutions.
    """

    state: Dict[str, Tensor]
    layout: str
    part: str
    untrained: List[str]
    decoders: List[str]
    folded: bool


def read_source(path: str, half: str = TEACHER, config: Optional[str] = None) -> Source:
    """Rebuilds the network of a checkpoint, with the weights of a half.

    Args:
        path: A checkpoint of a DeCon run.
        half: ``'teacher'`` or ``'student'``.
        config: The run's config file; by default the config in the checkpoint, which is read without executing it.

    Raises:
        ValueError: If it is no checkpoint of DeCon, or its weights do not fit its config.
    """
    if half not in (STUDENT, TEACHER):
        raise ValueError(f'half is {half!r}, must be {STUDENT!r} or {TEACHER!r}')
    checkpoint = load_file(path)
    meta = checkpoint.get('meta', {})
    if config is None and 'cfg' not in meta:
        raise ValueError(f"{path} is no checkpoint of an mmdecon run: it holds no config. Give the run's by --config.")
    model = Config.fromfile(config).model if config else read_config_text(meta['cfg']).get('model', {})
    if str(model.get('type', '')).rpartition('.')[2] != 'DeCon':
        raise ValueError(f'{path} is a checkpoint of a {model.get("type")}, not of a DeCon: there is nothing to export')
    half = STUDENT if model.get('shared') else half
    prefix = f'network.{half}.'
    weights = {k[len(prefix) :]: v for k, v in checkpoint['state_dict'].items() if k.startswith(prefix)}
    network = build_network(_without_init(model['network']), model['branches'])
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:3]]
        raise ValueError(f'the weights in {path} do not fit its config: {" ".join(lines)}') from error
    return Source(network.eval(), model, half, meta, path)


def convert(
    source: Source, layout: str, part: str = PARTS[1], decoders: Optional[Sequence[str]] = None, fold_norm: bool = False
) -> Export:
    """Makes the state dict of a layout.

    Args:
        source: The pre-trained network.
        layout: A name in :data:`LAYOUTS`.
        part: ``'encoder'`` or ``'encoder+decoder'``.
        decoders: Names of the decoders to export; all by default.
        fold_norm: Fold the norms of necks into their convolutions, for targets whose necks have none; features are
            the same in eval mode.

    Raises:
        ValueError: If the layout has no place for something, or there is no such decoder.
    """
    if layout not in LAYOUTS:
        raise ValueError(f'layout is {layout!r}; known: {sorted(LAYOUTS)}')
    if part not in PARTS:
        raise ValueError(f'part is {part!r}; known: {list(PARTS)}')
    chosen = _choose_decoders(source, decoders) if part == PARTS[1] else []
    states: Dict[bool, Dict[str, Tensor]] = {True: {}, False: {}}  # by whether it was trained
    for where, state, rules in _pieces(source, LAYOUTS[layout], chosen, fold_norm):
        for trained, into in states.items():
            names = [name for name in state if trained is not _is_untrained(f'{where}.{name}', source.network)]
            renamed = rename({name: state[name] for name in names}, rules, where)
            clash = sorted(into.keys() & renamed.keys())
            if clash:
                raise ValueError(f'decoders {chosen} both make {clash[0]}: choose one with --decoder')
            into.update(renamed)
    return Export(states[True], layout, part, sorted(states[False]), chosen, fold_norm and bool(chosen))


def _choose_decoders(source: Source, names: Optional[Sequence[str]]) -> List[str]:
    """The decoders to export, in the order in which they run."""
    existing = list(source.network.decoder)
    if not existing:
        raise ValueError(f'{source.path} was pre-trained without a decoder: export it with --part encoder')
    unknown = sorted(set(names or []) - set(existing))
    if unknown:
        raise ValueError(f'no decoder {unknown} in {source.path}: it has {existing}')
    return [name for name in existing if names is None or name in names]


def _pieces(
    source: Source, layout: Layout, decoders: Sequence[str], fold_norm: bool
) -> Iterator[Tuple[str, Dict[str, Tensor], Sequence[Rule]]]:
    """What is exported: its place in the network, its tensors, its rules."""
    rules = layout.counterpart(source.config['network']['encoder']['type']).rules
    yield 'encoder', source.network.encoder.state_dict(), [(old, rf'backbone.{new}') for old, new in rules]
    for name in decoders:
        decoder = source.network.decoder[name]
        if fold_norm and hasattr(decoder, 'neck'):
            decoder = copy.deepcopy(decoder)
            fuse_conv_bn(decoder.neck)
        yield f'decoder.{name}', decoder.state_dict(), layout.decoder


def _is_untrained(name: str, network: EncoderDecoder) -> bool:
    """Whether a tensor, by its name in the network, belongs to a module none of whose parameters feeds a branch."""
    parent = name.rpartition('.')[0]
    while '.' in parent and not any(key.startswith(parent + '.') for key, _ in network.named_parameters()):
        parent = parent.rpartition('.')[0]  # a norm that was folded away
    parameters = [key for key, _ in network.named_parameters() if key.startswith(parent + '.')]
    return bool(parameters) and set(parameters) <= set(network.unused)


def _without_init(network: Mapping[str, Any]) -> Dict[str, Any]:
    """A network's config without the file that its encoder started from, which need not exist here."""
    encoder = {key: value for key, value in network['encoder'].items() if key != 'init_cfg'}
    return {**network, 'encoder': encoder}


def digest(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of names and tensors."""
    total = hashlib.sha256()
    for name in sorted(state):
        total.update(name.encode())
        total.update(state[name].contiguous().numpy().tobytes())
    return total.hexdigest()
