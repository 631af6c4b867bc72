"""What branches there are, and what each weighs: ``alpha`` and branches of several levels."""

from typing import Any

import pytest

from mmdecon.models import DeCon
from mmdecon.models.decon import build_network
from mmdecon.models.levels import Level
from mmdecon.models.weighting import one_level_each, weigh
from tests.support import tiny

LEVELS = {
    name: Level(name, 8, 4, 'encoder' if name[0] == 'c' else 'decoder') for name in ('c4', 'c5', 'p2', 'p3', 'p4', 'p5')
}
ALL = ['p2', 'p3', 'p4', 'p5']


def weights(alpha: float | None, **branches: Any) -> dict[str, float]:
    return weigh(one_level_each(branches), LEVELS, alpha)


def at(level: str | list[str], weight: float | None = None) -> dict[str, Any]:
    return dict(level=level) if weight is None else dict(level=level, weight=weight)


@pytest.mark.parametrize('alpha', [0.1, 0.25, 0.3, 0.5, 0.9])
def test_sides_share_by_alpha_to_the_last_bit(alpha: float) -> None:
    assert weights(alpha, enc=at('c5'), dec=at('p2')) == dict(enc=alpha, dec=1 - alpha)
    each = (1 - alpha) / 4
    assert weights(alpha, enc=at('c5'), dec=at(ALL)) == dict(
        enc=alpha, dec_p2=each, dec_p3=each, dec_p4=each, dec_p5=each
    )


def test_three_levels_get_a_third_each() -> None:
    assert weights(0.5, enc=at('c5'), dec=at(ALL[:3])) == dict(enc=0.5, dec_p2=0.5 / 3, dec_p3=0.5 / 3, dec_p4=0.5 / 3)


def test_a_side_shares_in_proportion_to_weights() -> None:
    found = weights(0.4, enc=at('c5', 3.0), low=at('c4'), dec=at(['p2', 'p3'], 2.0), top=at('p5', 6.0))
    assert found == pytest.approx(dict(enc=0.3, low=0.1, dec_p2=0.075, dec_p3=0.075, top=0.45))


def test_without_alpha_weights_are_as_given_and_levels_share_them() -> None:
    assert weights(None, enc=at('c5', 0.3), dec=at(ALL)) == dict(enc=0.3, **{f'dec_{p}': 0.25 for p in ALL})


def test_a_branch_of_none_is_left_out() -> None:
    assert weights(0, enc=None, dec=at(['p2', 'p3'])) == dict(dec_p2=0.5, dec_p3=0.5)
    assert weights(1, enc=at('c5'), dec=None) == dict(enc=1.0)


@pytest.mark.parametrize(
    'alpha, branches, words',
    [
        (0, dict(enc=at('c5'), dec=at('p2')), ['alpha is 0', "encoder's branches ['enc']", 'model.branches.enc=None']),
        (1.0, dict(enc=at('c5'), dec=at(ALL)), ['alpha is 1.0', "'dec_p2', 'dec_p3'", 'leave them out']),
        (0.5, dict(enc=at('c5')), ["0.5 of the loss to the decoder's", 'leave model.alpha out']),
        (0.5, dict(dec=at('p2')), ["0.5 of the loss to the encoder's", 'leave model.alpha out']),
        (1.5, dict(enc=at('c5'), dec=at('p2')), ['model.alpha is 1.5', '0 to 1']),
        (-0.1, dict(enc=at('c5'), dec=at('p2')), ['model.alpha is -0.1', '0 to 1']),
        (0.5, dict(enc=at('c5', 0.0), dec=at('p2')), ['model.branches.enc.weight is 0.0, must be > 0']),
        (None, dict(dec=at([])), ['model.branches.dec.level is []']),
        (None, dict(dec=dict()), ['model.branches.dec.level is None']),
        (None, dict(dec=at(['p2', 'p2'])), ['names a level twice']),
        (None, dict(dec=at(['p2', 'p3']), dec_p2=at('p2')), ["two branches named 'dec_p2'"]),
        (None, dict(enc=None), ['model.branches is empty']),
        (None, dict(lossy=at('p2')), ['rename it']),
    ],
)
def test_what_cannot_work_is_refused_with_a_remedy(
    alpha: float | None, branches: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ValueError) as caught:
        weights(alpha, **branches)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_model_has_a_head_and_an_objective_for_each_level() -> None:
    branch = {key: value for key, value in tiny.branch('c5').items() if key not in ('level', 'weight')}
    model = DeCon(
        network=tiny.network(),
        alpha=0.25,
        branches=dict(enc=dict(branch, level='c5'), dec=dict(branch, level=('p2', 'p4'))),
    )
    found = {name: (part.level.name, part.weight) for name, part in model.branches.items()}
    assert found == dict(enc=('c5', 0.25), dec_p2=('p2', 0.375), dec_p4=('p4', 0.375))
    assert model.branches.dec_p2.head is not model.branches.dec_p4.head
    names = {name.rpartition('.')[0] for name in model.state_dict() if name.startswith('branches.')}
    assert any(name.startswith('branches.dec_p4.objective') for name in names)


def test_a_network_is_built_for_all_levels_of_a_branch() -> None:
    network = build_network(tiny.network(), dict(enc=None, dec=dict(level=['p2', 'p4'])))
    whole = build_network(tiny.network(), dict(dec=dict(level=['p2', 'p3', 'p4', 'p5'])))
    assert {'p2', 'p4'} <= set(network.trained_levels) and 'p3' not in network.trained_levels
    assert network.unused and not whole.unused
