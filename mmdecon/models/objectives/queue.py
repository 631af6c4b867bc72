"""A queue of keys, the negatives of MoCo and DenseCL.

Shapes: N rows, D channels, L places in the queue.
"""

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...dist import gather, weighted_mean
from ...precision import upcast
from .info_nce import PAIRS_AT_ONCE, check_pairs_at_once, log_sum_exp, paired


class Queue(BaseModule):
    """The last keys of all processes, in a ring (Momentum Contrast, arXiv 1911.05722, section 3.1).

    It starts full of random directions. Any number of keys may be pushed at once.

    Differs from the original:
        Its length need not be a multiple of the batch, and may be smaller than it.

    Args:
        channels: D.
        length: L, >= 1.
        pairs_at_once: Pairs of a query and a key whose logits are computed at once, >= 1; memory, not the result.

    Raises:
        ValueError: If ``length`` or ``pairs_at_once`` is below 1.
    """

    def __init__(self, channels: int, length: int, pairs_at_once: int = PAIRS_AT_ONCE) -> None:
        super().__init__()
        if length < 1:
            raise ValueError(f'queue_length={length}: a queue holds at least 1 key; MoCo and DenseCL have 65536')
        self.register_buffer('rows', F.normalize(torch.randn(length, channels), dim=1))
        self.register_buffer('pushed', torch.zeros((), dtype=torch.long))  # keys so far, of all processes
        self.pairs_at_once = check_pairs_at_once(self, pairs_at_once)

    @property
    def fill(self) -> Tensor:
        """The share of the places that hold keys, not what the queue started with: a scalar, 0..1."""
        return (self.pushed / len(self.rows)).clamp(max=1)

    @torch.no_grad()
    def push(self, keys: Tensor) -> None:
        """Writes the keys of all processes, in the order of their ranks, over the oldest.

        Args:
            keys: Of length 1, (N, D), N equal on all processes; or of length 0, where an image has no key: its place
                keeps the one that it holds.
        """
        keys, length = gather(keys), len(self.rows)
        places = ((self.pushed + torch.arange(len(keys), device=keys.device)) % length)[-length:]
        self.pushed += len(keys)
        keys = keys[-length:].to(self.rows)
        self.rows[places] = torch.where(keys.any(dim=1, keepdim=True), keys, self.rows[places])

    def contrast(self, queries: Tensor, keys: Tensor, temperature: float, weights: Tensor | None = None) -> Tensor:
        """InfoNCE of each query, its key and the queue as negatives.

        Args:
            queries: Of length 1, (N, D).
            keys: The positive of each query, of length 1, (N, D).
            temperature: > 0.
            weights: Of the queries, (N,), >= 0, on all processes or none; None for 1 each.

        Returns:
            The mean over the queries, with weights over those of all processes; a scalar in full precision.
        """
        queries = upcast(queries) / temperature
        positives = paired(queries, keys)
        negatives = log_sum_exp(queries, self.rows, self.pairs_at_once)
        losses = torch.logaddexp(positives, negatives) - positives
        return losses.mean() if weights is None else weighted_mean(losses, weights)


def directions(x: Tensor) -> Tensor:
    """Scales the vectors of (N, D, ...) to length 1, in full precision."""
    return F.normalize(upcast(x), dim=1)
