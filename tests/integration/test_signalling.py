"""Early warning on the demo: its planted issue is found within two weeks, and nothing else; closed cases reopen."""

import datetime as dt
from dataclasses import replace

import polars as pl

import voc
from clinic import DAY
from voc.demo import planted
from voc.insight.panel import panel
from voc.loop.cases import move
from voc.model import Case, CaseEvent, CaseState
from voc.steps import signalling
from voc.steps.signalling import look

EMERGENT = planted()["emergent"]
# Ten weeks of reports, then the case; the panel ends on DAY.
AT = dt.datetime.combine(DAY - dt.timedelta(weeks=4, days=-2), dt.time(9), dt.UTC)
CASE = Case("", "", "Paint", "estates", "operations", CaseState.OPEN, 1, AT, AT, AT, AT)
CASE = replace(CASE, owner="sam", state=CaseState.ACKNOWLEDGED)
OPENED = CaseEvent("", "open", "voc", AT, "", "acknowledged")


def weekly(theme_id, counts):
    periods = tuple(DAY - dt.timedelta(days=7 * back - 1) for back in range(len(counts), 0, -1))
    rows = [(theme_id, "", "", p, n, 3) for p, n in zip(periods, counts, strict=True)]
    said = pl.DataFrame(rows, schema=["theme_id", "segment", "value", "period", "n_people", "n_days"], orient="row")
    spoke = said.select("segment", "value", "period", n=pl.lit(50))
    return panel(said, spoke, periods, "week")


def test_a_replay_finds_the_planted_issue_within_two_weeks_and_nothing_else(demo_run):
    begun = DAY - dt.timedelta(days=(26 - EMERGENT["week"] + 1) * 7 - 1)
    with voc.open(demo_run[0]) as ws:
        found = look(ws.context(DAY), replay=True)
        (theme,) = {row["theme_id"] for row in found["signals"]}
        assert any("menu" in text for text in ws.exemplars(theme))
    assert min(row["period_end"] for row in found["signals"]) <= begun + dt.timedelta(days=13)
    assert found["expected_false_alarms_per_month"] < 1


def test_the_night_keeps_what_fires_and_tests_a_week_once(demo_run):
    with voc.open(demo_run[0]) as ws:
        kept = ws.register.signals()
        assert {signal.last_on for signal in kept} == {DAY}
        assert all(signal.n_people >= 5 and signal.p_value < 0.01 for signal in kept)
        assert {signal.theme_id for signal in kept} == {row["theme_id"] for row in look(ws.context(DAY))["signals"]}


def test_until_another_period_has_ended_no_history_is_read(demo_run, monkeypatch):
    read = []
    monkeypatch.setattr(signalling, "panels", lambda *_: read.append(1) or [])
    with voc.open(demo_run[0]) as ws:
        signalling.watch(ws.context(DAY))
        assert not read
        assert signalling._due(ws.context(DAY), DAY + dt.timedelta(days=7))


def test_a_closed_case_whose_issue_is_back_is_the_same_case_again(clinic_after):
    with voc.open(clinic_after) as ws:
        live = {case.theme_id for case in ws.cases()}
        theme = next(theme for theme in ws.themes() if theme.theme_id not in live)
        closed = ws.register.open_case(replace(CASE, theme_id=theme.theme_id), OPENED)
        ended, event = move(closed, "close", actor="sam", at=closed.opened_at + dt.timedelta(days=5), reason="painted")
        ws.register.save_case(ended, event, expected_version=closed.version)
        n_events = len(ws.case_events(closed.case_id))
        ctx = ws.context(DAY)
        assert signalling._reopen(ctx, weekly(theme.theme_id, [6] * 10 + [0] * 3 + [5, 6])) == 1
        again = ws.case(closed.case_id)
        assert (again.state, again.title) == (CaseState.OPEN, closed.title)
        assert [e.move for e in ws.case_events(closed.case_id)][n_events:] == ["reopen"]
        assert ws.register.lineage(theme.theme_id)[-1].kind == "reopened"
        # The night after, it is open: nothing more to do.
        assert signalling._reopen(ctx, weekly(theme.theme_id, [6] * 10 + [0] * 3 + [5, 6])) == 0
