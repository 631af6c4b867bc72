"""Probes against plain NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from mmdecon.evaluation import cluster, match
from mmdecon.evaluation.cluster import ClusterProbe
from mmdecon.evaluation.features import Standardiser, join
from mmdecon.evaluation.knn import KnnProbe
from mmdecon.evaluation.linear import LinearProbe

CLASSES, CHANNELS = 4, 6


@pytest.fixture(scope='module')
def cells() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Overlapping blobs on channels of very different scale: features, labels, and features to predict."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(240) % CLASSES
    centres = torch.randn(CLASSES, CHANNELS, generator=generator)
    scale = torch.logspace(-1, 2, CHANNELS)
    features = (centres[labels] + torch.randn(240, CHANNELS, generator=generator)) * scale + 3
    queries = (centres[labels[:60]] + torch.randn(60, CHANNELS, generator=generator)) * scale + 3
    return features, labels, queries


@pytest.mark.parametrize('penalty', [1e-1, 1e-3])
def test_linear_equals_scikit_learn(cells, penalty: float) -> None:
    features, labels, queries = cells
    probe = LinearProbe(features, labels, CLASSES, penalty)
    known, asked = (x.double().numpy() for x in (features, queries))  # of float32, scikit-learn's solver stops early
    scaler = StandardScaler().fit(known)
    theirs = LogisticRegression(C=1 / (penalty * len(features)), tol=1e-8, max_iter=5000)
    theirs.fit(scaler.transform(known), labels.numpy())
    expected = theirs.predict_proba(scaler.transform(asked))
    np.testing.assert_allclose(probe(queries).numpy(), expected, atol=2e-5)


def test_linear_lies_where_the_gradient_is_zero(cells) -> None:
    """In plain NumPy: of the mean cross-entropy plus half the penalty times the squared weights."""
    features, labels, _ = cells
    probe = LinearProbe(features, labels, CLASSES, 0.01)
    x = Standardiser(features)(features).double().numpy()
    weight, bias = probe.weight.double().numpy(), probe.bias.double().numpy()
    logits = x @ weight + bias
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    error = (shares - np.eye(CLASSES)[labels.numpy()]) / len(x)
    assert np.abs(x.T @ error + 0.01 * weight).max() < 1e-5
    assert np.abs(error.sum(0)).max() < 1e-5


@pytest.mark.parametrize('standardise', [True, False])
def test_neighbours_equal_numpy(cells, standardise: bool) -> None:
    features, labels, queries = cells
    votes = KnnProbe(features, labels, CLASSES, 7, 0.1, standardise)(queries)
    memory, asked = (x.double().numpy() for x in (features, queries))
    if standardise:
        mean, spread = memory.mean(0), memory.std(0)
        memory, asked = (memory - mean) / spread, (asked - mean) / spread
    memory, asked = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (memory, asked))
    for row, vote in zip(asked, votes.numpy()):
        similar = memory @ row
        nearest = np.argsort(-similar)[:7]
        weights = np.exp((similar[nearest] - similar.max()) / 0.1)
        expected = np.bincount(labels.numpy()[nearest], weights / weights.sum(), CLASSES)
        np.testing.assert_allclose(vote, expected, atol=1e-4)


def test_neighbours_are_those_of_scikit_learn(cells) -> None:
    """With a temperature so high that all neighbours count the same, votes are shares of neighbours."""
    features, labels, queries = cells
    votes = KnnProbe(features, labels, CLASSES, 9, 1e6, standardise=False)(queries)
    found = NearestNeighbors(n_neighbors=9, metric='cosine').fit(features.numpy())
    nearest = labels.numpy()[found.kneighbors(queries.numpy(), return_distance=False)]
    np.testing.assert_allclose(votes.numpy(), [np.bincount(row, minlength=CLASSES) / 9 for row in nearest], atol=1e-5)


def test_a_small_memory_has_fewer_neighbours(cells) -> None:
    features, labels, queries = cells
    assert torch.allclose(KnnProbe(features[:3], labels[:3], CLASSES)(queries).sum(1), torch.ones(60))


def test_clusters_are_those_of_scikit_learn(cells) -> None:
    features, _, queries = cells
    given = ClusterProbe(features, CLASSES, seed=3)(queries).argmax(1)
    scaler = StandardScaler().fit(features.numpy())
    theirs = KMeans(CLASSES, n_init=3, random_state=3).fit(scaler.transform(features.numpy()).astype(np.float32))
    expected = theirs.predict(scaler.transform(queries.numpy()).astype(np.float32))
    pairs = np.bincount(given.numpy() * CLASSES + expected, minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    assert np.trace(match(pairs)) == len(queries)  # the same but for the clusters' order


def test_fewer_cells_than_clusters_are_refused(cells) -> None:
    with pytest.raises(ValueError, match='2 cells cannot make 4 clusters'):
        ClusterProbe(cells[0][:2], CLASSES)
    with pytest.raises(ValueError, match='3 clusters for 4 classes: give at least as many'):
        ClusterProbe(cells[0], CLASSES, clusters=3)


def test_without_scikit_learn_the_remedy_is_named(cells, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__('sys').modules, 'sklearn', None)
    with pytest.raises(ModuleNotFoundError, match=r'mmdecon\[probes\]'):
        cluster.ClusterProbe(cells[0], CLASSES)


def test_a_constant_channel_counts_for_nothing() -> None:
    features = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    assert Standardiser(features)(features).tolist() == [[-1.0, 0.0], [1.0, 0.0]]


def test_levels_are_joined_at_the_finest() -> None:
    maps = dict(p2=torch.zeros(2, 4, 6), p3=torch.arange(6.0).view(1, 2, 3))
    joined = join(maps, ('p3', 'p2'))
    assert joined.shape == (3, 4, 6)
    assert joined[0, 0].tolist() == [0.0, 0.25, 0.75, 1.25, 1.75, 2.0]
