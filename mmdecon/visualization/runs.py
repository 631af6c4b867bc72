"""Draws the training of runs: the losses of their branches and the standard deviation of the embeddings.

Pictures are RGB, uint8.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .curves import Curve, draw_curves, read_scalars

SPREAD = (0.0, 1.2)  # range of <branch>/std: 0 is collapsed, 1 is uniform
PANEL = (260, 420)  # height and width in pixels


def find_scalars(run: str | Path) -> Path:
    """Finds the scalars file of the latest start of a run.

    Args:
        run: The work directory of the run.

    Raises:
        FileNotFoundError: If it has no such file.
    """
    found = sorted(Path(run).glob('*/vis_data/scalars.json'))
    if not found:
        raise FileNotFoundError(f'{run} holds no */vis_data/scalars.json: give the work directory of a run')
    return found[-1]


def draw_runs(runs: Sequence[str | Path], per_row: int = 2) -> np.ndarray:
    """Draws the panels of each run: ``loss_<branch>``, and ``<branch>/std``, which the collapse warning uses.

    Branches whose names have the same prefix (``dec_p2``, ``dec_p3``) share a panel of losses.

    Args:
        runs: Work directories; their names become the titles, or their paths where names are the same.
        per_row: Number of runs side by side.

    Raises:
        FileNotFoundError: If a folder is not the work directory of a run.
        ValueError: If a run logged no branches, or ``per_row`` is not at least 1.
    """
    if per_row < 1:
        raise ValueError(f'--per-row {per_row}: give how many runs to draw side by side, 1 or more')
    names = [Path(run).name for run in runs]
    titles = {run: str(run) if names.count(name) > 1 else name for run, name in zip(runs, names)}
    rows = [runs[start : start + per_row] for start in range(0, len(runs), per_row)]
    pictures: list[np.ndarray] = []
    for row in rows:
        panels: dict[str, dict[str, Curve]] = {}
        for run in row:
            panels.update(_panels(Path(run), titles[run]))
        limits = {title: SPREAD for title in panels if title.endswith('std')}
        pictures.append(draw_curves(panels, (PANEL[0], PANEL[1] * len(panels)), limits=limits))
    width = max(picture.shape[1] for picture in pictures)
    return np.concatenate([np.pad(p, ((0, 0), (0, width - p.shape[1]), (0, 0)), constant_values=255) for p in pictures])


def _panels(run: Path, title: str) -> dict[str, dict[str, Curve]]:
    """Reads the panels of a run: title -> branch -> curve."""
    scalars = read_scalars(find_scalars(run))
    losses = {name[5:]: curve for name, curve in scalars.items() if name.startswith('loss_')}
    if not losses:
        raise ValueError(f'{run} logged no loss_<branch>: give runs of mmdecon.DeCon')
    spreads = {name[:-4]: curve for name, curve in scalars.items() if name.endswith('/std')}
    panels: dict[str, dict[str, Curve]] = {}
    for name, curve in losses.items():
        panels.setdefault(f'{title}: {name.partition("_")[0]} loss', {})[name] = curve
    return {**panels, f'{title}: std': spreads}
