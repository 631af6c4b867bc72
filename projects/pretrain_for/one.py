"""Tries one shipped config: derive, prove, and take one training step."""

import hashlib
import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from mmengine.config import Config

from mmdecon.noise_views import noise_views
from mmdecon.pretrain_for import Plan, Run, config_text, make_plan, prove, read_downstream
from mmdecon.pretrain_for.config_file import read_text
from mmdecon.pretrain_for.rasters import preset_of
from mmdecon.registry import MODELS
from mmdecon.schedules import Clock

SIZE = 128
"""Side of the views of noise, in pixels."""
NO_MODEL = ' has no model'
"""How the refusal of a config ends that holds none, but settings of tests."""
PARTS = ('type', 'backbone', 'neck', 'decode_head', 'bbox_head', 'rpn_head', 'data_preprocessor')
"""What a derived config depends on."""


class TooLong(Exception):
    """A config took longer than it may."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Ends what takes longer.

    Raises:
        TooLong: If it does.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong(f'longer than {seconds} s on this machine')

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def try_config(path: Path, seconds: int, most_parameters: float, rows: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """One row of the table.

    Args:
        path: Of a shipped config.
        seconds: That it may take.
        most_parameters: Networks with more are written as configs and built, not stepped or verified.
        rows: Earlier ones, by config. What has the same model as one of them is not tried again, and what differs in
            numbers alone is built, not stepped or verified.

    Returns:
        ``config``, ``works`` (``'decoder'``, ``'encoder'``, ``'no'``), ``why``, ``levels``, ``new``, ``verified``,
        ``stepped``, ``same_as``, ``like``.
    """
    started, row = time.perf_counter(), dict[str, Any](config='/'.join(path.parts[-2:]))
    try:
        with at_most(seconds):
            downstream = read_downstream(str(path))
            row['model'] = digest({key: downstream.model.get(key) for key in PARTS})
            same = next(
                (one for one in rows.values() if one.get('model') == row['model'] and one['works'] != 'no'), None
            )
            if same is not None:
                return {**same, **row, 'same_as': same.get('same_as', same['config']), 'seconds': 0}
            plan = make_plan(downstream)
            config = _written(plan)
            row['structure'] = digest(_numberless({key: downstream.model.get(key) for key in PARTS}))
            row.update(
                works='decoder' if plan.decoder else 'encoder', why=plan.left, levels=plan.encoder + plan.decoder
            )
            like = next((o for o in rows.values() if o.get('structure') == row['structure'] and o.get('stepped')), None)
            if like is not None:
                row['like'] = like['config']
            else:
                _try_plan(plan, config, row, most_parameters)
    except Exception as error:  # whatever a library raises is this config's row
        reason = next(iter(str(error).splitlines()), '')[:300]
        row.update(works='no', why={'all': f'{type(error).__name__}: {reason}'})
    return {**row, 'seconds': round(time.perf_counter() - started, 1)}


def digest(value: Any) -> str:
    """A short name of a value."""
    return hashlib.sha1(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _numberless(value: Any) -> Any:
    """A config without its numbers: what is alike for all depths and widths."""
    if isinstance(value, dict):
        return {key: _numberless(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_numberless(item) for item in value]
        return [item for item in items if item is not None]
    return None if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _written(plan: Plan) -> Config:
    """Writes the config, and reads it."""
    preset = preset_of(plan.network.in_channels)
    run = Run('slotcon', ['images'], 100, 2, 200, True, None, 0, preset=preset)
    folder = Path('work_dirs/pretrain_for')
    return read_text(config_text(plan, run, folder), folder)


def _try_plan(plan: Plan, config: Config, row: dict[str, Any], most: float) -> None:
    """Takes a step and verifies the export."""
    row['parameters'] = sum(p.numel() for p in plan.network.parameters())
    if row['parameters'] > most:
        return
    torch.manual_seed(0)
    _step(MODELS.build(config.model).train(), max(SIZE, plan.network.probe_size), plan.network.in_channels)
    _, found = prove(plan)
    row.update(stepped=True, verified=found.equal, new={k: len(v) for k, v in found.fit.new.items()})


def _step(model: Any, size: int, channels: int) -> None:
    """One step on two images of noise."""
    model.clock = lambda: Clock(1, 2)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 1e-4)
    loss, _ = model.parse_losses(model.loss(noise_views(2, size, channels=channels)))
    if not loss.isfinite():
        raise FloatingPointError(f'the loss of the first step is {loss.item()}')
    loss.backward()
    without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
    if without:
        raise RuntimeError(f'{len(without)} parameters that should train get no gradient, such as {without[0]}')
    optimizer.step()
