import copy

import pytest
import torch
from torch import nn

from mmdecon.models.twin import Half, Twin


class Pair(Half):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)


class Layer(Half):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.is_teacher = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)

    def become_teacher(self) -> None:
        self.is_teacher = True


def make() -> Twin:
    torch.manual_seed(0)
    twin = Twin(Pair())
    for p in twin.student.parameters():
        p.data.add_(torch.randn_like(p))
    return twin


def test_keep_is_the_share_of_the_teacher_that_stays() -> None:
    twin = make()
    before = copy.deepcopy(twin.teacher.state_dict())
    twin.update(lambda part: {'encoder': 0.75, 'decoder': 1.0}[part])
    student, after = twin.student.state_dict(), twin.teacher.state_dict()
    expected = 0.75 * before['encoder.weight'] + 0.25 * student['encoder.weight']
    torch.testing.assert_close(after['encoder.weight'], expected)
    torch.testing.assert_close(after['decoder.weight'], before['decoder.weight'], rtol=0, atol=0)


def test_the_teacher_keeps_its_own_batch_statistics() -> None:
    twin = make()
    twin.teacher.decoder.running_mean.fill_(7.0)
    twin.update(lambda part: 0.5)
    assert (twin.teacher.decoder.running_mean == 7.0).all()


def test_no_gradient_reaches_the_teacher() -> None:
    twin = Twin(Layer())
    x = torch.randn(5, 3, requires_grad=True)
    assert not twin(x, half='teacher').requires_grad
    assert twin(x, half='student').requires_grad
    assert not any(p.requires_grad for p in twin.teacher.parameters())


def test_shared_twin_is_one_module_with_gradient() -> None:
    twin = Twin(Layer(), shared=True)
    assert twin(torch.randn(5, 3), half='teacher').requires_grad
    assert sorted(twin.state_dict()) == ['student.layer.bias', 'student.layer.weight']
    twin.update(lambda part: 0.0)  # must not fail


@pytest.mark.parametrize('value', [0.0, 3.0])
def test_initialising_makes_both_halves_equal(value: float) -> None:
    class Filled(Half):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))

        def init_weights(self) -> None:
            nn.init.constant_(self.weight, value)

    twin = Twin(Filled())
    twin.init_weights()
    assert twin.teacher.weight.tolist() == twin.student.weight.tolist() == [value] * 2


def test_the_copy_is_told_that_it_is_the_teacher() -> None:
    twin = Twin(Layer())
    assert (twin.student.is_teacher, twin.teacher.is_teacher) == (False, True)


def test_what_is_no_half_is_refused() -> None:
    with pytest.raises(TypeError, match='Linear is neither: derive it from mmdecon.models.heads.Head'):
        Twin(nn.Linear(3, 2))
