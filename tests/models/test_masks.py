"""Pixels without a value weigh nothing, in every objective."""

from typing import Any

import pytest
import torch
from mmengine.dataset import default_collate

from mmdecon.models.data_preprocessor import ViewPreprocessor
from mmdecon.models.objectives.densecl import match
from mmdecon.models.objectives.queue import Queue
from mmdecon.models.positions import PositionSampler
from mmdecon.registry import MODELS
from mmdecon.valid_cells import mean_of_valid, shows_something, valid_cells
from mmdecon.views import View
from tests.support import all_objectives
from tests.support.tiny import total
from tests.support.wide import sampled

FINE = dict(type='mmdecon.PositionSampler', grid=2)


HALVES = ('student', 'noisy', 'teacher')


def mask(batch: int = all_objectives.IMAGES, size: int = 64) -> torch.Tensor:
    """All valid but a corner of a quarter, the left half of image 1, and all of the last image."""
    valid = torch.ones(batch, size, size, dtype=torch.bool)
    valid[:, : size // 2, : size // 2] = False
    valid[1, :, : size // 2] = False
    valid[-1] = False
    return valid


def masked(valid: torch.Tensor | None) -> list[View]:
    """Two views, as the preprocessor makes them."""
    made = []
    for view in all_objectives.views():
        if valid is not None:
            image, regions = view.image.masked_fill(~valid[:, None], 0), view.regions.masked_fill(~valid[:, None], -1)
            view = view._replace(image=image, regions=regions, valid=valid)
        made.append(view)
    return made


def step(kind: str, views: list[View], **kwargs: Any) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Losses and terms of a pass, and the model's state after it, with gradients."""
    model = all_objectives.build(kind, **kwargs)
    torch.manual_seed(1)
    outputs = model(views)
    total(outputs).backward()
    grads = {f'{name}.grad': p.grad for name, p in model.named_parameters() if p.grad is not None}
    return outputs, {**model.state_dict(), **grads}


@pytest.mark.parametrize('kind', sampled(all_objectives.KINDS, 3))
def test_a_mask_without_holes_changes_nothing(kind: str) -> None:
    plain, state = step(kind, masked(None))
    ours, our_state = step(kind, masked(torch.ones_like(mask())))
    assert all(torch.equal(plain[name], ours[name]) for name in plain if 'loss' in name)
    torch.testing.assert_close(our_state, state, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('kind', sampled(all_objectives.KINDS, 3))
def test_holes_have_finite_losses_and_gradients(kind: str) -> None:
    outputs, state = step(kind, masked(mask()))
    assert all(torch.isfinite(value).all() for value in (*outputs.values(), *state.values()))
    plain, _ = step(kind, masked(None))
    assert not torch.isclose(total(outputs), total(plain), rtol=1e-3)
    nothing, state = step(kind, masked(torch.zeros_like(mask())))
    assert total(nothing) == 0 and all(torch.isfinite(value).all() for value in state.values())


def sources(fill: float, bands: int = 3) -> dict[str, Any]:
    """A batch of packed views, with ``fill`` in its holes."""
    generator = torch.Generator().manual_seed(0)
    samples = []
    for valid in mask():
        views = []
        for box in all_objectives.tiny.BOXES:
            image = torch.randn(bands, 64, 64, generator=generator).masked_fill(~valid, fill)
            flipped = torch.tensor(len(samples) % 2 == 1)
            regions = torch.arange(64).view(1, 1, 64).expand(1, 64, 64).int() // 8
            box, source = torch.tensor(box), torch.tensor([128.0, 128.0])
            views.append(dict(image=image, box=box, flipped=flipped, regions=regions, source=source, valid=valid))
        samples.append(dict(views=views))
    return default_collate(samples)


@pytest.mark.parametrize('kind', sampled(all_objectives.KINDS, 3))
def test_what_stands_in_holes_changes_no_loss(kind: str) -> None:
    preprocessor = ViewPreprocessor(mean=[0.5] * 3, std=[2.0] * 3, bgr_to_rgb=False)
    losses = []
    for fill in (7.0, float('nan')):
        made = preprocessor(sources(fill))['views']
        assert all((view.image[(~view.valid)[:, None].expand_as(view.image)] == 0).all() for view in made)
        assert all((view.regions[(~view.valid)[:, None]] == -1).all() for view in made)
        losses.append(total(step(kind, made)[0]))
    assert torch.equal(*losses) and torch.isfinite(losses[0])


def branch_maps(kind: str) -> tuple[Any, list[dict[str, Any]], list[View]]:
    """A branch that reads 8 x 8 cells, maps that differ only where cells are invalid, and the views."""
    model = all_objectives.build(kind, branches=dict(enc=dict(all_objectives.KINDS[kind], level='c4')))
    branch, views = model.branches['enc'], masked(mask())
    channels = branch.level.channels
    maps = torch.randn(2, all_objectives.IMAGES, channels, 8, 8, generator=torch.Generator().manual_seed(5))
    holes = ~torch.stack([valid_cells(view, (8, 8)) for view in views])
    other = torch.where(holes[:, :, None], 3.0, maps)
    return (
        branch,
        [{half: {i: dict(c4=x) for i, x in enumerate(one)} for half in HALVES} for one in (maps, other)],
        views,
    )


def without_norms(branch: torch.nn.Module) -> None:
    """Norms mix all cells of a batch: with running statistics they do not."""
    for part in branch.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.eval()


@pytest.mark.parametrize('kind', sampled([kind for kind in all_objectives.KINDS if kind != 'DDeP'], 3))
def test_cells_without_a_value_change_no_loss(kind: str) -> None:
    branch, both, views = branch_maps(kind)
    without_norms(branch)
    before = {name: value.clone() for name, value in branch.state_dict().items()}
    results = []
    for maps in both:
        branch.load_state_dict(before)
        torch.manual_seed(2)
        results.append((branch(maps, views).loss, {name: value.clone() for name, value in branch.state_dict().items()}))
    torch.testing.assert_close(results[0], results[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('kind', ['SlotCon', 'DenseCL', 'PixPro'])
@pytest.mark.parametrize('area', ['view', 'overlap'])
def test_positions_without_a_value_change_no_loss(kind: str, area: str) -> None:
    config = dict(all_objectives.KINDS[kind], level='c4', positions=dict(FINE, grid=4, area=area))
    branch = all_objectives.build(kind, branches=dict(enc=config)).branches['enc']
    without_norms(branch)
    views, ones = masked(mask()), [view._replace(valid=torch.ones_like(mask())) for view in masked(None)]
    maps = torch.randn(2, all_objectives.IMAGES, branch.level.channels, 4, 4)
    maps = {
        half: {i: dict(c4=x.repeat_interleave(2, 2).repeat_interleave(2, 3)) for i, x in enumerate(maps)}
        for half in HALVES
    }
    before = {name: value.clone() for name, value in branch.state_dict().items()}
    losses = []
    for given in (views, ones, masked(None)):
        branch.load_state_dict(before)
        torch.manual_seed(2)
        losses.append(branch(maps, given).loss)
    assert torch.equal(losses[1], losses[2]) and not torch.isclose(losses[0], losses[1])


def test_a_position_is_valid_where_its_place_is() -> None:
    views = [view._replace(flipped=torch.zeros_like(view.flipped)) for view in masked(mask())]
    sampler = PositionSampler(grid=4, jitter=False)
    laid = sampler(views, {0: {1}}, {0: (16, 16)})[0]
    assert laid.valid.shape == (all_objectives.IMAGES, 4, 4)
    assert laid.valid[0].tolist() == [[False, False, True, True]] * 2 + [[True] * 4] * 2
    assert laid.valid[1].tolist() == [[False, False, True, True]] * 4 and not laid.valid[-1].any()


def test_cells_are_valid_by_half_of_their_pixels() -> None:
    valid = torch.zeros(1, 4, 4, dtype=torch.bool)
    valid[0, 0, :3] = True
    view = View(torch.zeros(1, 3, 4, 4), torch.zeros(1, 4), torch.zeros(1, dtype=torch.bool), valid=valid)
    assert valid_cells(view, (2, 2)).tolist() == [[[True, False], [False, False]]]
    assert valid_cells(view, (4, 4)) is valid and valid_cells(view._replace(valid=None), (2, 2)) is None
    assert shows_something(view).tolist() == [True] and shows_something(view._replace(valid=None)) is None
    assert mean_of_valid(torch.ones(1, 2, 4, 4), torch.zeros_like(valid)).tolist() == [[0.0, 0.0]]


def test_hidden_cells_are_not_matched_and_no_keys_are_not_pushed() -> None:
    a, b = torch.eye(2).view(1, 2, 1, 2), torch.eye(2).view(1, 2, 1, 2)
    assert match(a, b).tolist() == [[0, 1]]
    assert match(a, b, valid=torch.tensor([[[False, True]]])).tolist() == [[1, 1]]
    queue = Queue(2, 3)
    held = queue.rows.clone()
    queue.push(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    assert queue.rows.tolist() == [[1.0, 0.0], *held[1:].tolist()] and queue.pushed == 2


@pytest.mark.parametrize(
    'wrong, message',
    [
        (dict(mean=[1.0] * 4, std=[1.0] * 4), 'bgr_to_rgb=True is for three channels, and mean has 4'),
        (dict(mean=[1.0] * 4, std=[1.0] * 3, bgr_to_rgb=False), 'give one number for each channel in both'),
        (dict(mean=[1.0], std=[0.0], bgr_to_rgb=False), 'above 0'),
    ],
)
def test_statistics_that_do_not_fit_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ViewPreprocessor(**wrong)


@pytest.mark.parametrize(
    'options', [dict(), dict(mean=[1.0] * 3, std=[1.0] * 3, bgr_to_rgb=False), dict(mean=[1], std=[1])]
)
def test_a_batch_of_other_channels_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match='the images have 4 channels'):
        ViewPreprocessor(**options)(sources(0.0, bands=4))


def test_any_number_of_channels_is_normalised() -> None:
    batch = sources(float('nan'), bands=5)
    mean, std = [float(i) for i in range(5)], [1.0 + i for i in range(5)]
    config = dict(type='mmdecon.ViewPreprocessor', mean=mean, std=std, bgr_to_rgb=False)
    view = MODELS.build(config)(batch)['views'][0]
    expected = (batch['views'][0]['image'].double() - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[
        :, None, None
    ]
    torch.testing.assert_close(view.image.double(), expected.nan_to_num(0), rtol=1e-6, atol=1e-6)
