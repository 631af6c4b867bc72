"""Rebuilds the problems of tests/golden in mmdecon: weights and views from the recipe, names translated to ours."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmdecon.models import DeCon
from mmdecon.registry import MODELS
from mmdecon.schedules import Clock
from mmdecon.views import View

FOLDER = Path(__file__).parent.parent / 'golden'


def read(name: str) -> dict[str, Any]:
    """A golden file."""
    return json.loads((FOLDER / f'{name}.json').read_text())


def draw(recipe: dict[str, Any]) -> Tensor:
    """A tensor by seed, shape and scale, float64."""
    values = np.random.default_rng(recipe['seed']).standard_normal(recipe['shape']).astype(np.float32)
    return torch.from_numpy(values * np.float32(recipe['scale'])).double()


@MODELS.register_module(force=True)
class StandInEncoder(BaseModule):
    """Average pooling and a 1x1 convolution for each level.

    Args:
        strides: Of the levels.
        channels: Of the levels.
    """

    def __init__(self, strides: list[int], channels: list[int]) -> None:
        super().__init__()
        self.strides = strides
        self.convs = nn.ModuleList(nn.Conv2d(3, c, 1) for c in channels)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(conv(nn.functional.avg_pool2d(image, s)) for s, conv in zip(self.strides, self.convs))


def decoder_config(method: str) -> dict[str, Any]:
    """The decoder of a golden file."""
    norm_cfg = dict(type='BN')
    if 'fpn' in method:
        return dict(
            fpn=dict(type='mmdecon.NeckDecoder', neck=dict(type='mmseg.FPN', out_channels=256, norm_cfg=norm_cfg))
        )
    if 'fcn' in method:
        head = dict(type='mmseg.FCNHead', channels=256, num_convs=2, dilation=6, concat_input=False, norm_cfg=norm_cfg)
        return dict(fcn=dict(type='mmdecon.SegHeadDecoder', inputs='c5', head=head))
    return {}


def branch_levels(method: str, settings: dict[str, Any]) -> dict[str, tuple[str, float]]:
    """Branch -> (level, weight), in the order of the golden file."""
    alpha = settings.get('encoder_loss_weight', 1.0)
    levels = {'slotcon': [], 'decon_sl_fcn': ['out'], 'decon_sl_fpn': ['p2'], 'decon_ml_fpn': ['p2', 'p3', 'p4', 'p5']}[
        method
    ]
    branches = {'enc': ('c5', alpha)} if alpha else {}
    branches.update({f'dec_{level}': (level, (1 - alpha) / len(levels)) for level in levels})
    return branches


def build(method: str, case: dict[str, Any], run: dict[str, Any], schedule: str) -> DeCon:
    """The model of a golden run, filled with its weights."""
    settings = {**case['settings'], **run['overrides']}
    encoder = case['stand_in_encoder']
    strides, channels = (
        [encoder[key]] if isinstance(encoder[key], int) else encoder[key]
        for key in ('stride' if 'stride' in encoder else 'strides', 'channels')
    )
    head = dict(
        type='mmdecon.SlotHead',
        hidden_channels=settings['dim_hidden'],
        out_channels=settings['dim_out'],
        num_slots=settings['num_prototypes'],
        temperature=settings['teacher_temp'],
    )
    objective = dict(
        type='mmdecon.SlotConObjective',
        hidden_channels=settings['dim_hidden'],
        group_weight=settings['group_loss_weight'],
    )
    model = DeCon(
        network=dict(
            type='mmdecon.Network',
            decoder=decoder_config(method),
            level_names=['c2', 'c3', 'c4', 'c5'][-len(strides) :],
            encoder=dict(type='mmdecon.StandInEncoder', strides=strides, channels=channels),
        ),
        branches={
            name: dict(level=level, weight=weight, head=head, objective=objective)
            for name, (level, weight) in branch_levels(method, settings).items()
        },
        momentum=dict(schedule=schedule, start=settings['teacher_momentum']),
    )
    model = model.double() if run['precision'] == 'float64' else model
    fill(model, case['parameters'])
    return model.train()


def fill(model: DeCon, recipes: list[dict[str, Any]], name_in: Callable[[str, DeCon], str] | None = None) -> None:
    """Writes the recipe's weights into a model; every recipe must be used. Names are translated by ``name_in``."""
    values: dict[str, Tensor] = {}
    for recipe in sorted(recipes, key=lambda r: r['fill'] == 'copy'):
        values[recipe['name']] = {
            'normal': lambda r: draw(r),
            'copy': lambda r: values[r['copy_of']],
            'constant': lambda r: torch.full(r['shape'], float(r['value']), dtype=torch.float64),
        }[recipe['fill']](recipe)
    state = model.state_dict()
    for name, value in values.items():
        target = state[(name_in or translate)(name, model)]
        target.copy_(value.reshape(target.shape))


