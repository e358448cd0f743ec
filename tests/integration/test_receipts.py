"""Receipts on a real workspace: a past figure stays, whatever is compacted, and says what changed when it does not."""

import datetime as dt

import polars as pl
import pytest

import voc
from clinic import COLUMNS, DAY, IMPROVE
from voc.errors import InputError
from voc.model import Filter
from voc.queries.figures import Ask
from voc.store.receipts import Receipt

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


def test_a_revised_answer_is_told_apart_from_a_late_one(ws):
    before = of(ws.figures("metric", Filter(), names="nps", as_of=EVENING), "nps|all")
    rows = pl.read_csv(ws.root / "inbox" / "survey.csv", infer_schema=False)
    changed = rows.head(1).with_columns(text=pl.lit("The queue was far too long"), nps=pl.lit("1"))
    changed.write_csv(ws.root / "inbox" / "survey-2.csv")
    ws.ingest("survey")
    (again,) = ws.recompute([before.receipt])
    assert again.same
    assert again.today.n == before.n
    assert "1 response was changed by the source after it was made" in again.reasons


def test_a_tag_read_again_or_corrected_says_so_and_leaves_the_past(ws):
    before = of(ws.figures("metric", Filter(), names="net_sentiment", as_of=EVENING), "net_sentiment|all")
    scores = of(ws.figures("metric", Filter(), names="nps", as_of=EVENING), "nps|all")
    tags = ws.lake.read("tags").filter(pl.col("state") == "tagged")
    later = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    again = tags.with_columns(sentiment=pl.lit("negative"), tagger_version=pl.lit("next"), tagged_at=pl.lit(later))
    ws.lake.append("tags", again)
    ws.correct(tags["feedback_id"][0], "sentiment", ["very_positive"], actor="Ann")
    after, untouched = ws.recompute([before.receipt, scores.receipt])
    assert after.same
    assert after.today.value < before.value
    assert f"{again.height} texts were read again by tagger next after it was made" in after.reasons
    assert "1 text's tags were corrected by a person after it was made" in after.reasons
    # Scores rest on no tag: nothing that they are made of has changed.
    assert untouched.reasons == ()


def test_a_case_moved_since_says_so(ws):
    before = of(ws.figures("cases", Filter(), as_of=EVENING), "open|all")
    case = next(c for c in ws.cases() if c.case_id in before.facts["case_ids"])
    ws.move_case(case.case_id, "decline", actor="Jo", reason="too dear", revisit_on=dt.date(2027, 6, 1))
    (again,) = ws.recompute([before.receipt])
    assert again.same
    assert again.today.value == before.value - 1
    assert again.reasons == ("1 case was moved after it was made",)


def test_other_working_hours_are_named_as_the_reason(clinic_after):
    toml = clinic_after / "voc.toml"
    with voc.open(clinic_after) as ws:
        for case in ws.cases()[:1]:
            ws.move_case(case.case_id, "take", actor="Jo")
        before = ws.figures("metric", Filter(), names="time_to_acknowledge", as_of=ws.now())
        assert before
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text + '\n[calendars.default]\nhours = "00:00-24:00"\n', encoding="utf-8")
    with voc.open(clinic_after) as ws:
        (again,) = ws.recompute([before[0].receipt])
        assert not again.same
        assert any("Mon 09:00-17:00" in reason for reason in again.reasons)


def test_a_question_whose_answers_are_all_gone_is_no_error(ws):
    month = Ask("change", EVENING, Filter(), (("by", "site"), ("month", "2020-01"), ("names", "nps")))
    ws.register.put_receipts([Receipt("r-gone", month.as_json(), "total|all", 3.0, 1.0, 5.0, 40, 7, EVENING)])
    (again,) = ws.recompute(["r-gone"])
    assert (again.again, again.same) == (None, False)
    assert again.reasons[0] == "it rested on 40 and now rests on 0"
