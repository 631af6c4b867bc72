"""A side of a network of two pre-trained networks (xNet): holds one of them and has it start from its own weights."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import List, NamedTuple

import torch
from mmengine import fileio
from mmengine.logging import print_log
from mmengine.model import BaseModule
from torch import Tensor

from ..checkpoint import load_file
from .pretrained import Start, _flatten, load_pretrained, take_starts


class Report(NamedTuple):
    """What became of a file of starting weights.

    Attributes:
        loaded: How many of its tensors the module holds now.
        left_out: Names of the others, after the prefix.
    """

    loaded: int
    left_out: List[str]


class Side(BaseModule):
    """A module whose parts' ``init_cfg`` of type ``Pretrained`` are loaded strictly, and reported.

    mmseg's models would have mmengine load what happens to fit. In a DeCon network the network has taken them before,
    and loads as strictly.
    """

    def init_weights(self) -> None:
        """Initialises all parts, then loads what they start from.

        Raises:
            ValueError: If a tensor is missing, left over, or of another shape.
        """
        starts = take_starts(self, type(self).__name__)
        super().init_weights()
        for start in starts:
            with TemporaryDirectory() as folder:
                here = _fetch(start, folder)
                load_pretrained(*here)
                found = report(here)
            left = ', '.join(found.left_out) or 'nothing'
            print_log(f'{start.place}: {found.loaded} tensors are those of the file; left out: {left}', 'current')


def report(start: Start) -> Report:
    """Compares a module with the file that it was loaded from, by content, whatever the names.

    Batch norm's counters are not looked at.

    Args:
        start: The module and its ``init_cfg``.
    """
    prefix = start.config.get('prefix') or ''
    prefix = prefix if not prefix or prefix.endswith('.') else prefix + '.'
    held = {_digest(value) for value in start.module.state_dict().values()}
    tensors = _flatten(load_file(start.config['checkpoint'])['state_dict'])
    given = {name[len(prefix) :]: x for name, x in tensors if name.startswith(prefix) and x.is_floating_point()}
    left_out = [name for name, value in given.items() if _digest(value) not in held]
    return Report(len(given) - len(left_out), left_out)


def _fetch(start: Start, folder: str) -> Start:
    """Copies a file from elsewhere into a folder, as it is read twice."""
    path = start.config['checkpoint']
    if '://' not in path:
        return start
    copy = Path(folder, path.rpartition('/')[2])
    copy.write_bytes(fileio.get(path))
    return start._replace(config={**start.config, 'checkpoint': str(copy)}, place=f'{start.place} from {path}')


def _digest(value: Tensor) -> bytes:
    return hashlib.sha256(value.detach().to('cpu', torch.float32).contiguous().numpy().tobytes()).digest()
