"""Stages of a long command: numbered, timed, and told from each other when one fails."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from mmdecon.refusal import refuse


class Stages:
    """Announces stages and remembers how long each took.

    Args:
        total: How many there will be.
        error_log: Where the traceback of a failing stage goes.

    Attributes:
        seconds: Wall time of the stages done, by title, in their order.
    """

    def __init__(self, total: int, error_log: Path) -> None:
        self.total, self.error_log = total, error_log
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Runs the next stage inside the ``with`` block.

        Args:
            title: What it does.

        Raises:
            SystemExit: If it fails: one sentence that names the stage, the reason and where the traceback is.
        """
        mark = f'[{len(self.seconds) + 1}/{self.total}]'
        say(f'{mark} {title} ({clock(sum(self.seconds.values()))} so far)')
        started = time.perf_counter()
        try:
            yield
        except Exception as error:
            self.error_log.write_text(traceback.format_exc(), encoding='utf-8')
            refuse(f'stage {mark} {title} failed: {type(error).__name__}: {error} (traceback: {self.error_log})')
        self.seconds[title] = time.perf_counter() - started
        say(f'{mark} done in {clock(self.seconds[title])}')


def say(text: str) -> None:
    """Prints a line at once, also where the output is a file."""
    print(text, flush=True)


def clock(seconds: float) -> str:
    """Writes a duration.

    Args:
        seconds: >= 0.

    Examples:
        >>> clock(75.4)
        '1:15'
    """
    return str(timedelta(seconds=round(seconds))).removeprefix('0:').removeprefix('0')
