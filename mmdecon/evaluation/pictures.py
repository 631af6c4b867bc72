"""Pictures of an evaluation: bars, and maps as their principal components.

Shapes: H x W an image in pixels, C channels, h x w cells. Pictures are RGB, uint8.
"""

from collections.abc import Mapping, Sequence

import mmcv
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ..spreads import spread
from ..visualization import blend, caption, palette, tile
from ..visualization.canvas import GREEN, INK, ORANGE, SKY, VERMILION
from ..visualization.curves import render
from .features import encoder_join, join
from .options import Options
from .random_start import first_images, with_random_decoder
from .run import Result, choose_features
from .seeing import Seen, see
from .split import IGNORED, Split
from .subjects import Subject

HEIGHT = 200  # of each panel, in pixels
GREY = (160, 160, 160)


def draw_bars(results: Sequence[Result], metric: str = 'foreground_mIoU') -> np.ndarray:
    """Draws a panel for each method and number of labels: bars of each map, with intervals over draws.

    Args:
        results: Of one evaluation.
        metric: A field of the scores.
    """
    kinds = list(dict.fromkeys((r.row.method, r.row.labels) for r in results))
    features = list(dict.fromkeys(r.row.feature for r in results))
    series = list(dict.fromkeys((r.subject, r.start) for r in results))
    figure = Figure(figsize=(max(6, 1.1 * len(features)), 2.6 * len(kinds)), dpi=100, layout='constrained')
    for axes, (method, labels) in zip(figure.subplots(len(kinds), 1, squeeze=False)[:, 0], kinds):
        shown = [r for r in results if (r.row.method, r.row.labels) == (method, labels)]
        for place, key in enumerate(series):
            _draw_series(axes, [r for r in shown if (r.subject, r.start) == key], features, place, len(series), metric)
        seen = 'no label' if labels is None else f'{labels} labelled images'
        axes.set_title(f'{method}, {seen}', fontsize=10)
        axes.set_ylabel(f'{metric.replace("_", " ")}, %', fontsize=8)
        axes.set_xticks(range(len(features)), [name.replace('+', '+\n') for name in features], fontsize=7)
        axes.grid(axis='y', alpha=0.3)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, fontsize=7, loc='outside lower center', ncols=2)
    return render(figure)


def _draw_series(
    axes: Axes, results: Sequence[Result], features: Sequence[str], place: int, count: int, metric: str
) -> None:
    """Draws the bars of one network."""
    known = (ORANGE, SKY, GREEN, VERMILION, INK, GREY)
    colours = known if count <= len(known) else palette(count)  # or two networks would look alike
    colour, width = tuple(part / 255 for part in colours[place]), 0.8 / count
    found: dict[int, list[float]] = {}
    for r in results:
        found.setdefault(features.index(r.row.feature), []).append(getattr(r.row.scores, metric))
    spreads = {where: spread(values) for where, values in found.items()}
    label = f'{results[0].subject}: {results[0].start}' if results else '_'
    axes.bar(
        [where + (place + 0.5) * width - 0.4 for where in spreads],
        [value.mean for value in spreads.values()],
        width,
        yerr=[np.nan_to_num(value.half) for value in spreads.values()],
        color=colour,
        label=label,
        error_kw=dict(linewidth=0.8),
    )


def principal_colours(maps: Sequence[Tensor]) -> list[np.ndarray]:
    """Shows maps by the first three principal components of all their cells.

    Args:
        maps: Of one feature, (C, h, w) each, of any sizes.

    Returns:
        (h, w, 3) each: components 1, 2, 3 as red, green, blue, from their 2nd to their 98th percentile. The sign of a
        component, which is arbitrary, is that which makes its largest weight positive.
    """
    cells = torch.cat([x.flatten(1).T for x in maps]).double().cpu()
    centred = cells - cells.mean(0)
    _, vectors = torch.linalg.eigh(centred.T @ centred / len(cells))  # ascending
    axes = vectors[:, -3:].flip(1)
    axes = axes * axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    values = (centred @ axes).numpy()
    low, high = np.percentile(values, (2, 98), axis=0)
    shades = np.round(((values - low) / np.maximum(high - low, 1e-12)).clip(0, 1) * 255).astype(np.uint8)
    shades = np.pad(shades, ((0, 0), (0, 3 - shades.shape[1])))
    ends = np.cumsum([x.shape[1] * x.shape[2] for x in maps])[:-1]
    return [part.reshape(*x.shape[1:], 3) for part, x in zip(np.split(shades, ends), maps)]


def draw_maps(
    shown: Mapping[str, tuple[Subject, Sequence[str]]], split: Split, indices: Sequence[int], how: Options
) -> np.ndarray:
    """Draws images in rows: the image, its annotation, and the map of each network.

    Args:
        shown: Title -> a network and levels of it.
        split: The images.
        indices: Which of them.
        how: The size of what the networks see.
    """
    samples = [split[index] for index in indices]
    colours = palette(len(split.classes))
    columns = [[caption(_panel(sample.image[..., ::-1]), 'image\n\n', 11) for sample in samples]]
    laid = [blend(s.image[..., ::-1], colours[s.labels], np.where(s.labels == IGNORED, 0, 0.75)) for s in samples]
    columns.append([caption(_panel(picture), 'annotation\n\n', 11) for picture in laid])
    for title, (subject, levels) in shown.items():
        seen = [see(subject, sample, how) for sample in samples]
        maps = [_within(join(one.maps, levels), one) for one in seen]
        columns.append([caption(_panel(shade, False), title, 11) for shade in principal_colours(maps)])
    return tile([list(row) for row in zip(*columns)])


def draw_subjects(
    subjects: Sequence[Subject],
    wanted: Sequence[str] | None,
    train: Split,
    val: Split,
    seeds: Sequence[int],
    count: int,
    how: Options,
) -> np.ndarray:
    """Draws the first feature of each network, the same with a random decoder, and the bare encoder.

    Args:
        subjects: The networks.
        wanted: Their features, see :func:`~mmdecon.evaluation.choose_features`.
        train: Of which the random decoders' norms take their statistics.
        val: Of which some are drawn, evenly spread.
        seeds: Of random decoders; the first is drawn.
        count: How many images.
        how: The size of what the networks see.
    """
    shown: dict[str, tuple[Subject, Sequence[str]]] = {}
    for subject in subjects:
        name, levels = next(iter(choose_features(subject, wanted).items()))
        shown[f'{subject.name}\ngiven\n{name}'] = (subject, levels)
        if subject.has_decoder and seeds:
            random = with_random_decoder(subject, seeds[0], first_images(train))
            shown[f'{subject.name}\nrandom decoder {seeds[0]}\n{name}'] = (random, levels)
        if subject.has_decoder:
            bare = encoder_join(subject.levels)
            shown[f'{subject.name}\nbare encoder\n{bare}'] = (subject, bare.split('+'))
    count = min(count, len(val))
    return draw_maps(shown, val, [index * len(val) // count for index in range(count)], how)


def _within(joined: Tensor, seen: Seen) -> Tensor:
    """The cells of a map that lie in the image, not in the margin."""
    rows, columns = (round(x * size / whole) for x, size, whole in zip(joined.shape[1:], seen.size, seen.whole))
    return joined[:, : max(1, rows), : max(1, columns)]


def _panel(picture: np.ndarray, smooth: bool = True) -> np.ndarray:
    """A picture (H, W, 3) of the height of a panel."""
    size = (round(HEIGHT * picture.shape[1] / picture.shape[0]), HEIGHT)
    return mmcv.imresize(np.ascontiguousarray(picture), size, interpolation='area' if smooth else 'nearest')
