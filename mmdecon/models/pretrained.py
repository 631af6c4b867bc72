"""Strict loading of pretrained weights."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mmengine.logging import print_log
from torch import Tensor, nn

from ..checkpoint import load_file
from ..translation import adopt
from .encoders import SIDES
from .first_conv import adapt_first
from .first_layer import image_readers
from .weight_names import HOMELESS, best_prefix, flatten_tensors, match_names, output_norms


class Start(NamedTuple):
    """Weights that a module starts from.

    Attributes:
        module: The module.
        config: Its ``init_cfg`` of type ``Pretrained``: ``checkpoint``, and perhaps ``prefix``, ``ignore`` and
            ``first_conv``.
        place: Where the config stands, for messages.
    """

    module: nn.Module
    config: Mapping[str, Any]
    place: str


def take_starts(module: nn.Module, place: str) -> list[Start]:
    """Takes the ``init_cfg`` of type ``Pretrained`` off a module and its parts, as mmengine would load what fits.

    Args:
        module: With parts built by mmengine.
        place: The module's place in the config.
    """
    starts = []
    for name, part in module.named_modules():
        config = getattr(part, 'init_cfg', None)
        if isinstance(config, dict) and config.get('type') == 'Pretrained':
            starts.append(Start(part, config, f'{place}.{name}.init_cfg' if name else f'{place}.init_cfg'))
            part.init_cfg = None
    return starts


def load_pretrained(
    module: nn.Module, config: Mapping[str, Any], place: str, sides: Sequence[int] = SIDES
) -> list[str]:
    """Loads weights into a module and refuses any that do not fit.

    mmengine's own ``Pretrained`` loads what happens to fit and logs the rest. Left out is what a backbone has no place
    for: a classifier (torchvision, mmpretrain, timm), the token of masked modelling, and norms of stages that it does
    not give. Left as built are norms of stages that a classifier does not have (ConvNeXt, Swin). Names and values of
    timm, torchvision, detectron2 and the authors of ConvNeXt and Swin are translated; timm's names are found in
    mmpretrain's and mmseg's wrappers of timm, too.

    Args:
        module: An encoder, or a neck or head of a decoder.
        config: ``checkpoint``, the file, local or a URL that mmengine reads; ``prefix`` of the keys to take, such as
            ``'backbone'``; ``ignore``, what further keys to leave out start with, after the prefix; ``first_conv``,
            what the first convolution's channels start from where the module takes others than the file's
            (:func:`~mmdecon.models.first_conv.adapt_first`).
        place: Where the config stands, for the message.
        sides: Of images that an encoder may take, in pixels; it is run to find what reads the image where channels
            differ.

    Returns:
        Names of what was left out of the file's tensors, after the prefix; the log names them too.

    Raises:
        ValueError: If a tensor is missing, left over, or of another shape.
    """
    path, prefix = config['checkpoint'], config.get('prefix') or ''
    prefix = prefix if not prefix or prefix.endswith('.') else prefix + '.'
    tensors = dict(flatten_tensors(load_file(path, place)['state_dict']))
    given = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
    given = adopt(given, module.state_dict())
    norms = output_norms(module, given)
    names = match_names(given, module, HOMELESS + tuple(config.get('ignore', ())), norms)
    state = {ours: given[name] for name, ours in names.items()}
    state, adapted = _adapt(state, module, config.get('first_conv'), place, sides)
    broken = next((name for name, value in state.items() if not value.isfinite().all()), None)
    if broken:
        raise ValueError(f'{path} ({place}) holds values that are not finite, in {broken}: take another file')
    problems = _load(module, state, norms)
    if problems:
        shown = '; '.join(problems[:4]) + (f'; and {len(problems) - 4} more' if len(problems) > 4 else '')
        raise ValueError(
            f'{path} does not hold the weights of {type(module).__name__} ({place}): {shown}. '
            f'{_remedy(tensors, prefix, module, place)}'
        )
    left_out = sorted(given.keys() - names.keys())
    print_log(
        f'{place}: {len(names)} tensors of {path} loaded into {type(module).__name__}, left out: '
        f'{", ".join(left_out) or "none"}{adapted}',
        'current',
    )
    return left_out


def _adapt(
    state: dict[str, Tensor], module: nn.Module, how: Any, place: str, sides: Sequence[int]
) -> tuple[dict[str, Tensor], str]:
    """Adapts the first convolution; the module is run to find it only where something may be adapted."""
    wanted = module.state_dict()
    if how is None and all(x.shape == wanted[name].shape for name, x in state.items() if name in wanted):
        return state, ''
    option = '--first-conv' if place.startswith('--') else f'{place}.first_conv'  # of a tool, of a config
    return adapt_first(state, wanted, image_readers(module, sides), how, option)


def misfits(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """Describes what keeps a state dict from fitting another, one line a tensor; batch norm's counters may lack.

    Args:
        given: Tensors by name.
        wanted: The tensors of the module to load into.

    Returns:
        The lines, by the tensors' names; none where all fit.
    """
    unequal = [name for name in given.keys() & wanted.keys() if given[name].shape != wanted[name].shape]
    return sorted(
        [f'{n} has shape {tuple(given[n].shape)}, the model wants {tuple(wanted[n].shape)}' for n in unequal]
        + _differences(wanted.keys() - given.keys(), given.keys() - wanted.keys())
    )


def _differences(missing: Any, left_over: Any) -> list[str]:
    """One line for each name that one side alone has."""
    missing = [name for name in missing if not name.endswith('num_batches_tracked')]
    return [f'{name} is unknown to the model' for name in left_over] + [f'{name} is missing' for name in missing]


def _load(module: nn.Module, given: dict[str, Tensor], norms: set[str]) -> list[str]:
    """Loads and describes what did not fit; a module may itself resize some tensors, such as position embeddings."""
    try:
        result = module.load_state_dict(given, strict=False)
    except RuntimeError:
        return misfits(given, module.state_dict())
    return sorted(_differences(set(result.missing_keys) - norms, result.unexpected_keys))


def find_prefix(path: str, module: nn.Module, place: str) -> str:
    """What most of a module's tensors are named behind in a file; empty where they have their own names, or others.

    Args:
        path: The file or address.
        module: The module.
        place: What names the file, for messages.

    Raises:
        ValueError: If it cannot be read.
    """
    return best_prefix(dict(flatten_tensors(load_file(path, place)['state_dict'])), module) or ''


def _remedy(tensors: Mapping[str, Tensor], prefix: str, module: nn.Module, place: str) -> str:
    """What to change: the prefix, if another fits better, or the encoder."""
    better = best_prefix(tensors, module)
    if better is not None and better != prefix:
        return f'Most of its names are there under prefix={better!r}.'
    if place.startswith('--'):  # an option of a tool
        return 'Name a file of the same encoder.'
    return 'Choose the encoder that the file was made for, or its prefix; name what may be left out in ignore=[...].'
