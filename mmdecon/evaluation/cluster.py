"""Clustering probe: k-means without labels, by scikit-learn. Shapes: N cells, M cells, C channels, K clusters."""

from importlib.util import find_spec

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from .features import Standardiser


def require_scikit_learn() -> None:
    """Refuses to make clusters where scikit-learn is not installed.

    Raises:
        ModuleNotFoundError: If scikit-learn is not installed.
    """
    if find_spec('sklearn') is None:
        raise ModuleNotFoundError(
            'clustering needs scikit-learn, which is not installed here: pip install "mmdecon[probes]", or leave '
            'cluster out of the methods'
        )


class ClusterProbe:
    """Clusters of cells; that they fit classes is found out afterwards, by :func:`~mmdecon.evaluation.metrics.match`.

    Args:
        features: (N, C).
        classes: How many there are.
        clusters: K, at least as many; by default as many.
        seed: Of the starting centres.
        starts: K-means is run from as many, and the best by its own objective is kept.
        standardise: Whether channels are first standardised.

    Raises:
        ModuleNotFoundError: If scikit-learn is not installed.
        ValueError: If there are fewer cells than clusters, or fewer clusters than classes.
    """

    def __init__(
        self,
        features: Tensor,
        classes: int,
        clusters: int | None = None,
        seed: int = 0,
        starts: int = 3,
        standardise: bool = True,
    ) -> None:
        require_scikit_learn()
        from sklearn.cluster import KMeans

        clusters = clusters or classes
        if not classes <= clusters <= len(features):
            raise ValueError(
                f'{len(features)} cells cannot make {clusters} clusters for {classes} classes: give at least as many '
                'clusters as classes, and more cells or images'
            )
        self.standardise = Standardiser(features) if standardise else None
        x = self.standardise(features) if self.standardise else features
        found = KMeans(clusters, n_init=starts, random_state=seed).fit(x.cpu().numpy())
        self.centres = torch.from_numpy(found.cluster_centers_).to(features)

    def __call__(self, features: Tensor) -> Tensor:
        """The cluster of each cell (M, C), as (M, K), one-hot."""
        x = self.standardise(features) if self.standardise else features
        half = self.centres.square().sum(1) / 2  # the nearest centre has the largest x . c - |c|^2 / 2
        return one_hot((x @ self.centres.T - half).argmax(1), len(self.centres)).to(features)
