import numpy as np
import pytest
from test_graph import blobs

from voc.errors import InputError
from voc.themes.bertopic import ThemeClusterer


def test_it_finds_clear_groups_and_predicts_them():
    rows, truth = blobs()
    clusterer = ThemeClusterer().fit(rows)
    clear = clusterer.labels_ >= 0
    assert clear.mean() > 0.85
    assert len({(a, b) for a, b in zip(clusterer.labels_[clear].tolist(), truth[clear].tolist(), strict=True)}) == 6
    assert np.mean(clusterer.predict(rows)[clear] == clusterer.labels_[clear]) > 0.97
    assert np.array_equal(ThemeClusterer().fit_predict(3 * rows), clusterer.labels_)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_too_few_rows_are_in_no_group(n):
    clusterer = ThemeClusterer().fit(blobs()[0][:n])
    assert clusterer.labels_.tolist() == [-1] * n
    assert clusterer.predict(blobs()[0][:2]).tolist() == [-1, -1]


def test_misuse_is_said_plainly():
    with pytest.raises(InputError, match="call fit"):
        ThemeClusterer().predict(np.eye(3))
    with pytest.raises(InputError, match="shape"):
        ThemeClusterer().fit(np.zeros(3))
