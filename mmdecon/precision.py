"""What must not be computed in half precision."""

import torch
from torch import Tensor


def upcast(x: Tensor) -> Tensor:
    """Half precision (float16, bfloat16) to float32; float32 and float64 stay as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
