"""Seeds that depend only on the position in a run, so that no generator state has to be saved or shared."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derive_seed(*numbers: int) -> int:
    """Combines non-negative integers, in their order, into one seed.

    Args:
        numbers: What the seed depends on, for example the run's seed, the epoch and the sample's index.

    Returns:
        0..2**32 - 1, the range of NumPy's global generator; the same on every machine and NumPy version.

    Raises:
        ValueError: If a number is negative.

    Examples:
        >>> derive_seed(0, 1, 2) == derive_seed(0, 1, 2), derive_seed(0, 1, 2) == derive_seed(0, 2, 1)
        (True, False)
    """
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seeds the generators of Python, NumPy and torch (CPU) inside the ``with`` block and restores them afterwards.

    Args:
        seed: 0..2**32 - 1.
    """
    python, numpy, generator = random.getstate(), np.random.get_state(), torch.default_generator
    torch_state = generator.get_state()
    random.seed(seed)
    np.random.seed(seed)
    generator.manual_seed(seed)  # not torch.manual_seed, which would also reset the GPUs' generators
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        generator.set_state(torch_state)
