"""Lists image files: by extension below a folder, and by the names in a list file."""

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mmengine.logging import print_log

from ..texts import composed, read_lines, shown

IMAGE_EXTENSIONS = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm')
NAMED = 5  # so many names are shown in an error message


def as_paths(given: Any, key: str) -> list[str]:
    """Checks what a config gives as one path or several.

    Args:
        given: The value.
        key: Its key in the data set's config.

    Returns:
        The paths.

    Raises:
        ValueError: If it is something else, such as a number.
    """
    paths = [given] if isinstance(given, (str, os.PathLike)) else given
    if not isinstance(paths, (list, tuple)) or not all(isinstance(path, (str, os.PathLike)) for path in paths):
        raise ValueError(f"dataset.{key}={given!r}: give a path as text, such as '2017', or a list of such paths")
    return [os.fspath(path) for path in paths]


def refuse_split(folders: Iterable[str], whole: str, given: str) -> None:
    """Refuses folders that are parts of one, whose name has a comma.

    Args:
        folders: As they were understood.
        whole: The path that their names make with commas between.
        given: These names with commas between, for the message.

    Raises:
        FileNotFoundError: If one of several does not exist, but the whole does.
    """
    absent = [folder for folder in folders if not os.path.isdir(folder)]
    if absent and whole not in absent and os.path.isdir(whole):
        raise FileNotFoundError(
            f'{shown(absent[0])} (dataset.folders) is not a folder, but {shown(whole)} is: a comma separates folders, '
            f'unless it stands in quotes: dataset.folders="\'{shown(given)}\'"'
        )


def list_images(folder: str, extensions: Sequence[str]) -> list[str]:
    """Lists the images in a folder and its subfolders.

    Args:
        folder: The folder. Links are followed; files and folders in it whose names begin with a dot are skipped.
        extensions: File name extensions, upper or lower case.

    Returns:
        Paths relative to the folder, sorted. A link that leads nowhere is among them if its name is an image's;
        reading it fails. Other such links may have been folders: a warning names them.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If it has no images.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f'{shown(folder)} (dataset.folders) is not a folder; give a path that exists, absolute or relative to '
            'dataset.data_root'
        )
    endings = tuple(extension.lower() for extension in extensions)
    names: list[str] = []
    lost: list[str] = []
    others = Counter[str]()  # ending -> files: their names could be millions
    for name, found in walk(folder):
        if name.lower().endswith(endings):
            names.append(name)
        elif found:
            others[os.path.splitext(name)[1].lower()] += 1
        else:
            lost.append(name)
    if others:
        kinds = ', '.join(
            f'{count} of {shown(ending) if ending else "no ending"}' for ending, count in others.most_common(4)
        )
        print_log(
            f"{others.total()} files under {shown(folder)} are left out, as their ending is no image's "
            f'(dataset.extensions): {kinds}{", ..." if len(others) > 4 else ""}',
            'current',
        )
    if lost:
        print_log(
            f'{len(lost)} links under {shown(folder)} lead nowhere, such as {some(lost)}: if they were folders of '
            'images, these are missing',
            'current',
            level=logging.WARNING,
        )
    if not names:
        raise ValueError(
            f'no images under {shown(folder)} (dataset.folders): no file there ends in {", ".join(endings)}; name '
            'another folder, or the ending of your images in dataset.extensions'
        )
    return sorted(names)


def walk(folder: str) -> Iterator[tuple[str, bool]]:
    """Finds the files in a folder and its subfolders, but for hidden ones, whose names begin with a dot.

    Args:
        folder: The folder. Links are followed; a folder that links make a part of itself is entered once.

    Yields:
        A path relative to the folder, in no order; and whether there is a file, and not a link that leads nowhere.
    """
    yield from _walk(folder, '', ())


def _walk(folder: str, below: str, above: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Walks through one folder; ``above`` are the real paths of those that it lies in."""
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as entries:
        seen = [entry for entry in entries if not entry.name.startswith('.')]
    for entry in seen:
        name = os.path.join(below, entry.name)
        linked = entry.is_symlink()  # of a link that leads to itself, the entry's own methods raise
        if os.path.isdir(entry.path) if linked else entry.is_dir():
            yield from _walk(entry.path, name, (*above, real))
        elif os.path.isfile(entry.path) if linked else entry.is_file():
            yield name, True
        elif linked and not os.path.exists(entry.path):
            yield name, False


def some(names: Iterable[str]) -> str:
    """Names a few of many, for messages."""
    names = sorted(map(shown, names))
    return ', '.join(names[:NAMED]) + (', …' if len(names) > NAMED else '')


def keep_listed(found: dict[str, list[str]], list_file: str) -> dict[str, list[str]]:
    """Keeps the images that a list file names.

    Args:
        found: Folder -> relative paths of its images.
        list_file: A text file with one image per line: a relative path, with or without extension. In UTF-8, or in
            UTF-16 or UTF-32 with a byte order mark.

    Returns:
        The named images, in the order of ``found``.

    Raises:
        FileNotFoundError: If the list file does not exist.
        ValueError: If it is empty or no Unicode text, or names an image that does not exist or matches several files.
    """
    listed = {composed(line) for line in read_list(list_file)}
    if not listed:
        raise ValueError(f'{list_file} (dataset.list_file) names no image; give a file with one name per line')
    matches = _match(found, listed)
    missing = [name for name in listed if not matches[name]]
    _refuse(missing, f'do not exist under {shown(", ".join(found))} (dataset.folders)', list_file)
    ambiguous = [name for name in listed if len(matches[name]) > 1]
    _refuse(ambiguous, 'match several files each; name them with their extension', list_file)
    chosen = {file for files in matches.values() for file in files}
    return {folder: [name for name in names if (folder, name) in chosen] for folder, names in found.items()}


def read_list(list_file: str, root: str = ' or relative to dataset.data_root') -> list[str]:
    """Reads the names in a list file, without empty lines.

    Args:
        list_file: Its path.
        root: What a relative path may be relative to, for the message.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it is no Unicode text.
    """
    if not os.path.isfile(list_file):
        raise FileNotFoundError(
            f'{shown(list_file)} (dataset.list_file) is not a file; give a path that exists, absolute{root}'
        )
    return [line for line in read_lines(list_file) if line]


def _match(found: dict[str, list[str]], listed: set[str]) -> dict[str, list[tuple[str, str]]]:
    """Lists the files, as folder and relative path, that each listed name can stand for."""
    matches: dict[str, list[tuple[str, str]]] = {name: [] for name in listed}
    for folder, names in found.items():
        for name in names:
            whole = composed(name)
            for key in {whole, os.path.splitext(whole)[0]} & listed:
                matches[key].append((folder, name))
    return matches


def _refuse(names: list[str], what: str, list_file: str) -> None:
    """Raises an error about wrong names in the list file, if there are any."""
    if names:
        raise ValueError(f'{len(names)} images that {list_file} (dataset.list_file) names {what}: {some(names)}')
