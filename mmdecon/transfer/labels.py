"""Which images have labels: nested lists by seed, and the images that rates are chosen on."""

from collections.abc import Sequence
from math import floor

from ..evaluation.draws import draw_images
from ..texts import read_lines
from .images import Name
from .settings import Tune

ALL = 'all'


def count_labels(wanted: int | str, total: int) -> int:
    """A number of labelled images.

    Args:
        wanted: A count, a percentage, or ``'all'``.
        total: Images that there are.

    Returns:
        1..total; a percentage is rounded, and gives at least one.

    Raises:
        ValueError: If it is none of these, or more than there are.

    Example:
        >>> [count_labels(one, 364) for one in (8, '10%', 'all')]
        [8, 36, 364]
    """
    if wanted == ALL:
        return total
    share = _share(wanted) if isinstance(wanted, str) else None
    count = wanted if share is None else max(1, floor(share * total / 100 + 0.5))
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= total:
        raise ValueError(f"labels has {wanted!r} of {total} training images: give a count up to that, '10%', or 'all'")
    return count


def _share(wanted: str) -> float | None:
    """Percent, or None for what is no percentage up to 100."""
    number = wanted.removesuffix('%')
    valid = wanted.endswith('%') and number.replace('.', '', 1).isdecimal() and 0 < float(number) <= 100
    return float(number) if valid else None


def draw_labels(images: Sequence[Name], count: int, seed: int) -> list[Name]:
    """Draws labelled images: the 8 of a seed are the first of its 24.

    Args:
        images: To choose from.
        count: How many.
        seed: Of the draw.

    Returns:
        In the order of drawing; all images in their own order.
    """
    if count == len(images):
        return list(images)
    return [images[index] for index in draw_images(len(images), [count], 1, seed)[0].images]


def part_images(images: Sequence[Name], tune: Tune) -> tuple[list[Name], list[Name]]:
    """Parts the training images for choosing rates.

    Args:
        images: All of them.
        tune: How.

    Returns:
        Those to learn from and those to score on, in their own order.

    Raises:
        ValueError: If one part is empty, or a listed image is none of them.
    """
    if isinstance(tune.val, str):
        listed = {*read_lines(tune.val)} - {''}
        unknown = listed - {one.name for one in images}
        if unknown:
            raise ValueError(f'tune.val: {min(unknown)!r} in {tune.val} is none of the {len(images)} training images')
        scored = {index for index, one in enumerate(images) if one.name in listed}
    else:
        count = round(tune.val * len(images))
        # of a draw of its own, so that it is not the labelled images of a seed
        scored = set(draw_images(len(images), [count], tune.draw + 2, 0)[-1].images) if count else set()
    learn = [one for index, one in enumerate(images) if index not in scored]
    score = [one for index, one in enumerate(images) if index in scored]
    if not learn or not score:
        raise ValueError(
            f'tune.val={tune.val!r} parts {len(images)} training images into {len(learn)} and {len(score)}'
        )
    return learn, score
