"""What will be pre-trained of a downstream model: its network, the levels with a loss, and the proof that it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..export import PARTS, Export, Source, Verification, convert, verify
from ..export.fit import Misfit
from ..export.source import build_source, read_config, refusing
from ..export.verify import drawing_the_same
from ..models.encoders import SIDES
from ..models.levels import Level
from ..models.network import Network
from ..models.twin import TEACHER
from ..registry import MODELS
from .decoders import Found, find_decoders
from .downstream import Downstream
from .encoder import Probed, encoder_config, probe_encoder

LARGE = 512
"""Side in pixels of the image that is tried where no decoder runs on a small one; views are then as large."""
CELLS = 4
"""Cells a side that a level must have in a view to be contrasted."""


@dataclass(frozen=True)
class Plan:
    """What is pre-trained of a model.

    Attributes:
        downstream: The model.
        config: Of the network.
        network: The network, with the weights of its initialisation.
        size: Side of the views in pixels.
        encoder: Levels of the encoder that have a branch.
        decoder: Those of decoders.
        left: Part of the model, or level -> why it is not pre-trained or not contrasted.
    """

    downstream: Downstream
    config: dict[str, Any]
    network: Network
    size: int
    encoder: list[str]
    decoder: list[str]
    left: dict[str, str]

    @property
    def part(self) -> str:
        """What an export of it holds."""
        return PARTS[1] if self.network.decoder else PARTS[0]


def make_plan(downstream: Downstream, size: int = 224, decoder_only: bool = False) -> Plan:
    """Derives what to pre-train from a model.

    Args:
        downstream: The model.
        size: Of the views, in pixels; an encoder that takes images of one size alone has views of that.
        decoder_only: Whether the encoder is frozen; it then has no branch.

    Raises:
        ValueError: If its backbone gives no maps, or there is no decoder to train alone.
    """
    probed, found = _find_apart(downstream)
    if found.left and not (found.decoders or probed.fixed):  # some heads pool more cells than small images have
        large, again = _find(downstream, LARGE)
        probed, found, size = (large, again, max(LARGE, size)) if again.decoders else (probed, found, size)
    network: dict[str, Any] = dict(type='mmdecon.Network', encoder=probed.config)
    network.update(dict(decoder=found.decoders) if found.decoders else {})
    network.update(dict(level_names=probed.given) if probed.given else {})
    if decoder_only:
        network['freeze_encoder'] = True
    if probed.fixed or probed.side not in SIDES:  # no network tries it of itself
        network['probe_size'] = probed.side
    with drawing_the_same():
        built: Network = MODELS.build({**network})
    size = probed.fixed or size
    chosen, coarse = _choose(built.levels, size)
    if found.decoders and not (chosen or decoder_only):  # nothing would train them
        del network['decoder']
        with drawing_the_same():
            built = MODELS.build({**network})
    if decoder_only and not chosen:
        reason = '; '.join(f'{part}: {why}' for part, why in found.left.items()) or 'it has no neck and no decode_head'
        raise ValueError(f'{downstream.path} has no decoder to pre-train alone: {reason}')
    return Plan(
        downstream,
        network,
        built,
        size,
        [] if decoder_only else list(probed.levels)[-1:],
        chosen,
        {**found.left, **coarse},
    )


def _find_apart(downstream: Downstream) -> tuple[Probed, Found]:
    """Tries images of twice the side while a level has one cell, which cannot tell its stride."""
    probed, found = _find(downstream)
    while not probed.fixed and probed.side < LARGE and any(x.shape[2] == 1 for x in found.maps.values()):
        probed, found = _find(downstream, 2 * probed.side)
    return probed, found


def _find(downstream: Downstream, side: int | None = None) -> tuple[Probed, Found]:
    """Tries the encoder and the decoders, on an image of a side in pixels, or of the least that the encoder takes."""
    try:
        with refusing('it', 'built'):
            probed = probe_encoder(encoder_config(downstream.part('backbone')[0]), side)
    except ValueError as error:
        raise ValueError(f'{downstream.path}, model.backbone: {error}') from error
    found = Found(dict(probed.levels), dict(probed.maps), list(probed.levels))
    find_decoders(downstream, found, probed.side)
    return probed, found


def _choose(levels: Mapping[str, Level], size: int) -> tuple[list[str], dict[str, str]]:
    """The decoders' levels that are contrasted, and why others are not."""
    made = [level for level in levels.values() if level.side == 'decoder']
    fine = [level.name for level in made if _cells(level, size) >= CELLS]
    return fine, {f'level {level.name}': _too_coarse(level, size) for level in made if level.name not in fine}


def _cells(level: Level, size: int) -> int:
    """Cells a side of a level in a view."""
    return -(-size // level.stride)


def _too_coarse(level: Level, size: int) -> str:
    cells, least = _cells(level, size), CELLS * level.stride
    return f'it has {cells} x {cells} cells in a view of {size} pixels; views of {least} give it {CELLS} x {CELLS}'


def prove(plan: Plan) -> tuple[Export, Verification]:
    """Exports the network with the weights of its initialisation and compares it with the downstream model.

    So a run starts only where its result will fit.

    Args:
        plan: What is pre-trained.

    Raises:
        ValueError: If the export would not fit, or its maps would differ there.
    """
    plan.network.use([*plan.encoder, *plan.decoder])
    model, path = dict(network=plan.config, branches=branch_levels(plan)), plan.downstream.path
    try:
        return _prove(plan, Source(plan.network.eval(), model, TEACHER, {}, f'the network derived from {path}'))
    except Misfit as error:
        raise ValueError(
            f'what was derived from {path} does not fit it; do in_channels and in_index of its neck '
            f'and heads agree with what its backbone gives? {error}'
        ) from error


def prove_edited(plan: Plan, config: str) -> None:
    """Refuses a config that somebody edited so that the downstream model could not load its result.

    Args:
        plan: What the config was made of.
        config: Its path.

    Raises:
        ValueError: If its network cannot be built, or would not fit.
    """
    model = read_config(config)['model']
    try:
        _prove(plan, Source(build_source(model, config).eval(), model, TEACHER, {}, config))
    except ValueError as error:
        wrong = f'{config} was edited, and {plan.downstream.path} could not load its result; undo that'
        raise ValueError(f'{wrong}: {error}') from error


def _prove(plan: Plan, source: Source) -> tuple[Export, Verification]:
    export = convert(source, plan.downstream.layout, plan.part, target=plan.downstream.path)
    return export, verify(source, export, plan.downstream.path)


def branch_levels(plan: Plan) -> dict[str, dict[str, Sequence[str] | str]]:
    """The branches' names and levels, as a config has them."""
    sides = dict(enc=plan.encoder, dec=plan.decoder)
    return {name: dict(level=found[0] if len(found) == 1 else found) for name, found in sides.items() if found}
