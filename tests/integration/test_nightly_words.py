"""Nobody's words leave the lake: not in logs, records of runs, messages, digests or errors."""

import json
import logging

import pytest

import voc
from clinic import DAY, ODD_ROWS, register_rows
from voc import cli
from voc.errors import StoreError, VocError
from voc.steps import theming
from voc.store import Lake


def spoken(root):
    """Every verbatim and exemplar of the workspace that is long enough to be told from a theme's label."""
    with voc.open(root) as ws:
        texts = ws.lake.read("feedback")["text"].drop_nulls().to_list()
        model = theming.load_model(ws.context())
        labels = {theme.label.casefold() for theme in ws.themes()}
    exemplars = [text for kept in model.exemplars.values() for text in kept] if model else []
    return {text for text in [*texts, *exemplars] if len(text) >= 25 and text.casefold() not in labels}


def holding(words, text):
    return sorted(word for word in words if word.casefold() in text.casefold())


def test_no_log_record_holds_a_verbatim(clinic, caplog):
    caplog.set_level(logging.DEBUG)
    with voc.open(clinic) as ws:
        ws.nightly(DAY)
    words = spoken(clinic)
    assert len(words) > 20
    assert any(record.name.startswith("voc") for record in caplog.records)
    for record in caplog.records:
        assert holding(words, json.dumps(vars(record), default=repr)) == [], record.name


def test_what_the_night_prints_holds_no_verbatim(clinic, capsys):
    assert cli.run(["-w", str(clinic), "nightly", "--date", str(DAY), "--json"]) == 0
    out, err = capsys.readouterr()
    assert {json.loads(line)["step"] for line in err.splitlines()} >= {"ingest", "tag", "route", "purge"}
    assert holding(spoken(clinic), out + err) == []


def test_the_register_holds_verbatims_nowhere(clinic_done):
    words = spoken(clinic_done)
    with voc.open(clinic_done) as ws:
        # A theme's definition quotes one redacted exemplar, for a person to recognise it by.
        quoted = {theme.definition for theme in ws.themes()}
        runs = [repr(ws.register.run(run.run_id)) for run in ws.register.runs()]
    rows = register_rows(clinic_done)
    rows.pop("themes")
    assert holding(words, json.dumps(rows, default=repr)) == []
    assert holding(words, "\n".join(runs)) == []
    assert all(any(word in definition for word in words) for definition in quoted)


def test_digests_hold_no_verbatim(clinic_done):
    text = "\n".join(path.read_text(encoding="utf-8") for path in (clinic_done / "outbox").iterdir())
    assert "C-0001" in text
    assert holding(spoken(clinic_done), text) == []


@pytest.mark.parametrize("broken", ["tag", "lake", "route"])
def test_an_error_in_the_night_holds_no_verbatim_and_the_run_is_marked_failed(clinic, capsys, monkeypatch, broken):
    secret = ODD_ROWS[4][6]

    def fail(*_arguments, **_named):
        kind = {"tag": RuntimeError, "lake": StoreError, "route": VocError}[broken]
        raise kind("lost" if broken != "tag" else f"cannot handle {secret!r}")

    target = {
        "tag": "voc.tagging.tagger.Tagger.tags",
        "lake": "voc.store.lake.Lake.append",
        "route": "voc.steps.routing.route_themes",
    }
    monkeypatch.setattr(target[broken], fail)
    assert cli.run(["-w", str(clinic), "nightly", "--date", str(DAY)]) == 1
    out, err = capsys.readouterr()
    assert secret not in out + err
    assert [line for line in err.splitlines() if line.startswith("voc: ")]
    assert "Traceback" not in err
    monkeypatch.undo()
    with voc.open(clinic) as ws:
        assert ws.last_run().state == "failed"
        assert ws.nightly(DAY)["state"] == "ok", "the next night repairs it"


def test_a_value_that_does_not_fit_is_not_quoted(tmp_path):
    import polars as pl

    frame = pl.DataFrame({"feedback_id": ["f"], "revision": ["my secret words"], "redaction_version": ["r"]})
    with pytest.raises(StoreError) as failure:
        Lake(tmp_path).append("feedback", frame)
    assert "secret" not in str(failure.value)
    assert failure.value.__cause__ is None
