"""SlotCon's objective.

Shapes: B images, K slots, D channels, h x w cells, N anchors.
"""

import torch
from torch import Tensor

from ...dist import average, gather, weighted_mean
from ...precision import upcast
from ...registry import MODELS
from ...valid_cells import mean_of_valid
from ...views import WHOLLY, View, crop_overlap
from ..heads.mlp import BATCH_NORM, GELU, Config, PointwiseMLP
from ..heads.slot_head import SlotEmbedding
from .base import Objective, direction_std
from .info_nce import PAIRS_AT_ONCE, check_pairs_at_once, log_sum_exp, paired
from .queue import directions


@MODELS.register_module()
class SlotConObjective(Objective):
    """Group distillation and slot contrast.

    Self-Supervised Visual Representation Learning with Semantic Grouping, NeurIPS 2022, section 3.
    One ordered pair gives ``group_weight * distil + (1 - group_weight) * contrast``; both orders are summed.

    Differs from the original:
        Means are over the valid rows of all processes, where the original averages each process's own mean (equal in
        one process). A pair of views without overlap has weight 0 in ``distil``, where the original computes garbage
        or dies. So has a cell that shows nothing (``View.valid``) in one of the views, and it moves no centre.

    Args:
        channels: D, asked from the head.
        num_slots: K, asked from the head.
        hidden_channels: Channels inside the predictor.
        num_layers: Layers of the predictor.
        group_weight: Share of the distillation, 0..1.
        student_temperature: Of the student's softmax over slots.
        teacher_temperature: Of the teacher's.
        contrast_temperature: Of the slot contrast.
        centre_momentum: EMA momentum of the centre, 0..1.
        pairs_at_once: Pairs of a query and a key whose logits are computed at once, >= 1; memory, not the result.
        norm_cfg: Norm in the predictor.
        act_cfg: Activation in the predictor.
    """

    def __init__(
        self,
        channels: int,
        num_slots: int,
        hidden_channels: int = 4096,
        num_layers: int = 3,
        group_weight: float = 0.5,
        student_temperature: float = 0.1,
        teacher_temperature: float = 0.07,
        contrast_temperature: float = 0.2,
        centre_momentum: float = 0.9,
        pairs_at_once: int = PAIRS_AT_ONCE,
        norm_cfg: Config = BATCH_NORM,
        act_cfg: Config = GELU,
    ) -> None:
        super().__init__()
        self.predictor = PointwiseMLP(channels, hidden_channels, channels, num_layers, norm_cfg, act_cfg)
        self.register_buffer('centre', torch.zeros(num_slots))
        self.group_weight = group_weight
        self.student_temperature, self.teacher_temperature = student_temperature, teacher_temperature
        self.contrast_temperature, self.centre_momentum = contrast_temperature, centre_momentum
        self.pairs_at_once = check_pairs_at_once(self, pairs_at_once)

    def forward(
        self, q: SlotEmbedding, k: SlotEmbedding, own: SlotEmbedding | None, q_view: View, k_view: View
    ) -> dict[str, Tensor]:
        """The terms ``distil`` and ``contrast``; see the base class."""
        return dict(
            distil=self.group_weight * self._distil(q, k, q_view, k_view),
            contrast=(1 - self.group_weight) * self._contrast(q, k),
        )

    def _distil(self, q: SlotEmbedding, k: SlotEmbedding, q_view: View, k_view: View) -> Tensor:
        """Cross-entropy of the assignments of the shared area's cells (section 3.1)."""
        student, valid = crop_overlap(q.similarity, q_view, k_view)
        teacher, _ = crop_overlap(k.similarity, k_view, q_view)
        target = ((teacher - self.centre[:, None, None]) / self.teacher_temperature).softmax(dim=1)
        entropy = -(target * (student / self.student_temperature).log_softmax(dim=1)).sum(dim=1)  # (B, h, w)
        cells = _both_valid(q, k, q_view, k_view)
        valid = valid if cells is None else valid & cells.flatten(1).any(dim=1)
        return weighted_mean(mean_of_valid(entropy[:, None], cells)[:, 0], valid)

    def _contrast(self, q: SlotEmbedding, k: SlotEmbedding) -> Tensor:
        """InfoNCE of slots active in both views, against all active slots of all images (section 3.2)."""
        is_anchor = (q.active & k.active).flatten()
        rows = _at_least_two(is_anchor)
        queries = directions(self.predictor(q.slots.flatten(0, 1)[rows])) / self.contrast_temperature  # (N, D)
        keys = directions(k.slots.detach().flatten(0, 1))
        present = gather(keys)
        active = gather(k.active.flatten())
        none = k.valid is not None and not active.any()  # in images that show nothing
        present = present[:1] if none else present[active]
        losses = log_sum_exp(queries, present, self.pairs_at_once) - paired(queries, keys[rows])
        return 2 * self.contrast_temperature * weighted_mean(losses, is_anchor[rows])

    @torch.no_grad()
    def observe(self, targets: list[SlotEmbedding]) -> None:
        """Moves the centre towards the mean similarity of the teacher's cells, over all views and processes."""
        if targets[0].valid is None:
            mean = average(torch.stack([upcast(k.similarity).mean(dim=(0, 2, 3)) for k in targets]).mean(dim=0))
        else:
            mean = _mean_of_valid_cells(targets)
        self.centre.lerp_(mean.to(self.centre), 1 - self.centre_momentum)

    @torch.no_grad()
    def health(self, q: SlotEmbedding) -> dict[str, Tensor]:
        """``std`` of the projection's directions (1 spread out, 0 collapsed) and active slots an image."""
        return dict(std=direction_std(q.projection), active_slots=q.active.float().sum(dim=1).mean())


def _both_valid(q: SlotEmbedding, k: SlotEmbedding, q_view: View, k_view: View) -> Tensor | None:
    """Which cells of the shared area are read from valid cells alone in both views, (B, h, w), bool; None for all."""
    if q.valid is None or k.valid is None:
        return None
    student, _ = crop_overlap(q.valid[:, None].to(q.similarity), q_view, k_view)
    teacher, _ = crop_overlap(k.valid[:, None].to(k.similarity), k_view, q_view)
    return (student[:, 0] >= WHOLLY) & (teacher[:, 0] >= WHOLLY)


def _mean_of_valid_cells(targets: list[SlotEmbedding]) -> Tensor:
    """The mean similarity of the valid cells of all processes, (K,): each view counts as one that has any."""
    sums, counts = [], []
    for k in targets:
        assert k.valid is not None  # as the data says for all views
        sums.append(upcast(k.similarity).masked_fill(~k.valid[:, None], 0).sum(dim=(0, 2, 3)))
        counts.append(k.valid.sum())
    joined = average(torch.cat([torch.stack(sums), torch.stack(counts)[:, None].to(sums[0])], dim=1))  # (views, K + 1)
    means = joined[:, :-1] / joined[:, -1:].clamp(min=1e-6)
    return means.sum(dim=0) / (joined[:, -1] > 0).sum().clamp(min=1)


def _at_least_two(chosen: Tensor) -> Tensor:
    """Indices of the rows chosen (N,), bool, filled up with others to two: batch norm cannot train on one row."""
    return torch.cat([chosen.nonzero()[:, 0], (~chosen).nonzero()[: max(0, 2 - int(chosen.sum())), 0]])
