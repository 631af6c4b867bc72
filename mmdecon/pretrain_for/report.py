"""What is pre-trained and what stays new, as a table."""

import shlex
from collections.abc import Mapping
from typing import Any

from ..export import Fit
from ..models.decoders.arguments import full_type
from ..tables import head, row
from .downstream import Downstream
from .plan import Plan


def plan_table(plan: Plan, fit: Fit, tensors: int) -> str:
    """The parts of a downstream model and what becomes of each.

    Args:
        plan: What is pre-trained.
        fit: What the downstream model will still initialise after loading.
        tensors: How many tensors it loads.
    """
    kind = full_type(plan.config['encoder'])
    fate = 'frozen' if plan.network.freeze_encoder else f'contrasted at {_names(plan.encoder)}'
    rows = [('backbone', kind, fate)]
    rest = list(plan.decoder)
    for name, decoder in plan.network.decoder.items():
        made = [level for level in rest if level in decoder.names]
        rest = [level for level in rest if level not in made]
        otherwise = 'trained by what reads it' if rest else 'not trained: none of its levels is contrasted'
        rows.append((name, decoder.library_type, f'contrasted at {_names(made)}' if made else otherwise))
    rows += [(part, '', f'left out: {reason}') for part, reason in plan.left.items()]
    rows += [(group, f'{len(names)} tensors', 'new in fine-tuning') for group, names in fit.new.items()]
    table = '\n'.join([head(['part', 'what', 'becomes'], 3), *map(row, rows)])
    alone = '' if plan.decoder else '\nno decoder is pre-trained, the encoder alone'
    return f'{table}\n{tensors} tensors will be loaded{alone}'


def named_starts(model: Mapping[str, Any]) -> dict[str, str]:
    """Where a downstream config says what its backbone starts from.

    Args:
        model: Config of the model.

    Returns:
        Key of the config -> the weights that it names.

    Examples:
        >>> named_starts(dict(pretrained='open-mmlab://resnet50_v1c', backbone=dict(depth=50)))
        {'model.pretrained': 'open-mmlab://resnet50_v1c'}
    """
    backbone = model['backbone']
    start = backbone.get('init_cfg')
    given = {
        'model.pretrained': model.get('pretrained'),
        'model.backbone.pretrained': backbone.get('pretrained'),
        'model.backbone.init_cfg': start.get('checkpoint') if isinstance(start, Mapping) else None,
    }
    return {key: str(value) for key, value in given.items() if value}


def fine_tuning_options(plan: Plan, weights: str) -> list[str]:
    """``--cfg-options`` of the fine-tuning: what it loads, and nothing that it would load and replace.

    Args:
        plan: What was pre-trained.
        weights: The exported file.
    """
    needless = named_starts(plan.downstream.model) if plan.part.startswith('encoder') else {}
    anew = ['resume=False'] if plan.downstream.resumes else []
    return [f'load_from={weights}', *(f'{key}=None' for key in needless), *anew]


def start_line(plan: Plan, init: str | None) -> str:
    """Says what the encoder starts from, and what is left of the downstream config's own start.

    Args:
        plan: What is pre-trained.
        init: Weights that were named for pre-training, or None.
    """
    if init:
        return f'the encoder starts from {init}'
    starts = {**named_starts(plan.downstream.model), **_whole_starts(plan.downstream)}
    named = ', '.join(f'{key}={value!r}' for key, value in starts.items())
    option = next(iter(starts.values()), '')
    unused = f"; the config's own start ({named}) is not used without --init {shlex.quote(option)}" if named else ''
    return f'the encoder starts from random initialisation{unused}'


def _whole_starts(downstream: Downstream) -> dict[str, str]:
    """Where a config says what its whole model starts from."""
    start = downstream.model.get('init_cfg')
    given = {
        'load_from': downstream.load_from,
        'model.init_cfg': start.get('checkpoint') if isinstance(start, Mapping) else None,
    }
    return {key: str(value) for key, value in given.items() if value}


def _names(levels: list[str]) -> str:
    return ', '.join(levels) or 'no level'
