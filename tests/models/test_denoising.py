"""Decoder denoising (DDeP) against plain torch, and what a branch without teacher does."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmdecon.models import DeCon, DenoisingObjective, GaussianNoise, PixelHead
from mmdecon.schedules import Clock
from mmdecon.views import View
from tests.support import all_objectives, tiny

BRANCH = all_objectives.kinds()['DDeP']
NOISE = dict(type='mmdecon.GaussianNoise', scale=0.5)


def build(frozen: bool = False, **branches: dict) -> DeCon:
    """A small FPN that denoises at p2."""
    torch.manual_seed(0)
    network = tiny.network(freeze_encoder=frozen)
    network['encoder'] = dict(network['encoder'])
    model = DeCon(network=network, branches=branches or dict(dec=dict(BRANCH, level='p2')), noise=NOISE, shared=True)
    if frozen:
        model.network.student.encoder.is_init = True  # as if it had weights
    model.init_weights()
    model.clock = lambda: Clock(0, 10)
    return model.train()


def plain_loss(
    encoder: nn.Module, fpn: nn.Module, conv: nn.Conv2d, image: torch.Tensor, e: torch.Tensor
) -> torch.Tensor:
    """The paper's loss, without anything of ours: noise in, the prediction's pixels put side by side by hand."""
    maps = fpn(encoder((image + 0.5 * e) / (1 + 0.5**2) ** 0.5))
    x = conv(maps[0])  # (B, 3 * 4 * 4, h, w)
    b, _, h, w = x.shape
    pixels = x.view(b, 3, 4, 4, h, w).permute(0, 1, 4, 2, 5, 3).reshape(b, 3, 4 * h, 4 * w)
    return (pixels - e).pow(2).mean()


@pytest.mark.parametrize('frozen', [False, True])
def test_loss_and_gradients_are_those_of_plain_torch(frozen: bool) -> None:
    model, views = (
        build(frozen).double(),
        [view._replace(image=view.image.double(), noise=view.noise.double()) for view in all_objectives.views()],
    )
    student = model.network.student
    loss = model.loss(views)['loss_dec']
    loss.backward()
    trained = [p for p in model.parameters() if p.requires_grad]
    ours = [p.grad.clone() for p in trained]
    model.zero_grad()
    parts = student.encoder, student.decoder['fpn'].neck, model.branches['dec'].head.student.conv
    plain = sum(plain_loss(*parts, view.image, view.noise) for view in views)
    plain.backward()
    assert loss.item() == pytest.approx(plain.item(), rel=1e-12)
    for mine, parameter in zip(ours, trained):
        torch.testing.assert_close(mine, parameter.grad, rtol=1e-9, atol=1e-12)
    assert frozen == all(p.grad is None for p in student.encoder.parameters())


def test_the_copy_keeps_the_variance_and_noise_is_drawn_once() -> None:
    torch.manual_seed(0)
    (view, _), noise = tiny.views(batch=8), GaussianNoise(0.22)
    noisy = noise.draw(view)
    assert noise.draw(noisy) is noisy and abs(noisy.noise.std().item() - 1) < 0.01
    assert noise(noisy).std().item() == pytest.approx(view.image.std().item(), rel=0.01)
    added = GaussianNoise(0.22, keep_variance=False)
    torch.testing.assert_close(added(noisy), view.image + 0.22 * noisy.noise)


def test_draws_follow_torchs_seed() -> None:
    model, (first, second) = build(), tiny.views()
    losses = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        losses.append(model.loss([first, second])['loss_dec'].item())
    assert losses[0] == losses[1] != losses[2]


def test_nothing_runs_a_teacher_or_the_clean_image(monkeypatch: pytest.MonkeyPatch) -> None:
    model, views = build(), all_objectives.views()
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(
        type(model.network.student),
        'forward',
        lambda self, image, encoded=None: seen.append(image) or FORWARD(self, image),
    )
    model.loss(views)
    noisy = [model.noise(view) for view in views]
    assert len(seen) == 2 and all(torch.equal(a, b) for a, b in zip(seen, noisy))
    assert not model.branches['dec'].head.state_dict().keys() & {'teacher.conv.weight'}


FORWARD = type(build().network.student).forward


def test_its_objective_is_given_no_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    model, given = build(), []
    objective, forward = model.branches['dec'].objective, DenoisingObjective.forward

    def noted(self: DenoisingObjective, q: torch.Tensor, k: None, own: None, *views: View) -> dict[str, torch.Tensor]:
        given.append((k, own))
        return forward(self, q, k, own, *views)

    monkeypatch.setattr(DenoisingObjective, 'forward', noted)
    monkeypatch.setattr(objective, 'observe', lambda targets: given.append(tuple(targets)))
    model.loss(all_objectives.views())
    assert given == [(None, None), (None, None), ()]


def test_beside_contrast_the_others_see_the_clean_image() -> None:
    views = all_objectives.views()
    alone = tiny.build(dict(enc='c5'))
    both = DeCon(
        network=tiny.network(),
        branches=dict(enc=tiny.branch('c5'), dec=dict(BRANCH, level='p2')),
        noise=NOISE,
    )
    both.clock, both = alone.clock, both.train()
    both.load_state_dict(both.state_dict() | alone.state_dict())
    alone.load_state_dict({k: v for k, v in both.state_dict().items() if k in alone.state_dict()})
    expected = alone.loss(views)['loss_enc'].item()
    found = both.loss(views)
    assert found['loss_enc'].item() == pytest.approx(expected, rel=1e-6)
    assert 0.5 < found['loss_dec'].item() / 2 < 2


@pytest.mark.wide
def test_it_learns_to_find_noise() -> None:
    model, views = build(), all_objectives.views()
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 1e-2)
    for _ in range(40):
        outputs = model.loss(views)
        optimiser.zero_grad()
        outputs['loss_dec'].backward()
        optimiser.step()
    assert outputs['dec/explained'].item() > 0.01


def test_wrong_pairs_of_options_are_refused() -> None:
    with pytest.raises(ValueError, match=r"branches \['dec'\] denoise: set model.noise"):
        DeCon(network=tiny.network(), branches=dict(dec=dict(BRANCH, level='p2')), shared=True)
    with pytest.raises(ValueError, match='no branch denoises: leave it out'):
        DeCon(network=tiny.network(), branches=dict(enc=tiny.branch('c5')), noise=NOISE)
    with pytest.raises(ValueError, match='GaussianNoise.scale is 0, must be above 0'):
        GaussianNoise(0)
    view = all_objectives.views()[0]
    with pytest.raises(ValueError, match=r'predicts \(8, 2, 64, 64\), the noise of the view is \(8, 3, 64, 64\)'):
        DenoisingObjective(2)(torch.zeros(8, 2, 64, 64), None, None, view, view)


def test_a_head_puts_pixels_where_their_cell_lies() -> None:
    head = PixelHead(2, stride=2, out_channels=1)
    nn.init.zeros_(head.conv.weight)
    head.conv.bias.data = torch.arange(4.0)
    out = head(torch.zeros(1, 2, 3, 3), None)
    torch.testing.assert_close(F.avg_pool2d(out, 2), torch.full((1, 1, 3, 3), 1.5))
    assert out[0, 0, :2, :2].tolist() == [[0, 1], [2, 3]]
