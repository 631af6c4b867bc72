"""SlotCon and DeCon against numbers recorded from the published code (tests/golden/README.md)."""

from typing import Any

import pytest
import torch

from mmdecon.schedules import SCHEDULES, Clock, Part
from tests.support import golden
from tests.support.wide import sampled

METHODS = ['slotcon', 'decon_sl_fpn', 'decon_sl_fcn', 'decon_ml_fpn']
RUNS: list[tuple[str, str, str]] = [
    (method, case, run)
    for method in METHODS
    for case, content in golden.read(method)['cases'].items()
    for run in content['runs']
]


def schedule_of(method: str, run: dict[str, Any]) -> str:
    return 'cosine' if method == 'slotcon' or run['repaired'] else 'published_decon'


def branch_of(golden_name: str, outputs: dict[str, torch.Tensor]) -> str:
    if golden_name == 'decoder':  # the only one
        return next(name for name in outputs if name.startswith('dec')).split('/')[0]
    return 'enc' if golden_name == 'encoder' else f'dec_{golden_name}'


def test_the_list_of_runs_is_complete() -> None:
    assert len(RUNS) == 3 + 4 + 2 + 4


@pytest.mark.parametrize('method, case_name, run_name', sampled(RUNS, 9))
def test_five_steps(method: str, case_name: str, run_name: str) -> None:
    case = golden.read(method)['cases'][case_name]
    run = case['runs'][run_name]
    exact = run['precision'] == 'float64'
    model = golden.build(method, case, run, schedule_of(method, run))
    bound = dict(rel=1e-9, abs=1e-12) if exact else dict(rel=1e-4, abs=1e-5)
    for outputs, wanted in zip(golden.train(model, case, run), run['steps']):
        total = sum(value for name, value in outputs.items() if 'loss' in name)
        assert total.item() == pytest.approx(wanted['loss'], **bound), f'step {wanted["step"]}'
        check_terms(outputs, wanted['branches'], {**case['settings'], **run['overrides']}, bound)
        if wanted['step'] == 1:
            norms = {
                name: dict(model.named_parameters())[golden.translate(name, model)].grad.norm().item()
                for name in run['gradient_norms_at_step_1']
            }
            assert norms == pytest.approx(run['gradient_norms_at_step_1'], **bound)
    check_parameters(model, run['checksums_after_step_5'], bound)


def check_terms(
    outputs: dict[str, torch.Tensor], wanted: dict[str, Any], settings: dict[str, Any], bound: dict[str, float]
) -> None:
    for name, terms in wanted.items():
        weight = settings['group_loss_weight']
        for ours, theirs, factor in (('distil', 'distillation', weight), ('contrast', 'contrast', 1 - weight)):
            total = factor * sum(terms[f'{theirs}_student{i}_teacher{j}'] for i, j in ((1, 2), (2, 1)))
            assert outputs[f'{branch_of(name, outputs)}/{ours}'].item() == pytest.approx(total, **bound), (
                f'{name} {ours}'
            )


def check_parameters(model: torch.nn.Module, wanted: dict[str, Any], bound: dict[str, float]) -> None:
    state = model.state_dict()
    for name, sums in wanted.items():
        if 'center' in name:
            value = state[f'branches.{golden.centre_of(name, model)}.objective.centre']
        else:
            value = state[golden.translate(name, model)]
        assert value.double().square().sum().item() == pytest.approx(sums['sum_of_squares'], **bound), name
        absolute = bound['abs'] + bound['rel'] * value.double().abs().sum().item()
        assert value.double().sum().item() == pytest.approx(sums['sum'], rel=bound['rel'], abs=absolute), name


@pytest.mark.parametrize(
    'name, schedule, side',
    [
        ('slotcon', 'cosine', 'encoder'),
        ('decon_repaired', 'cosine', 'decoder'),
        ('pixpro', 'cosine', 'encoder'),
        ('detcon', 'cosine', 'encoder'),
    ],
)
def test_schedules(name: str, schedule: str, side: str) -> None:
    wanted = golden.read('schedules')['schedules'][name]
    for fraction, momentum in wanted['momentum_at_fraction'].items():
        clock = Clock(round(float(fraction) * wanted['total_steps']), wanted['total_steps'])
        value = SCHEDULES[schedule](clock, wanted['base'], Part(side, 'projector'))
        assert value == pytest.approx(momentum, rel=1e-9)


@pytest.mark.parametrize('side', ['encoder', 'decoder'])
def test_published_schedule(side: str) -> None:
    wanted = golden.read('schedules')['schedules']['decon_as_published']
    for fraction, momentum in wanted[f'{side}_side_momentum_at_fraction_of_iterations'].items():
        clock = Clock(round(float(fraction) * wanted['total_steps']), wanted['total_steps'])
        value = SCHEDULES['published_decon'](clock, wanted['base'], Part(side, 'projector'))
        assert value == pytest.approx(momentum, rel=1e-9)
