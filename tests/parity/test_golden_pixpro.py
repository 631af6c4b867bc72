"""PixPro against numbers recorded from the published code (tests/golden/README.md)."""

from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config

from mmdecon.models import DeCon
from mmdecon.views import View, cells_in_source
from tests.support import golden

ROOT = Path(__file__).parent.parent.parent
CASE = golden.read('pixpro')['cases']['main']
EXACT = dict(rel=1e-9, abs=1e-12)
BOUNDS = dict(
    published_mask_in_float64=EXACT,
    published=dict(rel=5e-8, abs=1e-9),  # it rounds the number of positives + 1e-6 to float32: 1e-8 of the loss
    published_float32=dict(rel=1e-4, abs=1e-5),
)


def views(case: dict[str, Any], dtype: torch.dtype) -> list[View]:
    """The two views, with boxes in source pixels: fractions of the source are for our code to find."""
    size = [float(case['inputs']['source_image_size'][side]) for side in ('width', 'height')]
    return [
        View(
            golden.draw(v['image']).to(dtype),
            torch.tensor([[x, y, x + w, y + h] for x, y, w, h in v['crop_left_top_width_height_in_source_pixels']]).to(
                dtype
            ),
            torch.tensor(v['flipped']),
            source=torch.tensor([size] * 3, dtype=dtype),
        )
        for v in case['inputs']['views']
    ]


def build(run: dict[str, Any]) -> DeCon:
    """The model, filled with the recipe's weights."""
    settings, encoder = CASE['settings'], CASE['stand_in_encoder']
    projector = settings['projector']
    stand_in = dict(type='mmdecon.StandInEncoder', strides=[encoder['stride']], channels=[encoder['channels']])
    head = dict(type='mmdecon.MapHead', hidden_channels=projector['hidden'], out_channels=projector['out_channels'])
    objective = dict(
        type='mmdecon.PixProObjective',
        power=settings['pixpro_p'],
        transform_layers=settings['pixpro_transform_layer'],
        max_distance=settings['pixpro_pos_ratio'],
    )
    model = DeCon(
        network=dict(type='mmdecon.Network', level_names=['c5'], encoder=stand_in),
        branches=dict(enc=dict(level='c5', head=head, objective=objective)),
        momentum=dict(start=settings['pixpro_momentum']),
    )
    model = model.double() if run['precision'] == 'float64' else model
    golden.fill(model, CASE['parameters'], translate)
    return model.train()


def translate(name: str, model: DeCon) -> str:
    """A published parameter's name in our model."""
    part, rest = name.split('.', 1)
    half = 'teacher' if part.endswith('_k') else 'student'
    if part.startswith('encoder'):
        return f'network.{half}.encoder.convs.0.{rest.split(".")[-1]}'
    if part == 'value_transform':
        return f'branches.enc.objective.transform.layers.0.{rest}'
    layer, field = rest.split('.')
    return f'branches.enc.head.{half}.layers.{dict(linear1="0.conv", bn1="0.norm", linear2="1")[layer]}.{field}'


def test_the_config_has_the_published_settings() -> None:
    """Those of the golden runs; rate, crops and batch are those of the released script."""
    cfg = Config.fromfile(ROOT / 'configs/pixpro/pixpro_r50_8xb128-coslr-100e_in1k.py')
    branch, settings = cfg.model.branches.enc, CASE['settings']
    shared = dict(power='pixpro_p', transform_layers='pixpro_transform_layer', max_distance='pixpro_pos_ratio')
    assert {name: branch.objective[name] for name in shared} == {name: settings[key] for name, key in shared.items()}
    assert branch.head.out_channels == settings['feature_dim'] and branch.head.hidden_channels == 4096
    assert (cfg.optim_wrapper.optimizer.lr, cfg.optim_wrapper.optimizer.weight_decay) == (4.0, 1e-5)
    crop = cfg.train_dataloader.dataset.pipeline[1]
    assert (crop.scale, crop.min_overlap, crop.interpolation) == ((0.08, 1.0), None, 'bilinear')
    assert cfg.train_dataloader.batch_size == 128 and cfg.auto_scale_lr.base_batch_size == 1024