def translate(name: str, model: DeCon) -> str:
    """A published parameter's name in our model."""
    half = 'teacher' if '_k.' in name else 'student'
    decoders, encoders = [b for b in model.branches if b.startswith('dec')], ['enc']
    part, rest = name.split('.', 1) if '.' in name else (name, '')
    if part.startswith('encoder_'):
        index = int(rest[1]) - 2 if rest[0] == 'c' else 0
        return f'network.{half}.encoder.convs.{index}.{rest.split(".")[-1]}'
    if part.startswith('decoder_'):
        return f'network.{half}.decoder.{_decoder_name(rest)}'
    branch = encoders[0]
    if part.startswith('dec_'):
        part = part[4:]
        index, rest = rest.split('.', 1) if rest[:1].isdigit() else ('0', rest)
        branch = decoders[int(index)]
    if part.startswith('grouping'):
        return f'branches.{branch}.head.{half}.prototypes'
    owner = 'objective.predictor' if part.startswith('predictor') else f'head.{half}.projector'
    _, layer, field = rest.split('.')
    inner = {'0': '0.conv', '1': '0.norm', '3': '1.conv', '4': '1.norm', '6': '2'}[layer]
    return f'branches.{branch}.{owner}.layers.{inner}.{field}'


def centre_of(name: str, model: DeCon) -> str:
    """The branch of a published centre: ``center``, ``center_dec``, ``center_dec.<n>`` or ``center_dec_<n>``."""
    if 'dec' not in name:
        return 'enc'
    number = name.replace('_', '.').split('.')[-1]
    return [b for b in model.branches if b.startswith('dec')][int(number) if number.isdigit() else 0]


def _decoder_name(rest: str) -> str:
    """The published FPN's and FCN's names -> mmseg's."""
    if rest.startswith('fpn'):
        kind, field = rest.split('.', 1)
        convs = 'lateral_convs' if 'lateral' in kind else 'fpn_convs'
        inner = field.replace('norm.', 'bn.') if 'norm' in field else f'conv.{field}'
        return f'fpn.neck.{convs}.{int(kind[-1]) - 2}.{inner}'
    return f'fcn.decode_head.{rest}'


def views(case: dict[str, Any], dtype: torch.dtype) -> list[View]:
    """The two views, with boxes in source pixels: overlap is for our code to find."""
    return [
        View(
            draw(v['image']).to(dtype),
            torch.tensor(v['crop_boxes_xyxy_in_source_pixels'], dtype=dtype),
            torch.tensor(v['flipped']),
        )
        for v in case['inputs']['views']
    ]


def train(
    model: DeCon, case: dict[str, Any], run: dict[str, Any], make_views: Callable[..., list[View]] = views
) -> Iterator[dict[str, Tensor]]:
    """Runs the five steps; gives each step's outputs after the backward pass and before the update."""
    settings = case['settings']
    batch = make_views(case, torch.float64 if run['precision'] == 'float64' else torch.float32)
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=settings['learning_rate'])
    for step in range(5):
        model.clock = lambda step=step: Clock(step, settings['total_steps_K'])
        outputs = model.loss(batch)
        optimiser.zero_grad()
        sum(value for name, value in outputs.items() if 'loss' in name).backward()
        yield outputs
        optimiser.step()
