"""What must not be computed in half precision."""

import torch
from torch import Tensor


def upcast(x: Tensor) -> Tensor:
    """Half precision (float16, bfloat16) to float32; float32 and float64 stay as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """Matrix product of rows with rows, in full precision also under autocast: logits feed an exponential.

    Args:
        a: (N, D), of length 1.
        b: (M, D), of length 1.

    Returns:
        (N, M).
    """
    with torch.autocast(a.device.type, enabled=False):
        return upcast(a) @ upcast(b).T
