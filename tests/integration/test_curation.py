"""What people do to themes in a workspace: trends add up, cases follow by the rule, and everything can be undone."""

import datetime as dt

import polars as pl
import pytest

import voc
from clinic import DAY
from voc import queries
from voc.errors import InputError
from voc.model import CaseState, Filter


@pytest.fixture
def ws(clinic_after):
    with voc.open(clinic_after) as opened:
        yield opened


def with_cases(ws):
    live = {case.theme_id: case for case in ws.cases() if case.state is CaseState.OPEN}
    return [live[theme] for theme in sorted(live)]


def problems(ws):
    table = queries.themes_table(ws.tables(), Filter()).filter(
        pl.col("pool") == "problem", pl.col("n_problem_people") > 0
    )
    return table["theme_id"].to_list()


def counts(ws):
    table = queries.themes_table(ws.tables(), Filter())
    return {row["theme_id"]: (row["n_people"], row["n_mentions"]) for row in table.to_dicts()}


def people(ws, theme):
    rows = queries.mention_frame(ws.tables(), Filter()).filter(pl.col("theme_id") == theme).collect()
    return set(rows["unit"])


def test_a_merged_trend_adds_up_in_people_and_undo_restores_it(ws):
    one, two = problems(ws)[:2]
    before, union = counts(ws), people(ws, one) | people(ws, two)
    weekly = [queries.trend(ws.tables(), Filter(), theme)["n_people"] for theme in (one, two)]
    ws.merge_themes(one, two, actor="ann")
    after = counts(ws)
    assert after[two] == (len(union), before[one][1] + before[two][1])
    assert after[one] == (0, 0)
    together = queries.trend(ws.tables(), Filter(), two)["n_people"]
    assert (together <= weekly[0] + weekly[1]).all()
    assert (together >= pl.Series([max(a, b) for a, b in zip(*weekly, strict=True)])).all()
    ws.undo_theme(two, actor="ann")
    assert counts(ws) == before
    kinds = [event.kind for event in ws.register.lineage(one)]
    assert kinds[-2:] == ["merged", "undone"]


def test_a_case_follows_its_theme_by_an_event_and_a_message_and_comes_back(ws):
    case = with_cases(ws)[0]
    free = (
        next(t for t in problems(ws) if t not in {c.theme_id for c in ws.cases()})
        if set(problems(ws)) - {c.theme_id for c in ws.cases()}
        else None
    )
    target = free or _without_case(ws, case)
    frozen = ws.case(case.case_id).evidence
    ws.merge_themes(case.theme_id, target, actor="ann")
    moved = ws.case(case.case_id)
    assert (moved.theme_id, moved.evidence, moved.state) == (target, frozen, case.state)
    event = ws.case_events(case.case_id)[-1]
    assert (event.move, event.details["theme_before"]) == ("theme_merged", case.theme_id)
    assert any(m.case_id == case.case_id and "merged" in m.subject for m in ws.register.pending_messages())
    ws.undo_theme(target, actor="ann")
    assert ws.case(case.case_id).theme_id == case.theme_id
    assert ws.register.verify_history()[0]


def _without_case(ws, case):
    """A theme of problems whose case has ended."""
    other = next(c for c in with_cases(ws) if c.case_id != case.case_id)
    ws.move_case(other.case_id, "take", actor="sam")
    ws.move_case(other.case_id, "close", actor="sam", reason="painted")
    return other.theme_id


def test_a_case_stays_where_the_other_theme_has_one_and_is_told(ws):
    one, two = with_cases(ws)[:2]
    ws.merge_themes(one.theme_id, two.theme_id, actor="ann")
    assert ws.case(one.case_id).theme_id == one.theme_id
    assert ws.case_events(one.case_id)[-1].move == "theme_merged"


def test_a_split_keeps_the_id_and_the_case_and_names_the_part(ws):
    case = with_cases(ws)[0]
    before = counts(ws)[case.theme_id]
    phrase = ws.exemplars(case.theme_id)[0]
    child = ws.split_theme(case.theme_id, phrase[:60], actor="ann")
    after = counts(ws)
    assert after[child.theme_id][1] > 0
    assert 0 < after[case.theme_id][1] < before[1]
    assert ws.case(case.case_id).theme_id == case.theme_id
    assert ws.case_events(case.case_id)[-1].move == "theme_split"
    ws.undo_theme(child.theme_id, actor="ann")
    undone = counts(ws)
    assert undone[child.theme_id] == (0, 0)
    assert undone[case.theme_id][1] == after[case.theme_id][1] + after[child.theme_id][1]


def test_a_moved_mention_stays_moved_through_a_discovery(ws):
    one, two = problems(ws)[:2]
    row = queries.mention_frame(ws.tables(), Filter()).filter(pl.col("theme_id") == one).collect().row(0, named=True)
    ws.move_mention(row["feedback_id"], row["mention"], two, actor="ann")
    ws.discover()
    again = queries.mention_frame(ws.tables(), Filter()).filter(
        pl.col("feedback_id") == row["feedback_id"], pl.col("mention") == row["mention"]
    )
    assert again.collect()["theme_id"].to_list() == [two]


def test_a_discovery_keeps_ids_names_and_what_was_dismissed(ws):
    named, dismissed = problems(ws)[:2]
    ws.edit_theme(named, "renamed", actor="ann", label="Nobody answers")
    ws.edit_theme(dismissed, "dismissed", actor="ann")
    before, shown = {t.theme_id for t in ws.themes()}, counts(ws)
    found = ws.discover()
    themes = {t.theme_id: t for t in ws.themes()}
    assert before <= themes.keys()
    assert len(themes) == len(before) + found["themes_born"]
    assert (themes[named].label, themes[named].named_by) == ("Nobody answers", "ann")
    assert themes[dismissed].status == "dismissed"
    now = counts(ws)
    assert all(now[t][1] >= 0.7 * shown[t][1] for t in (named, dismissed))


def test_the_night_discovers_weekly_and_not_twice(ws):
    day = DAY + dt.timedelta(days=3)
    assert ws.nightly(day)["themes_proposed"] == 0
    due = ws.nightly(DAY + dt.timedelta(days=7))
    assert {"themes_born", "themes_proposed", "proposals_accepted"} <= due.keys()
    assert ws.nightly(DAY + dt.timedelta(days=7))["themes_born"] == 0


def test_what_cannot_be_done_is_said(ws):
    one, two = problems(ws)[:2]
    praise = next(t.theme_id for t in ws.themes() if t.pool == "praise")
    for bad in (lambda: ws.merge_themes(one, one, actor="a"), lambda: ws.merge_themes(one, praise, actor="a")):
        with pytest.raises(InputError, match="cannot be merged"):
            bad()
    with pytest.raises(InputError, match="nothing was done"):
        ws.undo_theme(one, actor="a")
    ws.merge_themes(one, two, actor="a")
    with pytest.raises(InputError, match="was merged into"):
        ws.edit_theme(one, "accepted", actor="a")
    ws.edit_theme(two, "renamed", actor="a", label="Both")
    with pytest.raises(InputError, match="undo that first"):
        ws.undo_theme(one, actor="a")
    with pytest.raises(InputError, match="no mention"):
        ws.move_mention("nobody", 0, two, actor="a")
    with pytest.raises(InputError, match="no open proposal"):
        ws.decide_proposal("p0", accept=True, actor="a")
