"""Few-label draws: which training images have labels, in nested lists."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..images.seeding import derive_seed


@dataclass(frozen=True)
class Draw:
    """The labelled images of one trial.

    Attributes:
        labels: How many.
        number: Of the trial; trials of one number are nested.
        images: Places in the training split, in the order of drawing.
    """

    labels: int
    number: int
    images: tuple[int, ...]


def draw_images(total: int, labels: Sequence[int] | None, draws: int, seed: int) -> list[Draw]:
    """Draws labelled images: the 8 of a draw are the first of its 16, and so on.

    Args:
        total: Images in the training split.
        labels: Numbers of labelled images; None for all, which is one draw.
        draws: Trials of each number.
        seed: Of the draws; draw n depends on it and on n alone.

    Raises:
        ValueError: If a number is larger than the split or not positive, or there are no draws.
    """
    if labels is None:
        return [Draw(total, 0, tuple(range(total)))]
    wrong = [count for count in labels if not 1 <= count <= total]
    if wrong or draws < 1:
        raise ValueError(
            f'{wrong[0] if wrong else draws} {"labelled images" if wrong else "draws"} are wanted of {total} training '
            'images: give numbers of labels up to that, and at least one draw'
        )
    orders = [np.random.default_rng(derive_seed(seed, number)).permutation(total) for number in range(draws)]
    return [
        Draw(count, number, tuple(map(int, order[:count])))
        for count in sorted(set(labels))
        for number, order in enumerate(orders)
    ]
