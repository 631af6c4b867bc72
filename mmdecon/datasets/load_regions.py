"""Regions of the images that are loaded, from a store or made on the way.

Shapes: H x W the image in pixels, S planes of regions.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from ..regions.base import NO_REGION
from ..regions.build import CHOICES, generate
from ..regions.store import RegionStore
from ..registry import REGIONS, TRANSFORMS


@TRANSFORMS.register_module()
class LoadRegions(BaseTransform):
    """Adds the regions of a sample's image, between ``LoadImage`` and ``TwoViews``.

    It adds ``regions``, (H, W, S), int32, -1 for no region; S is the same for all samples, as batches need it. Planes
    are drawn by NumPy's global generator, as all draws of a pipeline are, and only where there are too many.

    Args:
        store: Path of a store that ``tools/regions.py`` made.
        generator: Config of what makes regions, ``dict(type='mmdecon.Felzenszwalb', scale=1000)``. Without a store it
            makes them of each image as it is loaded. Together with a store it only states what the store must have been
            made by.
        planes: S. An image with fewer planes gets empty ones, of one with more S are drawn. None is the largest number
            in the store; a generator must then make the same number for all images.
        empty: With a generator alone, what to do about an image without any region: ``stop`` with an error that names
            it, or ``keep`` it, to learn nothing from its regions. A store was made by this choice already.

    Raises:
        FileNotFoundError: If there is no store.
        ValueError: If the arguments make no sense, or the store is damaged or made with other options.
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
        if planes is not None and (isinstance(planes, bool) or not isinstance(planes, int) or planes < 1):
            raise ValueError(f'LoadRegions.planes={planes!r}: give a number of planes, at least 1')
        if empty is not None and (store is not None or empty not in CHOICES['empty']):
            raise ValueError(
                f"LoadRegions.empty={empty!r}: give 'stop' or 'keep', without a store, which was made with one of them"
            )
        self.generator = None if generator is None else REGIONS.build(dict(generator))
        self.store = store and RegionStore(store, None if self.generator is None else self.generator.options)
        self.planes = self.store.planes if store and planes is None else planes
        self.empty = empty or 'stop'
        self._first: str | None = None  # the image whose number of planes counts

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Adds ``regions`` to a sample.

        Args:
            results: A sample with ``name`` and ``img``, as ``ImageFolder`` and ``LoadImage`` make it. After
                ``LoadImage(late=True)`` a generator makes it be decoded, a store does not.

        Returns:
            The same dict.

        Raises:
            ValueError: If there are no regions of the image, or they are of another size, or the generator fails.
        """
        if 'name' not in results:
            raise ValueError(
                "the sample has no 'name', by which regions are found: load it with mmdecon.ImageFolder, which sets it "
                "to the image's path below its folder"
            )
        name = results['name']
        if self.store:
            regions = self.store.read(name, (results['img'] if 'img' in results else results['encoded']).shape[:2])
        else:
            if 'img' not in results:
                results['img'] = results['encoded'].decode()  # late: but regions are made of the whole image
            regions = generate(self.generator, results['img'], name, self.empty)
            self._count(regions.shape[2], name)
        results['regions'] = choose_planes(regions, self.planes)
        return results

    def _count(self, planes: int, name: str) -> None:
        """Holds a generator to its first number of planes, where none was given."""
        if self.planes is None:
            self.planes, self._first = planes, name
        if self._first and planes != self.planes:
            raise ValueError(
                f'{name} has {planes} planes of regions, {self._first} has {self.planes}: a batch needs one number for '
                'all, set LoadRegions.planes'
            )


def choose_planes(regions: np.ndarray, planes: int) -> np.ndarray:
    """Makes a map have so many planes.

    Args:
        regions: (H, W, S).
        planes: How many.

    Returns:
        (H, W, planes): with empty planes at the end, or planes drawn without replacement, in their order.
    """
    excess = regions.shape[2] - planes
    if excess > 0:
        drawn = np.sort(np.random.choice(regions.shape[2], planes, replace=False))
        return np.ascontiguousarray(regions[..., drawn])
    return np.pad(regions, ((0, 0), (0, 0), (0, -excess)), constant_values=NO_REGION) if excess else regions
