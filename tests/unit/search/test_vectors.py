"""The index by meaning: near ones are found, only what is asked for is kept, and files stay few."""

import numpy as np
import pytest

from voc.errors import StoreError
from voc.search import VectorIndex, vectors


def unit(n, dim=64, seed=0):
    made = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def filled(folder, n=500, seed=0):
    index = VectorIndex(folder, "toy", 64)
    index.put(np.arange(n), np.stack([np.zeros(n), np.arange(n) + 1], axis=1).astype(np.int32), unit(n, seed=seed))
    return index


def test_the_nearest_are_those_of_a_full_scan(tmp_path):
    index, all_ = filled(tmp_path), unit(500)
    for row in (3, 77):
        wanted = np.argsort(-(all_ @ all_[row]), kind="stable")[:10]
        found = index.search(all_[row], 10, least=-1)
        assert found.keys[0] == row
        assert found.spans[0].tolist() == [0, row + 1]
        assert found.scores[0] == pytest.approx(1, abs=0.02)
        assert len(set(found.keys) & set(wanted)) >= 9


def test_a_sample_of_many_still_finds_the_near_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "LEAST_LOOKED_AT", 100)
    index, asked = filled(tmp_path, 5_000), unit(5_000)[42] + 0.4 * unit(1, seed=9)[0]
    asked /= np.linalg.norm(asked)
    assert index.search(asked, 1).keys.tolist() == [42]


def test_only_rows_that_are_allowed_are_found(tmp_path):
    index = filled(tmp_path)
    allowed = index.keys() % 2 == 1
    found = index.search(unit(500)[4], 20, least=-1, allowed=allowed)
    assert len(found.keys) == 20
    assert (found.keys % 2 == 1).all()


def test_what_is_too_far_is_left_out(tmp_path):
    found = filled(tmp_path).search(unit(500)[4], 500, least=0.3)
    assert 1 <= len(found.keys) < 100
    assert (found.scores >= 0.3).all()


def test_another_view_of_the_folder_sees_the_same(tmp_path):
    filled(tmp_path)
    again = VectorIndex(tmp_path, "toy", 64)
    assert len(again) == 500
    assert again.search(unit(500)[7], 1).keys.tolist() == [7]


def test_small_additions_join_one_file_and_large_ones_do_not(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "SEGMENT_ROWS", 30)
    index = VectorIndex(tmp_path, "toy", 64)
    for night in range(6):
        keys = np.arange(night * 10, night * 10 + 10)
        index.put(keys, np.zeros((10, 2), np.int32), unit(10, seed=night))
    assert len(index.names) == 2
    assert len(list(tmp_path.glob("*.npy"))) == 2 * 5
    assert index.keys().tolist() == list(range(60))


def test_forgotten_items_are_in_no_file(tmp_path):
    index = filled(tmp_path)
    gone = index.vector_of(7, 0, 8)
    assert gone is not None
    assert index.forget(np.array([7, 9_999])) == 1
    assert index.vector_of(7, 0, 8) is None
    assert len(VectorIndex(tmp_path, "toy", 64)) == 499
    code = np.rint(gone * 127 / np.abs(gone).max()).astype(np.int8).tobytes()
    assert not any(code in path.read_bytes() for path in tmp_path.iterdir())


def test_all_may_be_forgotten(tmp_path):
    index = filled(tmp_path, 3)
    assert index.forget(np.arange(3)) == 3
    assert len(index.search(unit(1)[0], 5).keys) == 0


def test_vectors_of_another_encoder_are_not_used(tmp_path):
    filled(tmp_path)
    assert len(VectorIndex(tmp_path, "other", 64)) == 0


def test_an_empty_index_finds_nothing(tmp_path):
    assert len(VectorIndex(tmp_path, "toy", 64).search(unit(1)[0], 5).keys) == 0


@pytest.mark.parametrize("damage", ["manifest", "file"])
def test_damage_is_one_line_with_a_remedy(tmp_path, damage):
    index = filled(tmp_path)
    if damage == "manifest":
        (tmp_path / "vectors.json").write_text("{")
    else:
        (tmp_path / f"{index.names[0]}.codes.npy").unlink()
    with pytest.raises(StoreError, match="voc nightly"):
        VectorIndex(tmp_path, "toy", 64)
