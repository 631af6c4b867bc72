"""ResNet and ResNeXt."""

from .table import Pair, Table

STATISTICS = ('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked')
BLOCKS = tuple(
    Pair(f'layer#.#.{part}', f'layer#.#.{part}')
    for part in ('conv#.weight', 'bn#.*', 'downsample.0.weight', 'downsample.1.*')
)
STEM = (Pair('conv1.weight', 'conv1.weight'), Pair('bn1.*', 'bn1.*'))
# mmpretrain has three blocks of convolution and norm, mmseg and mmdet a flat list, timm a list without the last norm.
DEEP_STEM = tuple(
    pair
    for i, norm in enumerate(('conv1.1', 'conv1.4', 'bn1'))
    for pair in (
        Pair(f'stem.{i}.conv.weight', f'conv1.{3 * i}.weight'),
        Pair(f'stem.{i}.bn.*', f'{norm}.*'),
        Pair(f'stem.{3 * i}.weight', f'conv1.{3 * i}.weight'),
        *(Pair(f'stem.{3 * i + 1}.{name}', f'{norm}.{name}') for name in STATISTICS),
    )
)
# ResNet-D pools before the convolution of a shortcut; timm has an empty place for that in the first stage, too.
POOLED = (
    Pair('layer#.#.conv#.weight', 'layer#.#.conv#.weight'),
    Pair('layer#.#.bn#.*', 'layer#.#.bn#.*'),
    Pair('layer1.0.downsample.0.weight', 'layer1.0.downsample.1.weight'),
    Pair('layer1.0.downsample.1.*', 'layer1.0.downsample.2.*'),
    Pair('layer#.0.downsample.1.weight', 'layer#.0.downsample.1.weight'),
    Pair('layer#.0.downsample.2.*', 'layer#.0.downsample.2.*'),
)


def _detectron2(i: int) -> tuple[Pair, ...]:
    """Stage i, counted from 1."""
    here, there = f'layer{i}.#', f'res{i + 1}.#'
    return (
        Pair(f'{here}.conv#.weight', f'{there}.conv#.weight'),
        Pair(f'{here}.bn#.*', f'{there}.conv#.norm.*'),
        Pair(f'{here}.downsample.0.weight', f'{there}.shortcut.weight'),
        Pair(f'{here}.downsample.1.*', f'{there}.shortcut.norm.*'),
    )


TABLES = (
    Table('torchvision', 'ResNet', STEM + BLOCKS),
    Table('timm', 'ResNet', STEM + DEEP_STEM + BLOCKS),
    Table('timm', 'ResNet-D', STEM + DEEP_STEM + POOLED),
    Table(
        'detectron2',
        'ResNet',
        (
            Pair('conv1.weight', 'stem.conv1.weight'),
            Pair('bn1.*', 'stem.conv1.norm.*'),
            *(pair for i in range(1, 5) for pair in _detectron2(i)),
        ),
        rebuilt=('bn1.num_batches_tracked', 'layer#.#.**.num_batches_tracked'),
    ),
)
