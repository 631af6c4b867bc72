"""Runs what is missing, several at once; goes on where an earlier start was interrupted."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Lock

from mmengine.config import Config

from ..checkpoint import require_whole
from ..locking import locked
from ..resuming import find_checkpoint
from .prepare import CONFIG, Prepared, require_same, write_folder
from .results import RESULT, write_result
from .settings import Launcher

LOG, LOCK = 'output.log', '.lock'
SHOWN = 5  # lines of a failed run's output


class Trainer:
    """Starts fine-tuning runs as processes of their own.

    Args:
        tool: Path of ``tools/train.py``.
        jobs: How many at once.
        gpus: Which ones, one for each run; the next free one is taken. None leaves the choice to the run.
        say: Takes a line for the user.
    """

    def __init__(
        self, tool: Path, jobs: int = 1, gpus: Sequence[str] | None = None, say: Callable[[str], None] = print
    ) -> None:
        self.tool, self.jobs, self.say = tool, jobs, say
        self.alone = Lock()  # for what mmengine does in one thread alone, such as switching scopes
        self.free: Queue[str | None] = Queue()
        for number in range(jobs):
            self.free.put(gpus[number % len(gpus)] if gpus else None)

    def run_all(self, runs: Sequence[Prepared], renew: bool = False) -> None:
        """Runs those that are not finished.

        Args:
            runs: In the order in which they start.
            renew: Throw away runs of other options that stand in their places.

        Raises:
            ValueError: If one stands in another's place, before any starts; or if some fail, when all others are done.
        """
        for one in runs:
            require_same(one, renew)
        failed: list[str] = []
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                for done in as_completed([pool.submit(self._run, one, renew) for one in runs]):
                    failed += self._fault(done)
            except BaseException:  # Ctrl-C, too: what has not begun does not begin
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        if failed:
            raise ValueError(f'{len(failed)} of {len(runs)} runs failed, the others are kept; the first: {failed[0]}')

    def _fault(self, done: Future[None]) -> list[str]:
        """Why a run has failed; nothing for one that has not."""
        error = done.exception()
        if error is None:
            return []
        if not isinstance(error, (ValueError, OSError)):
            raise error
        self.say(f'failed: {error}')
        return [str(error)]

    def _run(self, one: Prepared, renew: bool) -> None:
        """Does one run, unless it is finished."""
        gpu = self.free.get()
        try:
            with _locked(one.folder, self.say) as lock:
                if not require_same(one, renew):
                    _empty(one.folder)
                if not (one.folder / RESULT).is_file():
                    self._train(one, lock, gpu)
        finally:
            self.free.put(gpu)

    def _train(self, one: Prepared, lock: int, gpu: str | None) -> None:
        """Trains to the end and writes the result."""
        with self.alone:
            resumed, begun = _last_checkpoint(one.folder), (one.folder / CONFIG).is_file()
            if not resumed:
                _empty(one.folder)
            end = length(write_folder(one))  # again where it goes on: its paths may have moved
        again = 'starts again, as it left no whole checkpoint' if begun else 'starts'
        self.say(f'{one.run.folder}: {"goes on from " + resumed if resumed else again}')
        self._start(one, lock, gpu, bool(resumed))
        write_result(one.folder, one.task.protocol, end)
        if not one.task.settings.keep_checkpoints:
            for path in one.folder.rglob('*.pth'):
                path.unlink()

    def _start(self, one: Prepared, lock: int, gpu: str | None, resume: bool) -> None:
        """Runs the process to its end."""
        settings, environment = one.task.settings, dict(os.environ)
        words = command(self.tool, one.folder, settings.launcher, resume)
        if settings.threads:
            environment.update(OMP_NUM_THREADS=str(settings.threads), MKL_NUM_THREADS=str(settings.threads))
        if gpu is not None:
            environment['CUDA_VISIBLE_DEVICES'] = gpu
        with open(one.folder / LOG, 'ab') as log:  # the lock lasts as long as a process that has inherited it
            ended = subprocess.run(words, stdout=log, stderr=subprocess.STDOUT, env=environment, pass_fds=(lock,))
        if ended.returncode:
            raise ValueError(f'{one.folder} ended with {ended.returncode}: {_tail(one.folder / LOG)}')


def command(tool: Path, folder: Path, launcher: Launcher | None, resume: bool) -> list[str]:
    """The command of a run.

    Args:
        tool: Path of ``tools/train.py``; a launcher takes that of the installed package.
        folder: The run's.
        launcher: For several processes.
        resume: Whether it goes on from its last checkpoint.
    """
    rest = ['--work-dir', str(folder), *(['--resume'] if resume else [])]
    if launcher is None:
        return [sys.executable, str(tool), str(folder / CONFIG), *rest]
    given = {key: getattr(launcher, key) for key in Launcher.__dataclass_fields__}
    options = [word for key, value in given.items() if value for word in (f'--{key.replace("_", "-")}', str(value))]
    return [sys.executable, '-m', 'mim', 'train', 'mmdecon', str(folder / CONFIG), *options, *rest]


def length(cfg: Config) -> int:
    """The step at which a run ends: iterations or epochs, as its evaluations count."""
    return int(cfg.train_cfg.get('max_iters') or cfg.train_cfg.max_epochs)


@contextmanager
def _locked(folder: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Holds a run's folder, against another start of the tool and against processes that an earlier one has left."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.parent / f'{LOCK}_{folder.name}'  # beside it, as the folder may be emptied
    with locked(
        path, lambda: say(f'{folder} is being trained by a process of another start: waits for its end')
    ) as handle:
        yield handle


def _last_checkpoint(folder: Path) -> str | None:
    """The checkpoint that a run goes on from; None if there is none, or it was cut off while it was written."""
    if not (folder / CONFIG).is_file():
        return None
    cfg = dict(Config.fromfile(folder / CONFIG).to_dict(), work_dir=str(folder))
    try:
        found = find_checkpoint(cfg)
        if found:
            require_whole(found, 'resume')
    except ValueError:
        return None
    return found


def _empty(folder: Path) -> None:
    """Removes what an earlier start has left in a run's folder."""
    shutil.rmtree(folder)
    folder.mkdir()


def _tail(path: Path) -> str:
    """The end of a failed run's output."""
    lines = path.read_text(encoding='utf-8', errors='replace').strip().splitlines()[-SHOWN:]
    return f'{" / ".join(line.strip() for line in lines)} ({path})'
