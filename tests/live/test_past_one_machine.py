"""The lake on an object store, and Daft as the engine: the rows of one machine and its disk, whoever is killed.

Daft's pins clash with ours, so `make test-live` runs this in an environment of its own, which has moto's S3 too.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from deltalake import DeltaTable

import voc
from clinic import DAY, lake_rows
from voc import faults
from voc.errors import InputError, StoreError
from voc.schema import KEYS, TABLES
from voc.steps import staging
from voc.store import Lake, remote
from voc.store.remote import Remote

pytest.importorskip("obstore", reason="run by make test-live, in .venv-distributed")
pytestmark = pytest.mark.live
TAGGED = ("tags", "mentions")


@pytest.fixture(scope="module")
def store():
    """An S3-compatible store with one bucket, and the environment that leads to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", url.rpartition(":")[2]]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(url, server)
        urllib.request.urlopen(urllib.request.Request(f"{url}/voc-test", method="PUT")).close()  # noqa: S310 -- our own
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "eu-west-2",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
        }
    finally:
        server.kill()
        server.wait()


def _wait_for(url, server):
    for _ in range(600):
        assert server.poll() is None, "the store ended by itself"
        try:
            urllib.request.urlopen(f"{url}/moto-api/").close()  # noqa: S310 -- our own
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the store does not answer")


@pytest.fixture
def root(store, request, clinic, monkeypatch):
    """The clinic, its lake at a prefix of its own."""
    for name, value in store.items():
        monkeypatch.setenv(name, value)
    settings = clinic / "voc.toml"
    url = f"s3://voc-test/{request.node.name.replace('_', '-')[:40]}"
    settings.write_text(settings.read_text().replace("[workspace]\n", f'[workspace]\nlake = "{url}"\n', 1))
    return clinic


def test_a_night_by_an_engine_on_an_object_store_leaves_the_plain_one_s_rows_and_an_erasure_no_object(
    root, clinic_done
):
    settings = root / "voc.toml"
    settings.write_text(settings.read_text().replace("[workspace]\n", '[workspace]\nengine = "local"\n', 1))
    with voc.open(root) as ws:
        ws.nightly(DAY)
        assert DeltaTable(f"{ws.lake.root}/tags").transaction_version(staging.TRANSACTION) == 1
        assert lake_rows(root, ws.lake) == lake_rows(clinic_done)
        assert ws.tag()["tagged"] == 0
        assert not list((root / "lake").rglob("*.parquet"))
        assert ws.lake.compact() > 0
        assert lake_rows(root, ws.lake) == lake_rows(clinic_done)
        before = ws.lake.count("feedback")
        ws.erase("person-f", "survey")
        assert ws.lake.count("feedback") == before - 1
        for table in TABLES:
            files = [name for name in Remote(f"{ws.lake.root}/{table}").names() if name.endswith(".parquet")]
            assert len(files) == (ws.lake.verify(table)), "a file of before the erasure is still there"
        with pytest.raises(InputError, match="a backup copies a lake on this disk only"):
            ws.backup(root.parent / "backup")


def test_daft_gives_the_same_rows_on_an_object_store_and_a_killed_worker_leaves_no_commit(root, clinic_done):
    with voc.open(root) as ws:
        ws.ingest("survey")
        ws.ingest("calls")
        killed = tag(root, VOC_FAULT="lake.after_data")
        assert killed.returncode == 1
        assert [line for line in killed.stderr.splitlines() if line.startswith("voc: ")] == [
            "voc: a worker of the engine daft ended (RuntimeError); run it again; if that repeats, by the engine local"
        ]
        assert [ws.lake.version(table) for table in TAGGED] == [-1, -1]
        again = tag(root)
        assert again.returncode == 0, again.stderr
        counts = json.loads(again.stdout)
        assert [ws.lake.version(table) for table in TAGGED] == [0, 0]
        done = Lake(clinic_done / "lake")
        for table in TAGGED:
            got, wanted = (lake.read(table).drop("tagged_at").sort(KEYS[table]) for lake in (ws.lake, done))
            assert got.equals(wanted), table
        assert sum(counts.values()) == ws.lake.count("tags")
        assert Remote(f"{ws.lake.root}/.staging/tag").names() == []


def tag(root, **env):
    command = [sys.executable, "-m", "voc", "-w", str(root), "tag", "--engine", "daft", "--workers", "2", "--json"]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=120, check=False)


def test_of_two_machines_that_write_at_once_one_is_told_to_run_again_and_no_row_is_stored_twice(
    root, clinic_done, monkeypatch
):
    monkeypatch.setattr(remote, "SETTINGS", {"delta.checkpointInterval": "2"})
    rows = Lake(clinic_done / "lake").read("tags")
    with voc.open(root) as ws:
        url = str(ws.lake.root)
    here, there = (Lake(url, root / name) for name in ("here", "there"))
    assert here.append("tags", rows[:10]) == 10

    def at(name):
        if name == "lake.before_commit":
            monkeypatch.undo()
            for variable, value in environment.items():
                monkeypatch.setenv(variable, value)
            assert there.append("tags", rows[10:30]) == 20

    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    monkeypatch.setattr(faults, "point", at)
    with pytest.raises(StoreError, match="another machine wrote at the same time"):
        here.append("tags", rows[5:40])
    assert here.append("tags", rows[5:40]) == 10
    assert here.read("tags").sort(KEYS["tags"]).equals(rows[:40].sort(KEYS["tags"]))
    assert [name for name in here.folder("tags").names() if name.endswith(".checkpoint.parquet")]


def test_a_bucket_that_is_not_there_is_named_with_what_to_do_and_no_workspace_is_made(root, tmp_path):
    with pytest.raises(StoreError, match=r"s3://no-such-bucket/voc/feedback cannot be read.* AWS_ENDPOINT_URL"):
        voc.init(tmp_path / "new", lake="s3://no-such-bucket/voc")
    assert not (tmp_path / "new" / "voc.toml").exists()
