"""What is pre-trained and what stays new, as a table."""

from ..export import Fit
from ..tables import head, row
from .plan import Plan


def plan_table(plan: Plan, fit: Fit, tensors: int) -> str:
    """The parts of a downstream model and what becomes of each.

    Args:
        plan: What is pre-trained.
        fit: What the downstream model will still initialise after loading.
        tensors: How many tensors it loads.
    """
    kind = plan.config['encoder']['type']
    fate = 'frozen' if plan.network.freeze_encoder else f'contrasted at {_names(plan.encoder)}'
    rows = [('backbone', kind, fate)]
    for name, decoder in plan.network.decoder.items():
        made = [level for level in plan.decoder if level in decoder.names]
        rows.append(
            (name, decoder.library_type, f'contrasted at {_names(made)}' if made else 'trained by what reads it')
        )
    rows += [(part, '', f'left out: {reason}') for part, reason in plan.left.items()]
    rows += [(group, f'{len(names)} tensors', 'new in fine-tuning') for group, names in fit.new.items()]
    table = '\n'.join([head(['part', 'what', 'becomes'], 3), *map(row, rows)])
    return f'{table}\n{tensors} tensors will be loaded'


def _names(levels: list[str]) -> str:
    return ', '.join(levels) or 'no level'
