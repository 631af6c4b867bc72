"""New processes without the seconds that imports take: forked from one that has imported everything and run nothing.

Nothing that a test does reaches them: they know what modules hold once imported, as a new interpreter would.
"""

import multiprocessing
import os
import runpy
import socket
import sys
from collections.abc import Sequence
from multiprocessing.context import BaseContext
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
IMPORTED = ['mmdecon.cli', 'mmdecon.export', 'benchmarks.step_process', 'benchmarks.loss_process', 'tests.support.tiny']


def start_method() -> str:
    """How such processes start: ``'forkserver'``, or ``'spawn'`` where a GPU forbids it or the system has none."""
    if torch.cuda.is_available() or 'forkserver' not in multiprocessing.get_all_start_methods():
        return 'spawn'
    multiprocessing.get_context('forkserver').set_forkserver_preload(IMPORTED)
    return 'forkserver'


def context() -> BaseContext:
    """Makes such processes."""
    return multiprocessing.get_context(start_method())


def run_scripts(words: Sequence[Sequence[str]], output: Path) -> int:
    """Runs a Python script in each of some new processes at once, as torchrun does if they are several.

    Args:
        words: Of each process: the script, relative to the repository's root, and its arguments.
        output: A file for what they print.

    Returns:
        The highest exit code.
    """
    group: dict[str, object] = {}
    if len(words) > 1:
        group = dict(MASTER_ADDR='localhost', MASTER_PORT=free_port(), WORLD_SIZE=len(words))
    processes = [context().Process(target=_run, args=(one, rank, group, output)) for rank, one in enumerate(words)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    late = [process for process in processes if process.is_alive()]
    for process in late:
        process.kill()
    assert not late, f'{words} is still running after five minutes'
    return max(abs(process.exitcode) for process in processes)


def _run(words: Sequence[str], rank: int, group: dict[str, object], output: Path) -> None:
    """One process; what it and its workers print goes to the file."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, 'w', buffering=1, closefd=False) for stream in (1, 2))
    os.chdir(ROOT)
    where = {**group, 'RANK': rank, 'LOCAL_RANK': rank} if group else {}
    os.environ.update({key: str(value) for key, value in where.items()})
    torch.set_num_threads(1)
    sys.argv = list(words)
    runpy.run_path(words[0], run_name='__main__')


def free_port() -> int:
    """A port that nothing listens to."""
    with socket.socket() as server:
        server.bind(('localhost', 0))
        return server.getsockname()[1]
