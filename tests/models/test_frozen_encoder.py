"""A frozen encoder: run once a view, shared by both halves, untouched by training."""

import io
from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from torch import nn

from mmdecon.hooks import PlainCheckpoint
from mmdecon.models import DeCon
from mmdecon.registry import build_foreign
from mmdecon.schedules import Clock
from tests.support import tiny

LEVELS = dict(dec_p2='p2', dec_p4='p4')
LARS = dict(type='mmpretrain.LARS', lr=0.1, momentum=0.9, weight_decay=1e-5)


@pytest.fixture(scope='module')
def weights(tmp_path_factory) -> str:
    """A trained-looking encoder: its batch norms have statistics of their own."""
    torch.manual_seed(5)
    encoder = build_foreign(tiny.RESNET)
    for _ in range(3):
        encoder(2 + 3 * torch.randn(4, 3, 64, 64))
    path = tmp_path_factory.mktemp('weights') / 'encoder.pth'
    torch.save(dict(state_dict={f'backbone.{k}': v for k, v in encoder.state_dict().items()}), path)
    return str(path)


def network(weights: str, freeze: bool = True, **kwargs) -> dict:
    start = dict(type='Pretrained', checkpoint=weights, prefix='backbone')
    return tiny.network(encoder=dict(tiny.RESNET, init_cfg=start), freeze_encoder=freeze, **kwargs)


@pytest.fixture
def model(weights) -> DeCon:
    return tiny.build(LEVELS, network=network(weights))


def encoder_tensors(model: DeCon) -> dict:
    return {k: v.clone() for k, v in model.network.student.encoder.state_dict().items()}


def train(model: DeCon, steps: int = 3) -> None:
    optim_wrapper = build_optim_wrapper(
        model, dict(type='OptimWrapper', constructor='mmdecon.SkipVectors', optimizer=LARS)
    )
    for step in range(steps):
        model.clock = lambda step=step: Clock(step, 10)
        optim_wrapper.update_params(tiny.total(model(tiny.views(seed=step))))


def test_one_pass_a_view_serves_both_halves(model) -> None:
    counts = dict(encoder=0, student=0, teacher=0)

    def count(name: str):
        def hook(module: nn.Module, inputs, output) -> None:
            counts[name] += 1

        return hook

    model.network.student.encoder.register_forward_hook(count('encoder'))
    model.network.student.decoder.fpn.register_forward_hook(count('student'))
    model.network.teacher.decoder.fpn.register_forward_hook(count('teacher'))
    model(tiny.views())
    assert counts == dict(encoder=2, student=2, teacher=2)


def test_a_view_that_no_pair_needs_is_not_run(weights) -> None:
    one = {name: dict(tiny.branch(level), pairs=[(0, 1)]) for name, level in LEVELS.items()}
    model = DeCon(network(weights), one).train()
    model.init_weights()
    model.clock = lambda: Clock(0, 10)
    seen = []
    model.network.student.encoder.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    views = tiny.views()
    model([*views, tiny.views(seed=9)[0]])
    assert sorted(x.data_ptr() for x in seen) == sorted(view.image.data_ptr() for view in views)


@pytest.mark.parametrize('shared', [False, True])
def test_losses_and_gradients_are_those_of_an_encoder_in_eval_mode(weights, shared) -> None:
    frozen, plain = (tiny.build(LEVELS, network=network(weights, f), shared=shared).double() for f in (True, False))
    plain.load_state_dict(frozen.state_dict())
    halves = [plain.network.student] if shared else [plain.network.student, plain.network.teacher]
    for half in halves:
        half.encoder.eval()
    views = [view._replace(image=view.image.double()) for view in tiny.views()]
    outputs = [model(views) for model in (frozen, plain)]
    for out in outputs:
        tiny.total(out).backward()
    for name in ('loss_dec_p2', 'loss_dec_p4', 'dec_p2/distil'):
        torch.testing.assert_close(outputs[0][name], outputs[1][name], rtol=1e-12, atol=0)
    theirs = dict(plain.named_parameters())
    checked = [name for name, p in frozen.named_parameters() if p.requires_grad]
    assert any('.decoder.' in name for name in checked) and any('.predictor' in name for name in checked)
    for name, p in frozen.named_parameters():
        if p.requires_grad:
            torch.testing.assert_close(p.grad, theirs[name].grad, rtol=1e-9, atol=1e-12, msg=name)
    assert theirs['network.student.encoder.layer1.0.conv1.weight'].grad.any()
    assert not any(p.grad is not None for p in frozen.network.student.encoder.parameters())


def test_training_leaves_the_encoder_alone_and_moves_the_rest(model) -> None:
    before, decoders = encoder_tensors(model), [model.network.student.decoder, model.network.teacher.decoder]
    at_first = [decoder.fpn.neck.lateral_convs[0].conv.weight.clone() for decoder in decoders]
    train(model)
    after = model.network.student.encoder.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[k], after[k]) for k in before)
    assert not torch.equal(before['bn1.running_mean'], torch.zeros(8))
    for decoder, old in zip(decoders, at_first):
        assert not torch.equal(decoder.fpn.neck.lateral_convs[0].conv.weight, old)


