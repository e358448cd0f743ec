"""Work in several processes: the same rows in the same order, whoever dies."""

import json
import logging

import polars as pl
import pytest

from voc import pool
from voc.errors import ConfigError, InputError, VocError
from voc.tagging.work import screened, tagged
from voc.testing import sample_feedback

WORK = """
import os, signal
import polars as pl
from voc.errors import InputError

def doubled(frame, *, add):
    return frame.with_columns(n=pl.col("n") * 2 + add, pid=pl.lit(os.getpid()))

def dies_once(frame, *, mark):
    if 7 in frame["n"] and not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return frame

def dies_of_seven(frame):
    if 7 in frame["n"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return frame

def raises(frame, *, ours):
    raise InputError("no column 'x'; add it") if ours else ValueError(str(frame["n"].to_list()))
"""


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    (tmp_path / "worker_fixture.py").write_text(WORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)


def chunks(n=10, size=3):
    return list(pl.DataFrame({"n": range(n)}).iter_slices(size))


def test_chunks_come_back_in_order_from_both_processes():
    found = list(pool.mapped("worker_fixture:doubled", iter(chunks(60)), 2, add=1))
    assert pl.concat(found)["n"].to_list() == [2 * n + 1 for n in range(60)]
    here = list(pool.mapped("worker_fixture:doubled", iter(chunks(60)), 1, add=1))
    assert pl.concat(here).drop("pid").equals(pl.concat(found).drop("pid"))
    assert here[0]["pid"][0] not in {frame["pid"][0] for frame in found}


def test_a_worker_that_dies_is_replaced_its_chunk_tried_again_and_its_end_reported(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "voc.pool"):
        found = list(pool.mapped("worker_fixture:dies_once", chunks(), 2, mark=str(tmp_path / "died")))
    assert pl.concat(found)["n"].to_list() == list(range(10))
    assert [record.why for record in caplog.records] == ["signal 9"]


def test_a_row_that_ends_every_process_is_found_and_the_rest_lives():
    found = pl.concat(
        pool.mapped("worker_fixture:dies_of_seven", chunks(), 2, dead=lambda _: pl.DataFrame({"n": [-1]}))
    )
    assert found["n"].to_list() == [-1 if n == 7 else n for n in range(10)]
    with pytest.raises(VocError, match="one row ends every process"):
        list(pool.mapped("worker_fixture:dies_of_seven", chunks(), 2))


def test_an_error_keeps_its_kind_and_a_foreign_one_says_nothing_of_the_rows():
    with pytest.raises(InputError, match="no column 'x'"):
        list(pool.mapped("worker_fixture:raises", chunks(), 2, ours=True))
    with pytest.raises(VocError, match=r"^the work failed: ValueError$"):
        list(pool.mapped("worker_fixture:raises", chunks(), 2, ours=False))


def test_the_number_of_processes_is_the_variables_else_the_files_else_one_for_each_core(monkeypatch):
    assert pool.n_processes(3) == 3
    assert 1 <= pool.n_processes(0) <= pool.MOST
    monkeypatch.setenv(pool.VARIABLE, "2")
    assert pool.n_processes(3) == 2
    monkeypatch.setenv(pool.VARIABLE, "two")
    with pytest.raises(ConfigError, match="VOC_WORKERS"):
        pool.n_processes(3)


def test_tags_and_lanes_are_the_same_from_one_process_and_from_two():
    frame = sample_feedback(20).select("text", "question")
    parts = list(frame.iter_slices(25))
    setting = {"tier": "fast", "taxonomy": "patient-experience"}
    one, two = (pl.concat(pool.mapped("voc.tagging.work:tagged", parts, n, **setting)) for n in (1, 2))
    assert one.equals(two)
    assert one.drop("row").equals(tagged(frame, **setting).drop("row"))
    assert pl.concat(pool.mapped("voc.tagging.work:screened", parts, 2)).equals(screened(frame))
    assert json.dumps(one["state"].to_list()).count("tagged") == frame.height
