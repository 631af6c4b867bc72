"""Lists image files: by extension below a folder, and by the names in a list file."""

import os
from collections.abc import Sequence

from mmengine.fileio import list_dir_or_file

from ..texts import composed, read_lines, shown

IMAGE_EXTENSIONS = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm')
NAMED = 5  # so many names are shown in an error message


def list_images(folder: str, extensions: Sequence[str]) -> list[str]:
    """Lists the images in a folder and its subfolders.

    Args:
        folder: The folder. Links are followed; files whose names begin with a dot are skipped.
        extensions: File name extensions, upper or lower case.

    Returns:
        Paths relative to the folder, sorted.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If it has no images.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(
            f'{folder} (dataset.folders) is not a folder; give a path that exists, absolute or relative to '
            'dataset.data_root'
        )
    endings = tuple(extension.lower() for extension in extensions)
    found = list_dir_or_file(folder, list_dir=False, recursive=True)
    names = sorted(name for name in found if name.lower().endswith(endings))
    if not names:
        raise ValueError(
            f'no images under {folder} (dataset.folders): no file there ends in {", ".join(endings)}; name '
            'another folder, or the ending of your images in dataset.extensions'
        )
    return names


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
    if not os.path.isfile(list_file):
        raise FileNotFoundError(
            f'{list_file} (dataset.list_file) is not a file; give a path that exists, absolute or relative '
            'to dataset.data_root'
        )
    listed = {composed(line) for line in read_lines(list_file)} - {''}
    if not listed:
        raise ValueError(f'{list_file} (dataset.list_file) names no image; give a file with one name per line')
    matches = _match(found, listed)
    missing = [name for name in listed if not matches[name]]
    _refuse(missing, f'do not exist under {", ".join(found)} (dataset.folders)', list_file)
    ambiguous = [name for name in listed if len(matches[name]) > 1]
    _refuse(ambiguous, 'match several files each; name them with their extension', list_file)
    chosen = {file for files in matches.values() for file in files}
    return {folder: [name for name in names if (folder, name) in chosen] for folder, names in found.items()}


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
        some = ', '.join(map(shown, sorted(names)[:NAMED])) + (', …' if len(names) > NAMED else '')
        raise ValueError(f'{len(names)} images that {list_file} (dataset.list_file) names {what}: {some}')
