"""Logits by parts, their gradients gathered: two gloo processes with small parts against one."""

from mmdecon.models import DeCon

from . import test_detcon
from .test_two_processes import run_both


def build() -> DeCon:
    """DetCon-S, whose keys have gradients, with parts that divide nothing evenly."""
    model = test_detcon.build('s')
    for branch in model.branches.values():
        branch.objective.pairs_at_once = 60
    return model


def test_two_processes_equal_one(tmp_path) -> None:
    run_both(build, (), test_detcon.views, tmp_path)
