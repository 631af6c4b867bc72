"""Damages annotation files at random, and reads them in a process of limited memory."""

import json
import multiprocessing
import os
import random
import resource
import traceback
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdecon.regions import CocoInstances, CocoPanoptic, LabelFolder, Proposals, check_regions
from mmdecon.regions.methods import build_human
from tests.support.coco_files import PICTURE, box, encode
from tests.support.naive_coco import DAMAGED, naive_instances

FILES = ('file.', 'mask.png', 'images.json', 'found.json')
MEMORY = 400 * 2**20  # bytes that reading may take beside what the process has already
NASTY: list[Any] = [
    None, True, -1, 0, 1, 9, 10**9, 2**63, 10**400, 0.5, 1e9, -1e9, 1e308, float('nan'), float('inf'), '', '7', 'x',
    '\0', '\ufeff', '../a.jpg', 'http://[', '[' * 9, [], [[]], [1, 2, 3, 4], {}, dict(size=[6, 8], counts='0'),
]  # fmt: skip
ENCODINGS = ['utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32', 'latin-1', 'cp500']
RUNS = [0, 5, 10, 20, 13]
MASK = np.repeat(np.arange(5) % 2 == 1, RUNS).reshape(8, 6).T
IMAGES = [dict(id=7, file_name='ä/a.jpg', height=6, width=8), dict(id=9, file_name='b.jpg', height=6, width=8)]