def test_there_is_one_encoder_and_the_optimiser_has_none_of_it(model) -> None:
    assert model.network.teacher.encoder is model.network.student.encoder
    assert model.network.teacher.decoder is not model.network.student.decoder
    names = [name for name, _ in model.named_parameters() if '.encoder.' in name]
    assert names and not [name for name in names if '.teacher.' in name]
    optim_wrapper = build_optim_wrapper(
        model, dict(type='OptimWrapper', constructor='mmdecon.SkipVectors', optimizer=LARS)
    )
    held = {id(p) for group in optim_wrapper.optimizer.param_groups for p in group['params']}
    assert held == {id(p) for p in model.parameters() if p.requires_grad}
    assert not held & {id(p) for p in model.network.student.encoder.parameters()}


def test_it_stays_in_eval_mode_and_only_it(model) -> None:
    for mode in (True, False, True):
        model.train(mode)
        assert not any(part.training for part in model.network.student.encoder.modules())
        assert all(part.training is mode for part in model.network.teacher.decoder.modules())
    model.network.student.probe()
    assert not model.network.student.encoder.training and model.network.student.decoder.training


def test_its_maps_carry_no_graph(model) -> None:
    maps = model.network(torch.randn(2, 3, 64, 64))
    assert {name: x.requires_grad for name, x in maps.items()} == {
        f'{side}{i}': side == 'p' for side in 'cp' for i in (2, 3, 4, 5)
    }


def test_the_log_says_nothing_of_a_moving_encoder(model) -> None:
    assert {name for name in model(tiny.views()) if name.startswith('momentum/')} == {'momentum/decoder'}


def test_the_state_has_the_usual_names_and_holds_the_encoder_once(model, weights) -> None:
    usual = tiny.build(LEVELS, network=network(weights, freeze=False))
    assert model.state_dict().keys() == usual.state_dict().keys()
    sizes = []
    for one in (model, usual):
        buffer = io.BytesIO()
        torch.save(one.state_dict(), buffer)
        sizes.append(buffer.tell())
    encoder = sum(v.numel() * v.element_size() for v in model.network.student.encoder.state_dict().values())
    assert sizes[1] - sizes[0] == pytest.approx(encoder, rel=0.2)


def test_copies_of_the_encoder_are_written_once(model) -> None:
    """A checkpoint from a GPU comes with one copy for each name."""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    checkpoint = dict(state_dict=state, meta={}, message_hub={})
    PlainCheckpoint().before_save_checkpoint(SimpleNamespace(model=model), checkpoint)
    places = {name: value.data_ptr() for name, value in checkpoint['state_dict'].items() if value.numel()}
    for name in [name for name in places if '.teacher.' in name and 'network' in name]:
        assert (places[name] == places[name.replace('teacher', 'student')]) is ('.encoder.' in name), name
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in checkpoint['state_dict'].items())


def test_the_joint_stage_goes_on_from_it(model, weights) -> None:
    train(model)
    joint = tiny.build(LEVELS, network=tiny.network(), seed=1)
    joint.load_state_dict(model.state_dict())
    for half in ('student', 'teacher'):
        ours, theirs = (one.network.half(half).state_dict() for one in (model, joint))
        assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert joint.network.teacher.encoder is not joint.network.student.encoder
    before = [half.encoder.conv1.weight.clone() for half in (joint.network.student, joint.network.teacher)]
    train(joint)
    after = [half.encoder.conv1.weight for half in (joint.network.student, joint.network.teacher)]
    assert not any(torch.equal(*pair) for pair in zip(before, after))


def test_a_branch_on_its_levels_is_refused(weights) -> None:
    with pytest.raises(ValueError, match="reads level 'c5' of the encoder, which model.network.freeze_encoder fixes"):
        tiny.build(dict(enc='c5', dec='p2'), network=network(weights))


def test_it_must_have_weights_to_start_from() -> None:
    with pytest.raises(ValueError, match=r"no weights to start from.*prefix is 'network\.teacher\.encoder'"):
        tiny.build(LEVELS, network=tiny.network(freeze_encoder=True))


def test_what_feeds_no_branch_is_found(weights) -> None:
    model = tiny.build(dict(dec='p3'), network=network(weights))
    network_ = model.network.student
    assert {name.split('.')[4] for name in network_.unused if 'fpn_convs' in name} == {'0', '2', '3'}
    assert not [name for name in network_.unused if name.startswith('encoder')]
    assert network_.trained_levels == ['c2', 'c3', 'c4', 'c5', 'p3']
    assert torch.isfinite(tiny.total(model(tiny.views())))
