"""Swin. OpenMMLab normalises the map of each stage, classifiers the last one alone."""

from .table import Pair, Table
from .values import BEHIND_EARLY_STAGES, FLAT_INDEX, MERGED

INDEX = 'stages.#.blocks.#.attn.w_msa.relative_position_index'


def _blocks(stage: str, fc1: str, fc2: str) -> tuple[Pair, ...]:
    """Blocks of all stages, which are called stage there, with the two layers of their MLPs."""
    here = 'stages.#.blocks.#'
    return (
        Pair(f'{here}.norm#.*', f'{stage}.norm#.*'),
        Pair(f'{here}.attn.w_msa.qkv.*', f'{stage}.attn.qkv.*'),
        Pair(f'{here}.attn.w_msa.proj.*', f'{stage}.attn.proj.*'),
        Pair(f'{here}.attn.w_msa.relative_position_bias_table', f'{stage}.attn.relative_position_bias_table'),
        Pair(f'{here}.ffn.layers.0.0.*', f'{stage}.{fc1}.*'),
        Pair(f'{here}.ffn.layers.1.*', f'{stage}.{fc2}.*'),
    )


def _torchvision(i: int) -> tuple[Pair, ...]:
    here, there = f'stages.{i}.blocks.#', f'features.{2 * i + 1}.#'
    blocks = _blocks(there, 'mlp.0', 'mlp.3')
    return (
        *(pair._replace(ours=pair.ours.replace('stages.#', f'stages.{i}')) for pair in blocks),
        Pair(f'{here}.attn.w_msa.relative_position_index', f'{there}.attn.relative_position_index', FLAT_INDEX),
        Pair(f'stages.{i}.downsample.norm.*', f'features.{2 * i + 2}.norm.*', MERGED),
        Pair(f'stages.{i}.downsample.reduction.*', f'features.{2 * i + 2}.reduction.*', MERGED),
    )


PATCHES = (
    Pair('patch_embed.projection.*', 'patch_embed.proj.*'),
    Pair('patch_embed.norm.*', 'patch_embed.norm.*'),
    *_blocks('layers.#.blocks.#', 'mlp.fc1', 'mlp.fc2'),
    Pair('norm3.*', 'norm.*'),
)
MASKS = ('layers.#.blocks.#.attn_mask', 'layers.#.blocks.#.attn.relative_position_index')

TABLES = (
    Table(
        'timm',
        'Swin',
        (*PATCHES, *(Pair(f'stages.{i}.downsample.**', f'layers.{i + 1}.downsample.**', MERGED) for i in range(3))),
        BEHIND_EARLY_STAGES,
        (INDEX,),
        MASKS,
    ),
    Table(
        'torchvision',
        'Swin',
        (
            Pair('patch_embed.projection.*', 'features.0.0.*'),
            Pair('patch_embed.norm.*', 'features.0.2.*'),
            *(pair for i in range(4) for pair in _torchvision(i)),
            Pair('norm3.*', 'norm.*'),
        ),
        BEHIND_EARLY_STAGES,
    ),
    Table(
        'official',
        'Swin',
        (*PATCHES, Pair('stages.#.downsample.**', 'layers.#.downsample.**', MERGED)),
        BEHIND_EARLY_STAGES,
        (INDEX,),
        MASKS,
    ),
    Table(
        'mmpretrain',
        'Swin',
        (
            Pair('patch_embed.**', 'patch_embed.**'),
            Pair('stages.#.blocks.**', 'stages.#.blocks.**'),
            Pair('stages.#.downsample.**', 'stages.#.downsample.**'),
            Pair('norm3.*', 'norm3.*'),
        ),
        BEHIND_EARLY_STAGES,
    ),
)
