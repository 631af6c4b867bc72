"""The interface of heads."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ...views import View
from ..twin import Half


class Head(Half):
    """What stands between a level and the loss and has a teacher's copy: projector, slot grouping, region pooling.

    A branch builds it with ``in_channels`` of its level. A subclass implements :meth:`forward` and sets :attr:`spec`;
    it may override :attr:`common` and :meth:`become_teacher`, and set :attr:`needs_stride`.

    Attributes:
        spec: What the objective is told of the embedding, as arguments of its constructor, such as ``channels``.
    """

    spec: Mapping[str, Any]

    needs_stride = False
    """Whether it is built with ``stride`` of its level, too."""

    @abstractmethod
    def forward(self, feature: Tensor, view: View) -> Any:
        """Embeds a level of one view. Called for the student, and for the teacher without gradient.

        Args:
            feature: The level's map, (B, C, h, w).
            view: The view that it was made from, with its regions where the branch draws any.

        Returns:
            The embedding, of a type that head and objective agree upon: a tensor, or a NamedTuple of tensors.
        """
