"""Reads COCO's instances by their definition, slowly; None where it is not sure what a file means."""

import json
from typing import Any

import numpy as np

from tests.support.coco_files import mask

DAMAGED = np.zeros(0)  # stands for regions of an image with a compressed code that cannot be right


def naive_runs(counts: Any) -> list[int]:
    """The lengths of a run-length code, character by character, as its format says; [-1] if it is damaged."""
    if not isinstance(counts, str):
        return counts if isinstance(counts, list) and all(type(one) is int for one in counts) else [-1]
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            return [-1]
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            value -= (bits & 16) and 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return [-1] if shift else runs


def naive_mask(runs: list[int], size: tuple[int, int]) -> np.ndarray | None:
    """Draws runs, if they fill an image."""
    if not runs or min(runs) < 0 or sum(runs) != size[0] * size[1]:
        return None
    return np.repeat(np.arange(len(runs)) % 2, runs).reshape(size[::-1]).T.astype(bool)


def naive_instances(data: bytes, name: str, size: tuple[int, int]) -> np.ndarray | None:
    """The regions of an image that a file lists by this name, in planes."""
    try:
        content = json.loads(data)
        (image,) = (image for image in content['images'] if image['file_name'] == name)
        if (image['height'], image['width']) != size:
            return None
        same = {image['id'], str(image['id'])}
        parts = [part for part in content['annotations'] if {part['image_id'], str(part['image_id'])} & same]
        forms = [part['segmentation'] for part in parts if part.get('iscrowd') in (None, 0)]
        masks = [_draw(form, size) for form in forms]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    for form, one in zip(forms, masks):
        if one is None:
            return DAMAGED if isinstance(form, dict) and isinstance(form.get('counts'), str) else None
    planes = [np.full(size, -1)]
    for number, one in enumerate(one for one in masks if one is not None and one.any()):
        plane = next((plane for plane in planes if (plane[one] < 0).all()), None)
        if plane is None:
            plane = np.full(size, -1)
            planes.append(plane)
        plane[one] = number
    return np.stack(planes, axis=2)


def _draw(form: Any, size: tuple[int, int]) -> np.ndarray | None:
    """Draws one instance."""
    if isinstance(form, dict):
        return naive_mask(naive_runs(form['counts']), size) if form.get('size') == list(size) else None
    numbers = [number for polygon in form for number in polygon]
    if not all(type(number) in (int, float) and abs(number) < 1e4 for number in numbers):
        return None
    if not all(len(polygon) > 5 and len(polygon) % 2 == 0 for polygon in form):
        return None
    drawn = [mask.decode(mask.frPyObjects([polygon], *size)).astype(bool)[..., 0] for polygon in form]
    return np.any(drawn, axis=0) if drawn else np.zeros(size, bool)
