"""Region stores of small images."""

from pathlib import Path

from mmdecon.regions import Job, make_store
from tests.support.stripes import Stripes


def names_of(folder: Path) -> list[str]:
    """The names of the images below a folder."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob('*.png')]


def save(folder: Path, out: Path, workers: int = 0, generator: Stripes | None = None, **how: str) -> bytes:
    """Makes a store of all images below a folder, of stripes unless said otherwise; returns its bytes."""
    make_store(Job(str(folder), generator or Stripes(), **how), names_of(folder), str(out), workers)
    return out.read_bytes()
