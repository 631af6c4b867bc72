"""Checks the keys below a config's first level against what mmengine, torch and the named classes read.

mmengine looks some keys up by name and passes the rest over (``auto_scale_lr.enabled``); others reach a class that ends
with a traceback. Here each key of a part whose readers are known is checked, and the nearest known one is named. Parts
that pass keys on to nobody knows whom (``**kwargs``) are left to them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from inspect import Parameter, isclass, signature
from typing import Any

from mmengine import registry
from mmengine.config import Config
from mmengine.hooks import CheckpointHook, Hook
from mmengine.optim import OptimWrapper, _ParamScheduler
from mmengine.registry import DefaultScope, Registry
from mmengine.runner import BaseLoop, LogProcessor, Runner, set_random_seed
from mmengine.utils.dl_utils import set_multi_processing
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.utils.data import DataLoader

from .refusal import refuse

# By dotted keys: what mmengine looks up in parts that name no class.
SCHEMAS: dict[str, Collection[str]] = {
    'env_cfg': ('cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'),
    'env_cfg.mp_cfg': signature(set_multi_processing).parameters.keys() - {'distributed'},
    'auto_scale_lr': ('enable', 'base_batch_size'),
    'randomness': signature(set_random_seed).parameters.keys(),
    'optim_wrapper.clip_grad': {*signature(clip_grad_norm_).parameters, *signature(clip_grad_value_).parameters}
    - {'parameters'}
    | {'type'},
}
PARAMWISE = {f'{what}_mult' for what in ('bias_lr', 'bias_decay', 'norm_decay', 'dwconv_decay', 'flat_decay')} | {
    'bypass_duplicate',
    'custom_keys',
    'dcn_offset_lr_mult',
}
LOADER = {*signature(DataLoader.__init__).parameters} - {'self'} | {'disable_subprocess_warning', 'num_batch_per_epoch'}
# The first that fits says in which registry the types of a part are found.
NODES: dict[str, Registry] = {
    'model': registry.MODELS,
    'data_preprocessor': registry.MODELS,
    'optim_wrapper.optimizer': registry.OPTIMIZERS,
    'optim_wrapper': registry.OPTIM_WRAPPERS,
    'param_scheduler': registry.PARAM_SCHEDULERS,
    'default_hooks': registry.HOOKS,
    'custom_hooks': registry.HOOKS,
    'visualizer.vis_backends': registry.VISBACKENDS,
    'visualizer': registry.VISUALIZERS,
    'vis_backends': registry.VISBACKENDS,
    'strategy': registry.STRATEGIES,
    **{f'{mode}_cfg': registry.LOOPS for mode in ('train', 'val', 'test')},
    **{f'{mode}_dataloader.sampler': registry.DATA_SAMPLERS for mode in ('train', 'val', 'test')},
    **{f'{mode}_dataloader.batch_sampler': registry.DATA_SAMPLERS for mode in ('train', 'val', 'test')},
    **{f'{mode}_dataloader.dataset': registry.DATASETS for mode in ('train', 'val', 'test')},
    **{f'{mode}_evaluator': registry.METRICS for mode in ('train', 'val', 'test')},
}
TRANSFORMED = ('pipeline', 'transforms', 'photometric')  # what holds transforms within a dataset
ADDED = {'type', '_scope_', '_delete_'}


def refuse_unknown_keys(cfg: Config) -> None:
    """Looks at every part whose readers are known.

    Args:
        cfg: Read and overridden.

    Raises:
        SystemExit: If a part has a key that nothing reads; names its place and the nearest key.
    """
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope') or 'mmengine'):
        for place, part in _parts(cfg.to_dict()):
            known = _known(place, part)
            for key in part:
                if known is not None and key not in known:
                    near = get_close_matches(str(key), known, 1)
                    hint = f" Did you mean '{near[0]}'?" if near else f' Known: {", ".join(sorted(known - ADDED))}.'
                    refuse(f"{place}.{key}: nothing reads the key '{key}'{_of(part)}.{hint}")


def _parts(value: Any, place: str = '') -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All dicts below the first level, by dotted keys; not what is called ``..._cfg`` in a model, which is layers'."""
    if isinstance(value, Mapping):
        if place:
            yield place, value
        for key, item in value.items():
            if not (place.startswith('model') and str(key).endswith('_cfg')):
                yield from _parts(item, f'{place}.{key}' if place else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _parts(item, f'{place}.{index}')


def _known(place: str, part: Mapping[str, Any]) -> set[str] | None:
    """The keys that something reads of a part; None where that cannot be known."""
    if place in SCHEMAS:
        return {*SCHEMAS[place]}
    if place.endswith('_dataloader'):
        return LOADER
    if place == 'log_processor':
        return _named(LogProcessor) | ADDED
    if place == 'optim_wrapper.paramwise_cfg':
        return _paramwise(place, part)
    if place in ('train_cfg', 'val_cfg', 'test_cfg') and 'type' not in part:
        return _loop(place)
    kind = part.get('type', _implied(place))
    if isinstance(kind, str):
        kind = _find(place, kind, part.get('_scope_'))
    known = _arguments(kind) if kind is not None else None
    if known is None:
        return None
    if place == 'optim_wrapper':
        known |= {'constructor', 'paramwise_cfg'}
    return known | ADDED


def _find(place: str, kind: str, scope: str | None) -> Any:
    """The class of that name, looked up as where it is built: in the default scope, if none is said."""
    node = _node(place)
    if node is None:
        return None
    with node.switch_scope_and_registry(scope) as registry_of_scope:
        return registry_of_scope.get(kind)


def _implied(place: str) -> str | None:
    """The type of a part that need not say it."""
    names = place.split('.')
    if names[:2] == ['model', 'branches'] and len(names) == 3:
        return 'mmdecon.Branch'
    return 'OptimWrapper' if place == 'optim_wrapper' else None


def _arguments(kind: Any) -> set[str] | None:
    """What a class, or function, can be given from a config; None where it passes any key on."""
    try:
        own = signature(kind).parameters.values()
    except ValueError:  # of some that are written in C
        return None
    if not any(parameter.kind == Parameter.VAR_KEYWORD for parameter in own):
        return {parameter.name for parameter in own}
    if isclass(kind) and issubclass(kind, _ParamScheduler):
        return _inherited(kind) | {'convert_to_iter_based'}
    if isclass(kind) and issubclass(kind, CheckpointHook):
        return _inherited(kind) | _named(Runner.save_checkpoint)
    return _inherited(kind) if isclass(kind) and issubclass(kind, (OptimWrapper, Hook, BaseLoop)) else None


def _inherited(kind: type) -> set[str]:
    """The arguments of a class and of those that it passes the rest on to."""
    return set().union(*(_named(vars(base)['__init__']) for base in kind.__mro__[:-1] if '__init__' in vars(base))) - {
        'self'
    }


def _named(function: Any) -> set[str]:
    """The names of a function's arguments, those that collect others left out."""
    collecting = (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)
    return {name for name, parameter in signature(function).parameters.items() if parameter.kind not in collecting}


def _loop(place: str) -> set[str]:
    """The arguments of mmengine's loops, which ``by_epoch`` chooses from where no type is given."""
    kinds = {
        'train_cfg': ('EpochBasedTrainLoop', 'IterBasedTrainLoop'),
        'val_cfg': ('ValLoop',),
        'test_cfg': ('TestLoop',),
    }
    found = set().union(*(_named(registry.LOOPS.get(kind)) for kind in kinds[place]))
    return found | ADDED | {'by_epoch'}


def _paramwise(place: str, part: Mapping[str, Any]) -> set[str]:
    """What mmengine's constructor reads, and keys that another constructor may read."""
    return PARAMWISE | {key for key in part if not get_close_matches(key, PARAMWISE, 1, 0.8)}


def _node(place: str) -> Registry | None:
    """Where the types of a part are found."""
    names = place.split('.')
    if '_dataloader' in names[0] and set(names) & {*TRANSFORMED}:
        return registry.TRANSFORMS if _holds_transforms(names) else None
    for start, node in NODES.items():
        if place == start or place.startswith(f'{start}.'):
            return node
    return None


def _holds_transforms(names: Sequence[str]) -> bool:
    """Whether the last of the keys that are no numbers is one that holds transforms."""
    words = [name for name in names if not name.isdigit()]
    return words[-1] in TRANSFORMED


def _of(part: Mapping[str, Any]) -> str:
    """Names the class of a part."""
    kind = part.get('type')
    return f' of {getattr(kind, "__name__", kind)}' if kind else ''