def instances() -> dict[str, Any]:
    """A sound file of instances: a.jpg has one of each form, b.jpg one."""
    forms = [encode(MASK), dict(size=[6, 8], counts=RUNS), [[1, 1, 5, 1, 5, 4]], encode(box(2, 2, 4, 6))]
    parts = [dict(id=n, image_id=7, segmentation=form, category_id=1, iscrowd=n // 3) for n, form in enumerate(forms)]
    parts.append(dict(id=8, image_id=9, segmentation=encode(MASK), category_id=1, iscrowd=0))
    return dict(images=IMAGES, annotations=parts, categories=[dict(id=1, name='cat')])


def panoptic() -> dict[str, Any]:
    """A sound panoptic file."""
    segments = [dict(id=5, category_id=1, iscrowd=0), dict(id=300, category_id=1, iscrowd=0)]
    parts = [dict(image_id=number, file_name='mask.png', segments_info=segments) for number in (7, 9)]
    return dict(images=IMAGES, annotations=parts, categories=[dict(id=1, name='cat')])


def results() -> list[dict[str, Any]]:
    """Sound proposals of both images."""
    return [dict(image_id=n, segmentation=encode(MASK), score=n / 9) for n in (7, 7, 9)]


def places(node: Any) -> list[tuple[Any, Any]]:
    """All containers and keys below a node of JSON."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    return [place for key in keys for place in [(node, key), *places(node[key])]]


def damage(content: Any, draw: random.Random) -> Any:
    """Changes one or two things: a value, a key, a letter, an element; most near the masks."""
    content = deepcopy(content)
    for _ in range(draw.choice([1, 1, 2])):
        found = places(content) or [([content], 0)]
        masks = [(node, key) for node, key in found if key == 'counts' or (isinstance(node, list) and len(node) == 6)]
        masks = masks if draw.random() < 0.5 else []
        node, key = draw.choice(masks or found)
        value, how = node[key], draw.choice([0, 0, 1, 4] if masks else range(5))
        if how == 0 and isinstance(value, str) and value:
            place = draw.randrange(len(value))
            node[key] = value[:place] + chr(draw.randrange(46, 113)) * draw.randrange(3) + value[place + 1 :]
        elif how == 1 and isinstance(value, (int, float)) and abs(value) < 1e300:
            node[key] = value * draw.choice([-1, 10, 1e6, 0.1]) + draw.choice([0, 1, -1])
        elif how == 2:
            del node[key]
        elif how == 3 and isinstance(node, list):
            node.append(deepcopy(value))
        else:
            node[key] = deepcopy(draw.choice(NASTY))  # or it may come to hold itself
    return content


def spoil(content: Any, draw: random.Random) -> bytes:
    """Writes JSON in another encoding, or damages its bytes."""
    text = json.dumps(content, ensure_ascii=False)
    how = draw.randrange(4)
    if how < 2:
        return text.encode(draw.choice(ENCODINGS), 'replace')
    data = bytearray(text.encode('utf-8', 'surrogatepass'))
    if how == 2:
        return bytes(data[: draw.randrange(len(data))])
    for _ in range(3):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def sound(folder: Path) -> dict[str, tuple[Any, Callable[[str], Any]]]:
    """Each kind: its sound content, and its reader of a file; writes what these need beside it."""
    colours = np.where(MASK, 5, 300)
    Image.fromarray(np.stack([colours % 256, colours // 256, colours * 0], 2).astype(np.uint8)).save(
        folder / 'mask.png'
    )
    (folder / 'images.json').write_text(json.dumps(dict(images=IMAGES)))
    (folder / 'found.json').write_text(json.dumps(results()))
    return dict(
        instances=(instances(), CocoInstances),
        any=(instances(), lambda path: build_human(path, None, {})),
        panoptic=(panoptic(), lambda path: CocoPanoptic(path, str(folder))),
        results=(results(), lambda path: Proposals(path, images=str(folder / 'images.json'))),
        images=(dict(images=IMAGES), lambda path: Proposals(str(folder / 'found.json'), images=path)),
        sam=(dict(annotations=results()), lambda path: Proposals(os.path.dirname(path))),
    )


def read(kind: str, reader: Callable[[str], Any], path: Path) -> dict[str, np.ndarray | str]:
    """Reads the regions of the images twice; an error's message stands for what it hit."""
    try:
        human = reader(str(path))
    except ValueError as error:
        return dict(file=str(error))
    found: dict[str, np.ndarray | str] = {}
    for name in ('file.jpg',) if kind == 'sam' else ('ä/a.jpg', 'b.jpg'):
        try:
            first, second = human(PICTURE, name), human(PICTURE, name)
            check_regions(first, PICTURE, name)
            assert np.array_equal(first, second), f'{name} has other regions at a second look'
            found[name] = first
        except ValueError as error:
            found[name] = str(error)
    return found


def require_named(found: dict[str, np.ndarray | str]) -> None:
    """Every error names its file and, where it came to that, its image."""
    for what, message in found.items():
        if isinstance(message, str):
            assert any(name in message for name in FILES), f'the error does not name the file: {message}'
            named = what in ('file', 'file.jpg') or os.path.basename(what) in message  # the latter has its own file
            assert named, f'the error about {what} does not name it: {message}'


def try_json(folder: Path, draw: random.Random) -> str:
    """Damages and reads a JSON file; returns how it ended."""
    kinds = sound(folder)
    kind, path = draw.choice(sorted(kinds)), folder / 'file.json'
    content, reader = kinds[kind]
    path.write_text(json.dumps(content))
    truth = read(kind, reader, path)
    assert all(isinstance(value, np.ndarray) for value in truth.values()), truth
    recoded = draw.random() < 0.25
    data = spoil(content, draw) if recoded else json.dumps(damage(content, draw)).encode()
    path.write_bytes(data)
    found = read(kind, reader, path)
    require_named(found)
    regions = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
    for name, value in regions.items() if kind in ('instances', 'any') else ():
        wanted = naive_instances(data, name, (6, 8))
        assert wanted is not DAMAGED, f'{name} has regions of a damaged code'
        assert wanted is None or np.array_equal(value, wanted), f'{name} has wrong regions'
    changed = any(not np.array_equal(value, truth[name]) for name, value in regions.items())
    return 'changed' if changed else 'same' if regions else 'refused'


def try_png(folder: Path, draw: random.Random) -> str:
    """Damages and reads a label map; returns how it ended."""
    path, labels = folder / 'file.png', np.arange(48, dtype=np.uint8).reshape(6, 8)
    Image.fromarray(labels).save(path)
    data = bytearray(path.read_bytes())
    for _ in range(draw.choice([1, 1, 3])):
        data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(data[: draw.choice([len(data), draw.randrange(len(data))])])
    found = read('sam', lambda _: LabelFolder(str(folder)), path)
    require_named(found)
    return 'refused' if isinstance(found['file.jpg'], str) else 'same'


def try_all(folder: Path, seeds: range, report: Path) -> None:
    """Tries the seeds under a limit of memory; writes one line for each, so that the last one tells of a crash."""
    with open('/proc/self/statm', encoding='ascii') as file:
        limit = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with report.open('w') as lines:
        for seed in seeds:
            print(seed, end=' ', file=lines, flush=True)
            draw = random.Random(seed)
            try:
                print((try_png if draw.random() < 0.15 else try_json)(folder, draw), file=lines)
            except BaseException as error:  # whatever it is, it should not have come
                print(f'{type(error).__name__}: {error}; {traceback.extract_tb(error.__traceback__)[-1]}', file=lines)


def run(folder: Path, seeds: range) -> list[str]:
    """Tries seeds in a process of its own; returns one word for each, or what went wrong, with the seed."""
    report = folder / 'report.txt'
    process = multiprocessing.get_context('fork').Process(target=try_all, args=(folder, seeds, report))
    process.start()
    process.join()
    lines = report.read_text().splitlines()
    return [*lines, f'ended with {process.exitcode}'] if process.exitcode else lines
