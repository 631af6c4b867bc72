"""Pixels without a value (``View.valid``): two gloo processes, each with half of the batch, against one."""

from collections.abc import Callable
from functools import partial

import pytest
import torch

from mmdecon.models import DeCon
from mmdecon.views import View
from tests.support import tiny

from . import test_densecl, test_detcon, test_pixpro, test_two_processes
from .test_two_processes import run_both


def many() -> list[View]:
    """So many images that each process has two active slots: with fewer, its predictor's norm takes other rows, too."""
    made = (v._replace(image=v.image.double(), box=v.box.double()) for v in tiny.views(batch=16))
    return [*made]


KINDS: dict[str, tuple[Callable[..., DeCon], tuple[str, ...], Callable[[], list[View]]]] = dict(
    slotcon=(test_two_processes.build, (), many),
    detcon=(test_detcon.build, ('b',), test_detcon.views),
    pixpro=(test_pixpro.build, (), test_pixpro.views),
    vectors=(test_densecl.build, ('averaged',), test_densecl.views),
)


def holes(view: View, number: int) -> torch.Tensor:
    """What is valid, (B, h, w): chosen by the images' first pixels, as kinds differ in their order."""
    valid = torch.ones_like(view.image[:, 0], dtype=torch.bool)
    empty, left, corner, *_ = view.image[:, 0, 0, 0].argsort().tolist()
    valid[empty] = False
    valid[left, :, : 24 + 16 * number] = False
    valid[corner, :16, 32:] = False
    return valid


def views(kind: str) -> list[View]:
    """The objective's own views with holes, as the preprocessor fills them."""
    made = []
    for number, view in enumerate(KINDS[kind][2]()):
        valid = holes(view, number)
        regions = None if view.regions is None else view.regions.masked_fill(~valid[:, None], -1)
        made.append(view._replace(image=view.image.masked_fill(~valid[:, None], 0), regions=regions, valid=valid))
    return made


def test_processes_differ_in_their_holes() -> None:
    for view in views('slotcon'):
        shares = view.valid.flatten(1).double().mean(1)
        assert shares[0::2].mean() != shares[1::2].mean()
        assert (shares == 0).any() and (shares == 1).any()


@pytest.mark.wide
@pytest.mark.parametrize('kind', list(KINDS))
def test_two_processes_equal_one(kind: str, tmp_path) -> None:
    build, args, _ = KINDS[kind]
    run_both(build, args, partial(views, kind), tmp_path)
