"""Finds downstream configs: files, and those that mmseg and mmdet ship, by their names."""

from collections.abc import Iterator
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = ('mmseg', 'mmdet')


def find_config(name: str) -> Path:
    """The file that a name stands for.

    Args:
        name: A path; or a shipped config by its file name, by its folder and file name, or after the library, as in
            ``mmdet::retinanet/retinanet_r50_fpn_1x_coco.py``.

    Raises:
        ValueError: If there is no such file, or several shipped ones have the name.
    """
    if Path(name).is_file():
        return Path(name)
    library, _, rest = name.rpartition('::')
    wanted = f'/{rest.removesuffix(".py")}.py'
    known = list(shipped_configs(library or None))
    found = [path for path in known if path.as_posix().endswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ', '.join(path.parent.name for path in found)
        raise ValueError(f'several shipped configs are called {name!r}, in the folders {shown}: give FOLDER/NAME')
    near = get_close_matches(Path(rest).stem, [path.stem for path in known], 3)
    hint = f'; shipped ones of a similar name: {", ".join(near)}' if near else ''
    raise ValueError(f'there is no config file {name!r}, nor one that mmseg or mmdet ships{hint}')


def shipped_configs(library: str | None = None) -> Iterator[Path]:
    """All configs that the installed libraries ship, without what these inherit from.

    Args:
        library: One of :data:`LIBRARIES`; by default all that are installed.
    """
    for each in LIBRARIES if library is None else (library,):
        spec = find_spec(each)
        places = list(spec.submodule_search_locations or ()) if spec else []
        for folder in (Path(place, '.mim', 'configs') for place in places):
            yield from sorted(path for path in folder.rglob('*.py') if '_base_' not in path.parts)
