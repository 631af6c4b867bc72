"""Tables in Markdown, line by line: a long run prints a row when it has one."""

from collections.abc import Iterable, Sequence


def row(cells: Iterable[object]) -> str:
    """A row.

    Examples:
        >>> row(['FPN', 0.5])
        '| FPN | 0.5 |'
    """
    return f'| {" | ".join(map(str, cells))} |'


def head(columns: Sequence[str], words: int = 1) -> str:
    """The two lines above the rows.

    Args:
        columns: Titles.
        words: How many columns, from the left, hold words; the others hold numbers, which stand to the right.

    Examples:
        >>> print(head(['model', 'mIoU']))
        | model | mIoU |
        | --- | ---: |
    """
    return f'{row(columns)}\n{row(["---"] * words + ["---:"] * (len(columns) - words))}'
