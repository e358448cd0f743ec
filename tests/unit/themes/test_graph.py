import numpy as np
import pytest

from voc.themes.graph import communities, cosines, nearest, neighbours_for, quantise, shared_neighbour_graph
from voc.themes.stable import resolve, support


def blobs(n_blobs=6, n_each=30, dim=32, noise=0.15, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(n_blobs), n_each)
    rows = rng.standard_normal((n_blobs, dim))[truth] + noise * rng.standard_normal((len(truth), dim)) * np.sqrt(6)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), truth


def test_cosines_are_exact_in_any_order_and_batch():
    rows = quantise(blobs()[0])
    whole = cosines(rows, rows)
    assert np.array_equal(whole[7:8], cosines(rows[7:8], rows))
    flipped = cosines(np.ascontiguousarray(rows[:, ::-1]), np.ascontiguousarray(rows[:, ::-1]))
    assert np.array_equal(whole, flipped)


def test_rounding_costs_little():
    rows, _ = blobs()
    assert np.abs(cosines(quantise(rows), quantise(rows)) - rows @ rows.T).max() < 1e-3


@pytest.mark.parametrize(
    ("n", "low", "high"), [(60, 3, 6), (1_000, 10, 10), (5_000, 15, 15), (10_000, 25, 25), (2_000_000, 40, 40)]
)
def test_neighbours_grow_with_the_set(n, low, high):
    assert low <= neighbours_for(n) <= high


def test_nearest_are_those_of_a_full_sort():
    rows = quantise(blobs()[0])
    similar = cosines(rows, rows)
    np.fill_diagonal(similar, -2)
    links = nearest(rows, 5)
    assert np.allclose(np.take_along_axis(similar, links, 1), -np.sort(-similar, axis=1)[:, :5])


def test_weights_are_overlaps_of_neighbourhoods():
    links = np.array([[1, 2], [0, 2], [0, 1], [4, 5], [3, 5], [3, 4]])
    graph = shared_neighbour_graph(links).toarray()
    assert np.array_equal(graph, graph.T)
    assert graph[0, 1] == 1.0
    assert graph[0, 3] == 0.0


def test_clear_blobs_are_found_and_are_stable():
    rows, truth = blobs()
    found = resolve(shared_neighbour_graph(nearest(quantise(rows), 8)), seed=0)
    assert found.stability > 0.95
    assert len({(a, b) for a, b in zip(found.labels.tolist(), truth.tolist(), strict=True)}) == 6
    assert min(support(found.labels, 6, found.resamples)) > 0.95


def test_a_theme_that_resamples_do_not_find_has_little_support():
    rows, truth = blobs()
    found = resolve(shared_neighbour_graph(nearest(quantise(rows), 8)), seed=0)
    invented = truth.copy()
    # Half of two blobs as one theme: no resample finds it.
    invented[(truth == 0) & (np.arange(len(truth)) % 2 == 0)] = 1
    values = support(invented, 6, found.resamples)
    assert values[1] < 0.8 < min(values[2:])
    assert support(invented, 6, ()) == [0.0] * 6


def test_communities_are_numbered_by_size_and_repeat():
    rows = np.concatenate([blobs(1, 40, seed=1)[0], blobs(1, 15, seed=2)[0]])
    graph = shared_neighbour_graph(nearest(quantise(rows), 6))
    labels = communities(graph, 0.5, 3)
    assert (np.diff(np.bincount(labels)) <= 0).all()
    assert np.array_equal(labels, communities(graph, 0.5, 3))


def test_a_pool_without_clear_themes_never_shows_more_than_can_be_read():
    vague = blobs(n_blobs=90, n_each=14, dim=48, noise=0.75)[0]
    graph = shared_neighbour_graph(nearest(quantise(vague), 8))
    found = resolve(graph, seed=0, smallest=5)
    assert found.stability < 0.75
    shown = (np.bincount(found.labels) >= 5).sum()
    # Not a handful either, because the first step down would have been too long.
    assert 16 <= shown <= 32
    finer = communities(graph, 2.0, 0)
    assert found.resolution < 2.0
    assert (np.bincount(finer) >= 5).sum() > 32
