"""Finds the images of a dataset: below folders of a disk, or in a back end of mmengine."""

import os
import posixpath
from collections.abc import Callable, Sequence

from ..images.listing import keep_listed, list_images, read_list, refuse_split
from ..images.storage import Storage
from ..texts import shown

Found = dict[str, list[str]]  # folder -> the paths of its images, relative to it


def find_on_disk(
    folders: Sequence[str], list_file: str | None, extensions: Sequence[str], locate: Callable[[str], str]
) -> Found:
    """Searches folders; one that is given twice, or by a link, counts once.

    Args:
        folders: As the config has them.
        list_file: As the config has it, or None for all images.
        extensions: Of images.
        locate: Makes a configured path one of the disk.

    Raises:
        FileNotFoundError: If a folder or ``list_file`` does not exist.
        ValueError: If there are no images, or ``list_file`` is invalid.
    """
    places: dict[str, str] = {}
    for folder in map(locate, folders):
        places.setdefault(os.path.realpath(folder), folder)
    given = ','.join(folders)
    refuse_split(places.values(), locate(given), given)
    found = {folder: list_images(folder, extensions) for folder in places.values()}
    return found if list_file is None else keep_listed(found, locate(list_file))


def find_stored(
    storage: Storage, folders: Sequence[str], list_file: str | None, extensions: Sequence[str], data_root: str
) -> Found:
    """The same in a back end, where folders are what its names begin with.

    Args:
        storage: The back end.
        folders: As the config has them.
        list_file: A local file that names the images; None where the back end lists them.
        extensions: Of images.
        data_root: What ``folders`` are relative to.

    Raises:
        FileNotFoundError: If ``list_file`` does not exist.
        ValueError: If it cannot list, there are no images, or several folders and names for one.
    """
    places = [posixpath.join(data_root, folder).removeprefix('./') for folder in folders]
    if list_file is None:
        return {place: storage.list(place, extensions) for place in places}
    names = read_list(os.path.expanduser(list_file), ' or relative to the working directory')
    if len(places) > 1 or not names:
        raise ValueError(
            f'{shown(list_file)} (dataset.list_file) names {len(names)} images for {len(places)} dataset.folders; in a '
            'back end it names those of one folder, at least one'
        )
    return {places[0]: names}
