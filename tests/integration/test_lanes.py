"""Lanes: every flagged item reaches a team in the same run, once, and goes up until somebody has it."""

import datetime as dt

import polars as pl
import pytest

from voc.errors import ConfigError, ConflictError
from voc.steps import laning
from voc.steps.ingesting import ERASED
from voc.workspace import init

UTC = dt.UTC
NOW = dt.datetime(2026, 3, 6, 15, tzinfo=UTC)  # a Friday
HARM = "They gave my mother the wrong tablets and she collapsed and stopped breathing."
TEXTS = {
    "f1": HARM,
    "f2": HARM,
    "f3": "I wish to make a formal complaint about the doctor.",
    "f4": "Lovely staff and a clean ward.",
    "f5": "Personel był bardzo miły.",
}


def stored(ws, texts):
    base = pl.DataFrame({"feedback_id": list(texts), "text": list(texts.values())}).with_columns(
        pl.lit("1").alias("redaction_version"), revision=pl.lit(0, pl.Int32), source=pl.lit("survey"),
        record_ref=pl.lit("R-") + pl.col("feedback_id"), event_at=pl.lit(NOW),
    )  # fmt: skip
    ws.lake.append("feedback", base)
    foreign = pl.col("feedback_id") == "f5"
    state = pl.when(foreign).then(pl.lit("unsupported_language")).otherwise(pl.lit("tagged"))
    ws.lake.append("tags", base.with_columns(state=state, tagger_version=pl.lit("v1"), tagged_at=pl.lit(NOW)))


@pytest.fixture
def ws(tmp_path, monkeypatch):
    with init(tmp_path / "w", ["healthcare"]) as made:
        monkeypatch.setattr(made, "now", lambda: NOW)
        stored(made, TEXTS)
        yield made


def later(ws, monkeypatch, **delta):
    monkeypatch.setattr(ws, "now", lambda: NOW + dt.timedelta(**delta))
    return ws.context()


def lanes(ws):
    return {(item.feedback_id, item.lane) for item in ws.register.lane_items()}


def test_each_item_is_handed_over_once_whoever_wrote_the_same(ws):
    counts = laning.watch(ws.context())
    assert lanes(ws) >= {("f1", "safety"), ("f2", "safety"), ("f3", "formal_complaint"), ("f5", "unread")}
    assert not any(name == "f4" for name, _ in lanes(ws))
    assert counts["lane_items"] == len(lanes(ws))
    assert laning.watch(ws.context())["lane_items"] == 0


def test_the_team_is_told_in_the_same_run_by_reference_and_never_by_words(ws):
    laning.watch(ws.context())
    messages = ws.register.pending_messages()
    harm = [m for m in messages if m.subject.startswith("Possible harm")]
    assert len(harm) == 2
    assert all(m.urgency == "now" and "R-f" in m.body for m in harm)
    assert not any("tablets" in m.body + m.subject for m in messages)
    assert [m.urgency for m in messages if "Could not be read" in m.subject] == ["digest"]
    laning.watch(ws.context())
    assert len(ws.register.pending_messages()) == len(messages)


def test_a_message_that_a_crash_swallowed_is_posted_by_the_next_run(ws, monkeypatch):
    ctx = ws.context()
    with monkeypatch.context() as broken:
        broken.setattr(ctx.register, "post", lambda _: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            laning.watch(ctx)
    assert laning.watch(ctx)["lane_items"] == 0
    assert any(m.subject.startswith("Possible harm") for m in ws.register.pending_messages())


def test_clocks_are_hours_for_safety_and_working_days_for_a_complaint(ws):
    laning.watch(ws.context())
    due = {item.lane: item.due_at for item in ws.register.lane_items()}
    assert due["safety"] == NOW + dt.timedelta(hours=4)
    assert due["formal_complaint"].date() == dt.date(2026, 3, 11)  # Friday and three working days


def test_what_nobody_acknowledges_goes_up_and_is_told_again(ws, monkeypatch):
    laning.watch(ws.context())
    assert laning.watch(later(ws, monkeypatch, hours=5))["lane_items_escalated"] == 2
    assert laning.watch(later(ws, monkeypatch, hours=6))["lane_items_escalated"] == 0
    first = next(item for item in ws.register.lane_items() if item.feedback_id == "f1" and item.lane == "safety")
    assert first.escalations == 1
    ws.acknowledge_lane_item(first.item_id, "rang 07700 900123", actor="ana")
    assert laning.watch(later(ws, monkeypatch, hours=10))["lane_items_escalated"] == 1
    held = next(item for item in ws.register.lane_items() if item.item_id == first.item_id)
    assert (held.acknowledged_by, held.escalations) == ("ana", 1)
    assert "07700" not in held.note
    with pytest.raises(ConflictError, match="ana"):
        ws.acknowledge_lane_item(first.item_id, actor="bo")


def test_a_changed_text_is_read_again(ws):
    laning.watch(ws.context())
    changed = pl.DataFrame({"feedback_id": ["f4"], "text": [HARM]}).with_columns(
        pl.lit("1").alias("redaction_version"), revision=pl.lit(1, pl.Int32), source=pl.lit("survey"),
        record_ref=pl.lit("R-f4"), event_at=pl.lit(NOW),
    )  # fmt: skip
    ws.lake.append("feedback", changed)
    laning.watch(ws.context())
    assert ("f4", "safety") in lanes(ws)


def test_rows_that_were_kept_out_reach_a_person_but_for_those_of_the_erased(ws):
    rows = pl.DataFrame({"quarantine_id": ["q1", "q2"], "reason": ["over the limit", ERASED]}).with_columns(
        pl.lit("1").alias("redaction_version"), source=pl.lit("survey"), file=pl.lit("may.csv"), row=pl.lit(7, pl.Int64)
    )
    ws.lake.append("quarantine", rows)
    laning.watch(ws.context())
    found = [i for i in ws.register.lane_items() if i.reasons == ("quarantine",)]
    assert [(i.feedback_id, i.record_ref) for i in found] == [("q1", "may.csv, row 7")]


def test_lanes_lead_to_owners_that_there_are(tmp_path):
    with init(tmp_path / "x", ["healthcare"]) as made:
        path = made.root / "voc.toml"
    path.write_text(path.read_text(encoding="utf-8") + '\n[lanes]\nsafety = "nobody"\n', encoding="utf-8")
    from voc.config import load

    with pytest.raises(ConfigError, match="nobody"):
        load(tmp_path / "x")
