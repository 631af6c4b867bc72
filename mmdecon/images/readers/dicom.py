"""DICOM by pydicom: one frame at a time, in the units that the file gives.

Shapes: H x W an image in pixels, C channels. Stored values are those before slope and intercept.
"""

from typing import Any, NamedTuple

import numpy as np

from ...texts import shown
from .base import WholeSource
from .layout import AmbiguousImage

LARGE = 4096  # bytes of an element that is left in the file until it is needed
UNITS = 'PixelValueTransformationSequence'
PALETTE = 'PALETTE COLOR'


class _Units(NamedTuple):
    """Stored values times slope plus intercept."""

    slope: float = 1.0
    intercept: float = 0.0

    @property
    def is_whole(self) -> bool:
        return self.slope.is_integer() and self.intercept.is_integer()


class DicomSource(WholeSource):
    """A DICOM file; frames are slices.

    Rescale slope and intercept are applied: int32 where both are whole numbers (float64 for 32-bit values), otherwise
    float32; without them values keep their dtype. A table of values (Modality LUT) and palettes are applied by
    pydicom, which converts YBR to RGB, too. Values of MONOCHROME1 are inverted unless ``white_is_zero='keep'``, within
    the bits that the file says are stored. Pixel padding is nodata. Windows for display are not applied.
    """

    def _read_header(self) -> None:
        from pydicom import dcmread

        in_memory = self.content is not None
        with self._open() as file:
            tags = dcmread(file if in_memory else self.path, defer_size=None if in_memory else LARGE)
        pixels = [word for word in ('PixelData', 'FloatPixelData', 'DoubleFloatPixelData') if word in tags]
        if not pixels:
            raise ValueError('it holds no image')
        self.shape, samples = (int(tags.Rows), int(tags.Columns)), int(tags.get('SamplesPerPixel', 1))
        self._colours = str(tags.PhotometricInterpretation)
        frames = int(tags.get('NumberOfFrames', None) or 1)
        self._frames = self.layout.planes('Z', [frames], self.path)
        self.pages, self.slices = len(self._frames), self.layout.slices('Z', [frames])
        self._samples = 3 if self._colours == PALETTE else samples
        self.channels = self._frames.shape[1] * self._samples
        self._tags = tags
        self._read_values(tags, pixels[0])
        self._read_place(tags)

    def _read_values(self, tags: Any, pixels: str) -> None:
        """Units, dtype, range and padding."""
        allocated, stored = int(tags.BitsAllocated), int(tags.get('BitsStored', tags.BitsAllocated))
        is_float, signed = pixels != 'PixelData', bool(tags.get('PixelRepresentation', 0))
        kind = 'float' if is_float else 'int' if signed else 'uint'
        self._stored = np.dtype(f'{kind}{max(8, allocated)}')
        low = -(2 ** (stored - 1)) if signed else 0
        self._limits = low, low + 2**stored - 1
        self._inverted = self._colours == 'MONOCHROME1' and self.layout.white_is_zero == 'invert'
        if self._inverted and is_float:
            raise AmbiguousImage(
                f"{shown(self.path)} is MONOCHROME1 with values of {self._stored}: set LoadRaster.white_is_zero='keep'"
            )
        frames = range(int(tags.get('NumberOfFrames', None) or 1))
        self._units = [self._units_of(tags, frame) if self._samples == 1 else _Units() for frame in frames]
        self.dtype = self._dtype(tags)
        padding = tags.get('PixelPaddingValue')
        self._padding = None if padding is None or self._samples > 1 else self._padded(tags, int(padding))
        alike = len(set(self._units)) == 1 and 'ModalityLUTSequence' not in tags
        if alike and not is_float and self._colours != PALETTE:
            low, high = (value * self._units[0].slope + self._units[0].intercept for value in self._limits)
            self.value_range = (low, high) if low <= high else (high, low)
        if alike and self._padding is not None:
            at = sum(self._limits) - self._padding[0] if self._inverted else self._padding[0]
            self.nodata = at * self._units[0].slope + self._units[0].intercept

    def _padded(self, tags: Any, value: int) -> tuple[int, int]:
        """The stored values that mean padding, from lowest to highest."""
        other = int(tags.get('PixelPaddingRangeLimit', value))
        return min(value, other), max(value, other)

    def _units_of(self, tags: Any, frame: int) -> _Units:
        """Slope and intercept of a frame, which stand with it, with all frames, or alone."""
        for groups, number in (('PerFrameFunctionalGroupsSequence', frame), ('SharedFunctionalGroupsSequence', 0)):
            if groups in tags and number < len(tags[groups].value) and UNITS in tags[groups].value[number]:
                tags = tags[groups].value[number][UNITS].value[0]
        slope, intercept = tags.get('RescaleSlope', None), tags.get('RescaleIntercept', None)
        return _Units(1.0 if slope is None else float(slope), 0.0 if intercept is None else float(intercept))

    def _dtype(self, tags: Any) -> np.dtype:
        """Of the values in their units."""
        if 'ModalityLUTSequence' in tags:
            bits = int(tags.ModalityLUTSequence[0].LUTDescriptor[2])
            return np.dtype('uint8' if bits <= 8 else 'uint16')
        if self._colours == PALETTE:
            return np.dtype(f'uint{8 if int(tags.RedPaletteColorLookupTableDescriptor[2]) <= 8 else 16}')
        if all(units == _Units() for units in self._units) or self._stored.kind == 'f':
            return self._stored
        whole = all(units.is_whole for units in self._units)
        return np.dtype('int32' if whole and self._stored.itemsize < 4 else 'float32' if not whole else 'float64')

    def _read_place(self, tags: Any) -> None:
        """Which volume the file is a slice of, and where."""
        series, turned = tags.get('SeriesInstanceUID'), tags.get('ImageOrientationPatient')
        along = None if turned is None else [round(float(value), 3) for value in turned]
        self.series = None if series is None or self.pages > 1 else f'{series} {along} {self.shape}'
        position = tags.get('ImagePositionPatient')
        if position is not None and along is not None:
            normal = np.cross(along[:3], along[3:])
            self.place = float(np.dot(normal, [float(value) for value in position])), self.place[1]
        self.place = self.place[0], int(tags.get('InstanceNumber', None) or 0)

    def _decode(self, page: int, level: int) -> np.ndarray:
        frames = [self._frame(int(frame)) for frame in self._frames[page]]
        return frames[0] if len(frames) == 1 else np.concatenate(frames, -1)

    def _frame(self, frame: int) -> np.ndarray:
        """Decodes a frame, in its units."""
        from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

        with self._open() as file:
            pixels = pixel_array(file if self.content is not None else self.path, index=frame)
        pixels = pixels.astype(pixels.dtype.newbyteorder('='), copy=False)
        if self._colours == PALETTE:
            pixels = apply_color_lut(pixels, self._tags)
        elif self._samples == 1:
            pixels = self._prepared(pixels)
            if 'ModalityLUTSequence' in self._tags:
                pixels = apply_modality_lut(pixels, self._tags)
        units = self._units[frame]
        if set(self._units) != {_Units()} and 'ModalityLUTSequence' not in self._tags:
            pixels = (pixels.astype(np.float64) * units.slope + units.intercept).astype(self.dtype)
        return pixels.reshape(*self.shape, self._samples)

    def _prepared(self, pixels: np.ndarray) -> np.ndarray:
        """Stored values with one value for padding, and with white as the highest."""
        if self._padding is not None and self._padding[0] < self._padding[1]:
            low, high = self._padding
            pixels = np.where((low <= pixels) & (pixels <= high), low, pixels).astype(pixels.dtype)
        if self._inverted:
            low, high = self._limits
            pixels = (low + high - np.clip(pixels.astype(np.int64), low, high)).astype(pixels.dtype)
        return pixels
