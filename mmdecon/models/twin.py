"""A module and its moving average, as one thing: nothing can be averaged by half."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ..wrapping import plain_name

STUDENT, TEACHER = 'student', 'teacher'
NOISY = 'noisy'  # in tables of maps: the student's, of noisy copies of the views


class Half(BaseModule):
    """What a twin may hold: the base of networks, decoders and heads.

    A subclass overrides what it has something to say to, and hands :meth:`become_teacher` on to halves inside it.
    """

    @property
    def common(self) -> list[nn.Module]:
        """Parts that student and teacher share instead of having one each; none by default."""
        return []

    def become_teacher(self) -> None:
        """Called once on the teacher's copy, such as to switch off what the student alone does."""


class Twin(BaseModule):
    """A student and its teacher.

    The teacher starts as a copy, gets no gradient, and moves towards the student by :meth:`update`. Parameters are
    averaged, buffers are not: the teacher keeps batch statistics of its own, in train mode as long as the model trains
    (as in BYOL, SlotCon and PixPro).

    Parts that the module lists in :attr:`Half.common` are not copied: both halves hold the same, and it has the names
    of both in a checkpoint.

    Args:
        module: The student.
        shared: Whether the student is its own teacher; gradients then flow through both halves (SimCLR, DetConS).

    Raises:
        TypeError: If the module is no :class:`Half`.
    """

    def __init__(self, module: Half, shared: bool = False) -> None:
        super().__init__()
        if not isinstance(module, Half):
            raise TypeError(
                f'a twin holds a network or a head, {type(module).__name__} is neither: derive it from '
                'mmdecon.models.heads.Head'
            )
        self.student = module
        self.shared = shared
        if not shared:
            self.teacher = deepcopy(module, {id(part): part for part in module.common}).requires_grad_(False)
            self.teacher.become_teacher()

    def half(self, name: str) -> Half:
        """The module behind a half, ``'student'`` or ``'teacher'``."""
        return self.student if self.shared or name == STUDENT else self.teacher

    def forward(self, *args: Any, half: str = STUDENT) -> Any:
        """Runs one half, the teacher without gradient.

        Args:
            *args: What the module takes.
            half: ``'student'`` or ``'teacher'``.
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and (self.shared or half == STUDENT)):
            return self.half(half)(*args)

    def init_weights(self) -> None:
        """Initialises the student and makes the teacher equal to it, buffers included."""
        self.student.init_weights()
        if not self.shared:
            self.teacher.load_state_dict(self.student.state_dict())

    @torch.no_grad()
    def update(self, momentum: Callable[[str], float]) -> None:
        """Moves the teacher: ``teacher = momentum * teacher + (1 - momentum) * student``.

        Args:
            momentum: From a part's name (the first component of its parameters' names) to its EMA momentum, the share
                of the teacher that stays, 0..1.
        """
        if self.shared:
            return
        for part, (teachers, students) in self._parts().items():
            torch._foreach_lerp_(teachers, students, 1 - momentum(part))

    def _parts(self) -> dict[str, tuple[list[Tensor], list[Tensor]]]:
        """Parameters by part: name -> (the teacher's, the student's)."""
        parts: dict[str, tuple[list[Tensor], list[Tensor]]] = {}
        for (name, student), teacher in zip(self.student.named_parameters(), self.teacher.parameters()):
            if teacher is not student:
                teachers, students = parts.setdefault(plain_name(name).split('.')[0], ([], []))
                teachers.append(teacher)
                students.append(student)
        return parts
