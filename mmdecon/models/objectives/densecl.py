"""DenseCL's objective.

Shapes: B images, C channels of the level, D channels of the projection, g x g cells of the student's view, n of the
teacher's.
"""

import torch
from torch import Tensor

from ...registry import MODELS
from ...valid_cells import mean_of_valid, shows_something
from ...views import View
from ..heads.dense_head import DenseEmbedding
from .base import Objective, direction_std
from .info_nce import PAIRS_AT_ONCE
from .queue import Queue, directions


@MODELS.register_module()
class DenseCLObjective(Objective):
    """InfoNCE of the whole map and of matched cells, each with a queue of negatives.

    Dense Contrastive Learning for Self-Supervised Visual Pre-Training, arXiv 2011.09157, section 3. One ordered
    pair gives ``(1 - dense_weight) * global + dense_weight * dense``; the published loss has one pair, (0, 1). A cell
    of the student's view is matched to the cell of the teacher's view whose feature before projection is most similar.
    The dense queue holds one key for each image: the mean of its projected cells. Cells that show nothing
    (``View.valid``) are neither queries nor keys.

    Differs from the original:
        Batch statistics are those of the norm that the config names, ``mmdecon.SyncBN`` in ours: of the whole batch,
        for student and teacher. The original has statistics for each GPU, and shuffles the teacher's images over GPUs
        so that a query and its key are not normalised with the same few images; in one process that changes nothing.

    Args:
        channels: D, asked from the head.
        queue_length: Negatives in each queue, >= 1. A queue longer than the data set holds older keys of the query's
            own image too.
        temperature: Of both losses, > 0.
        dense_weight: Share of the dense loss, 0..1.
        warmup_iters: Iterations at the start in which that share is 0. Published configs have none; 1000 is the default
            of mmpretrain's hook, for data on which the loss rises at first.
        pairs_at_once: Pairs of a query and a key, or of two cells, compared at once, >= 1; memory, not the result.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        channels: int,
        queue_length: int = 65536,
        temperature: float = 0.2,
        dense_weight: float = 0.5,
        warmup_iters: int = 0,
        pairs_at_once: int = PAIRS_AT_ONCE,
    ) -> None:
        super().__init__()
        if not 0 <= dense_weight <= 1:
            raise ValueError(f"DenseCLObjective.dense_weight={dense_weight}: give the dense loss's share, 0 to 1")
        if temperature <= 0 or warmup_iters < 0:
            raise ValueError(
                f'DenseCLObjective: temperature={temperature} must be above 0, warmup_iters={warmup_iters} at least 0'
            )
        self.vectors, self.means = (Queue(channels, queue_length, pairs_at_once) for _ in range(2))
        self.register_buffer('iters', torch.zeros((), dtype=torch.long))
        self.temperature, self.dense_weight, self.warmup_iters = temperature, dense_weight, warmup_iters
        self.pairs_at_once = pairs_at_once

    def forward(
        self, q: DenseEmbedding, k: DenseEmbedding, own: DenseEmbedding | None, q_view: View, k_view: View
    ) -> dict[str, Tensor]:
        """The terms ``global`` and ``dense``; see the base class."""
        seen = shows_something(q_view, k_view)
        whole = self.vectors.contrast(directions(q.vector), directions(k.vector), self.temperature, seen)
        share = self.dense_weight * (self.iters >= self.warmup_iters).to(whole)
        return {'global': (1 - share) * whole, 'dense': share * self._dense(q, k)}

    def _dense(self, q: DenseEmbedding, k: DenseEmbedding) -> Tensor:
        """InfoNCE of every cell of the student's, the matched cell of the teacher's as its positive."""
        queries, keys = (directions(x.dense).flatten(2) for x in (q, k))  # (B, D, g * g), (B, D, n)
        matched = match(q.feature, k.feature, self.pairs_at_once, k.valid)[:, None].expand_as(queries)
        queries, keys = (x.transpose(1, 2).flatten(0, 1) for x in (queries, keys.gather(2, matched)))
        return self.means.contrast(queries, keys, self.temperature, _weights(q, k))

    @torch.no_grad()
    def observe(self, targets: list[DenseEmbedding]) -> None:
        """Pushes the keys of all views that the teacher saw, and counts the iteration."""
        for k in targets:
            self.vectors.push(directions(k.vector))
            self.means.push(directions(mean_of_valid(k.dense, k.valid)))
        self.iters += 1

    @torch.no_grad()
    def health(self, q: DenseEmbedding) -> dict[str, Tensor]:
        """``std`` of the cells' directions, ``global_std`` of the maps' (1 spread, 0 collapsed), the queues' fill."""
        return dict(
            std=direction_std(q.dense),
            global_std=direction_std(q.vector[:, :, None, None]),
            queue_fill=self.vectors.fill,
        )


@torch.no_grad()
def match(feature: Tensor, other: Tensor, pairs_at_once: int = PAIRS_AT_ONCE, valid: Tensor | None = None) -> Tensor:
    """Finds for each cell of a map the most similar one of another, by cosine, in full precision.

    Args:
        feature: (B, C, g, g).
        other: (B, C, ...) of n cells.
        pairs_at_once: Most cosines computed at once; one image's are never parted.
        valid: Which of the other's cells may be found, (B, ...), bool; None for all. Where none may, any is.

    Returns:
        Indices into the other's cells, (B, g * g).
    """
    cells, others = (directions(x).flatten(2) for x in (feature, other))
    images = max(1, pairs_at_once // (cells.shape[2] * others.shape[2]))
    with torch.autocast(cells.device.type, enabled=False):
        parts = zip(cells.transpose(1, 2).split(images), others.split(images))
        if valid is None:
            return torch.cat([(a @ b).argmax(dim=2) for a, b in parts])
        hidden = (~valid).flatten(1)[:, None].split(images)
        return torch.cat([(a @ b).masked_fill(no, -torch.inf).argmax(dim=2) for (a, b), no in zip(parts, hidden)])


def _weights(q: DenseEmbedding, k: DenseEmbedding) -> Tensor | None:
    """Which of the student's cells are queries, (B * g * g,), bool: valid ones that have some key; None for all."""
    if q.valid is None or k.valid is None:
        return None
    return (q.valid.flatten(1) & k.valid.flatten(1).any(dim=1, keepdim=True)).flatten()
