"""What watchers are told: a file that is replaced as a whole, and a ping that goes where it is meant to only."""

import socket
import threading

import pytest

import voc
from clinic import DAY
from voc import outside
from voc.errors import DeliveryError, StoreError
from voc.steps import staging, watching


@pytest.fixture
def heard(monkeypatch):
    told = []
    monkeypatch.setattr(watching.endpoint, "ping", lambda url, *, external, private: told.append((url, private)))
    monkeypatch.setenv("VOC_PING_URL", "https://watch.example/abc")
    return told


def metrics(root):
    lines = (root / "metrics.prom").read_text().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_a_good_night_writes_its_counts_and_pings(clinic_after, heard):
    with voc.open(clinic_after) as ws:
        record = ws.nightly(DAY)
    found = metrics(clinic_after)
    assert found["voc_last_run_ok"] == "1"
    assert found["voc_last_success_timestamp_seconds"] == found["voc_last_run_timestamp_seconds"]
    assert found['voc_last_run_count{of="duplicate"}'] == str(record["duplicate"])
    assert heard == [("https://watch.example/abc", False)]


def test_a_failed_night_says_so_and_keeps_the_last_success(clinic_after, heard, monkeypatch):
    def broken(*_a, **_k):
        raise StoreError("the disk is gone; restore it")

    with voc.open(clinic_after) as ws:
        monkeypatch.setattr(staging, "tag", broken)
        with pytest.raises(StoreError):
            ws.nightly(DAY)
    found = metrics(clinic_after)
    assert found["voc_last_run_ok"] == "0"
    assert float(found["voc_last_success_timestamp_seconds"]) < float(found["voc_last_run_timestamp_seconds"])
    assert heard == [("https://watch.example/abc/fail", False)]


def test_nobody_is_pinged_where_nothing_may_leave(clinic_after, heard):
    path = clinic_after / "voc.toml"
    path.write_text(path.read_text().replace("[workspace]", '[workspace]\nexternal = "none"'))
    with voc.open(clinic_after) as ws:
        ws.nightly(DAY)
    assert heard == []


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "::ffff:10.0.0.1", "0.0.0.0"])
def test_a_target_within_the_network_is_refused(host):
    with pytest.raises(DeliveryError, match=r"within this machine|none of one machine"):
        outside.vet("all", host, private=False)


@pytest.mark.parametrize("host", ["169.254.169.254", "fe80::1%lo", "224.0.0.1", "::ffff:169.254.169.254"])
def test_a_link_local_target_is_refused_whatever_the_settings_say(host):
    with pytest.raises(DeliveryError, match="link-local"):
        outside.vet("all", host, private=True)


def test_every_address_of_a_name_is_looked_at(monkeypatch):
    two = [(socket.AF_INET, 1, 6, "", (a, 0)) for a in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: two)
    with pytest.raises(DeliveryError):
        outside.vet("all", "rebound.example", private=False)
    outside.vet("all", "rebound.example", private=True)


def test_the_mail_server_that_a_url_names_in_passing_counts():
    assert outside.hosts_of("mailto://me:pw@acme.example?smtp=10.0.0.1&to=x") == ["acme.example", "10.0.0.1"]


def test_nobody_reads_half_a_file(clinic_after):
    stop, torn = threading.Event(), []

    def watch():
        while not stop.is_set():
            text = (clinic_after / "metrics.prom").read_text()
            if not text.endswith("\n") or "voc_deliveries_dead" not in text:
                torn.append(text)

    with voc.open(clinic_after) as ws:
        watching.write(ws.context(DAY), ok=True, seconds=1.0, counts={"read": 3})
        thread = threading.Thread(target=watch)
        thread.start()
        for n in range(30):
            watching.write(ws.context(DAY), ok=True, seconds=1.0, counts={"read": n})
        stop.set()
        thread.join()
    assert torn == []
