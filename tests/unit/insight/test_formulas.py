"""Each metric's formula on a few rows that can be worked out by head, and what the registry says of it."""

import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest

import voc
from voc.errors import InputError
from voc.insight.formulas import FORMULAS
from voc.insight.measure import measure
from voc.insight.registry import INTERVALS, cannot, find, registry

PACKS = Path(voc.__file__).parent / "tagging" / "packs"


def at(day, hour=9, minute=0):
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC)


def events(kind, *rows):
    return [{"kind": kind, "status": status, "value": value} for status, value in rows]


CONTACTS = [
    # Monday 9:00, answered within half an hour, resolved on Tuesday.
    {"event_at": at(9), "first_response_at": at(9, 9, 30), "resolved_at": at(10), "n_contacts": 1, "n_reopens": 0},
    {"event_at": at(9), "first_response_at": at(9, 11), "resolved_at": at(9, 13), "n_contacts": 1, "n_reopens": 1},
    {"event_at": at(9), "first_response_at": at(10, 9), "resolved_at": at(12), "n_contacts": 3, "n_reopens": 0},
    {"event_at": at(9), "first_response_at": None, "resolved_at": None, "n_contacts": 2, "n_reopens": 0},
]
PAIRS = ((True, True), (True, False), (False, False))
CLOCKS = {"has_first_response_at": True, "has_resolved_at": True}
EXAMPLES = {
    "nps": ([{"nps": s} for s in (10, 9, 8, 6, 0, None)], 0.0, 5),
    "csat": ([{"csat": s} for s in (5.0, 4.0, 3.9, 1.0)], 50.0, 4),
    "csat_mean": ([{"csat": s} for s in (5.0, 4.0, 3.0, None)], 4.0, 3),
    "ces": ([{"ces": s} for s in (7.0, 5.0, 4.0, 1.0)], 50.0, 4),
    "ces_mean": ([{"ces": s} for s in (7.0, 5.0, 3.0)], 5.0, 3),
    "ces_net": ([{"ces": s} for s in (7.0, 5.0, 4.0, 1.0)], 25.0, 4),
    "fft_positive": ([{"fft": s} for s in (1, 2, 3, 5, 6)], 40.0, 5),
    "fft_negative": ([{"fft": s} for s in (1, 4, 5, 6)], 50.0, 4),
    "net_sentiment": (
        [{"sentiment": s, "state": "tagged"} for s in ("very_positive", "neutral", "negative", "positive")]
        + [{"sentiment": "very_positive", "state": "low_information"}],
        25.0,
        4,
    ),
    "coverage": (
        [
            {"state": "tagged", "abstained": False},
            {"state": "tagged", "abstained": True},
            {"state": "low_information", "abstained": False},
            {"state": None, "abstained": None},
            {"state": "failed", "abstained": None},
        ],
        25.0,
        4,
    ),
    "satisfaction_with_communication": ([{"sentiment": s} for s in ("positive", "neutral", "negative")], 100 / 3, 3),
    # Half an hour, 2 hours, 24 hours, and one that nobody has answered for 6 days.
    "first_response": ([c | CLOCKS for c in CONTACTS], 2.0, 4),
    "first_response_working": ([c | CLOCKS for c in CONTACTS], 2.0, 4),
    "time_to_resolution": ([c | CLOCKS for c in CONTACTS], 24.0, 4),
    "time_to_resolution_working": ([c | CLOCKS for c in CONTACTS], 8.0, 4),
    "fcr": (CONTACTS, 100 / 3, 3),
    "reopen_rate": (CONTACTS, 100 / 3, 3),
    "repeat_contact_rate": (CONTACTS, 50.0, 4),
    "escalation_rate": ([{"escalated": e} for e in (True, False, False, None)], 100 / 3, 3),
    "aht": (events("handling", (None, 4.0), (None, 8.0)) + events("qa", (None, 90.0)), 6.0, 2),
    "qa_score": (events("qa", (None, 80.0), (None, 90.0)), 85.0, 2),
    "contact_rate": (
        [{"is_contact": True, "is_exposure": False}] * 3 + [{"is_contact": False, "is_exposure": True}] * 60,
        50.0,
        60,
    ),
    "retention": ([{"returned": r} for r in (True, False, None)], 50.0, 2),
    "conversion_rate": ([{"ordered": r} for r in (True, False, False, False)], 25.0, 4),
    "waiting_time": (events("appointment", ("attended", 10.0), ("attended", 20.0), ("did not attend", None)), 15.0, 2),
    "wait_to_get_through": (events("call", ("answered", 1.0), ("answered", 3.0), ("abandoned", 2.0)), 3.0, 3),
    "no_show_rate": (
        events("appointment", *[(s, None) for s in ("attended", "did not attend", "cancelled late", "cancelled")])
        + events("order", ("did not attend", None)),
        100 / 3,
        3,
    ),
    "late_cancel_rate": (events("appointment", ("attended", 1.0), ("cancelled late", None), ("booked", None)), 50.0, 2),
    "follow_up_completion": (events("follow_up", ("completed", None), ("missed", None), ("due", None)), 50.0, 2),
    "medication_adherence_support": (events("medication_support", ("given", None)), 100.0, 1),
    "rework_rate": (events("work", ("done", None), ("done", None), ("redone", None)), 100 / 3, 3),
    "insurance_resolution_time": (
        [{"event_at": at(1), "resolved_at": end, "has_resolved_at": True} for end in (at(4), None)],
        3.0,
        2,
    ),
    # One in 4 hours, one in exactly 24, one in 72, one open for 6 days; one younger than a day is left out.
    "complaints_within_24h": (
        [c | CLOCKS for c in CONTACTS] + [{"event_at": at(15), "resolved_at": None, "has_resolved_at": True}],
        50.0,
        4,
    ),
    "repeat_purchase_rate": ([{"bought_again": b} for b in (True, True, False, None)], 200 / 3, 3),
    # Two left out of 10 people over three months: 2 / 30 months, 80 for every 100 years.
    "staff_turnover": (events("staff", *[("headcount", 10.0)] * 3, ("left", None), ("left", None)), 80.0, 30),
    "time_to_acknowledge": ([{"acknowledge_hours": h, "acknowledged": h < 9} for h in (1.0, 4.0, 9.0)], 4.0, 3),
    "on_time": ([{"kept": k} for k in (True, False, None)], 50.0, 2),
    "hand_overs": ([{"n_hand_overs": k} for k in (0, 1, 2)], 1.0, 3),
    "declined_recurred": ([{"declined": d, "recurred": r} for d, r in PAIRS], 50.0, 2),
    "share_told": ([{"shipped": s, "told": t} for s, t in PAIRS], 50.0, 2),
    "verified_fix_rate": ([{"verdict": v} for v in ("improved", "no_change", None)], 50.0, 2),
}  # fmt: skip
TYPES = {
    "value": pl.Float64, "status": pl.String, "csat": pl.Float64, "ces": pl.Float64, "abstained": pl.Boolean,
    "first_response_at": pl.Datetime("us", "UTC"), "resolved_at": pl.Datetime("us", "UTC"),
    "event_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


def base(rows):
    names = {key for row in rows for key in row}
    overrides = {name: kind for name, kind in TYPES.items() if name in names}
    frame = pl.DataFrame(rows, schema_overrides=overrides, infer_schema_length=None)
    return frame.with_columns(unit=pl.int_range(pl.len()), item=pl.lit("0a"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_formula_gives_what_its_definition_says(name, moment):
    rows, value, n = EXAMPLES[name]
    (found,) = measure(base(rows).lazy(), [find(name)], [], moment).to_dicts()
    assert found["value"] == pytest.approx(value, abs=1e-9)
    assert found["n"] == n
    if found["low"] is not None and found["high"] is not None:
        assert found["low"] <= found["value"] + 1e-9
        assert found["value"] - 1e-9 <= found["high"]


def test_every_metric_has_a_formula_and_an_example():
    assert set(FORMULAS) == set(registry())
    # How many are open is counted over time: see test_queries_metrics.
    assert set(registry()) - set(EXAMPLES) == {"backlog"}


def test_no_rows_no_figure(moment):
    assert measure(base([{"nps": None}]).lazy(), [find("nps")], [], moment).is_empty()


def test_a_metric_says_what_it_needs():
    assert cannot(find("qa_score")) == "cannot be computed: needs metric_events of kind qa"
    with pytest.raises(InputError, match="no metric 'npx'; there are nps, csat"):
        find("npx")
    assert find("fft").name == "fft_positive"


def _packs():
    for path in PACKS.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        yield path.stem, text, set(re.findall(r'"([a-z0-9_]+)"', " ".join(re.findall(r"^metrics = (.*)$", text, re.M))))


def test_every_metric_that_a_pack_names_is_known():
    for pack, _, names in _packs():
        assert names <= set(registry()), pack


def test_every_care_function_answers_to_a_metric_and_each_metric_to_a_function():
    functions = {
        name
        for pack, text, _ in _packs()
        if pack != "patient-experience"
        for name in re.findall(r'^name = "(.*)"$', text, re.M)[1:]
    }
    answering = {name for spec in registry().values() for name in spec.functions}
    assert answering <= functions
    assert {f for f in functions if f not in answering} == set()


def test_a_metric_is_whole():
    for spec in registry().values():
        assert spec.kind in INTERVALS
        assert spec.needs, spec.name
        assert spec.decision, spec.name
        assert set(spec.beside) <= set(registry())
        assert not spec.variant_of or spec.variant_of in registry()
    assert {"fcr", "reopen_rate", "qa_score"} <= set(find("aht").beside), "handling time never stands alone"
    assert find("no_show_rate").beside == ("late_cancel_rate",)
