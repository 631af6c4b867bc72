"""Retrieval probe: dense nearest neighbours, as Hummingbird evaluates (arXiv 2306.01667), without training anything.

Shapes: N cells in memory, M cells, C channels, K classes.
"""

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from .features import Standardiser

BLOCK = 1 << 24  # similarities computed at once; bounds the memory, changes no number


class KnnProbe:
    """Cells of labelled images as a memory; a cell's classes are those of its neighbours there.

    Neighbours are nearest by the cosine; each votes for its class with the softmax over the neighbours of
    ``cosine / temperature``.

    Args:
        features: The memory, (N, C).
        labels: (N,), 0..K - 1.
        classes: K.
        neighbours: How many; all of a smaller memory.
        temperature: Of the softmax.
        standardise: Whether channels are first standardised by the memory's mean and standard deviation. Without, as
            Hummingbird does it, levels that are joined count by their norms.
    """

    def __init__(
        self,
        features: Tensor,
        labels: Tensor,
        classes: int,
        neighbours: int = 30,
        temperature: float = 0.02,
        standardise: bool = True,
    ) -> None:
        self.standardise = Standardiser(features) if standardise else None
        self.memory = self._unit(features)
        self.votes = one_hot(labels, classes).to(features)
        self.neighbours, self.temperature = min(neighbours, len(features)), temperature

    def __call__(self, features: Tensor) -> Tensor:
        """Votes (M, K) for the classes of cells (M, C); each row sums to 1."""
        rows = max(1, BLOCK // len(self.memory))
        return torch.cat([self._vote(block) for block in features.split(rows)])

    def _vote(self, features: Tensor) -> Tensor:
        nearest = (self._unit(features) @ self.memory.T).topk(self.neighbours, sorted=False)
        weights = (nearest.values / self.temperature).softmax(1)
        return torch.einsum('mn,mnk->mk', weights, self.votes[nearest.indices])

    def _unit(self, features: Tensor) -> Tensor:
        return normalize(self.standardise(features) if self.standardise else features, dim=1)
