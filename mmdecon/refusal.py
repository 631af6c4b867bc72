"""How a command line tool ends when it cannot do what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import NoReturn


def refuse(reason: str) -> NoReturn:
    """Ends the program because of what the user asked for, without a traceback.

    Args:
        reason: The wrong value, its place and the remedy.

    Raises:
        SystemExit: Always, with exit status 1.
    """
    raise SystemExit(f'error: {reason}')


@contextmanager
def told_plainly() -> Iterator[None]:
    """Ends the program with one sentence, not a traceback, where mmdecon itself refuses to go on.

    Such errors are those raised by mmdecon's own code; mmengine may have raised them again in other words.

    Raises:
        SystemExit: In that case, with exit status 1.
    """
    try:
        yield
    except (ValueError, OSError, FloatingPointError) as error:
        cause: BaseException | None = error
        while cause is not None:
            if Path(extract_tb(cause.__traceback__)[-1].filename).is_relative_to(Path(__file__).parent):
                refuse(str(cause))
            cause = cause.__context__
        raise
