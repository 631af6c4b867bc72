"""Loads regions from a region store, or makes them while loading.

Shapes: H x W the image in pixels, S planes of regions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from ..images.pixels import mark_invalid
from ..regions.base import NO_REGION, is_count
from ..regions.build import CHOICES, generate
from ..regions.by_name import FoundByName
from ..regions.store import RegionStore
from ..registry import REGIONS, TRANSFORMS


@TRANSFORMS.register_module()
class LoadRegions(BaseTransform):
    """Adds the regions of a sample's image; it stands between ``LoadImage`` or ``LoadRaster`` and ``TwoViews``.

    It adds ``regions``, (H, W, S), int32, -1 for no region. S is the same for all samples, so that they can be batched.
    If an image has more than S planes, S of them are chosen at random, with NumPy's global generator.

    Args:
        store: Path of a region store, made with ``tools/regions.py``.
        generator: Config of a region generator, for example ``dict(type='mmdecon.Felzenszwalb', scale=1000)``. Without
            a store it makes the regions of each image while loading. With a store it only states which options the
            store must have been made with.
        planes: S. An image with fewer planes gets empty ones; of an image with more, S planes are chosen at random.
            None is the largest number in the store; a generator must then make the same number for all images.
        empty: Only with a generator and without a store: ``stop`` with an error that names an image without any
            region, or ``keep`` it; region losses then skip the image. For a store, this was chosen when it was made.

    Raises:
        FileNotFoundError: If the store does not exist.
        ValueError: If the arguments are invalid, or the store is damaged or was made with other options.
    """

    def __init__(
        self,
        store: str | None = None,
        generator: Mapping[str, Any] | None = None,
        planes: int | None = None,
        empty: str | None = None,
    ) -> None:
        if store is None and generator is None:
            raise ValueError(
                "LoadRegions needs a store='...regions', made by tools/regions.py, or a "
                "generator=dict(type='mmdecon.Felzenszwalb') that makes regions while loading"
            )
        if planes is not None and not is_count(planes):
            raise ValueError(f'LoadRegions.planes={planes!r}: give a number of planes, at least 1')
        if empty is not None and (store is not None or empty not in CHOICES['empty']):
            raise ValueError(
                f"LoadRegions.empty={empty!r}: give 'stop' or 'keep', without a store, which was made with one of them"
            )
        self.generator = None if generator is None else REGIONS.build(dict(generator))
        options = None if self.generator is None else self.generator.options
        self.store = RegionStore(store, options) if store else None
        self.planes = self.store.planes if self.store is not None and planes is None else planes
        self.empty = empty or 'stop'
        self._first: str | None = None  # the first image, whose number of planes the others must have

    def require(self, images: Sequence[tuple[str, str]]) -> None:
        """Checks that each image has regions of its own, where these are found by its name.

        Args:
            images: Name and path of each image of a dataset.

        Raises:
            ValueError: If one has none, two have the same, or a store has no region of any of them.
        """
        source = self.generator if self.store is None else self.store
        if isinstance(source, FoundByName):
            source.require_own(images)
        if self.store is not None:
            self.store.require_regions(name for name, _ in images)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Adds ``regions`` to a sample.

        Args:
            results: A sample of ``ImageFolder`` and ``LoadImage``, with ``name`` and ``img``. After
                ``LoadImage(late=True)`` a generator decodes the full image; a store does not need it.

        Returns:
            The same dict.

        Raises:
            ValueError: If the image has no regions, they have another size, or the generator fails.
        """
        if 'name' not in results:
            raise ValueError(
                "the sample has no 'name', by which regions are found: load it with mmdecon.ImageFolder, which sets it "
                "to the image's path below its folder"
            )
        name = results['name']
        if self.store is not None:
            regions = self.store.read(name, (results['img'] if 'img' in results else results['encoded']).shape[:2])
        else:
            if 'img' not in results:
                results['img'] = results['encoded'].decode()  # generators need the full image
            assert self.generator is not None  # as there is no store
            image = mark_invalid(results['img'], results.get('nodata'))
            regions = generate(self.generator, image, name, self.empty)
        results['regions'] = choose_planes(regions, self._count(regions.shape[2], name))
        return results

    def _count(self, planes: int, name: str) -> int:
        """The number of planes, which a generator must always make alike if ``planes`` is None."""
        if self.planes is None:
            self.planes, self._first = planes, name
        if self._first and planes != self.planes:
            raise ValueError(
                f'{name} has {planes} planes of regions, {self._first} has {self.planes}: a batch needs one number for '
                'all, set LoadRegions.planes'
            )
        return self.planes


def choose_planes(regions: np.ndarray, planes: int) -> np.ndarray:
    """Brings a region map to a given number of planes.

    Args:
        regions: (H, W, S).
        planes: The number of planes.

    Returns:
        (H, W, planes): with empty planes at the end, or a random subset of the planes in their order.
    """
    excess = regions.shape[2] - planes
    if excess > 0:
        drawn = np.sort(np.random.choice(regions.shape[2], planes, replace=False))
        return np.ascontiguousarray(regions[..., drawn])
    return np.pad(regions, ((0, 0), (0, 0), (0, -excess)), constant_values=NO_REGION) if excess else regions
