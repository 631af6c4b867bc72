"""Necks and heads: the FPN of mmseg and mmdet, and mmseg's FCN head with one convolution."""

from .table import Pair, Table


def _fpn_of_detectron2(count: int) -> Table:
    """An FPN on the last ``count`` of the levels c2 to c5, after whose numbers detectron2 names its layers."""
    pairs = [
        pair
        for i in range(count)
        for ours, theirs in (('lateral_convs', 'fpn_lateral'), ('fpn_convs', 'fpn_output'))
        for pair in (
            Pair(f'{ours}.{i}.conv.*', f'{theirs}{i + 6 - count}.*'),
            Pair(f'{ours}.{i}.bn.*', f'{theirs}{i + 6 - count}.norm.*'),
            Pair(f'{ours}.{i}.gn.*', f'{theirs}{i + 6 - count}.norm.*'),
        )
    ]
    counters = tuple(f'{convs}.#.bn.num_batches_tracked' for convs in ('lateral_convs', 'fpn_convs'))
    return Table('detectron2', 'FPN', tuple(pairs), rebuilt=counters)


TABLES = (
    Table(
        'torchvision',
        'FPN',
        tuple(
            pair
            for ours, theirs in (('lateral_convs', 'inner_blocks'), ('fpn_convs', 'layer_blocks'))
            for pair in (Pair(f'{ours}.#.conv.*', f'{theirs}.#.0.*'), Pair(f'{ours}.#.bn.*', f'{theirs}.#.1.*'))
        ),
    ),
    Table(
        'torchvision',
        'FCN head',
        (
            Pair('convs.0.conv.weight', '0.weight'),
            Pair('convs.0.bn.*', '1.*'),
            Pair('conv_seg.*', '4.*'),
        ),
    ),
    *(_fpn_of_detectron2(count) for count in (1, 2, 3, 4)),
)
