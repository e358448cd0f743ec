"""`voc privacy`, `voc feeds` and `voc languages` on a workspace after its night."""

import polars as pl

import voc
from voc.privacy import load_key


def test_the_leak_report_lists_what_got_through_and_veils_it(acme):
    with voc.open(acme.root) as ws:
        stored = ws.lake.read("feedback").head(1)
        leak = "We met Xiaoling there; write to xiaoling@example.com"
        ws.lake.append("feedback", stored.with_columns(revision=pl.lit(9, pl.Int32), text=pl.lit(leak)))
    report = acme.json("privacy", "report", "--sample", "10000")
    assert report["texts"] == report["sampled"] > 20
    assert report["low"] < report["share"] < report["high"]
    assert report["kinds"]["EMAIL"] == 1
    assert "xiaoling" not in str(report["found"])
    assert "xiaoling@example.com" in str(acme.json("privacy", "report", "--sample", "10000", "--words"))
    assert "not every leak is found" in acme.ok("privacy", "report", "--sample", "10000")
    assert "no detector 'magic'" in acme.fails(1, "privacy", "report", "--detector", "magic")


def test_another_key_is_noticed_before_it_makes_ids_and_accepted_only_by_name(acme, monkeypatch):
    assert acme.json("privacy", "key") == {"key": "same"}
    old = load_key(acme.root)
    monkeypatch.setenv("VOC_KEY", "another key that is long enough")
    assert acme.json("privacy", "key") == {"key": "other"}
    said = acme.fails(1, "ingest", "survey")
    assert "voc privacy key --accept" in said
    assert old.decode() not in said
    acme.fails(1, "nightly")
    assert acme.run("doctor", "--json")[0] == 1
    acme.ok("privacy", "key", "--accept")
    assert acme.json("privacy", "key") == {"key": "same"}


def test_feeds_are_judged_and_a_silent_one_is_a_note_of_the_doctor(acme):
    feeds = {row["source"]: row for row in acme.json("feeds", "--date", "2030-01-01")}
    assert {row["state"] for row in feeds.values()} == {"silent"}
    code, out, _ = acme.run("doctor", "--json")
    assert code == 0, out
    assert "survey" in acme.ok("feeds")


def test_other_languages_have_a_queue(acme):
    with voc.open(acme.root) as ws:
        waiting = ws.lake.read("tags").filter(state="unsupported_language").height
    assert len(acme.json("languages")) == waiting
    acme.ok("languages")
