"""What configs say beyond the model: learning rates, and the options that the documentation promises."""

import json
from pathlib import Path
from typing import Any

import mmengine.optim  # noqa: F401, registers the schedulers
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS

from mmdecon.cli import common_parser, load_config
from mmdecon.models.levels import Level
from mmdecon.models.weighting import one_level_each, weigh
from tests.support import commands

ROOT = Path(__file__).parent.parent
MY_IMAGES = ROOT / 'configs/decon/decon-ml-slotcon_r18-fpn_1xb64-coslr-200e_my-images.py'
DECON_ML = ROOT / 'configs/decon/decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py'
GOLDEN = json.loads((ROOT / 'tests/golden/schedules.json').read_text())['schedules']['slotcon_learning_rate']


def learning_rates(schedulers: list[dict[str, Any]]) -> np.ndarray:
    """The rate of each of the golden run's iterations."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=GOLDEN['base_learning_rate'])
    filled = dict(optimizer=optimiser, epoch_length=GOLDEN['steps_per_epoch'])
    built = [PARAM_SCHEDULERS.build(dict(scheduler), default_args=filled) for scheduler in schedulers]
    rates = []
    for _ in range(GOLDEN['steps_per_epoch'] * GOLDEN['epochs']):
        rates.append(optimiser.param_groups[0]['lr'])
        optimiser.step()
        for scheduler in built:
            scheduler.step()
    return np.array(rates)


def test_warm_up_counted_in_iterations_is_the_published_one() -> None:
    rates = learning_rates(
        [
            dict(type='LinearLR', start_factor=0.01, begin=0, end=51, by_epoch=False),
            dict(type='CosineAnnealingLR', eta_min=1e-6, begin=50, end=200, by_epoch=False),
        ]
    )
    np.testing.assert_allclose(rates, GOLDEN['learning_rate_used_by_step_0_to_199'], rtol=1e-9)


def test_the_configs_warm_up_is_one_iteration_shorter_and_the_rest_is_the_published_one() -> None:
    warm_up, cosine = Config.fromfile(DECON_ML).param_scheduler
    rates = learning_rates([warm_up, dict(cosine, end=GOLDEN['epochs'])])
    published = np.array(GOLDEN['learning_rate_used_by_step_0_to_199'])
    np.testing.assert_allclose(rates[50:], published[50:], rtol=1e-9)
    np.testing.assert_allclose(rates[:50], np.linspace(published[0], published[50], 50), rtol=1e-9)
    assert (rates - published).max() == pytest.approx(0.0396)  # 2 % of the base rate: a fiftieth of the warm-up


def overridden(*options: str) -> Any:
    """The model of DeCon-ML with ``--cfg-options``, as the tools read it."""
    return load_config(common_parser('').parse_args([str(DECON_ML), '--cfg-options', *options])).model


def weights(model: Any) -> dict[str, float]:
    """What the branches of a model's config weigh."""
    each = one_level_each(model.branches)
    levels = {
        branch['level']: Level(branch['level'], 1, 1, 'encoder' if branch['level'] == 'c5' else 'decoder')
        for branch in each.values()
    }
    return weigh(each, levels, model.alpha)


def test_a_branch_is_overridden_alone() -> None:
    model = overridden('model.branches.dec.head.hidden_channels=256')
    widths = {name: branch['head'].hidden_channels for name, branch in one_level_each(model.branches).items()}
    assert widths == dict(enc=4096, dec_p2=256, dec_p3=256, dec_p4=256, dec_p5=256)


@pytest.mark.parametrize(
    'options, expected',
    [
        (['model.alpha=0.5'], dict(enc=0.5, dec_p2=0.125, dec_p3=0.125, dec_p4=0.125, dec_p5=0.125)),
        (['model.alpha=0.25'], dict(enc=0.25, dec_p2=0.1875, dec_p3=0.1875, dec_p4=0.1875, dec_p5=0.1875)),
        (['model.branches.dec.level=p2'], dict(enc=0.5, dec=0.5)),
        (["model.branches.dec.level=['p2','p3']"], dict(enc=0.5, dec_p2=0.25, dec_p3=0.25)),
        (['model.branches.dec.level=p2,p3'], dict(enc=0.5, dec_p2=0.25, dec_p3=0.25)),
        (
            ['model.alpha=0', 'model.branches.enc=None'],
            dict(dec_p2=0.25, dec_p3=0.25, dec_p4=0.25, dec_p5=0.25),
        ),
    ],
)
def test_options_that_the_readme_names(options: list[str], expected: dict[str, float]) -> None:
    assert weights(overridden(*options)) == expected


def test_one_option_names_the_folders_and_one_switches_tensorboard_on(tmp_path: Path) -> None:
    for number, path in enumerate(sorted((ROOT / 'tests/data/nuclei/JPEGImages').iterdir())[:4]):
        folder = tmp_path / ('one', 'two')[number % 2]
        folder.mkdir(exist_ok=True)
        (folder / path.name).write_bytes(path.read_bytes())
    narrow = [
        f'model.branches.{name}.{part}.hidden_channels=16' for name in ('enc', 'dec') for part in ('head', 'objective')
    ]
    options = [
        f'train_dataloader.dataset.folders={tmp_path / "one"},{tmp_path / "two"}',
        'visualizer.vis_backends.0.type=TensorboardVisBackend',
        'train_dataloader.batch_size=2',
        'train_dataloader.num_workers=1',
        'train_dataloader.dataset.pipeline.1.size=64',
        'train_cfg.max_epochs=2',
        'param_scheduler.0.end=1',  # the warm-up, which has to end before the run
        'param_scheduler.1.begin=1',
        'default_hooks.logger.interval=1',
        'model.alpha=0.25',
        "model.branches.dec.level=['p2','p3']",
        *narrow,
    ]
    printed = commands.train(tmp_path / 'out', '--cfg-options', *options, config=str(MY_IMAGES))
    assert '4 images under' in printed
    assert 'loss_dec_p2: ' in printed and 'loss_dec_p4' not in printed
    assert (tmp_path / 'out' / 'epoch_2.pth').exists()
    assert list((tmp_path / 'out').rglob('events.out.tfevents.*'))
