"""Names of the region generators in ``tools/regions.py``."""

import os
from collections.abc import Mapping
from typing import Any

from ..registry import REGIONS
from .annotations import HumanRegions, load_json
from .base import RegionGenerator

METHODS = {
    'grid': 'mmdecon.Grid',
    'felzenszwalb': 'mmdecon.Felzenszwalb',
    'slic': 'mmdecon.Slic',
    'human-bsds': 'mmdecon.BSDS',
    'human-coco': 'mmdecon.CocoInstances',
    'human-labels': 'mmdecon.LabelFolder',
    'human-panoptic': 'mmdecon.CocoPanoptic',
    'proposals': 'mmdecon.Proposals',
}


def build_generator(method: str, options: Mapping[str, Any]) -> RegionGenerator:
    """Builds a region generator.

    Args:
        method: A name in ``METHODS``, or a registered type.
        options: Its arguments.

    Raises:
        ValueError: If the method does not exist, or its arguments are wrong.
    """
    kind = METHODS.get(method, method)
    known = REGIONS.get(kind)
    if known is None:
        raise ValueError(f'--method {method}: known are {", ".join(METHODS)}, and types such as mmdecon.Grid')
    try:
        generator: RegionGenerator = known(**options)
        return generator
    except TypeError as error:
        raise ValueError(f'--method {method} --options {dict(options)}: {error}') from error


def build_human(path: str, method: str | None, options: Mapping[str, Any]) -> HumanRegions:
    """Builds the reader of human annotations.

    Args:
        path: The annotations: a JSON file of COCO, or a folder of PNG label maps or of BSDS500's ``.mat`` files.
        method: A name that begins with ``human-``; None chooses one by the content of ``path``.
        options: Further arguments.

    Raises:
        FileNotFoundError: If ``path`` does not exist.
        ValueError: If the format of ``path`` is unknown, or the arguments are wrong.
    """
    method = method or _recognise(path)
    first = 'ann_file' if method in ('human-coco', 'human-panoptic') else 'folder'
    human = build_generator(method, {first: path, **options})
    if not isinstance(human, HumanRegions):
        raise ValueError(f'{method} does not read human annotations: give one of the methods human-...')
    return human


def _recognise(path: str) -> str:
    """Chooses the method by the content of a path."""
    if os.path.isdir(path):
        endings = {os.path.splitext(name)[1] for _, _, names in os.walk(path, followlinks=True) for name in names}
        if '.mat' in endings:
            return 'human-bsds'
        if '.png' in endings:
            return 'human-labels'
        raise ValueError(f'{path} holds neither .mat nor .png files: choose the format by --human-method')
    annotations = load_json(path, ('annotations',))['annotations']
    first = annotations[0] if isinstance(annotations, list) and annotations else None
    return 'human-panoptic' if isinstance(first, dict) and 'segments_info' in first else 'human-coco'
