"""A branch: what is contrasted at one level of the network."""

from typing import Any, Dict, List, NamedTuple, Sequence, Set, Tuple

from mmengine.model import BaseModule
from torch import Tensor

from ..registry import MODELS
from ..views import View
from .network import Level
from .twin import STUDENT, TEACHER, Twin

Pair = Tuple[int, int]
Maps = Dict[int, Dict[str, Tensor]]


class BranchOutput(NamedTuple):
    """What a branch returns.

    Attributes:
        loss: The branch's share of the total loss, weight included, a scalar.
        terms: What it is the sum of, before the weight, by name, scalars without gradient.
        health: Figures that tell a learning branch from a collapsed one, by name, scalars without gradient.
    """

    loss: Tensor
    terms: Dict[str, Tensor]
    health: Dict[str, Tensor]


@MODELS.register_module()
class Branch(BaseModule):
    """Level + twin(head) + objective + weight.

    Args:
        level: The level it reads. Its channels are asked from the network.
        head: Config of the head; ``in_channels`` is filled in.
        objective: Config of the objective; what the head states in ``spec`` is filled in.
        weight: Factor of the loss, > 0. A branch of no weight is left out of the config instead.
        pairs: Ordered pairs (student's view, teacher's view); the loss is their sum.
        shared: Whether the head's student is its own teacher.
    """

    def __init__(
        self,
        level: Level,
        head: Dict[str, Any],
        objective: Dict[str, Any],
        weight: float = 1.0,
        pairs: Sequence[Pair] = ((0, 1), (1, 0)),
        shared: bool = False,
    ) -> None:
        super().__init__()
        if weight <= 0:
            raise ValueError(
                f'branch at level {level.name!r}: weight is {weight}, must be > 0; leave a branch out to '
                'switch it off (a = 0 has no encoder branch, a = 1 no decoder branch)'
            )
        self.level, self.weight, self.pairs = level, weight, [tuple(pair) for pair in pairs]
        self.head = Twin(MODELS.build(head, default_args=dict(in_channels=level.channels)), shared=shared)
        self.objective = MODELS.build(objective, default_args=dict(self.head.student.spec))

    @property
    def views_needed(self) -> Dict[str, Set[int]]:
        """Which views each half must see for this branch's pairs."""
        students, teachers = {i for i, _ in self.pairs}, {j for _, j in self.pairs}
        return {STUDENT: students, TEACHER: teachers | students if self.objective.needs_own else teachers}

    def forward(self, maps: Dict[str, Maps], views: List[View]) -> BranchOutput:
        """Runs both halves of the head and sums the objective over the pairs.

        Args:
            maps: Half -> view's number -> level -> map.
            views: All views.
        """
        embedded = {
            half: {i: self.head(maps[half][i][self.level.name], views[i], half=half) for i in sorted(numbers)}
            for half, numbers in self.views_needed.items()
        }
        queries, keys = embedded[STUDENT], embedded[TEACHER]
        terms: Dict[str, Tensor] = {}
        for i, j in self.pairs:
            for name, value in self.objective(queries[i], keys[j], keys.get(i), views[i], views[j]).items():
                terms[name] = terms[name] + value if name in terms else value
        if self.training:
            self.objective.observe(list(keys.values()))
        health = self.objective.health(queries[self.pairs[0][0]])
        loss = self.weight * sum(terms.values())
        return BranchOutput(loss, {name: value.detach() for name, value in terms.items()}, health)
