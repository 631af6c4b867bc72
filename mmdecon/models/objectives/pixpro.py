"""PixPro's objective.

Shapes: B images, D channels, h x w cells of the student's map, N = h * w, M cells of the teacher's.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ...dist import weighted_mean
from ...precision import upcast
from ...registry import MODELS
from ...valid_cells import valid_cells
from ...views import Cells, View, cells_in_source
from ..heads.mlp import BATCH_NORM, RELU, Config, PointwiseMLP
from .base import Objective, direction_std

EPSILON = 1e-6  # the published one, beside the number of positive pairs


@MODELS.register_module()
class PixProObjective(Objective):
    """Consistency of the student's propagated cells with the teacher's cells nearby.

    Propagate Yourself: Exploring Pixel-Level Consistency for Unsupervised Visual Representation Learning, CVPR 2021.
    The student's cells x become ``y_i = sum_j max(cos(x_i, x_j), 0)^power * g(x_j)``, g a transform whose outputs are
    scaled to length 1. Cells i and j of the two views are a positive pair where their centres, in the source image, are
    closer than ``max_distance`` of the longer of the two cells' diagonals. One ordered pair of views gives -2 times the
    mean cosine of y_i and the teacher's x_j over its positive pairs, averaged over images; images without any count
    as 0. Cells that show nothing (``View.valid``) are in no pair, and nothing is propagated from them.

    A view's N x N similarities are computed for as many images at once as ``pairs_at_once`` allows; where that is not
    the whole batch, the backward pass computes them again. The result is the same.

    Differs from the original:
        Means are over the images of all processes (equal, as processes have equally many). Under autocast the
        similarities and their sums are multiplied out in half precision, as the original's; what lies between, and the
        comparison with the teacher, is in full precision. A norm in g is synchronised where ``norm_cfg`` says so.

    Args:
        channels: D, asked from the head.
        power: Of the similarities, >= 1.
        transform_layers: Layers of g: 0 for none (g(x) = x), 1 a linear layer, 2 with a norm and an activation between.
        max_distance: Of positive pairs, in diagonals of a cell, > 0.
        unit: What distances and diagonals are measured in. ``'fraction'`` of the source's width and height, as
            published: in an image that is twice as wide as high, a pixel to the right counts half of one down.
            ``'pixel'``: of the source, the same in both directions.
        pairs_at_once: Similarities computed at once, >= 1; one image's are never parted.
        norm_cfg: Norm in g.
        act_cfg: Activation in g.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        channels: int,
        power: float = 2.0,
        transform_layers: int = 1,
        max_distance: float = 0.7,
        unit: str = 'fraction',
        pairs_at_once: int = 2**25,
        norm_cfg: Config = BATCH_NORM,
        act_cfg: Config = RELU,
    ) -> None:
        super().__init__()
        least = dict(power=(power, 1), transform_layers=(transform_layers, 0), pairs_at_once=(pairs_at_once, 1))
        for name, (value, bound) in least.items():
            if value < bound:
                raise ValueError(f'PixProObjective.{name} is {value}, must be at least {bound}')
        if max_distance <= 0:
            raise ValueError(f'PixProObjective.max_distance is {max_distance}, must be > 0: no pair would be positive')
        if unit not in ('fraction', 'pixel'):
            raise ValueError(f"PixProObjective.unit is {unit!r}; known: 'fraction', 'pixel'")
        self.transform = nn.Identity()
        if transform_layers:
            layout = (channels, channels, channels, transform_layers, norm_cfg, act_cfg)
            self.transform = PointwiseMLP(*layout, init_cfg=None)
        self.power, self.max_distance, self.unit = power, max_distance, unit
        self.pairs_at_once = pairs_at_once
        self._positives = torch.zeros(())

    def forward(self, q: Tensor, k: Tensor, own: Tensor | None, q_view: View, k_view: View) -> dict[str, Tensor]:
        """The term ``consistency``, -2 (all alike) to 2; see the base class. q and k are maps, (B, D, h, w)."""
        masks = [valid_cells(view, x.shape[2:]) for view, x in ((q_view, q), (k_view, k))]
        student = F.normalize(self.propagate(q, masks[0]), dim=1).flatten(2)
        teacher = F.normalize(upcast(k), dim=1).flatten(2)
        q_cells, k_cells = (cells_in_source(view, x.shape[2:], self.unit) for view, x in ((q_view, q), (k_view, k)))
        pairs = student.shape[2] * teacher.shape[2]
        known = [mask.flatten(1) for mask in masks if mask is not None]  # of both views, or none
        found = self._by_images(self._agreement, pairs, student, teacher, *q_cells, *k_cells, *known)
        sums, counts = found.unbind(dim=1)
        self._positives = counts.detach().mean() / student.shape[2]
        return dict(consistency=-2 * weighted_mean(sums / (counts + EPSILON), torch.ones_like(counts)))

    def propagate(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        """Gives each cell what cells like it have (pixel propagation module), (B, D, h, w), at least float32.

        Args:
            x: (B, D, h, w).
            valid: Which cells give, (B, h, w), bool; None for all.
        """
        values = F.normalize(upcast(self.transform(x)), dim=1).flatten(2)
        if valid is not None:
            values = values.masked_fill(~valid.flatten(1)[:, None], 0)
        directions = F.normalize(upcast(x), dim=1).flatten(2)
        return self._by_images(self._mix, directions.shape[2] ** 2, directions, values).view(x.shape)

    def _mix(self, directions: Tensor, values: Tensor) -> Tensor:
        """Sums values (B, D, N) weighted by the cells' similarities."""
        similarity = upcast(directions.transpose(1, 2) @ directions)  # (B, N, N), symmetric
        return upcast(values @ similarity.clamp(min=0).pow(self.power))

    def _agreement(self, student: Tensor, teacher: Tensor, *cells: Tensor) -> Tensor:
        """Of each image the sum of its positive pairs' cosines, and their number, (B, 2).

        Args:
            student: (B, D, N).
            teacher: (B, D, M).
            *cells: Of both maps, and perhaps which of them are valid, (B, N) and (B, M).
        """
        near = _are_near(Cells(*cells[:3]), Cells(*cells[3:6]), self.max_distance).to(student.dtype)  # (B, N, M)
        if cells[6:]:
            near = near * cells[6][:, :, None] * cells[7][:, None]
        with torch.autocast(student.device.type, enabled=False):
            sums = (student * (teacher @ near.transpose(1, 2))).sum(dim=(1, 2))  # no product of all cells with all
        return torch.stack([sums, near.sum(dim=(1, 2))], dim=1)

    def _by_images(self, function: Callable[..., Tensor], pairs: int, *tensors: Tensor) -> Tensor:
        """Calls a function of tensors (B, ...) on parts of the batch of ``pairs_at_once``, ``pairs`` an image."""
        images = max(1, self.pairs_at_once // pairs)
        if len(tensors[0]) <= images:
            return function(*tensors)
        parts = zip(*(tensor.split(images) for tensor in tensors))
        return torch.cat([checkpoint(function, *p, use_reentrant=False, preserve_rng_state=False) for p in parts])

    @torch.no_grad()
    def health(self, q: Tensor) -> dict[str, Tensor]:
        """``std`` of the projection's directions (1 spread out, 0 collapsed); positives a cell in the last pair."""
        return dict(std=direction_std(q), positives=self._positives)


def _are_near(a: Cells, b: Cells, max_distance: float) -> Tensor:
    """Which pairs of cells are closer than ``max_distance`` of the longer diagonal, (B, N, M), bool."""
    dx = (a.x[:, :, None] - b.x[:, None, :]).square()[:, None, :, None, :]
    dy = (a.y[:, :, None] - b.y[:, None, :]).square()[:, :, None, :, None]
    bound = (max_distance * torch.maximum(a.diagonal, b.diagonal)).square()
    return (dx + dy < bound[:, None, None, None, None]).flatten(3).flatten(1, 2)
