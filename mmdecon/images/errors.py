"""What is wrong with an image file, in words that any log can hold."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..texts import shown


class UnreadableImage(ValueError):
    """An image file is missing, damaged, too large or of an unknown format; the message names it."""


class OversizedImage(UnreadableImage):
    """An image has more pixels than are allowed; the message names the bound and how to raise it."""


def unreadable(path: str, cause: object) -> UnreadableImage:
    """Names a file and what is wrong with it, in one line.

    Args:
        path: The file.
        cause: An error, or words.
    """
    words = ' '.join(str(cause).split()) or type(cause).__name__
    return UnreadableImage(f'{shown(path)} cannot be read: {words}')


def part_of(sample: Mapping[str, Any]) -> str:
    """Which page and tile of a file a sample is, for messages; empty for a whole file."""
    told = [f'{key} {sample[key]}' for key in ('page', 'window') if key in sample]
    return f' ({", ".join(told)})' if told else ''


def advise(errors: Sequence[UnreadableImage], them: str, otherwise: str = '') -> str:
    """Says what to do about files that cannot be read.

    Args:
        errors: What is wrong with each.
        them: The files, as ``it`` or ``them``.
        otherwise: What else can be done, such as an option to skip files; empty for nothing.

    Returns:
        Half a sentence. It is empty if there is nothing to add to the messages: nobody repairs an oversized image.
    """
    damaged = not all(isinstance(error, OversizedImage) for error in errors)
    return ', or '.join(part for part in (f'repair or remove {them}' if damaged else '', otherwise) if part)
