"""What keeps an export from fitting a model, and what to do about it in an OpenMMLab library."""

from collections.abc import Sequence
from typing import NamedTuple

STEMS = ('backbone.stem.', 'backbone.conv1.', 'backbone.bn1.')  # of ResNets, of both kinds


class Misfits(NamedTuple):
    """Names of tensors that keep an export from fitting a model.

    Attributes:
        holes: Of the model, which the export should fill and does not.
        left_over: Of the export, without a place in the model.
        unequal: Of both, with another shape there.
    """

    holes: Sequence[str]
    left_over: Sequence[str]
    unequal: Sequence[str]


def of_backbone(misfits: Misfits) -> list[str]:
    """Remedies where a backbone differs: its stem, and the rest."""
    names = [name for kind in misfits for name in kind]
    stem = [name for name in names if name.startswith('backbone.stem.')]
    found = []
    if stem:
        ours, theirs = ('one 7x7 convolution', 'three') if stem[0] in misfits.holes else ('three convolutions', 'one')
        found.append(
            f"The stem was pre-trained with {ours}, the target has {theirs}: pre-train with the target's stem "
            "(mmpretrain.ResNetV1c for mmseg's shipped configs, mmpretrain.ResNet for mmdet's), or set the "
            "target's backbone.type to match."
        )
    if not stem or [name for name in names if not name.startswith(STEMS)]:
        found.append('The backbones differ: give the target the type, depth and width of the pre-trained encoder.')
    return found


def of_decoder(misfits: Misfits) -> list[str]:
    """Remedies where a neck or a head differs: a neck's norms, and the rest."""
    names = [name for kind in misfits for name in kind]
    norms = [name for name in names if name.startswith('neck.') and '.bn.' in name]
    lacking, extra = ([name for name in norms if name in kind] for kind in (misfits.left_over, misfits.holes))
    found = []
    if lacking:
        found.append(
            "The target's neck has no norm: export with --fold-norm, or pre-train without norm_cfg in the neck."
        )
    if extra:
        found.append("The target's neck has a norm: set its norm_cfg=None, or pre-train with one.")
    biases = [name for name in names if found and name.endswith('.conv.bias')]  # which a norm takes the place of
    if set(names) - set(norms) - set(biases) or not found:
        found.append(
            'The decoders differ: export with --part encoder, or give the target the type and channels of ours.'
        )
    return found
