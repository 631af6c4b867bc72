"""Draws curves of a run from the scalars that mmengine's visualizer writes.

Shapes: N values of a curve, H x W the picture in pixels. Pictures are RGB, uint8.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..texts import read_lines
from .canvas import GREEN, INK, ORANGE, SKY, VERMILION

Curve = tuple[np.ndarray, np.ndarray]


def read_scalars(path: str | Path) -> dict[str, Curve]:
    """Reads the scalars of a ``LocalVisBackend``: one JSON object per line.

    Args:
        path: The file, ``<work dir>/<timestamp>/vis_data/scalars.json``.

    Returns:
        Name -> (steps (N,), values (N,)), in the order of the file.

    Raises:
        ValueError: If the file holds no scalars, or a line is damaged.
    """
    points: dict[str, list[tuple[float, float]]] = {}
    for number, line in enumerate(read_lines(str(path)), 1):
        record = _record(line, f'{path}, line {number}') if line else {}
        for name, value in record.items():
            if name != 'step' and 'step' in record and isinstance(value, (int, float)):
                points.setdefault(name, []).append((record['step'], value))
    if not points:
        raise ValueError(f'{path} holds no scalars; give the scalars.json of a run with a LocalVisBackend')
    return {name: tuple(np.array(pairs, float).T) for name, pairs in points.items()}


def _record(line: str, where: str) -> dict[str, Any]:
    """Reads the JSON object of a line."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{where} cannot be read as JSON: {error}') from error
    if not isinstance(record, dict):
        raise ValueError(f'{where} is no JSON object, as each line of a scalars.json is')
    return record


def draw_curves(
    panels: Mapping[str, Mapping[str, Curve]],
    size: tuple[int, int] = (320, 900),
    x_label: str = 'iteration',
    limits: Mapping[str, Sequence[float]] | None = None,
) -> np.ndarray:
    """Draws panels side by side, each with one or more curves.

    Args:
        panels: Title -> legend -> (steps, values).
        size: (H, W) of the whole picture.
        x_label: Label of the horizontal axis.
        limits: Title -> smallest and largest value of the vertical axis; by default they follow from the values.

    Returns:
        (H, W, 3).
    """
    figure = Figure(figsize=(size[1] / 100, size[0] / 100), dpi=100, layout='constrained')
    for axes, (title, curves) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        for (legend, (steps, values)), colour in zip(curves.items(), series_colours(len(curves))):
            axes.plot(steps, values, label=legend, color=colour, linewidth=1.6)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(x_label, fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
        if limits and title in limits:
            axes.set_ylim(*limits[title])
    return render(figure)


def render(figure: Figure) -> np.ndarray:
    """Draws a figure of matplotlib.

    Args:
        figure: Of no back end.

    Returns:
        (H, W, 3).
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def series_colours(count: int) -> list[tuple[float, ...]]:
    """Lists colours for curves and bars, 0..1; they repeat after five."""
    known = [ORANGE, SKY, GREEN, VERMILION, INK]
    return [tuple(part / 255 for part in known[i % len(known)]) for i in range(count)]
