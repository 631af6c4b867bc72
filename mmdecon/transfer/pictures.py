"""Bars of each number of labels, and curves over numbers of labels. Pictures are RGB, uint8."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..spreads import Spread, spread
from ..visualization.curves import render, series_colours
from .collect import Row
from .labels import ALL
from .settings import Settings
from .table import by_seed

Panel = dict[str, dict[int, Spread]]
"""Start -> number of labels -> score."""


def draw_bars(settings: Settings, rows: Sequence[Row]) -> np.ndarray:
    """A panel for each protocol: groups of bars by number of labels, a bar for each start, 95 % t-intervals."""
    panels = _panels(settings, rows)
    figure = Figure(figsize=(max(5.0, 0.5 * _bars(panels)), 3.0 * len(panels)), dpi=100, layout='constrained')
    for axes, (name, panel) in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels.items()):
        counts, width = _counts(panel), 0.8 / len(panel)
        for place, (colour, (start, spreads)) in enumerate(zip(series_colours(len(panel)), panel.items())):
            where = [counts.index(count) + (place + 0.5) * width - 0.4 for count in spreads]
            means, halves = _sides(spreads)
            axes.bar(where, means, width, yerr=halves, color=colour, label=start, error_kw=dict(linewidth=0.8))
        axes.set_xticks(range(len(counts)), [str(count or ALL) for count in counts])
        _finish(axes, settings, name)
    return render(figure)


def draw_label_curves(settings: Settings, rows: Sequence[Row]) -> np.ndarray:
    """A panel for each protocol: the score over the number of labelled images, on a logarithmic axis."""
    panels = _panels(settings, rows)
    figure = Figure(figsize=(5.0 * len(panels), 3.4), dpi=100, layout='constrained')
    for axes, (name, panel) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items()):
        counts = [count for count in _counts(panel) if count]
        for colour, (start, spreads) in zip(series_colours(len(panel)), panel.items()):
            known = {count: spreads[count] for count in counts if count in spreads}
            means, halves = _sides(known)
            axes.errorbar(list(known), means, halves, color=colour, label=start, marker='o', markersize=4, capsize=3)
        if counts:
            axes.set_xscale('log')
            axes.set_xticks(counts, [str(count) for count in counts])
            axes.minorticks_off()
        _finish(axes, settings, name)
    return render(figure)


def _panels(settings: Settings, rows: Sequence[Row]) -> dict[str, Panel]:
    """Protocol -> its scores."""
    panels: dict[str, Panel] = {}
    for name in settings.protocols:
        counts = sorted({one['labels'] for one in rows if one['protocol'] == name}, key=lambda n: n or float('inf'))
        scores = {start: {count: by_seed(rows, name, count, start) for count in counts} for start in settings.starts}
        panels[name] = {
            start: {count: spread(list(found.values())) for count, found in by_count.items() if found}
            for start, by_count in scores.items()
        }
    return panels


def _counts(panel: Panel) -> list[int]:
    """Numbers of labels, the smallest first; 0, which is all, last."""
    return sorted({count for spreads in panel.values() for count in spreads}, key=lambda count: count or float('inf'))


def _bars(panels: dict[str, Panel]) -> int:
    """How many bars the widest panel has."""
    return max(len(panel) * len(_counts(panel)) for panel in panels.values())


def _sides(spreads: dict[int, Spread]) -> tuple[list[float], list[float]]:
    """Means and halves of intervals; a single seed's is not drawn."""
    return [one.mean for one in spreads.values()], [float(np.nan_to_num(one.half)) for one in spreads.values()]


def _finish(axes: Axes, settings: Settings, name: str) -> None:
    """Titles and legend."""
    axes.set_title(name, fontsize=10)
    axes.set_xlabel('labelled images', fontsize=9)
    axes.set_ylabel(settings.protocols[name].metric.replace('_', ' '), fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(axis='y', alpha=0.3)
    axes.legend(fontsize=8)
