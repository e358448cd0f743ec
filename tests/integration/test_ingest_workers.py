"""Redaction in two processes stores the same rows as in one, and a process that fails stores none of its own."""

from functools import partial

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import voc
from voc.errors import ConfigError, PrivacyError
from voc.ingest import read_chunks
from voc.privacy import Pool
from voc.steps import ingesting, redacting

HEADER = "record_id,respondent,date,question,text,nps"
TEXTS = (
    "My name is Jane Whitlock, call 07700 900123",
    "Dr Patel was kind",
    "Too cold\x00 in bay 4",
    "x" * 120_000,
    "Write to ann@example.org",
    "",
)


@pytest.fixture
def workspaces(tmp_path, monkeypatch):
    monkeypatch.setattr(ingesting, "read_chunks", partial(read_chunks, chunk_rows=4))
    monkeypatch.setattr(redacting, "_WORTH_WORKERS", 0)
    for name in ("one", "two"):
        voc.init(tmp_path / name).__exit__(None, None, None)
    (tmp_path / "two" / "key").write_bytes((tmp_path / "one" / "key").read_bytes())
    with voc.open(tmp_path / "one") as one, voc.open(tmp_path / "two") as two:
        yield one, two


def put(ws, n=18):
    lines = [f'R-{i},p{i % 5},2026-03-0{i % 9 + 1},What next?,"{TEXTS[i % len(TEXTS)]}",{i % 12}' for i in range(n)]
    path = ws.root / "inbox" / "a.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_two_processes_store_the_same_rows_as_one(workspaces, monkeypatch):
    found = []
    for ws, n in zip(workspaces, "12", strict=True):
        monkeypatch.setenv("VOC_WORKERS", n)
        books = ws.ingest(put(ws), "generic")
        tables = {t: ws.lake.read(t) for t in ("feedback", "responses", "quarantine")}
        found.append((books, {t: f.drop(c for c in f.columns if c.endswith("ed_at")) for t, f in tables.items()}))
    (books, frames), (again, others) = found
    assert books == again
    assert books.quarantined > 1
    for table, frame in frames.items():
        assert_frame_equal(frame, others[table], check_row_order=table != "quarantine")
    assert "[NAME_1]" in " ".join(frames["feedback"]["text"].drop_nulls())


def test_a_worker_that_dies_ends_the_run_and_a_second_run_completes_it(workspaces, monkeypatch):
    ws = workspaces[0]
    path = put(ws)
    monkeypatch.setenv("VOC_WORKERS", "2")
    taken = []
    take_in = ingesting.take_in

    def kill_then(ctx, chunk, safe, job):
        taken.append(chunk.n_read)
        return take_in(ctx, chunk, safe, job)

    redact_in = Pool.submit

    def dying(pool, frames):
        if frames["feedback"]["row"].min() > 8:
            for worker in pool._workers:
                worker.process.kill()
        return redact_in(pool, frames)

    monkeypatch.setattr(ingesting, "take_in", kill_then)
    monkeypatch.setattr(Pool, "submit", dying)
    with pytest.raises(PrivacyError, match=r"a worker ended while it redacted \(signal 9\); nothing of its rows"):
        ws.ingest(path, "generic")
    assert len(taken) < 3
    monkeypatch.setattr(Pool, "submit", redact_in)
    books = ws.ingest(path, "generic")
    assert books.balanced
    assert ws.lake.count("feedback") == books.stored


def test_what_fails_in_a_worker_is_told_without_its_text(tmp_path):
    with Pool(1, key=b"k" * 32, roster=tmp_path / "absent.csv") as pool:
        frame = pl.DataFrame({"text": ["My name is Jane Whitlock"]})
        with pytest.raises(voc.errors.VocError, match=r"absent\.csv"):
            pool.submit({"feedback": frame}).result()
    with Pool(1, key=b"k" * 32, numbered="Whitlock", no_such_argument=1) as pool:
        with pytest.raises(PrivacyError, match="redaction failed in a worker: TypeError") as caught:
            pool.submit({"feedback": frame}).result()
        assert "Whitlock" not in str(caught.value)


def test_a_small_file_is_redacted_by_this_process(workspaces, monkeypatch):
    monkeypatch.setattr(redacting, "_WORTH_WORKERS", 1 << 20)
    monkeypatch.setattr(redacting, "Pool", None)
    monkeypatch.setenv("VOC_WORKERS", "2")
    assert workspaces[0].ingest(put(workspaces[0]), "generic").stored


def test_a_wrong_number_of_workers_is_named(workspaces, monkeypatch):
    monkeypatch.setenv("VOC_WORKERS", "two")
    with pytest.raises(ConfigError, match="VOC_WORKERS should be a number of processes"):
        workspaces[0].ingest(put(workspaces[0]), "generic")
