"""What a module holds of a file, by content, whatever the names: another way than the loader's own."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Report(NamedTuple):
    """How many tensors of a file a module holds, and the names of the others, after the prefix."""

    loaded: int
    left_out: list[str]


def report(module: nn.Module, config: Mapping[str, Any]) -> Report:
    """Compares a module with the file of its ``init_cfg``; batch norm's counters are not looked at."""
    prefix = config['prefix'] + '.' if config.get('prefix') else ''
    held = {digest(value) for value in module.state_dict().values()}
    file = torch.load(config['checkpoint'], weights_only=True)
    tensors = file.get('state_dict', file)
    given = {n[len(prefix) :]: x for n, x in tensors.items() if n.startswith(prefix) and x.is_floating_point()}
    left_out = [name for name, value in given.items() if digest(value) not in held]
    return Report(len(given) - len(left_out), left_out)


def digest(value: Tensor) -> bytes:
    """Of a tensor's numbers."""
    return hashlib.sha256(value.detach().to(torch.float32).contiguous().numpy().tobytes()).digest()
