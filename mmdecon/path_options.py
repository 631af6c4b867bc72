"""KEY=VALUE words of the command line, in which paths stay the text that was typed.

mmengine's action makes a number of ``folders=2017``, a list of ``data_root=a,b``, and drops the spaces of a path.
"""

import csv
from argparse import ArgumentParser, Namespace
from typing import Any

from mmengine.config import DictAction

# The last parts of keys that name a file or a folder; several are named by LISTS alone.
LISTS = ('folders',)
PATHS = (
    *LISTS,
    'ann_dir',
    'ann_file',
    'checkpoint',
    'data_root',
    'depth_map_path',
    'depths',
    'folder',
    'images',
    'img_dir',
    'img_path',
    'labels',
    'list_file',
    'load_from',
    'out_dir',
    'path',
    'pretrained',
    'seg_map_path',
    'store',
    'work_dir',
)
QUOTES = '"\''


class OptionsAction(DictAction):
    """mmengine's ``DictAction`` whose paths are text, and which refuses words that are no KEY=VALUE."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        """Adds what was given to the namespace's dict.

        Args:
            parser: Ends the program at a word that cannot be read.
            namespace: The arguments so far.
            values: The words; none where the option stands alone, which makes an empty dict.
            option_string: The option's name.
        """
        if not values:  # with nargs='*' the option alone says something
            setattr(namespace, self.dest, {})
        for word in values:
            key, sign, text = word.partition('=')
            if not key or not sign:
                parser.error(f'{option_string} {word}: give KEY=VALUE')
            if key.rpartition('.')[2] in PATHS and text != 'None':
                options = {**(getattr(namespace, self.dest, None) or {}), key: read_paths(key, text)}
                setattr(namespace, self.dest, options)
                continue
            try:
                super().__call__(parser, namespace, [word], option_string)
            except AssertionError as error:  # mmengine's, of brackets
                parser.error(f'{option_string} {word}: {error}')


def read_paths(key: str, text: str) -> str | list[str]:
    """Reads the value of a key that names a path.

    Args:
        key: The key, whose last part is one of ``PATHS``.
        text: What was typed. Quotes around a path are taken off. In brackets, and for keys of ``LISTS`` also without,
            commas separate paths; a path in quotes keeps its commas.

    Returns:
        The path, or several.

    Examples:
        >>> read_paths('dataset.folders', '2017'), read_paths('dataset.folders', 'a,b')
        ('2017', ['a', 'b'])
        >>> read_paths('dataset.folders', "'a,b'"), read_paths('dataset.data_root', 'a,b')
        ('a,b', 'a,b')
    """
    listed = text[:1] + text[-1:] in ('[]', '()')
    if listed or key.rpartition('.')[2] in LISTS:
        paths = _split(text[1:-1] if listed else text)
        return paths if listed or len(paths) > 1 else ''.join(paths)
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in QUOTES
    return text[1:-1] if quoted else text


def _split(text: str) -> list[str]:
    """Splits at commas outside quotes."""
    quote = next((letter for letter in text if letter in QUOTES), '"')
    return next(csv.reader([text], quotechar=quote, skipinitialspace=True), [])
