"""Two processes that stay: importing everything takes longer than most of what is run in two."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import active_children
from typing import Any

import torch

from .fresh import context

_processes: list[ProcessPoolExecutor] = []


def run_in_both(work: Callable[..., None], *args: Any) -> None:
    """Calls ``work(rank, *args)`` in both at once; the first failure ends both and is raised here.

    Args:
        work: A module's function, as processes must find it.
        *args: For it.
    """
    if not _processes:
        _processes.extend(ProcessPoolExecutor(1, context()) for _ in range(2))
    calls = [process.submit(work, rank, *args) for rank, process in enumerate(_processes)]
    ended, _ = wait(calls, return_when=FIRST_EXCEPTION)
    failures = [call.exception() for call in ended if call.exception()]
    if failures:
        end(at_once=True)  # the other one may wait for the one that failed
        raise failures[0]


@contextmanager
def joined(rank: int, folder: str) -> Iterator[None]:
    """Within this, one of both processes is in a gloo group with the other, and computes with one thread.

    Args:
        rank: Of this process.
        folder: That both have in common, new to each group.
    """
    torch.set_num_threads(1)
    os.environ['LOCAL_RANK'] = str(rank)
    torch.distributed.init_process_group('gloo', f'file://{folder}/rendezvous', rank=rank, world_size=2)
    yield
    torch.distributed.destroy_process_group()


def end(at_once: bool = False) -> None:
    """Ends the processes, if there are any."""
    for child in active_children() if at_once else ():
        child.kill()
    for process in _processes:
        process.shutdown()
    _processes.clear()
