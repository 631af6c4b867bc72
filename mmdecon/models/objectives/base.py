"""The interface of objectives."""

from abc import abstractmethod
from typing import Any

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...views import View


class Objective(BaseModule):
    """The loss for one ordered pair of views.

    It owns what only the student or only the loss has: predictor, queue, centre. A branch builds it with what its head
    states in :attr:`Head.spec`. A subclass implements :meth:`forward`; it may override :meth:`observe` and
    :meth:`health`, and set :attr:`needs_own`, :attr:`needs_teacher` and :attr:`needs_noise`.
    """

    needs_own = False
    """Whether :meth:`forward` uses ``own``; the teacher is otherwise spared that view."""

    needs_teacher = True
    """Whether :meth:`forward` uses ``k``; without, the branch runs no teacher."""

    needs_noise = False
    """Whether the student sees the noisy copies of the views; ``q_view.noise`` tells :meth:`forward` what was added."""

    @abstractmethod
    def forward(self, q: Any, k: Any, own: Any | None, q_view: View, k_view: View) -> dict[str, Tensor]:
        """The terms of the loss, by name, scalars; the loss is their sum.

        Args:
            q: The head's embedding of view i by the student.
            k: The head's embedding of view j by the teacher; None without ``needs_teacher``.
            own: The head's embedding of view i by the teacher, where ``needs_own``.
            q_view: View i.
            k_view: View j.
        """

    def observe(self, targets: list[Any]) -> None:
        """Pushes queues and moves centres: called once a step, after the losses.

        Args:
            targets: The teacher's embeddings of all views that it saw.
        """

    def health(self, q: Any) -> dict[str, Tensor]:
        """Figures to log, by name, scalars; the collapse alarm watches ``std`` (1 healthy, 0 collapsed).

        Args:
            q: A student's embedding.
        """
        return {}


def direction_std(x: Tensor) -> Tensor:
    """How far the directions of a map's cells (B, D, h, w) spread: 1 for uniform directions, 0 when all are one."""
    return F.normalize(x.detach().float(), dim=1).std(dim=(0, 2, 3)).mean() * x.shape[1] ** 0.5
