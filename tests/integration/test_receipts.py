"""Receipts on a real workspace: a past figure stays, whatever is compacted, and says what changed when it does not."""

import datetime as dt

import polars as pl
import pytest

import voc
from clinic import COLUMNS, DAY, IMPROVE
from voc.errors import InputError
from voc.model import Filter

EVENING = dt.datetime.combine(DAY, dt.time.max, dt.UTC)


def add_late(root, n=3):
    """Answers to a past week that come in a file of today."""
    row = ("late-{}", "person-late-{}", "2026-03-02", "survey", "North", IMPROVE, "The car park was full", "0")
    rows = [tuple(cell.format(i) for cell in row) for i in range(n)]
    pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").write_csv(
        root / "inbox" / "survey-2.csv"
    )


def of(figures, key):
    return next(f for f in figures if f.key == key)


@pytest.fixture
def ws(clinic_after):
    with voc.open(clinic_after) as opened:
        yield opened


def test_the_same_question_of_the_same_knowledge_has_the_same_id(ws):
    first, second = (of(ws.figures("metric", Filter(), names="nps"), "nps|all") for _ in range(2))
    assert first == second
    (again,) = ws.recompute([first.receipt])
    assert again.same
    assert (again.again.value, again.again.n) == (first.value, first.n)
    assert again.reasons == ()


def test_a_late_arrival_changes_today_and_not_the_past(ws):
    before = of(ws.figures("metric", Filter(), names="nps", as_of=EVENING), "nps|all")
    add_late(ws.root)
    ws.ingest("survey")
    (again,) = ws.recompute([before.receipt])
    assert again.same
    assert again.today.n == before.n + 3
    assert again.today.value < before.value
    assert "3 late responses arrived after it was made" in again.reasons


def test_compaction_and_vacuum_leave_the_past_as_it_was(ws):
    asked = {"names": "nps,net_sentiment,coverage", "by": "site"}
    before = ws.figures("metric", Filter(), as_of=EVENING, **asked)
    add_late(ws.root)
    ws.ingest("survey")
    ws.tag()
    ws.lake.compact()
    ws.lake.vacuum(0)
    after = ws.figures("metric", Filter(), as_of=EVENING, **asked)
    assert after == before
    assert ws.figures("metric", Filter(), **asked) != before


def test_an_erased_person_is_named_as_the_reason(ws):
    before = of(ws.figures("metric", Filter(), names="nps"), "nps|all")
    ws.erase("person-e")
    (again,) = ws.recompute([before.receipt])
    assert not again.same
    assert again.again.n == before.n - 1
    assert again.reasons[:2] == (
        f"it rested on {before.n} and now rests on {before.n - 1}",
        "1 person was erased since it was shown",
    )


def test_an_unknown_receipt_is_refused(ws):
    with pytest.raises(InputError, match="no receipt 'r-0'"):
        ws.recompute(["r-0"])


def test_a_receipt_holds_no_id_of_a_person_or_an_item(ws):
    ws.figures("metric", Filter(), by="site")
    people = set(ws.lake.read("responses")["respondent"].drop_nulls()) | set(ws.lake.read("feedback")["feedback_id"])
    text = "\n".join(
        str(ws.register.receipt(f.receipt)) for f in ws.figures("metric", Filter(), by="site", names="nps,csat")
    )
    assert "nps|site=North" in text
    assert not any(person in text for person in people)
