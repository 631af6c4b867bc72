"""Finding image files: by extension under a folder, and by name in a list file."""

import os
from collections.abc import Sequence

from mmengine.fileio import list_dir_or_file

IMAGE_EXTENSIONS = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.ppm', '.pgm')
NAMED = 5  # how many names a message gives


def list_images(folder: str, extensions: Sequence[str]) -> list[str]:
    """Searches a folder and all below it.

    Args:
        folder: Where to search; links are followed, files whose name begins with a dot are not taken.
        extensions: What a file name ends in, in any case.

    Returns:
        Paths relative to the folder, sorted.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If there is no image.
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
    """Chooses the images that a list file names.

    Args:
        found: Relative paths of the images of each folder.
        list_file: One image a line: a relative path, with or without extension.

    Returns:
        The chosen ones of ``found``, in its order.

    Raises:
        FileNotFoundError: If there is no list file.
        ValueError: If it names nothing, an image that does not exist, or one that could be any of several.
    """
    if not os.path.isfile(list_file):
        raise FileNotFoundError(
            f'{list_file} (dataset.list_file) is not a file; give a path that exists, absolute or relative '
            'to dataset.data_root'
        )
    with open(list_file, encoding='utf-8') as lines:
        listed = {line.strip() for line in lines} - {''}
    if not listed:
        raise ValueError(f'{list_file} (dataset.list_file) names no image; give a file with one name a line')
    meant = {name: [] for name in listed}
    for folder, names in found.items():
        for name in names:
            for key in {name, os.path.splitext(name)[0]} & listed:
                meant[key].append((folder, name))
    _refuse(
        [key for key in meant if not meant[key]], f'do not exist under {", ".join(found)} (dataset.folders)', list_file
    )
    _refuse(
        [key for key in meant if len(meant[key]) > 1],
        'could each be any of several files; name them with their extension',
        list_file,
    )
    chosen = {where for matches in meant.values() for where in matches}
    return {folder: [name for name in names if (folder, name) in chosen] for folder, names in found.items()}


def _refuse(names: list[str], what: str, list_file: str) -> None:
    """Raises an error about names in the list file, if there are any."""
    if names:
        some = ', '.join(sorted(names)[:NAMED]) + (', …' if len(names) > NAMED else '')
        raise ValueError(f'{len(names)} images that {list_file} (dataset.list_file) names {what}: {some}')
