"""A branch: what is contrasted at one level of the network."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mmengine.model import BaseModule
from torch import Tensor

from ..registry import MODELS
from ..views import View
from .levels import Level
from .objectives.base import Objective
from .positions import partners
from .twin import NOISY, STUDENT, TEACHER, Twin

Pair = tuple[int, int]
Maps = dict[int, dict[str, Tensor]]


class BranchOutput(NamedTuple):
    """What a branch returns.

    Attributes:
        loss: The branch's share of the total loss, weight included, a scalar.
        terms: What it is the sum of, before the weight, by name, scalars without gradient.
        health: Figures that tell a learning branch from a collapsed one, by name, scalars without gradient.
    """

    loss: Tensor
    terms: dict[str, Tensor]
    health: dict[str, Tensor]


@MODELS.register_module()
class Branch(BaseModule):
    """Level + twin(head) + objective + weight.

    Args:
        level: The level it reads. Its channels are asked from the network.
        head: Config of the head; ``in_channels`` is filled in.
        objective: Config of the objective; what the head states in ``spec`` is filled in.
        weight: Factor of the loss, > 0.
        pairs: Ordered pairs (student's view, teacher's view); the loss is their sum.
        shared: Whether the head's student is its own teacher.
        sampler: Config of what draws regions from each view (:class:`mmdecon.models.RegionSampler`), once for
            both halves; None for heads that need no regions.
        positions: Config of what reads the level at fewer positions
            (:class:`~mmdecon.models.positions.PositionSampler`), the same for both halves; None reads every cell.

    Raises:
        ValueError: If regions are to be drawn and positions too.
    """

    def __init__(
        self,
        level: Level,
        head: dict[str, Any],
        objective: dict[str, Any],
        weight: float = 1.0,
        pairs: Sequence[Pair] = ((0, 1), (1, 0)),
        shared: bool = False,
        sampler: dict[str, Any] | None = None,
        positions: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if sampler and positions:
            raise ValueError(
                f'branch at level {level.name!r} has a sampler of regions and one of positions: regions are pooled '
                'from all cells, before anything costly is done with them; leave positions out'
            )
        self.level, self.weight, self.pairs = level, weight, [(pair[0], pair[1]) for pair in pairs]
        built = MODELS.build(head, default_args=_told_of(level, head))
        made: Objective = MODELS.build(objective, default_args=dict(built.spec))
        self.head = Twin(built, shared=shared or not made.needs_teacher)
        self.sampler = MODELS.build(sampler) if sampler else None
        self.positions = MODELS.build(positions) if positions else None
        self.objective = made
        self.sees = NOISY if made.needs_noise else STUDENT

    @property
    def views_needed(self) -> dict[str, set[int]]:
        """Which views each half must see for this branch's pairs; one that denoises sees noisy copies."""
        students, teachers = {i for i, _ in self.pairs}, {j for _, j in self.pairs}
        teachers = teachers | students if self.objective.needs_own else teachers
        return {self.sees: students, TEACHER: teachers if self.objective.needs_teacher else set()}

    def forward(self, maps: dict[str, Maps], views: list[View]) -> BranchOutput:
        """Runs both halves of the head and sums the objective over the pairs.

        Args:
            maps: Half (or ``'noisy'``) -> view's number -> level -> map.
            views: All views.
        """
        seen = self._look(maps, views)
        queries = self._embed(self.sees, maps, views, seen, {})
        keys = self._embed(TEACHER, maps, views, seen, queries if self._is_own_teacher(maps) else {})
        terms: dict[str, Tensor] = {}
        for i, j in self.pairs:
            for name, value in self.objective(queries[i], keys.get(j), keys.get(i), seen[i], seen[j]).items():
                terms[name] = terms[name] + value if name in terms else value
        if self.training:
            self.objective.observe(list(keys.values()))
        health = self.objective.health(queries[self.pairs[0][0]])
        total: Any = sum(terms.values())
        return BranchOutput(self.weight * total, {name: value.detach() for name, value in terms.items()}, health)

    def _embed(
        self, source: str, maps: dict[str, Maps], views: list[View], seen: list[View], known: dict[int, Any]
    ) -> dict[int, Any]:
        """View's number -> embedding by one half of the head, for the views that it must see and that are not known."""
        embeddings, half = dict(known), TEACHER if source == TEACHER else STUDENT
        for i in sorted(self.views_needed[source] - known.keys()):
            feature = maps[source][i][self.level.name]
            if self.positions is not None:
                feature = self.positions.read(feature, views[i], seen[i])
            embeddings[i] = self.head(feature, seen[i], half=half)
        return embeddings

    def _is_own_teacher(self, maps: dict[str, Maps]) -> bool:
        """Whether both halves of the head would see the same maps with the same weights."""
        students, teachers = maps[self.sees], maps[TEACHER]
        return (
            self.objective.needs_teacher
            and self.head.shared
            and all(students[i] is teachers[i] for i in students.keys() & teachers.keys())
        )

    def _look(self, maps: dict[str, Maps], views: list[View]) -> list[View]:
        """The views as this branch sees them: with regions drawn on its level's grid, or at fewer positions."""
        cells = {
            i: tuple(maps[half][i][self.level.name].shape[2:]) for half, seen in self.views_needed.items() for i in seen
        }
        if self.sampler is not None:
            return [
                view._replace(sample=self.sampler(view, cells[i])) if i in cells else view
                for i, view in enumerate(views)
            ]
        return views if self.positions is None else self.positions(views, partners(self.pairs), cells)


def _told_of(level: Level, head: dict[str, Any]) -> dict[str, int]:
    """What a head is built with, of its level."""
    channels = dict(in_channels=level.channels)
    return dict(channels, stride=level.stride) if MODELS.get(head['type']).needs_stride else channels
