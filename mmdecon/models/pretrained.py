"""Strict loading of an encoder's starting weights."""

from typing import Dict, List

from mmengine.logging import print_log
from torch import Tensor, nn

from ..checkpoint import load_file


def load_pretrained(module: nn.Module, path: str, prefix: str = '') -> None:
    """Loads weights into a module and refuses any that do not fit.

    mmengine's own ``Pretrained`` loads what happens to fit and logs the rest. A classifier in the file is left out:
    tensors under ``fc.`` or ``head.`` (torchvision, mmpretrain, timm).

    Args:
        module: An encoder.
        path: The file, local or a URL that mmengine reads.
        prefix: Of the keys to take, such as ``'backbone.'``.

    Raises:
        ValueError: If a tensor is missing, left over, or of another shape.
    """
    prefix = prefix if not prefix or prefix.endswith('.') else prefix + '.'
    given = {
        key[len(prefix) :]: value for key, value in load_file(path)['state_dict'].items() if key.startswith(prefix)
    }
    wanted = module.state_dict()
    given = {key: value for key, value in given.items() if key in wanted or not key.startswith(('fc.', 'head.'))}
    problems = misfits(given, wanted)
    if problems:
        shown = '; '.join(problems[:4]) + (f'; and {len(problems) - 4} more' if len(problems) > 4 else '')
        raise ValueError(
            f'{path} does not hold the weights of {type(module).__name__} (model.network.encoder.init_cfg): '
            f'{shown}. Choose the encoder that the file was made for, or its prefix.'
        )
    module.load_state_dict(given, strict=False)
    print_log(f'{len(given)} tensors of {path} loaded into {type(module).__name__}', 'current')


def misfits(given: Dict[str, Tensor], wanted: Dict[str, Tensor]) -> List[str]:
    """Describes what keeps a state dict from fitting another, one line a tensor; batch norm's counters may lack.

    Args:
        given: Tensors by name.
        wanted: The tensors of the module to load into.

    Returns:
        The lines, by the tensors' names; none where all fit.
    """
    unequal = [name for name in given.keys() & wanted.keys() if given[name].shape != wanted[name].shape]
    missing = [name for name in wanted.keys() - given.keys() if not name.endswith('num_batches_tracked')]
    return sorted(
        [f'{n} has shape {tuple(given[n].shape)}, the encoder wants {tuple(wanted[n].shape)}' for n in unequal]
        + [f'{name} is unknown to the encoder' for name in given.keys() - wanted.keys()]
        + [f'{name} is missing' for name in missing]
    )
