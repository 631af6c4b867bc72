"""Whether an export fits a model, told in words; shared by the exporting tool and the hook that checks loading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from ..models.first_conv import differ_in_inputs
from .layouts import Layout, Misfits

NEW = 'not pre-trained in a decoder that is filled in part (--transplant)'


@dataclass(frozen=True)
class Fit:
    """What loading an export leaves to initialise in a model, by group, as names of tensors."""

    new: dict[str, list[str]]

    def describe(self) -> str:
        """One line a group."""
        lines = [f'  {group}: {len(names)} tensors, such as {names[0]}' for group, names in self.new.items()]
        return '\n'.join(lines) or '  nothing'


class Misfit(ValueError):
    """The weights do not fit the target."""


def check_fit(
    state: Mapping[str, Tensor],
    model: nn.Module,
    layout: Layout,
    untrained: Sequence[str] = (),
    classifiers: Sequence[str] | None = None,
    new: Sequence[str] = (),
) -> Fit:
    """Compares an export with a model, name by name and shape by shape.

    Args:
        state: The export's tensors.
        model: A model of the layout's library, or a ``ModuleDict`` of its parts.
        layout: Knows the parts that an export may fill, and remedies.
        untrained: Names that the export lacks because pre-training did not train them.
        classifiers: What the names of the heads' classifiers start with, which an export lacks as well, beside the
            layout's.
        new: Names that an export which fills decoders in part lacks there.

    Returns:
        What the model will still initialise: classifier, heads without a place in the export, parts that it leaves out.

    Raises:
        ValueError: If a tensor of the export has no place or another shape there, or a part that the export holds
            would stay random in places; names every part that differs, with the remedies.
    """
    wanted, absent = model.state_dict(), (*layout.classifiers, *(classifiers or ()))
    missing = [
        name
        for name in wanted
        if name not in state and not name.endswith('num_batches_tracked') and not layout.is_constant(name)
    ]
    left_over = [name for name in state if name not in wanted]
    allowed = {*untrained, *new}
    filled = {layout.part(name) for name in state}
    holes = [
        name for name in missing if layout.part(name) in filled and not name.startswith(absent) and name not in allowed
    ]
    unequal = [name for name in state if name in wanted and state[name].shape != wanted[name].shape]
    misfits = Misfits(holes, left_over, unequal)
    if any(misfits):
        raise Misfit(_explain(misfits, state, wanted, layout))
    groups: dict[str, list[str]] = {}
    for name in missing:
        group = NEW if name in new else _group(name, layout, set(untrained), absent)
        groups.setdefault(group, []).append(name)
    return Fit(groups)


def _group(name: str, layout: Layout, untrained: set[str], classifiers: tuple[str, ...]) -> str:
    """Why a tensor is new."""
    if name.startswith((*classifiers, *layout.classifiers)):
        return 'classifier'
    if name in untrained:
        return 'not trained in pre-training (feeds no branch)'
    part = layout.part(name)
    if part in layout.beyond:
        return f'{part} (no pre-training reaches it)'
    return f'{part} (not in this export)' if layout.place_of(part) in layout.parts else part


def _explain(misfits: Misfits, state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], layout: Layout) -> str:
    """What does not fit, part by part, and all remedies."""
    names = [name for kind in misfits for name in kind]
    said, remedies = [], []
    for part in sorted(set(map(layout.part, names))):
        of_part = Misfits(*([name for name in kind if layout.part(name) == part] for kind in misfits))
        count = sum(map(len, of_part))
        said.append(f'{part or "the model"} ({count} tensors): {_examples(of_part, state, wanted)}')
        inputs = _of_inputs(of_part, state, wanted, layout) if part == layout.places['encoder'] else None
        remedies.append(inputs or layout.remedy(of_part))
    return f'The weights do not fit the target. In {"; in ".join(said)}. {" ".join(dict.fromkeys(remedies))}'


def _of_inputs(
    misfits: Misfits, state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], layout: Layout
) -> str | None:
    """The remedy where nothing of an encoder differs but how many channels the image has."""
    if misfits.holes or misfits.left_over or not all(differ_in_inputs(state[n], wanted[n]) for n in misfits.unequal):
        return None
    ours, theirs = (x[misfits.unequal[0]].shape[1] for x in (state, wanted))
    how = layout.input_option.format(channels=ours)
    return f'The target takes images of {theirs} channels, the pre-trained encoder of {ours}: {how}.'


def _examples(misfits: Misfits, state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """One of each kind."""
    holes, left_over, unequal = misfits
    said = []
    if unequal:
        name = unequal[0]
        said.append(f'{name} is {tuple(state[name].shape)} here and {tuple(wanted[name].shape)} there')
    if left_over:
        said.append(f'{left_over[0]} has no place there')
    if holes:
        said.append(f'{holes[0]} would stay random')
    return ', '.join(said)