@pytest.mark.parametrize('run_name', CASE['runs'])
def test_five_steps(run_name: str) -> None:
    run, bound = CASE['runs'][run_name], BOUNDS[run_name]
    model = build(run)
    steps = 0
    for outputs, wanted in zip(golden.train(model, CASE, run, views), run['steps']):
        steps += 1
        assert outputs['loss_enc'].item() == pytest.approx(wanted['loss'], **bound), f'step {wanted["step"]}'
        positives = wanted['positive_pairs_per_image']['student2_teacher1']
        assert outputs['enc/positives'].item() == pytest.approx(sum(positives) / 3 / 48, rel=1e-6)
        if wanted['step'] == 1:
            norms = {
                name: model.get_parameter(translate(name, model)).grad.norm().item()
                for name in run['gradient_norms_at_step_1']
            }
            assert norms == pytest.approx(run['gradient_norms_at_step_1'], **bound)
    assert steps == 5
    translated = {translate(name, model): sums for name, sums in run['checksums_after_step_5'].items()}
    assert translated.keys() == dict(model.named_parameters()).keys()
    for name, sums in translated.items():
        check_sums(model.get_parameter(name).detach().double(), sums, bound)


def test_intermediates_terms_and_positives_of_each_image() -> None:
    run = CASE['runs']['published_mask_in_float64']
    model, batch = build(run), views(CASE, torch.float64)
    wanted, objective = run['intermediate_checksums_at_step_1'], model.branches.enc.objective
    maps = []
    for number, view in enumerate(batch, 1):
        projection = model.branches.enc.head(model.network(view.image)['c5'], view)
        check_sums(projection, wanted['student_projection'][f'view{number}'])
        check_sums(objective.propagate(projection), wanted['student_propagated'][f'view{number}'])
        maps.append(projection)
    for q, k in ((0, 1), (1, 0)):
        term = objective(maps[q], maps[k], None, batch[q], batch[k])['consistency']  # student and teacher are equal yet
        order = f'student{q + 1}_teacher{k + 1}'
        assert term.item() == pytest.approx(run['steps'][0][f'term_{order}'], rel=1e-9)
        for image, count in enumerate(run['steps'][0]['positive_pairs_per_image'][order]):
            one = [View(*(None if x is None else x[image : image + 1] for x in view)) for view in batch]
            objective(maps[q][image : image + 1], maps[k][image : image + 1], None, one[q], one[k])
            assert objective.health(maps[q])['positives'].item() * 48 == pytest.approx(count)


def check_sums(value: torch.Tensor, wanted: dict[str, float], bound: dict[str, float] = EXACT) -> None:
    assert value.square().sum().item() == pytest.approx(wanted['sum_of_squares'], **bound)
    absolute = bound['abs'] + bound['rel'] * value.abs().sum().item()  # a sum may be next to nothing
    assert value.sum().item() == pytest.approx(wanted['sum'], rel=bound['rel'], abs=absolute)


def test_fractions_are_the_published_coordinates() -> None:
    for view, recipe in zip(views(CASE, torch.float64), CASE['inputs']['views']):
        given = torch.tensor(recipe['coords_given_to_the_code'], dtype=torch.float64)
        cells = cells_in_source(view, (6, 8), 'fraction')
        step_x, step_y = (given[:, 2] - given[:, 0]) / 8, (given[:, 3] - given[:, 1]) / 6  # step_x < 0 where mirrored
        x, y = step_x[:, None] * (torch.arange(8) + 0.5), step_y[:, None] * (torch.arange(6) + 0.5)
        torch.testing.assert_close(cells.x, given[:, :1] + x, rtol=0, atol=1e-15)
        torch.testing.assert_close(cells.y, given[:, 1:2] + y, rtol=0, atol=1e-15)
        torch.testing.assert_close(cells.diagonal, (step_x**2 + step_y**2).sqrt(), rtol=1e-15, atol=0)
