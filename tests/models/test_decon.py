from uuid import uuid4

import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapper

from mmdecon.models import DeCon
from mmdecon.schedules import Clock
from tests.support import tiny


def step(model: DeCon, optimiser: torch.optim.Optimizer) -> float:
    loss = tiny.total(model.loss(tiny.views()))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def test_every_trained_parameter_learns_and_every_teacher_parameter_moves() -> None:
    model = tiny.build(dict(enc='c5', dec_p2='p2', dec_p4='p4'))
    teachers = {n: p.clone() for n, p in model.named_parameters() if '.teacher.' in n}
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1, momentum=0.9)
    for _ in range(3):
        step(model, optimiser)
    unused = {f'network.student.{name}' for name in model.network.student.unused}
    for name, p in model.named_parameters():
        if '.teacher.' not in name and name not in unused:
            assert p.grad is not None and torch.isfinite(p.grad).all(), name
        elif '.teacher.' in name and name.replace('.teacher.', '.student.') not in unused:
            assert not torch.equal(p, teachers[name]), name


def test_the_loss_is_the_weighted_sum_of_the_branches() -> None:
    model = DeCon(network=tiny.network(), branches=dict(enc=tiny.branch('c5', 0.25), dec=tiny.branch('p2', 0.75)))
    model.clock = lambda: Clock(0, 10)
    outputs = model.loss(tiny.views())
    for name, weight in (('enc', 0.25), ('dec', 0.75)):
        terms = outputs[f'{name}/distil'] + outputs[f'{name}/contrast']
        torch.testing.assert_close(outputs[f'loss_{name}'], weight * terms)


@pytest.mark.parametrize('boxes, count', [(tiny.BOXES, 1.0), (tiny.APART, 0.0)])
def test_pairs_without_overlap_keep_what_needs_no_correspondence(boxes, count) -> None:
    model = tiny.build()
    outputs = model.loss(tiny.views(boxes))
    assert outputs['overlapping'] == count
    assert torch.isfinite(tiny.total(outputs))
    for name in ('enc', 'dec'):
        assert (outputs[f'{name}/distil'] == 0).item() is (count == 0)
        assert outputs[f'{name}/contrast'] > 0
    tiny.total(outputs).backward()
    gradients = [p.grad for n, p in model.named_parameters() if p.requires_grad]
    assert all(g is not None and torch.isfinite(g).all() for g in gradients)


def test_contrast_does_not_depend_on_overlap_and_distil_on_valid_pairs_only() -> None:
    model, objective = tiny.build().double(), None
    q_view, k_view = (v._replace(image=v.image.double(), box=v.box.double()) for v in tiny.views())
    objective, head = model.branches.enc.objective, model.branches.enc.head
    q = head(torch.randn(4, 64, 5, 6).double(), q_view)
    k = head(torch.randn(4, 64, 5, 6).double(), k_view, half='teacher')
    far = k_view.box.clone()
    far[1:3] += 1000.0
    mixed = objective(q, k, None, q_view, k_view._replace(box=far))
    whole = objective(q, k, None, q_view, k_view)
    torch.testing.assert_close(mixed['contrast'], whole['contrast'])
    keep = [0, 3]

    def cut(x):
        return type(x)(*(None if f is None else f[keep] for f in x))

    valid = objective(cut(q), cut(k), None, cut(q_view), cut(k_view))
    torch.testing.assert_close(mixed['distil'], valid['distil'])
    assert not torch.isclose(mixed['distil'], whole['distil'])


def test_one_image_with_one_common_slot() -> None:
    """Batch norm cannot train on one row; such a step must go on."""
    model = tiny.build()
    objective = model.branches.enc.objective
    view = tiny.views(batch=1)[0]
    q = model.branches.enc.head(torch.randn(1, 64, 4, 4), view)
    for active in ([1, 0, 0, 0, 0, 0], [0] * 6):
        chosen = q._replace(active=torch.tensor([active]).bool())
        k = q._replace(active=torch.tensor([[1, 1, 0, 0, 0, 0]]).bool())
        loss = sum(objective(chosen, k, None, view, view).values())
        assert torch.isfinite(loss)


