"""The passes through a network that branches ask for."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from ..views import View
from .branch import Branch, Maps
from .noise import GaussianNoise
from .twin import NOISY, STUDENT, TEACHER, Twin

Needed = Mapping[str, list[int]]


def draw_noise(views: list[View], needed: Needed, noise: GaussianNoise | None) -> list[View]:
    """Draws the noise of the views whose noisy copy some branch sees.

    Args:
        views: Of a batch.
        needed: Of :func:`needed_views`.
        noise: Of the model.

    Returns:
        All views, with ``noise`` where it is seen.
    """
    if noise is None:
        return views
    return [noise.draw(view) if i in needed[NOISY] else view for i, view in enumerate(views)]


def needed_views(branches: Iterable[Branch]) -> Needed:
    """What is run -> numbers of the views that some branch needs of it.

    Args:
        branches: Of the model.
    """
    needed = [branch.views_needed for branch in branches]
    return {key: sorted(set().union(*(one.get(key, ()) for one in needed))) for key in (STUDENT, NOISY, TEACHER)}


def run_network(network: Twin, views: list[View], needed: Needed, noise: GaussianNoise | None) -> dict[str, Maps]:
    """Runs student and teacher on all views that some branch needs, each once.

    Args:
        network: A twin of :class:`~mmdecon.models.Network`.
        views: Of a batch.
        needed: Of :func:`needed_views`.
        noise: Makes noisy copies.

    Returns:
        Student, teacher, or the student on noisy copies -> view's number -> level -> map.
    """
    encoded = {}
    if network.student.freeze_encoder:  # one pass through it serves both halves
        encoded = {i: network.student.encode(views[i].image) for i in sorted({*needed[STUDENT], *needed[TEACHER]})}
    maps = {STUDENT: {i: network(views[i].image, encoded.get(i)) for i in needed[STUDENT]}}
    maps[NOISY] = {i: network(noise(views[i])) for i in needed[NOISY]} if noise is not None else {}
    maps[TEACHER] = _run_teacher(network, views, needed[TEACHER], encoded, maps[STUDENT])
    return maps


def _run_teacher(
    network: Twin, views: list[View], needed: list[int], encoded: Mapping[int, Mapping[str, Tensor]], known: Maps
) -> Maps:
    """The teacher's maps; a twin that is its own teacher need not see a view twice."""
    if network.shared:
        return {i: known.get(i) or network(views[i].image, encoded.get(i)) for i in needed}
    return {i: network(views[i].image, encoded.get(i), half=TEACHER) for i in needed}
