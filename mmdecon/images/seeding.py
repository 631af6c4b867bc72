"""Seeds that are functions of where a run stands, so that no generator's state has to be saved or shared."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derive_seed(*numbers: int) -> int:
    """Mixes non-negative numbers, in their order, into one seed.

    Args:
        numbers: What the seed depends on, for instance run seed, epoch and index.

    Returns:
        0..2**32 - 1, the range that NumPy's global generator takes; the same on every machine and NumPy version.

    Raises:
        ValueError: If a number is negative.

    Example:
        >>> derive_seed(0, 1, 2) == derive_seed(0, 1, 2), derive_seed(0, 1, 2) == derive_seed(0, 2, 1)
        (True, False)
    """
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seeds Python's, NumPy's and torch's CPU generators inside the ``with`` block; their states return after it.

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
