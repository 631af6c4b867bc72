"""The weights that an encoder starts from."""

from collections import Counter

from torch import nn

from ..checkpoint import load_file


def find_prefix(path: str, encoder: nn.Module) -> str:
    """What the names of an encoder's tensors start with in a file; empty where most have their own names.

    Args:
        path: A file or an address, as ``init_cfg`` takes it.
        encoder: The encoder.

    Raises:
        ValueError: If it cannot be read.
    """
    given, wanted = load_file(path, '--init')['state_dict'], set(encoder.state_dict())
    if sum(name in given for name in wanted) > len(wanted) // 2:
        return ''
    found = Counter(key[: -len(name) - 1] for name in wanted for key in given if key.endswith(f'.{name}'))
    best = found.most_common(1)
    return best[0][0] if best and best[0][1] > len(wanted) // 2 else ''
