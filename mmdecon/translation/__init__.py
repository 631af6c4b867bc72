"""Tensors of encoders and decoders in other libraries: one table a library and architecture, read both ways."""

from collections.abc import Collection, Mapping

from torch import Tensor

from . import convnext, decoders, resnet, swin, vit
from .table import Pair, Table, Turn

TABLES: tuple[Table, ...] = resnet.TABLES + convnext.TABLES + swin.TABLES + vit.TABLES + decoders.TABLES

__all__ = ['TABLES', 'Pair', 'Table', 'Turn', 'adopt', 'find_table']


def find_table(library: str, names: Collection[str], where: str) -> Table:
    """The table of an architecture, which its tensors' names tell.

    Args:
        library: Import name of the library.
        names: All of our names.
        where: What they are of, for the message.

    Raises:
        ValueError: If the library has no such architecture, or there is no table for it.
    """
    tables = [table for table in TABLES if table.library == library]
    fitting = [table for table in tables if not table.unknown(names)]
    if fitting:
        return fitting[0]
    nearest = min(tables, key=lambda table: len(table.unknown(names)))
    unknown = nearest.unknown(sorted(names))
    if len(unknown) <= len(names) / 2:
        raise ValueError(f'{where}: the {nearest.family} of {library} has no place for {unknown[0]}')
    families = ', '.join(dict.fromkeys(table.family for table in tables))
    raise ValueError(
        f'{where}: {library} has no counterpart of it (with tensors such as {min(names, default="none")}); known for '
        f'{library}: {families}'
    )


def adopt(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A file's tensors as we have them, where they are another library's.

    Args:
        state: Tensors by their names in a file, without a prefix.
        wanted: The tensors of the module that they are for.

    Returns:
        Those translated by the table that knows most of them; the file's own, if as many have our names already.
    """
    tables = [table for table in TABLES if not table.unknown(wanted)]
    best = max(tables, key=lambda table: table.count(state, wanted), default=None)
    if best is None or best.count(state, wanted) <= sum(name in wanted for name in state):
        return dict(state)
    return best.adopt(state, wanted)
