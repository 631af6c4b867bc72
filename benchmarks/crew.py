"""Processes that measure when asked to, each with a peak of its own."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.logging import MMLogger
from torch import distributed, multiprocessing

Answer = Callable[[str], Any]
# Forks of a process that has imported everything would start sooner; but they hold fewer pages of libraries, so that
# all peaks would look smaller, and cannot use a GPU.
START_METHOD = 'spawn'


@contextmanager
def asking(prepare: Callable[..., Answer], setting: Any, processes: int) -> Iterator[Callable[[str], list[Any]]]:
    """Starts processes, joined in a group if they are several.

    Args:
        prepare: A module's function, called in each as ``prepare(setting, rank, folder)``, with a folder that they have
            in common; it returns what answers a question.
        setting: What to measure.
        processes: How many.

    Yields:
        A function from a question to the answers of all, by rank. It raises RuntimeError if one of them has died.
    """
    with ExitStack() as stack:
        folder, pipes = stack.enter_context(TemporaryDirectory()), []
        context = multiprocessing.get_context(START_METHOD)
        for rank in range(processes):
            here, there = context.Pipe()
            about = (there, prepare, setting, rank, processes, folder, torch.get_num_threads())
            process = context.Process(target=_serve, args=about, daemon=True)
            process.start()
            there.close()
            stack.callback(process.join)
            pipes.append(here)
        for pipe in pipes:
            stack.callback(pipe.close)

        def ask(what: str) -> list[Any]:
            try:
                for pipe in pipes:
                    pipe.send(what)
                return [pipe.recv() for pipe in pipes]
            except (EOFError, OSError) as error:
                raise RuntimeError(f'a process died that measured {setting}; was there enough memory?') from error

        yield ask


def _serve(
    told: Connection, prepare: Callable[..., Answer], setting: Any, rank: int, count: int, folder: str, threads: int
) -> None:
    """Prepares, and answers whenever asked; ends when nobody asks any more."""
    torch.set_num_threads(threads)
    MMLogger.get_instance('mmengine', log_level='ERROR')
    if count > 1:
        os.environ['LOCAL_RANK'] = str(rank)  # by which mmengine's strategies choose a device
        on_gpu = get_device() == 'cuda'
        if on_gpu:
            torch.cuda.set_device(rank)
        backend = 'nccl' if on_gpu else 'gloo'
        distributed.init_process_group(backend, f'file://{folder}/meeting', rank=rank, world_size=count)
    answer = prepare(setting, rank, folder)
    try:
        while what := told.recv():
            told.send(answer(what))
    except EOFError:
        if count > 1:
            distributed.destroy_process_group()


def peak(forget: bool = False) -> int:
    """Largest memory so far in bytes: of the GPU where there is one, else of the process.

    Args:
        forget: Whether to begin anew before looking; on a CPU only Linux can.
    """
    if torch.cuda.is_available():
        if forget:
            torch.cuda.reset_peak_memory_stats()
        return torch.cuda.max_memory_allocated()
    if forget and Path('/proc/self/clear_refs').exists():
        Path('/proc/self/clear_refs').write_text('5')
    return _peak_of_process()


def _peak_of_process() -> int:
    """Largest resident set so far, in bytes. Linux's ``ru_maxrss`` would count what the parent had at the start too."""
    status = Path('/proc/self/status')
    if status.is_file():
        (kib,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith('VmHWM:'))
        return int(kib) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: in bytes
