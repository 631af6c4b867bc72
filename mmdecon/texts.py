"""Reads text files and JSON that users bring along, in any of Unicode's encodings."""

import codecs
import io
import json
import unicodedata
from collections.abc import Iterator
from typing import Any

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, 'utf-8-sig'),
    (codecs.BOM_UTF32_LE, 'utf-32'),
    (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)
MARK = '\ufeff'  # the byte order mark, decoded; joined files have it within, too


def read_lines(path: str) -> Iterator[str]:
    """Reads the lines of a text file in UTF-8, or in UTF-16 or UTF-32 with a byte order mark.

    Args:
        path: The file.

    Yields:
        Every line, the empty ones too, without surrounding white space and byte order marks.

    Raises:
        ValueError: If the file is in another encoding; the message names it and the line.
    """
    with open(path, 'rb') as file:
        content = file.read()
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), 'utf-8')
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        known = encoding.removesuffix('-sig').upper()
        raise ValueError(f'{path} is no {known} text from line {line} on: save it as UTF-8') from error
    if '\0' in text:
        raise ValueError(
            f'{path} holds NUL characters, as UTF-16 without its mark and binary files do: save it as UTF-8'
        )
    for one in io.StringIO(text, newline=None):
        yield one.replace(MARK, '').strip()


def load_json(path: str) -> Any:
    """Reads a JSON file in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Args:
        path: The file.

    Raises:
        ValueError: If it is not JSON; the message names it.
    """
    with open(path, 'rb') as file:
        content = file.read()
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{path} cannot be read as JSON: {error}') from error


def composed(name: str) -> str:
    r"""Brings a file name to Unicode's composed form: systems differ in whether ``ä`` is one character or two.

    Examples:
        >>> composed('a\u0308') == '\xe4'
        True
    """
    return name if name.isascii() else unicodedata.normalize('NFC', name)


def shown(name: str) -> str:
    r"""Writes a name or path so that it can be printed and logged, whatever is in it.

    Args:
        name: As the system gives it. Bytes that are no UTF-8 are lone surrogates in it, which no log takes.

    Returns:
        The name, with such bytes as ``\xff``; quoted, with escapes, if it has invisible characters.

    Examples:
        >>> print(shown('\ufeffa.jpg'), shown('a.jpg'), shown('a' + chr(0xDCFF) + '.jpg'))
        '\ufeffa.jpg' a.jpg a\xff.jpg
    """
    text = name.encode('utf-8', 'surrogateescape').decode('utf-8', 'backslashreplace')
    return text if text.isprintable() else ascii(text)
