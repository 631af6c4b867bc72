"""Loads an export into the model that will use it, and compares what the two compute."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from mmengine.model import revert_sync_batchnorm
from torch import Tensor, nn

from ..models.encoders import blank_image
from ..models.first_layer import REFUSALS
from ..models.network import Network
from .fit import Fit, check_fit
from .layouts import get_layout
from .pieces import Export
from .source import Source, refusing
from .transplant import difference_of

SIDE = 128  # pixels of the test image, at least: four cells at stride 32


@contextmanager
def drawing_the_same() -> Iterator[None]:
    """Random numbers inside are the same each time, for modules that draw some in eval mode too (LightHamHead)."""
    with torch.random.fork_rng(devices=[]):  # all runs on the CPU
        torch.manual_seed(0)
        yield


@dataclass(frozen=True)
class Verification:
    """What was found.

    Attributes:
        fit: What the target will still initialise.
        equal: Levels whose maps are the same in both.
        incomparable: Levels whose maps have other sizes in the target, by its strides.
    """

    fit: Fit
    equal: list[str]
    incomparable: list[str]


def verify(source: Source, export: Export, target: str | None = None, tolerance: float = 1e-5) -> Verification:
    """Loads an export into its target and compares features, in eval mode, on an image of noise.

    Args:
        source: Where the export came from.
        export: What is to be written.
        target: What the layout builds its model from, such as a downstream config file; by default the library's own
            classes are built as the pre-training config has them.
        tolerance: Largest difference, relative to the largest value of a map.

    Raises:
        ValueError: If a tensor does not fit, a level differs, an exported decoder's level is not given, or no level can
            be compared.
    """
    layout = get_layout(export.layout)
    model = revert_sync_batchnorm(layout.build_target(source, export, target)).eval()
    fit = check_fit(export.state, model, layout, export.untrained, export.classifiers, export.new)
    model.load_state_dict(export.state, strict=False)
    side = layout.image_side(source) or _side(source.network)
    image = torch.randn(2, source.network.in_channels, side, side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), refusing(target or f'{export.layout} classes for {source.path}', 'run on an image'):
        with drawing_the_same():
            ours = source.network(image)
        with drawing_the_same():
            theirs = layout.run(source, export, model, image)
    _require_all(source, export, theirs)
    _require_moved(source, export, model, tolerance)
    equal, incomparable = [], []
    for name, theirs_map in theirs.items():
        if name not in source.network.trained_levels:
            continue
        if ours[name].shape != theirs_map.shape:
            incomparable.append(name)
            continue
        if not ours[name].isfinite().all():
            raise ValueError(f'level {name} of {source.path} is not finite on an image of noise: the run diverged')
        difference = (ours[name] - theirs_map).abs().max() / ours[name].abs().max().clamp(min=1e-12)
        if not difference <= tolerance:  # a NaN is a difference too
            raise ValueError(
                f'level {name} differs by {difference:.1e} of its largest value in the target, though every tensor was '
                'loaded: the two compute differently. Compare the options of the pre-training and the target config.'
            )
        equal.append(name)
    if not equal:
        raise ValueError(f'no level of the target can be compared: {incomparable} have other sizes there')
    return Verification(fit, equal, incomparable)


def _side(network: Network) -> int:
    """Pixels of the test image: at least :data:`SIDE`, but for networks that take images of one size alone."""
    larger = max(SIDE, network.probe_size)
    try:
        with torch.no_grad(), drawing_the_same():
            network(blank_image(network, larger, network.in_channels))
        return larger
    except REFUSALS:
        return network.probe_size


def _require_all(source: Source, export: Export, theirs: Mapping[str, Tensor]) -> None:
    """Refuses a target that gives unknown levels, or not all of the exported decoders: tensors would go unproven."""
    network = source.network
    unknown = sorted(theirs.keys() - network.levels.keys())
    made = [name for decoder in export.decoders for name in network.decoder[decoder].names]
    lacking = [name for name in made if name in network.trained_levels and name not in theirs]
    if unknown or lacking:
        raise ValueError(
            f'the layout {export.layout!r} gives the levels {sorted(theirs)} of the target; '
            + (f'{unknown} are none of the network, which has {sorted(network.levels)}; ' if unknown else '')
            + (
                f'{lacking} of the exported decoders are not among them, so that nothing would prove them; '
                if lacking
                else ''
            )
            + "correct the names in the layout's run or in the decoder's run_downstream"
        )


def _require_moved(source: Source, export: Export, model: nn.Module, tolerance: float) -> None:
    """Refuses parts of decoders that compute something else in the target's decoder."""
    for move in export.moves:
        difference = difference_of(source.network.get_submodule(move.source), model.get_submodule(move.target))
        if not difference <= tolerance:
            raise ValueError(
                f'{move.target}, the {move.role}, differs by {difference:.1e} of its largest value from {move.source}, '
                'though every tensor was loaded: the two compute differently'
            )
