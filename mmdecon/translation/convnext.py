"""ConvNeXt and ConvNeXt V2. mmpretrain normalises the map of each stage, classifiers the last one alone."""

from .table import Pair, Table
from .values import BEHIND_EARLY_STAGES, PER_MAP


def _block(i: int, there: str, names: tuple[str, str, str, str]) -> tuple[Pair, ...]:
    """A block of stage i; convolution, norm and the two layers of the MLP are named there by names."""
    ours = ('depthwise_conv', 'norm', 'pointwise_conv1', 'pointwise_conv2')
    return tuple(Pair(f'stages.{i}.#.{here}.*', f'{there}.{name}.*') for here, name in zip(ours, names))


def _timm(i: int) -> tuple[Pair, ...]:
    there = f'stages.{i}.blocks.#'
    return (
        *((Pair(f'downsample_layers.{i}.#.*', f'stages.{i}.downsample.#.*'),) if i else ()),
        *_block(i, there, ('conv_dw', 'norm', 'mlp.fc1', 'mlp.fc2')),
        Pair(f'stages.{i}.#.gamma', f'{there}.gamma'),
        Pair(f'stages.{i}.#.grn.gamma', f'{there}.mlp.grn.weight'),
        Pair(f'stages.{i}.#.grn.beta', f'{there}.mlp.grn.bias'),
    )


def _torchvision(i: int) -> tuple[Pair, ...]:
    return (
        Pair(f'downsample_layers.{i}.#.*', f'features.{2 * i}.#.*'),
        *_block(i, f'features.{2 * i + 1}.#', ('block.0', 'block.2', 'block.3', 'block.5')),
        Pair(f'stages.{i}.#.gamma', f'features.{2 * i + 1}.#.layer_scale', PER_MAP),
    )


def _official(i: int) -> tuple[Pair, ...]:
    return (
        *_block(i, f'stages.{i}.#', ('dwconv', 'norm', 'pwconv1', 'pwconv2')),
        Pair(f'stages.{i}.#.gamma', f'stages.{i}.#.gamma'),
    )


TABLES = (
    Table(
        'timm',
        'ConvNeXt',
        (
            Pair('downsample_layers.0.#.*', 'stem.#.*'),
            *(pair for i in range(4) for pair in _timm(i)),
            Pair('norm3.*', 'head.norm.*'),
        ),
        BEHIND_EARLY_STAGES,
    ),
    Table(
        'torchvision',
        'ConvNeXt',
        (*(pair for i in range(4) for pair in _torchvision(i)), Pair('norm3.*', 'classifier.0.*')),
        BEHIND_EARLY_STAGES,
    ),
    Table(
        'official',
        'ConvNeXt',
        (
            Pair('downsample_layers.#.#.*', 'downsample_layers.#.#.*'),
            *(pair for i in range(4) for pair in _official(i)),
            Pair('norm3.*', 'norm.*'),
        ),
        BEHIND_EARLY_STAGES,
    ),
    Table(
        'mmpretrain',
        'ConvNeXt',
        (
            Pair('downsample_layers.**', 'downsample_layers.**'),
            Pair('stages.#.#.**', 'stages.#.#.**'),
            Pair('norm3.*', 'norm3.*'),
        ),
        BEHIND_EARLY_STAGES,
    ),
)