class TestTeachersMoveOncePerStep:
    def count(self, model: DeCon) -> list:
        calls, update = [], model.update_teachers
        model.update_teachers = lambda: (calls.append(1), update())
        return calls

    @pytest.mark.parametrize('accumulate, iterations, moves', [(1, 4, 4), (2, 6, 3), (3, 7, 3)])
    def test_under_mmengine(self, accumulate: int, iterations: int, moves: int) -> None:
        model = tiny.build()
        calls = self.count(model)
        optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
        wrapper = OptimWrapper(optimiser, accumulative_counts=accumulate)
        for _ in range(iterations):
            with wrapper.optim_context(model):
                loss = tiny.total(model.loss(tiny.views()))
            wrapper.update_params(loss)
        assert len(calls) == moves

    @pytest.mark.parametrize('foreach', [False, True])
    def test_in_a_loop_that_clears_gradients_late(self, foreach: bool) -> None:
        model = tiny.build()
        calls = self.count(model)
        optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], foreach=foreach)
        for _ in range(3):
            step(model, optimiser)
        assert len(calls) == 3

    def test_not_in_eval_mode(self) -> None:
        model = tiny.build().eval()
        calls = self.count(model)
        model.loss(tiny.views())
        assert not calls


def test_accumulating_equals_one_large_batch_for_the_teacher() -> None:
    """Two passes of one step: the second sees the same teacher as the first."""
    model = tiny.build()
    model.loss(tiny.views())
    with torch.no_grad():
        for p in model.network.student.parameters():
            p.add_(0.01)
    before = [p.clone() for p in model.network.teacher.parameters()]
    tiny.total(model.loss(tiny.views())).backward()
    moved = [p.clone() for p in model.network.teacher.parameters()]
    assert any(not torch.equal(a, b) for a, b in zip(before, moved))
    tiny.total(model.loss(tiny.views())).backward()
    assert all(torch.equal(a, b) for a, b in zip(moved, model.network.teacher.parameters()))


def test_bad_configs() -> None:
    with pytest.raises(ValueError, match='branches is empty'):
        DeCon(tiny.network(), {})
    with pytest.raises(ValueError, match='rename it'):
        DeCon(tiny.network(), dict(my_loss=tiny.branch('c5')))
    with pytest.raises(ValueError, match=r"'linear'; known: \['constant', 'cosine', 'published_decon'\]"):
        tiny.build(momentum=dict(schedule='linear', start=0.9))
    with pytest.raises(ValueError, match='model.momentum.start is 1.5'):
        tiny.build(momentum=dict(start=1.5))
    with pytest.raises(ValueError, match=r"has the keys \['begin', 'schedule', 'start'\]"):
        tiny.build(momentum=dict(begin=0.9))
    with pytest.raises(ValueError, match='weight is 0.0, must be > 0'):
        DeCon(tiny.network(), dict(enc=tiny.branch('c5', 0.0)))
    with pytest.raises(ValueError, match="level 'p9' does not exist"):
        tiny.build(dict(enc='p9'))
    model = DeCon(tiny.network(), dict(enc=tiny.branch('c5')))
    with pytest.raises(RuntimeError, match="no mode 'predict'"):
        model(tiny.views(), mode='predict')


def test_without_a_runner_the_clock_says_what_is_missing() -> None:
    MessageHub.get_instance(str(uuid4()))  # the current one may be that of a runner of another test
    model = DeCon(tiny.network(), dict(enc=tiny.branch('c5'))).train()
    with pytest.raises(RuntimeError, match='train through a Runner, or set model.clock'):
        model.loss(tiny.views())


def test_shared_twin_trains_without_a_teacher() -> None:
    model = tiny.build(shared=True)
    assert not [name for name in model.network.state_dict() if name.startswith('teacher')]
    tiny.total(model.loss(tiny.views())).backward()
