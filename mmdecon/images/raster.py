"""Reads images of any number of channels and any dtype: photos, TIFF, JPEG 2000, DICOM, arrays.

Shapes: H x W the image in pixels, C channels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from ..registry import TRANSFORMS
from ..texts import shown
from .allowed_values import Values
from .crops import Box
from .errors import UnreadableImage
from .header import refuse_oversized
from .pixels import limits
from .raster_facts import Alike, Facts
from .raster_image import RasterImage
from .raster_options import as_bands, as_range, is_number
from .readers.base import Source
from .readers.by_content import open_source
from .readers.layout import Layout
from .storage import Storage
from .tiling import tile_boxes

FROM_FILE = 'file'


@TRANSFORMS.register_module()
class LoadRaster(BaseTransform):
    """Reads the image of a sample, whatever its channels and dtype, strictly.

    It adds ``img`` (H, W, C) of the file's dtype, channels in the file's order (RGB stays RGB), ``img_shape`` and
    ``ori_shape`` (H, W), ``value_range`` (two floats), which for floats the file or an option must tell, and, where one
    of these tells it, ``nodata`` (float).
    With ``late``, ``encoded`` replaces ``img``. Of a sample with ``page`` or ``window``, as
    :class:`~mmdecon.datasets.RasterFolder` lists them, it reads that page or tile. Of a sample with ``neighbours`` it
    adds ``img2`` or ``encoded2``, a slice drawn from them with NumPy's global generator, for the second view, and its
    own ``nodata2``.

    The first bytes of a file choose its reader, not its name. :class:`~mmdecon.images.load_image.LoadImage` is for
    photos as uint8 BGR.

    Args:
        bands: Numbers of the channels to keep, from 0, in this order; None for all.
        channels: How many channels an image must have after that; None for as many as the first has.
        pages: What the pages of a file are: ``images``, ``channels`` of one image, or ``first``, which reads the first
            alone. None: what the file says; files that do not say are refused.
        axes: Letters of the axes of arrays (``.npy``, ``.npz``), such as ``YXC`` or ``ZYX``: Y and X the image, C
            channels, Z slices, T times. None: (H, W), and (H, W, C) with at most 4 channels.
        key: Which array of ``.npz`` files; None where they have only one.
        white_is_zero: ``invert`` the values of grey TIFF and DICOM files whose lowest value is white (MinIsWhite,
            MONOCHROME1), so that high is bright everywhere, or ``keep`` them.
        value_range: Lowest and highest value that images may have. None: what the file says, or the range of an
            integer dtype.
        outside: ``refuse`` or ``clip`` values outside of ``value_range``; never to ``nodata``, but to the value beside
            it.
        nodata: The value that stands for "not measured", besides NaN; None for no such value. ``file``: what the file
            says.
        late: Let ``TwoViews`` decode. It decodes only the tiles, strips or blocks that the crops touch, at lower
            resolution where both crops allow, see :meth:`~mmdecon.images.raster_image.RasterImage.cut`.
        backend_args: As ``LoadImage`` has them.
        to_float32: Give ``img`` as float32, for pipelines of mmseg and mmdet: OpenCV resizes no 32-bit integers, and
            older torch knows no uint16. Not with ``late``; ``TwoViews`` does not need it.

    Raises:
        ValueError: If an option is invalid.
    """

    def __init__(
        self,
        bands: Sequence[int] | None = None,
        channels: int | None = None,
        pages: str | None = None,
        axes: str | None = None,
        key: str | None = None,
        white_is_zero: str = 'invert',
        value_range: Sequence[float] | None = None,
        outside: str = 'refuse',
        nodata: float | str | None = FROM_FILE,
        late: bool = False,
        backend_args: Mapping[str, Any] | None = None,
        to_float32: bool = False,
    ) -> None:
        self.layout = Layout(pages, axes, key, white_is_zero)
        self.bands = None if bands is None else as_bands(bands)
        self.channels, self.late = channels, late
        self.value_range = None if value_range is None else as_range(value_range)
        self.outside, self.nodata, self.to_float32 = outside, nodata, to_float32
        self.storage = None if backend_args is None else Storage(backend_args)
        self._check()
        self._alike = Alike()

    def _check(self) -> None:
        """Checks the options."""
        bands = self.bands
        if bands is not None and self.channels not in (None, len(bands)):
            raise ValueError(f'LoadRaster.bands={bands} keeps {len(bands)}, and LoadRaster.channels={self.channels}')
        if self.outside not in ('refuse', 'clip'):
            raise ValueError(f"LoadRaster.outside={self.outside!r}: give 'refuse' or 'clip'")
        if self.to_float32 and self.late:
            raise ValueError(
                'LoadRaster.to_float32 with late=True, which decodes nothing here: leave out one of the two'
            )
        if self.channels is not None and not (type(self.channels) is int and self.channels > 0):
            raise ValueError(f'LoadRaster.channels={self.channels!r}: give a number of channels, or None')
        if self.nodata not in (None, FROM_FILE) and not is_number(self.nodata):
            raise ValueError(f"LoadRaster.nodata={self.nodata!r}: give a number, None, or 'file'")

    def problem(
        self,
        path: str,
        pixels: bool = False,
        tile: tuple[int, int] | None = None,
        content: bytes | None = None,
    ) -> UnreadableImage | Facts:
        """Checks a file.

        Args:
            path: A local file.
            pixels: Decode all of it, without keeping it, check its values, and find what has none.
            tile: It will be read in tiles of this side and overlap in pixels, so that its size does not matter.
            content: Its bytes, if ``path`` only names it.

        Returns:
            What is wrong, or what its header tells.

        Raises:
            ValueError: If it does not have the bands or channels that are asked for, can be read in several ways, or a
                value is not allowed.
        """
        try:
            source = open_source(path, self.layout, content)
            facts = self._facts(source)
            if not (self.late or tile):
                refuse_oversized(facts.shape[1], facts.shape[0], path)
            return facts._replace(empty=self._find_empty(source, tile)) if pixels else facts
        except UnreadableImage as error:
            return error

    def _find_empty(self, source: Source, tile: tuple[int, int] | None) -> frozenset[tuple[int, Box | None]]:
        """Decodes a file; which of its pages or tiles have no pixel with a value."""
        height, width = source.shape
        boxes = [(0, 0, width, height)] if tile is None else tile_boxes(source.shape, *tile)
        found = set()
        for page in range(source.pages):
            filled = self._image(source, page, None).verify(boxes)
            found |= {(page, box if tile else None) for box, is_filled in zip(boxes, filled) if not is_filled}
        return frozenset(found)

    def require(self, files: Mapping[str, Facts], single: bool = False) -> None:
        """Checks before training that all files have the same channels and dtype.

        Args:
            files: Path -> what its header tells.
            single: Whether each must hold one image, as the dataset does not list pages.

        Raises:
            ValueError: If two differ, or one holds several images; names them.
        """
        for path, facts in files.items():
            self._alike.require(path, facts)
            if single:
                _require_single(path, facts.pages)

    def _facts(self, source: Source) -> Facts:
        """What is left after bands were chosen, which are checked."""
        bands, count = self.bands, source.channels
        if bands is not None and max(bands) >= count:
            raise ValueError(f'LoadRaster.bands={bands}: {shown(source.path)} has {count} channels, 0 to {count - 1}')
        kept = count if bands is None else len(bands)
        if self.channels not in (None, kept):
            raise ValueError(
                f'{shown(source.path)} has {kept} channels and not LoadRaster.channels={self.channels}: choose some by '
                'LoadRaster.bands, or leave the file out'
            )
        dtype = str(source.dtype)
        has_range = source.dtype.kind != 'f' or bool(self.value_range or source.value_range)
        return Facts(source.shape, kept, dtype, source.pages, source.slices, source.series, source.place, has_range)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Reads ``img_path``.

        Args:
            results: A sample with ``img_path``, and perhaps ``content``, ``page``, ``window``, ``neighbours``.

        Returns:
            The same dict.

        Raises:
            UnreadableImage: If the file cannot be read; with ``late``, only the header is checked.
            ValueError: If a value, or the number of pages or channels, is not what it must be.
        """
        image = self._put(results, results, '')
        results.pop('content', None)
        results['img_shape'] = results['ori_shape'] = image.shape
        known = image.source.value_range if self.value_range is None else self.value_range
        if known is None and image.dtype.kind in 'iu':  # in all samples or in none, so that they can be batched
            known = limits(image.dtype)
        if known is not None:
            results['value_range'] = known
        if image.nodata is not None:
            results['nodata'] = image.nodata
        if results.get('neighbours'):
            drawn = results['neighbours'][np.random.randint(len(results['neighbours']))]
            other = self._put(results, drawn, '2')
            if other.shape != image.shape:
                raise ValueError(f'{shown(other.path)} has another size than its neighbour {shown(image.path)}')
            if other.nodata is not None:
                results['nodata2'] = other.nodata
        return results

    def _put(self, results: dict[str, Any], where: Mapping[str, Any], suffix: str) -> RasterImage:
        """Adds an image to a sample."""
        path = where['img_path']
        source = open_source(path, self.layout, self._content(where))
        self._alike.require(path, self._facts(source))
        if 'page' not in where:
            _require_single(path, source.pages)
        image = self._image(source, where.get('page', 0), where.get('window'))
        if self.late:
            results[f'encoded{suffix}'] = image
        else:
            pixels = image.decode()
            results[f'img{suffix}'] = pixels.astype(np.float32) if self.to_float32 else pixels
        return image

    def _content(self, where: Mapping[str, Any]) -> bytes | None:
        """The bytes of a file, where they do not come from a local disk."""
        if 'content' in where or self.storage is None:
            return where.get('content')
        return self.storage.get(where['img_path'])

    def _image(self, source: Source, page: int, window: Box | None) -> RasterImage:
        """A page or tile as the options say."""
        nodata = source.nodata if self.nodata == FROM_FILE else self.nodata
        values = None if self.value_range is None else Values(*self.value_range, self.outside == 'clip')
        return RasterImage(source, page, self.bands, window, nodata, values)  # type: ignore[arg-type]


def _require_single(path: str, pages: int) -> None:
    """Refuses a file of which nobody says which page to read."""
    if pages > 1:
        raise ValueError(
            f'{shown(path)} holds {pages} images: list them with mmdecon.RasterFolder, or set '
            "LoadRaster.pages='channels' or 'first'"
        )
