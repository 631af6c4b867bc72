"""Checks the files of a dataset before training, as the step that reads them would find them."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from mmengine.logging import print_log

from ..images.errors import UnreadableImage, advise, part_of
from ..images.load_image import LoadImage
from ..images.raster import LoadRaster
from ..images.raster_facts import Facts
from ..images.reading import look_at
from ..texts import shown
from .file_list import Sample, SampleList
from .pixel_photometrics import PixelPhotometrics
from .two_view import TwoViews

THREADS = 16  # opening headers waits for the disk, not for the CPU
SKIP = "dataset.unreadable='skip'"
NAMED = 5  # so many files are shown in a message
AT_ONCE = 65536  # headers that wait to be opened: each takes a kilobyte


class FileChecks:
    """Opens the files of a dataset before training.

    Args:
        pipeline: The transforms of the dataset.
        pixels: Decode every file, not only its header.
        skips: Whether to leave out what cannot be used, with a warning, instead of refusing it.
        content_of: Gives the bytes of a sample's file, or None where its path is a local file; may raise
            :class:`UnreadableImage`.
        tile: Side and overlap of the tiles that the dataset lists, in pixels; None for whole images.

    Attributes:
        facts: Path -> what the header of a file tells that ``LoadRaster`` reads.
    """

    def __init__(
        self,
        pipeline: Sequence[Callable],
        pixels: bool,
        skips: bool,
        content_of: Callable[[Sample], bytes | None],
        tile: tuple[int, int] | None = None,
    ) -> None:
        self.facts: dict[str, Facts] = {}
        self._pixels, self._skips, self._content_of, self._tile = pixels, skips, content_of, tile
        self._steps = list(steps_of(pipeline))
        self._raster = next((step for step in self._steps if isinstance(step, LoadRaster)), None)
        self._reduced: dict[str, None] = {}  # paths; several threads add to it

    def readable(self, samples: Sequence[Sample]) -> Sequence[Sample]:
        """Finds files that cannot be read, and warns of those of which ``LoadImage`` keeps only a part of the values.

        Args:
            samples: A sample of each file.

        Returns:
            Those that can be read.

        Raises:
            UnreadableImage: If there are others that are not to be left out, or none.
        """
        found = {index: problem for index, problem in enumerate(self._problems(samples)) if problem}
        if any(isinstance(step, LoadImage) for step in self._steps):
            self._warn(samples)
        return self._without(found, samples, 'cannot be read', remedy([*found.values()], 'them', self._skips))

    def _problems(self, samples: Sequence[Sample]) -> Iterator[UnreadableImage | None]:
        """What is wrong with each file, in their order."""
        with ThreadPoolExecutor(THREADS) as pool:
            for start in range(0, len(samples), AT_ONCE):
                yield from pool.map(self._problem, samples[start : start + AT_ONCE])

    def _problem(self, sample: Sample) -> UnreadableImage | None:
        """What is wrong with a file."""
        path = sample['img_path']
        try:
            content = self._content_of(sample)
        except UnreadableImage as error:
            return error
        if self._raster is None:
            found = look_at(path, self._pixels, content)
            if found.is_reduced:
                self._reduced[path] = None
            return found.problem
        facts = self._raster.problem(path, self._pixels, self._tile, content)
        if isinstance(facts, UnreadableImage):
            return facts
        self.facts[path] = facts
        return None

    def _warn(self, samples: Sequence[Sample]) -> None:
        """Tells once for all files what is lost of their values."""
        if self._reduced:
            first = next(sample['img_path'] for sample in samples if sample['img_path'] in self._reduced)
            print_log(
                f'{len(self._reduced)} of {len(samples)} images have more than 8 bits a channel, or signed values, of '
                f'which LoadImage keeps 8 bits, such as {shown(first)}: read them with mmdecon.LoadRaster instead, see '
                'docs/rasters.md (tools/pretrain_for.py: --preset)',
                'current',
                level=logging.WARNING,
            )

    def require(self, samples: Sequence[Sample], single: bool) -> None:
        """Checks that the files fit each other and the pipeline, as far as ``LoadRaster`` reads them.

        Args:
            samples: A sample of each file that can be read.
            single: Whether each file must hold one image, as the dataset does not list pages.

        Raises:
            ValueError: If files differ in channels or dtype, one holds several images, or a transform must know the
                range of its values and nothing tells it.
        """
        if self._raster is None:
            return
        files = {sample['img_path']: self.facts[sample['img_path']] for sample in samples}
        self._raster.require(files, single)
        needs_range = any(_needs_range(step) for step in self._steps)
        for path in (path for path, facts in files.items() if needs_range and not facts.has_range):
            raise ValueError(
                f'{shown(path)} has floats, and PixelPhotometrics in dataset.pipeline needs to know their range: set '
                'LoadRaster.value_range=(low, high); tools/pixel_statistics.py finds it'
            )

    def filled(self, samples: Sequence[Sample]) -> Sequence[Sample]:
        """Finds the samples without any pixel that has a value, where ``TwoViews`` would refuse them.

        Args:
            samples: Images, or pages and tiles of them, whose files were decoded.

        Returns:
            The others.

        Raises:
            UnreadableImage: If there are some that are not to be left out, or nothing else.
        """
        refused = any(isinstance(step, TwoViews) and step.refuses_empty for step in self._steps)
        if not refused or not any(facts.empty for facts in self.facts.values()):
            return samples
        empty = {
            index: shown(sample['img_path']) + part_of(sample)
            for index, sample in enumerate(samples)
            if (sample.get('page', 0), sample.get('window')) in self.facts[sample['img_path']].empty
        }
        skip = '' if self._skips else f'{SKIP} to leave them out, or '
        advice = f". Set {skip}TwoViews.empty='keep' to go on with them"
        return self._without(empty, samples, 'have no pixel with a value (all NaN or nodata)', advice)

    def _without(
        self, problems: Mapping[int, object], samples: Sequence[Sample], what: str, advice: str
    ) -> Sequence[Sample]:
        """Leaves out samples by their index, with a warning, or refuses them."""
        if not problems:
            return samples
        found, count = list(map(str, problems.values())), f'{len(problems)} of {len(samples)} images {what}'
        names = '; '.join(found[:NAMED]) + ('; …' if len(found) > NAMED else '')
        if not self._skips or len(problems) == len(samples):
            raise UnreadableImage(f'{count}: {names}{advice}.')
        print_log(f'{count} and are left out: {names}', 'current', level=logging.WARNING)
        kept = [index for index in range(len(samples)) if index not in problems]
        return samples.keep(kept) if isinstance(samples, SampleList) else [samples[index] for index in kept]


def remedy(errors: Sequence[UnreadableImage], them: str, skips: bool) -> str:
    """Completes a message about files that cannot be read.

    Args:
        errors: What is wrong with each.
        them: The files, as ``it`` or ``them``.
        skips: Whether such files are already skipped.

    Returns:
        The start of a sentence that says what to do, after the end of the one before; empty for nothing.
    """
    advice = advise(errors, them, '' if skips else f'set {SKIP} to go on without {them}')
    return f'. {advice[0].upper()}{advice[1:]}' if advice else ''


def steps_of(steps: Sequence[Callable]) -> Iterator[Callable]:
    """All transforms of a pipeline, also those inside of others: of wrappers, and of ``TwoViews.photometric``."""
    for step in steps:
        yield step
        yield from steps_of(getattr(step, 'transforms', ()))
        yield from steps_of(getattr(step, 'photometric', ()))


def _needs_range(step: Callable) -> bool:
    return isinstance(step, PixelPhotometrics) and step.options.value_range is None
