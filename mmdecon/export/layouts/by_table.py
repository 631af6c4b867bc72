"""What the layouts of libraries without configs have in common: names and values by the tables of translation.

Shapes: B images, C channels, H x W pixels, h x w cells.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from ...translation import Table, find_table
from ..pieces import Piece
from ..source import Source
from .base import Layout
from .shapes import SwinShape, ViTShape

SIDES: Mapping[str, Callable[[nn.Module], int]] = {
    'Swin': lambda encoder: SwinShape.of(encoder).side,
    'ViT': lambda encoder: ViTShape.of(encoder).side,
}


class TableLayout(Layout):
    """A library whose encoders, necks and heads have tables in :mod:`mmdecon.translation`.

    A subclass builds the library's models, and runs them.

    Attributes:
        library: Its import name, under which its tables are.
        families: Architectures of encoders that the models have; by default all that the library has.
    """

    library: ClassVar[str]
    families: ClassVar[tuple[str, ...]] = ()

    def rename(self, state: Mapping[str, Tensor], piece: Piece) -> dict[str, Tensor]:
        """Names and values by the table of the piece's architecture, behind its place.

        Raises:
            ValueError: If the library lacks the architecture, or has no place for the piece.
        """
        prefix = f'{self.place(piece)}.'.lstrip('.')
        table = self.table_of(piece.names, piece.where)
        return {f'{prefix}{name}': value for name, value in table.export(state).items()}

    def without_place(self, piece: Piece) -> list[str]:
        """Norms behind the first stages, which a classifier does not have."""
        return self.table_of(piece.names, piece.where).find_lost(sorted(piece.names))

    def image_side(self, source: Source) -> int | None:
        """That of a ViT's position embeddings; two of a Swin's windows on its last map."""
        side = SIDES.get(self.table(source).family)
        return None if side is None else side(source.network.encoder)

    def indices(self, source: Source) -> list[int]:
        """The stages or layers that give the levels."""
        indices: Any = source.network.encoder.out_indices
        return list(indices)

    def table(self, source: Source) -> Table:
        """The table of the encoder's architecture."""
        return self.table_of(source.network.encoder.state_dict().keys(), 'encoder')

    def table_of(self, names: Collection[str], where: str) -> Table:
        """The table of what has tensors of these names.

        Raises:
            ValueError: If there is none, or the models have no encoders of the architecture.
        """
        table = find_table(self.library, names, where)
        if where == 'encoder' and self.families and table.family not in self.families:
            known = ', '.join(self.families)
            raise ValueError(f'{where}: models of this layout have {known}, not {table.family}; choose another layout')
        return table

    def finish(self, source: Source, model: nn.Module, maps: Mapping[int, Tensor]) -> dict[str, Tensor]:
        """Names maps of a model after levels, behind the norms that the encoder has there.

        A norm that the model has is the model's, one that it has no place for is the encoder's own.

        Args:
            source: The pre-trained network.
            model: The part of the model that the encoder fills.
            maps: Index of the stage or layer, as in ``out_indices`` -> map (B, C, h, w), not normalised.
        """
        encoder, table = source.network.encoder, self.table(source)
        levels = {}
        for index, name in zip(self.indices(source), source.network.level_names):
            if index not in maps:
                continue
            norm, levels[name] = output_norm(encoder, index), maps[index]
            if norm is not None:
                theirs = table.name_there(f'{norm}.weight')
                own = encoder.get_submodule(norm)
                there = own if theirs is None else model.get_submodule(theirs.removesuffix('.weight'))
                levels[name] = normalise(there, maps[index])
        return levels


def output_norm(encoder: nn.Module, index: int) -> str | None:
    """The norm behind an encoder's map, None where there is none.

    Args:
        encoder: Of OpenMMLab's names.
        index: Of the map, as in ``out_indices``.
    """
    names = encoder.state_dict()
    if f'norm{index}.weight' in names:
        return f'norm{index}'
    is_last = f'layers.{index}.ln1.weight' in names and f'layers.{index + 1}.ln1.weight' not in names
    return 'ln1' if is_last and 'ln1.weight' in names else None


def normalise(norm: nn.Module, x: Tensor) -> Tensor:
    """Layer norm over the channels of each cell, whatever order of axes the module itself wants.

    Args:
        norm: With weight, bias and eps.
        x: (B, C, h, w).
    """
    weight, bias, eps = (getattr(norm, name) for name in ('weight', 'bias', 'eps'))
    return F.layer_norm(x.permute(0, 2, 3, 1), weight.shape, weight, bias, eps).permute(0, 3, 1, 2)


def has_norms(neck: nn.Module) -> bool:
    """Whether a neck has a norm behind its convolutions, which then have no bias."""
    return any(part.bias is None for part in neck.modules() if isinstance(part, nn.Conv2d))


def watch(model: nn.Module, names: Mapping[int, str], run: Callable[[], Any]) -> dict[int, Tensor]:
    """What modules give while a model runs.

    Args:
        model: The model.
        names: Key -> name of a module in the model.
        run: Runs the model.

    Returns:
        Key -> the module's output.
    """
    seen: dict[int, Tensor] = {}

    def remember(key: int) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda module, inputs, output: seen.update({key: output})

    hooks = [model.get_submodule(name).register_forward_hook(remember(key)) for key, name in names.items()]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return seen
