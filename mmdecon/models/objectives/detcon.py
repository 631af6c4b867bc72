"""DetCon's objective.

Shapes: B images of a process, M drawn regions, D channels, N = B * M rows, A = N * processes columns.
"""

import torch
import torch.nn.functional as F
from mmengine import dist
from torch import Tensor

from ...dist import gather, gather_with_grad
from ...precision import upcast
from ...registry import MODELS
from ...views import View
from ..heads.mlp import BATCH_NORM, RELU, Config, PointwiseMLP
from ..heads.region_head import RegionEmbedding
from .base import Objective, direction_std
from .info_nce import PAIRS_AT_ONCE, check_pairs_at_once, log_sum_exp, paired


@MODELS.register_module()
class DetConObjective(Objective):
    """InfoNCE of regions: the same region of the other view against all others of the batch, of both views.

    Efficient Visual Pretraining with Contrastive Detection, arXiv 2103.10957, and its released code. With a predictor
    and an averaged teacher it is DetCon-B; without a predictor, and with network and head shared, it is DetCon-S, whose
    gradients flow through both roles. The negatives of a row are the regions of all images and processes in the other
    view, and in its own view those that are not the same region. Where a pair is a view with itself, as in
    ``pairs=((0, 0), (1, 1))``, positives come from a single augmented view, and there is nothing else to add.

    A row weighs 1 / (draws of its region in its view) if its region was drawn in the other view, else 0; the loss is
    the mean over all rows, those of weight 0 included.

    Differs from the original:
        The released code's counts and labels are float32; here all is in the precision of the embeddings.

    Args:
        channels: D, asked from the head.
        predictor: Whether there is one (DetCon-B).
        hidden_channels: Channels inside the predictor.
        num_layers: Layers of the predictor.
        temperature: Of the softmax, > 0.
        local_negatives: Whether the other regions of the same image are negatives.
        negatives_divisor: Only every n-th column of other images, at random at each pass, is a negative; >= 1.
        pairs_at_once: Pairs of a query and a key whose logits are computed at once, >= 1; memory, not the result.
        norm_cfg: Norm in the predictor.
        act_cfg: Activation in the predictor.
    """

    needs_own = True

    def __init__(
        self,
        channels: int,
        predictor: bool = True,
        hidden_channels: int = 4096,
        num_layers: int = 2,
        temperature: float = 0.1,
        local_negatives: bool = True,
        negatives_divisor: int = 1,
        pairs_at_once: int = PAIRS_AT_ONCE,
        norm_cfg: Config = BATCH_NORM,
        act_cfg: Config = RELU,
    ) -> None:
        super().__init__()
        if negatives_divisor < 1:
            raise ValueError(f'DetConObjective.negatives_divisor is {negatives_divisor}: give 1 (all) or more')
        mlp = (channels, hidden_channels, channels, num_layers, norm_cfg, act_cfg)
        self.predictor = PointwiseMLP(*mlp, last_bias=False) if predictor else None
        self.temperature, self.local_negatives = temperature, local_negatives
        self.negatives_divisor, self.pairs_at_once = negatives_divisor, check_pairs_at_once(self, pairs_at_once)

    def forward(
        self, q: RegionEmbedding, k: RegionEmbedding, own: RegionEmbedding | None, q_view: View, k_view: View
    ) -> dict[str, Tensor]:
        """The term ``contrast``; see the base class."""
        rows = q.vectors.flatten(0, 1)
        rows = F.normalize(upcast(self.predictor(rows) if self.predictor else rows), dim=1)
        queries = rows / self.temperature  # (N, D)
        kept = self._draw_negatives(len(rows) * dist.get_world_size(), rows.device)
        total = self._log_sum_exp(queries, q.ids, k, kept, excludes_same=False)
        assert own is not None  # as needs_own says
        if own is not k:
            total = torch.logaddexp(total, self._log_sum_exp(queries, q.ids, own, kept, excludes_same=True))
        positive, count = _mean_positives(q.ids, k)
        return dict(contrast=((total - paired(queries, positive)) * _weights(q.ids, count)).mean())

    def _log_sum_exp(
        self, queries: Tensor, ids: Tensor, keys: RegionEmbedding, kept: Tensor, excludes_same: bool
    ) -> Tensor:
        """The denominator's part from all processes' keys of one view, (N,)."""
        collect = gather_with_grad if keys.vectors.requires_grad else gather
        columns = collect(F.normalize(upcast(keys.vectors), dim=2).flatten(0, 1))  # (A, D)
        images, others = _images(ids, dist.get_rank()), _images(keys.ids, 0, dist.get_world_size())
        ids, other_ids = ids.flatten(), gather(keys.ids.flatten())

        def allowed(rows: slice) -> Tensor:
            same_image = images[rows, None] == others
            same = same_image & (ids[rows, None] == other_ids) & (ids[rows] >= 0)[:, None]
            which = torch.where(same_image, self.local_negatives | same, kept)
            return which & ~same if excludes_same else which

        all_count = self.local_negatives and self.negatives_divisor == 1 and not excludes_same
        return log_sum_exp(queries, columns, self.pairs_at_once, None if all_count else allowed)

    def _draw_negatives(self, columns: int, device: torch.device) -> Tensor:
        """Which columns serve as negatives of other images, (A,), bool."""
        if self.negatives_divisor == 1:
            return torch.ones(columns, dtype=torch.bool, device=device)
        kept = torch.zeros(columns, dtype=torch.bool, device=device)
        kept[torch.randperm(columns, device=device)[: -(-columns // self.negatives_divisor)]] = True
        return kept

    @torch.no_grad()
    def health(self, q: RegionEmbedding) -> dict[str, Tensor]:
        """``std`` of the vectors' directions (1 spread out, 0 collapsed) and the share of draws with a region."""
        std = direction_std(q.vectors.flatten(0, 1)[:, :, None, None])
        return dict(std=std, regions=(q.ids >= 0).float().mean())


def _images(ids: Tensor, rank: int, processes: int = 1) -> Tensor:
    """The image that each row of ``processes`` processes from ``rank`` on is of, counted over all processes."""
    batch, draws = ids.shape
    return torch.arange(rank * batch, (rank + processes) * batch, device=ids.device).repeat_interleave(draws)


def _mean_positives(ids: Tensor, keys: RegionEmbedding) -> tuple[Tensor, Tensor]:
    """For each row the mean of the other view's keys of the same region, (N, D), 0 without any; their number, (N,)."""
    same = (ids[:, :, None] == keys.ids[:, None]) & (ids >= 0)[:, :, None]  # (B, M, M)
    count = same.sum(dim=2, keepdim=True)
    directions = F.normalize(upcast(keys.vectors), dim=2)
    with torch.autocast(directions.device.type, enabled=False):
        means = (same.to(directions) / count.clamp(min=1)) @ directions
    return means.flatten(0, 1), count.flatten().to(means)


def _weights(ids: Tensor, positives: Tensor) -> Tensor:
    """The rows' weights, (N,), from the drawn ids (B, M) and the numbers of positives (N,)."""
    draws = (ids[:, :, None] == ids[:, None]).sum(dim=2).flatten()  # how often each draw's region was drawn
    return (positives > 0) / draws.to(positives)
