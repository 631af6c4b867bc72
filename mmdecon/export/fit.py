"""Whether an export fits a model, told in words; shared by the exporting tool and the hook that checks loading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

EXPORTED = ('backbone', 'neck', 'decode_head')
CLASSIFIER = 'decode_head.conv_seg.'


@dataclass(frozen=True)
class Fit:
    """What loading an export leaves to initialise in a model, by group, as names of tensors."""

    new: dict[str, list[str]]

    def describe(self) -> str:
        """One line a group."""
        lines = [f'  {group}: {len(names)} tensors, such as {names[0]}' for group, names in self.new.items()]
        return '\n'.join(lines) or '  nothing'


def check_fit(
    state: Mapping[str, Tensor],
    model: nn.Module,
    untrained: Sequence[str] = (),
    classifiers: Sequence[str] = (CLASSIFIER,),
) -> Fit:
    """Compares an export with a model, name by name and shape by shape.

    Args:
        state: The export's tensors.
        model: A model of mmseg or mmdet, or a ``ModuleDict`` of its parts.
        untrained: Names that the export lacks because pre-training did not train them.
        classifiers: What the names of classifiers start with, which an export lacks as well.

    Returns:
        What the model will still initialise: classifier, heads without a place in the export, parts that it leaves out.

    Raises:
        ValueError: If a tensor of the export has no place or another shape there, or a part that the export holds
            would stay random in places; with the remedy.
    """
    wanted = model.state_dict()
    missing = [name for name in wanted if name not in state and not name.endswith('num_batches_tracked')]
    left_over = [name for name in state if name not in wanted]
    filled = {name.partition('.')[0] for name in state}
    holes = [
        name
        for name in missing
        if name.partition('.')[0] in filled and not name.startswith(tuple(classifiers)) and name not in untrained
    ]
    unequal = [name for name in state if name in wanted and state[name].shape != wanted[name].shape]
    if holes or left_over or unequal:
        raise ValueError(f'{_first(holes, left_over, unequal, state, wanted)} {_remedy(holes, left_over, unequal)}')
    groups: dict[str, list[str]] = {}
    for name in missing:
        groups.setdefault(_group(name, set(untrained), tuple(classifiers)), []).append(name)
    return Fit(groups)


def _group(name: str, untrained: set[str], classifiers: tuple[str, ...]) -> str:
    """Why a tensor is new."""
    if name.startswith((*classifiers, CLASSIFIER)):
        return 'classifier'
    if name in untrained:
        return 'not trained in pre-training (feeds no branch)'
    part = name.partition('.')[0]
    return f'{part} (not in this export)' if part in EXPORTED else part


def _first(
    holes: Sequence[str],
    left_over: Sequence[str],
    unequal: Sequence[str],
    state: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
) -> str:
    """What does not fit, in a sentence with one example of each kind."""
    said = []
    if unequal:
        name = unequal[0]
        said.append(f'{name} is {tuple(state[name].shape)} here and {tuple(wanted[name].shape)} there')
    if left_over:
        said.append(f'{left_over[0]} has no place there')
    if holes:
        said.append(f'{holes[0]} would stay random')
    count = len(holes) + len(left_over) + len(unequal)
    return f'The weights do not fit the target ({count} tensors): {"; ".join(said)}.'


def _remedy(holes: Sequence[str], left_over: Sequence[str], unequal: Sequence[str]) -> str:
    """One line on what to change, by the kind of the first misfit."""
    stem = [name for name in (*holes, *left_over) if name.startswith('backbone.stem.')]
    if stem:
        ours, theirs = ('one 7x7 convolution', 'three') if stem[0] in holes else ('three convolutions', 'one')
        return (
            f"The stem was pre-trained with {ours}, the target has {theirs}: pre-train with the target's stem "
            "(mmpretrain.ResNetV1c for mmseg's shipped configs, mmpretrain.ResNet for mmdet's), or set the target's "
            'backbone.type to match.'
        )
    neck = [name for name in (*holes, *left_over, *unequal) if name.startswith('neck.')]
    if any('.bn.' in name for name in left_over if name in neck):
        return "The target's neck has no norm: export with --fold-norm, or pre-train without norm_cfg in the neck."
    if any('.bn.' in name for name in holes if name in neck):
        return "The target's neck has a norm: set its norm_cfg=None, or pre-train with one."
    if [name for name in (*holes, *left_over, *unequal) if name.startswith('backbone.')]:
        return 'The backbones differ: give the target the type, depth and width of the pre-trained encoder.'
    if [name for name in left_over if name.partition('.')[0] not in EXPORTED]:
        return (
            'Only backbone, neck and decode_head are looked for: make the file with tools/export.py, or name it in '
            "backbone.init_cfg=dict(type='Pretrained', checkpoint=..., prefix=...) instead of load_from."
        )
    return 'The decoders differ: export with --part encoder, or give the target the type and channels of ours.'
