"""Objectives of methods that see an image as a whole: contrast (MoCo v2, SimCLR) and prediction (BYOL).

Shapes: B images, N images of all processes, D channels of the projection.
"""

import torch
import torch.nn.functional as F
from mmengine import dist
from torch import Tensor

from ...dist import gather, gather_with_grad, weighted_mean
from ...precision import upcast
from ...registry import MODELS
from ...valid_cells import shows_something
from ...views import View
from ..heads.mlp import BATCH_NORM, RELU, Config, PointwiseMLP
from .base import Objective, direction_std
from .info_nce import PAIRS_AT_ONCE, check_pairs_at_once, log_sum_exp, paired
from .queue import Queue, directions


class VectorObjective(Objective):
    """What the objectives of vectors (B, D) have in common.

    Images without any valid pixel (``View.valid``) in one of the views have weight 0, and are no negatives.
    """

    @torch.no_grad()
    def health(self, q: Tensor) -> dict[str, Tensor]:
        """``std`` of the directions (1 spread out, 0 collapsed)."""
        return dict(std=direction_std(q[:, :, None, None]))


@MODELS.register_module()
class VectorContrast(VectorObjective):
    """InfoNCE of images: the other view of an image is the positive, other images are the negatives.

    With a queue they are the last keys of the teacher (MoCo, arXiv 1911.05722): ``pairs=((0, 1),)`` is the published
    loss. Without one they are the other images of the batch, of all processes and of both views (NT-Xent of SimCLR,
    arXiv 2002.05709): with ``shared=True`` of the model and of the branch, both pairs, and a branch's weight of 0.5,
    which makes the sum over pairs the mean over views, it is the published loss. Gradients then flow through the keys
    of all processes.

    Args:
        channels: D, asked from the head.
        queue_length: Negatives in the queue; 0 for those of the batch.
        temperature: > 0.
        pairs_at_once: Pairs of a query and a key whose logits are computed at once, >= 1; memory, not the result.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        channels: int,
        queue_length: int = 65536,
        temperature: float = 0.2,
        pairs_at_once: int = PAIRS_AT_ONCE,
    ) -> None:
        super().__init__()
        if queue_length < 0 or temperature <= 0:
            raise ValueError(
                f'VectorContrast: queue_length={queue_length} must be at least 0 (0: negatives of the batch), '
                f'temperature={temperature} above 0'
            )
        self.queue = Queue(channels, queue_length, pairs_at_once) if queue_length else None
        self.needs_own = self.queue is None
        self.temperature, self.pairs_at_once = temperature, check_pairs_at_once(self, pairs_at_once)

    def forward(self, q: Tensor, k: Tensor, own: Tensor | None, q_view: View, k_view: View) -> dict[str, Tensor]:
        """The term ``contrast``; see the base class."""
        queries, keys = directions(q), directions(k)
        if self.queue is not None:
            seen = shows_something(q_view, k_view)
            return dict(contrast=self.queue.contrast(queries, keys, self.temperature, seen))
        assert own is not None  # as needs_own says
        losses = self._contrast_batch(queries, keys, directions(own), *map(shows_something, (k_view, q_view)))
        return dict(contrast=_mean(losses, q_view, k_view))

    def _contrast_batch(
        self, queries: Tensor, keys: Tensor, own: Tensor, keys_seen: Tensor | None, own_seen: Tensor | None
    ) -> Tensor:
        """InfoNCE of each query against the keys of both views, (B, D) each, without its own view's of its image."""
        queries = queries / self.temperature
        numbers = torch.arange(len(queries) * dist.get_world_size(), device=queries.device)  # of all images
        own_numbers = numbers[dist.get_rank() * len(queries) :][: len(queries)]
        known, own_known = (None if seen is None else gather(seen) for seen in (keys_seen, own_seen))

        def not_itself(rows: slice) -> Tensor:
            others = own_numbers[rows, None] != numbers
            return others if own_known is None else others & own_known

        all_keys, all_own = gather_with_grad(keys), gather_with_grad(own)
        others = log_sum_exp(queries, all_keys, self.pairs_at_once, None if known is None else lambda _: known[None])
        same = log_sum_exp(queries, all_own, self.pairs_at_once, not_itself)
        return torch.logaddexp(others, same) - paired(queries, keys)

    @torch.no_grad()
    def observe(self, targets: list[Tensor]) -> None:
        """Pushes the keys of all views that the teacher saw, where there is a queue."""
        if self.queue is not None:
            for k in targets:
                self.queue.push(directions(k))

    @torch.no_grad()
    def health(self, q: Tensor) -> dict[str, Tensor]:
        """``std`` of the directions (1 spread out, 0 collapsed) and, where there is a queue, its fill."""
        return super().health(q) if self.queue is None else dict(super().health(q), queue_fill=self.queue.fill)


@MODELS.register_module()
class VectorPrediction(VectorObjective):
    """Predicts the teacher's vector of the other view (BYOL, arXiv 2006.07733, section 3).

    One ordered pair gives ``2 - 2 * cosine``, 0..4; both orders are summed.

    Args:
        channels: D, asked from the head.
        hidden_channels: Channels inside the predictor.
        num_layers: Layers of the predictor.
        norm_cfg: Norm after each hidden layer of the predictor; None for none.
        act_cfg: Activation in the predictor.
        last_bias: Whether the predictor's last layer has a bias.
    """

    def __init__(
        self,
        channels: int,
        hidden_channels: int = 4096,
        num_layers: int = 2,
        norm_cfg: Config | None = BATCH_NORM,
        act_cfg: Config = RELU,
        last_bias: bool = True,
    ) -> None:
        super().__init__()
        layout = (channels, hidden_channels, channels, num_layers, norm_cfg, act_cfg)
        self.predictor = PointwiseMLP(*layout, last_bias, init_cfg=None)

    def forward(self, q: Tensor, k: Tensor, own: Tensor | None, q_view: View, k_view: View) -> dict[str, Tensor]:
        """The term ``distance``; no gradient flows into the key."""
        cosine = F.cosine_similarity(upcast(self.predictor(q)), upcast(k.detach()), dim=1)
        return dict(distance=2 * _mean(torch.ones_like(cosine), q_view, k_view) - 2 * _mean(cosine, q_view, k_view))


def _mean(values: Tensor, q_view: View, k_view: View) -> Tensor:
    """The mean over the images (B,) that show something in both views, of all processes; of this one where all do."""
    seen = shows_something(q_view, k_view)
    return values.mean() if seen is None else weighted_mean(values, seen)
