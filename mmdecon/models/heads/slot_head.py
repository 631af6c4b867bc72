"""SlotCon's head: a projector and prototypes that group the cells of a map into slots.

Shapes: B images, C channels of the level, D channels of the projection, K slots, h x w cells.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ...precision import upcast
from ...registry import MODELS
from ...valid_cells import valid_cells
from ...views import View
from .base import Head
from .mlp import BATCH_NORM, GELU, Config, PointwiseMLP


class SlotEmbedding(NamedTuple):
    """A map grouped into slots.

    Attributes:
        projection: The projected map, (B, D, h, w).
        similarity: Cosine of each prototype and each cell, (B, K, h, w).
        slots: The slots' vectors, not normalised, (B, K, D).
        active: Whether a slot is the nearest of at least one cell, (B, K), bool.
        valid: Which cells count, (B, h, w), bool; None for all.
    """

    projection: Tensor
    similarity: Tensor
    slots: Tensor
    active: Tensor
    valid: Tensor | None = None


@MODELS.register_module()
class SlotHead(Head):
    """Projects a map and groups it by its similarity to K learnt prototypes (SlotCon, sections 3.1 and 3.2).

    Args:
        in_channels: Channels of the level.
        hidden_channels: Channels inside the projector.
        out_channels: D.
        num_layers: Layers of the projector.
        num_slots: K.
        temperature: Of the softmax over slots, > 0.
        norm_cfg: Norm in the projector.
        act_cfg: Activation in the projector.
        recompute: Whether the backward pass computes norms and activations again, and the slots; see
            :class:`PointwiseMLP`.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int = 4096,
        out_channels: int = 256,
        num_layers: int = 3,
        num_slots: int = 256,
        temperature: float = 0.07,
        norm_cfg: Config = BATCH_NORM,
        act_cfg: Config = GELU,
        recompute: bool = False,
    ) -> None:
        super().__init__()
        layout = (in_channels, hidden_channels, out_channels, num_layers, norm_cfg, act_cfg)
        self.projector = PointwiseMLP(*layout, recompute=recompute)
        self.prototypes = nn.Parameter(torch.randn(num_slots, out_channels))
        self.temperature = temperature
        self.spec = dict(channels=out_channels, num_slots=num_slots)

    def forward(self, feature: Tensor, view: View) -> SlotEmbedding:
        """Groups a map (B, C, h, w) of a view by its valid cells."""
        projection, valid = self.projector(feature), valid_cells(view, feature.shape[2:])
        if self.projector.recompute and torch.is_grad_enabled():
            return checkpoint(self._group, projection, valid, use_reentrant=False, preserve_rng_state=False)
        return self._group(projection, valid)

    def _group(self, projection: Tensor, valid: Tensor | None) -> SlotEmbedding:
        """Groups the cells of a projected map."""
        cells = F.normalize(upcast(projection), dim=1)  # a cell of zeros is none in float16, whose epsilon is 0
        similarity = torch.einsum('kd,bdhw->bkhw', F.normalize(self.prototypes, dim=1), cells)
        share = (upcast(similarity) / self.temperature).softmax(dim=1) + 1e-6  # an empty slot must not divide by zero
        if valid is not None:
            share = share.masked_fill(~valid[:, None], 0)
        total = share.sum(dim=(2, 3), keepdim=True)
        share = share / (total if valid is None else total.clamp(min=1e-6))  # without a valid cell, slots are 0
        slots = torch.einsum('bdhw,bkhw->bkd', projection, share)
        return SlotEmbedding(projection, similarity, slots, _nearest_of_some_cell(similarity, valid), valid)


def _nearest_of_some_cell(similarity: Tensor, valid: Tensor | None) -> Tensor:
    """(B, K, h, w) -> (B, K), bool."""
    active = torch.zeros(similarity.shape[:2], dtype=torch.bool, device=similarity.device)
    nearest = similarity.argmax(dim=1).flatten(1)
    if valid is None:
        return active.scatter_(1, nearest, True)
    cells = torch.zeros(similarity.shape[:2], dtype=torch.long, device=similarity.device)
    return cells.scatter_add_(1, nearest, valid.flatten(1).long()) > 0
