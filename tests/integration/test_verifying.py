"""From a plan to a verdict on a stored workspace: the test is filled in, locked at shipping and run when due."""

import datetime as dt

import pytest

from voc import nightly
from voc.errors import IllegalMoveError, InputError
from voc.loop.cases import open_case
from voc.model import CaseState, Evidence, Owner, Theme
from voc.steps import verifying
from voc.workspace import init

UTC = dt.UTC
START = dt.date(2025, 1, 6)
THEME = Theme("t-wait", "Waiting on the phone", "People wait.", "accepted", "problem", theme_version="m1")
STAMP = {"redaction_version": "1"}
SHIPPED = START + dt.timedelta(weeks=24)


def day(week, hour=10, days=1):
    return dt.datetime.combine(START + dt.timedelta(weeks=week, days=days), dt.time(hour), UTC)


def rows(week, n_problem, n_all, site="North", version="v1"):
    """``n_all`` comments of a week, the first ``n_problem`` of them about waiting, each by a person of her own."""
    import polars as pl

    ids = [f"{site}-{week}-{i}" for i in range(n_all)]
    base = pl.DataFrame({"feedback_id": ids, "revision": [0] * n_all}, schema_overrides={"revision": pl.Int32})
    stamp = [pl.lit("1").alias("redaction_version")]
    said = base.with_columns(
        *stamp,
        pl.lit(day(week)).alias("event_at"),
        pl.col("feedback_id").alias("respondent"),
        text=pl.lit("I waited for an hour."),
        grain=pl.lit("day"),
        site=pl.lit(site),
        source=pl.lit("survey"),
        channel=pl.lit("survey"),
    )
    seen = pl.lit(day(week)).alias("tagged_at")
    tags = base.with_columns(*stamp, seen, state=pl.lit("tagged"), sentiment=pl.lit("negative"))
    mentions = tags.with_columns(
        mention=pl.lit(0, pl.Int16), problem=pl.lit(value=True), start=pl.lit(0), end=pl.lit(8)
    ).drop("state")
    theme = pl.when(pl.int_range(pl.len()) < n_problem).then(pl.lit("t-wait"))
    assigned = base.with_columns(
        *stamp, mention=pl.lit(0, pl.Int16), pool=pl.lit("problem"), theme_id=theme, theme_version=pl.lit("m1"),
        assigned_at=pl.lit(day(week)),
    )  # fmt: skip
    by = pl.lit(version).alias("tagger_version")
    return {
        "feedback": said, "tags": tags.with_columns(by), "mentions": mentions.with_columns(by),
        "theme_assignments": assigned,
    }  # fmt: skip


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A workspace whose case of ``t-wait`` was opened in week 16 and planned; ``after`` people a week since week 24."""

    def made(after, *, weeks=40, before=12, read=True):
        import polars as pl

        ws = init(tmp_path / "w", ["healthcare"])
        monkeypatch.setattr(ws, "now", lambda: day(24))
        parts = [rows(w, before if w <= 24 else after, 60) for w in range(weeks)]
        for table in parts[0]:
            kept = parts if read or table == "feedback" else parts[:25]
            ws.lake.append(table, pl.concat([part[table] for part in kept]))
        ws.register.put_themes([THEME])
        ws.register.set_setting("theme_version", "m1")
        evidence = Evidence("t-wait", THEME.label, "problem", "accepted", 100, 100, 100, 100)
        owner = Owner("ops", "Ops", "operations")
        ws.register.open_case(*open_case(evidence, owner, None, now=day(16))[:2])
        ws.move_case("C-0001", "take", actor="ana")
        ws.move_case("C-0001", "plan", actor="ana", action="second line", root_cause="staffing")
        return ws

    return made


def test_a_halving_is_improved_and_stays_in_the_history(make):
    with make(5) as ws:
        shipped = ws.move_case("C-0001", "ship", actor="ana")
        test = ws.declared_test("C-0001")
        assert shipped.version == 5  # opened, taken, planned, declared, shipped
        assert (test.smallest, test.every) == (0.7, "week")
        assert 4 <= test.window <= 13
        early = ws.verify(day=SHIPPED + dt.timedelta(weeks=3))
        assert early[0].result is None
        assert "feedback up to" in early[0].waits_for
        found = ws.verify(day=SHIPPED + dt.timedelta(weeks=14))
        assert found[0].result["verdict"] == "improved"
        case = ws.case("C-0001")
        assert case.state is CaseState.VERIFIED
        assert ws.register.verify_history()[0]
        assert "improved" in ws.picture("C-0001")
        assert any("Verdict: improved" in m.subject for m in ws.register.pending_messages())
        assert ws.verify(day=SHIPPED + dt.timedelta(weeks=14)) == []


def test_a_fix_that_does_nothing_is_no_change(make):
    with make(12) as ws:
        ws.move_case("C-0001", "ship", actor="ana")
        assert ws.verify(day=SHIPPED + dt.timedelta(weeks=14))[0].result["verdict"] == "no_change"


def test_the_night_gives_the_verdict_once(make, monkeypatch):
    with make(5) as ws:
        ws.move_case("C-0001", "ship", actor="ana")
        ctx = ws.context(SHIPPED + dt.timedelta(weeks=14))
        assert verifying.verify_night(ctx) == {"verdicts": 1, "verdicts_waiting": 0}
        assert verifying.verify_night(ctx) == {"verdicts": 0, "verdicts_waiting": 0}
        assert "verify" in [step[0] for step in _plan(ctx, monkeypatch)]


def _plan(ctx, monkeypatch):
    for step in ("_ingest", "_tag", "_discover"):
        monkeypatch.setattr(nightly, step, lambda *_: {})
    for module, name in (("theming", "assign_waiting"), ("routing", "route_themes"), ("indexing", "update")):
        counts = {"mentions": 0, "assigned": 0} if name == "assign_waiting" else {}
        monkeypatch.setattr(getattr(nightly, module), name, lambda *_, counts=counts, **__: counts)
    return list(nightly._steps(ctx, lambda *_: None, []))


def test_until_one_tagger_has_read_all_nobody_can_tell(make):
    with make(5, read=False) as ws:
        ws.move_case("C-0001", "ship", actor="ana")
        found = ws.verify(day=SHIPPED + dt.timedelta(weeks=14))[0]
        assert found.result is None
        assert "unread" in found.waits_for


def test_both_sides_are_read_by_the_newest_tagger(make):
    import polars as pl

    with make(5) as ws:
        ws.move_case("C-0001", "ship", actor="ana")
        again = [rows(w, 12 if w <= 24 else 5, 60, version="v2") for w in range(40)]
        for table in ("tags", "mentions"):
            later = pl.concat([part[table] for part in again]).with_columns(tagged_at=pl.lit(day(50)))
            # The better tagger finds no problem in one comment of six, before as after.
            hard = pl.col("feedback_id").str.ends_with("0")
            ws.lake.append(table, later.with_columns(problem=~hard) if table == "mentions" else later)
        found = ws.verify(day=SHIPPED + dt.timedelta(weeks=14))[0]
        assert found.result["verdict"] == "improved"
        assert ws.case("C-0001").evidence["result"]["tagger_version"] == "v2"


def test_a_declared_test_is_the_one_that_runs_and_cannot_be_changed_after(make):
    with make(5) as ws:
        test = ws.propose_test("C-0001", window=4, smallest=0.5)
        ws.declare_test("C-0001", test, actor="ana")
        ws.move_case("C-0001", "ship", actor="ana")
        with pytest.raises(IllegalMoveError):
            ws.declare_test("C-0001", test, actor="ana")
        assert ws.verify(day=SHIPPED + dt.timedelta(weeks=6))[0].result["test_hash"] == test.hash


def test_no_test_because_waits_for_a_person(make):
    with make(5) as ws:
        test = ws.propose_test("C-0001", method="none", reason="a duty")
        assert verifying.in_words(test) == "No test, because a duty."
        ws.declare_test("C-0001", test, actor="ana")
        ws.move_case("C-0001", "ship", actor="ana")
        assert "a duty" in ws.verify(day=SHIPPED + dt.timedelta(weeks=20))[0].waits_for
        assert ws.move_case("C-0001", "verify", actor="ana", verdict="improved").state is CaseState.VERIFIED


def test_a_site_without_the_fix_is_the_comparison(make):
    import polars as pl

    with make(5) as ws:
        south = [rows(w, 12 if w <= 24 else 5, 60, site="South") for w in range(40)]
        for table in south[0]:
            ws.lake.append(table, pl.concat([part[table] for part in south]))
        test = ws.propose_test("C-0001", only=("site", "North"), compare=("site", "South"))
        assert test.method == "difference_in_differences"
        ws.declare_test("C-0001", test, actor="ana")
        ws.move_case("C-0001", "ship", actor="ana")
        found = ws.verify(day=SHIPPED + dt.timedelta(weeks=20))[0].result
        assert found["method"] == "difference in differences"
        assert found["low"] < 1 < found["high"]
        assert found["verdict"] in ("no_change", "cannot_tell")  # it fell just as much where nothing was done


def test_a_mean_of_the_mentions_can_be_the_metric(make):
    with make(5) as ws:
        test = ws.propose_test("C-0001", metric="sentiment", direction="up")
        ws.declare_test("C-0001", test, actor="ana")
        ws.move_case("C-0001", "ship", actor="ana")
        found = ws.verify(day=SHIPPED + dt.timedelta(weeks=20))[0].result
        assert (found["before"], found["verdict"]) == (-1, "no_change")


def test_only_a_shipped_case_is_verified(make):
    with make(5) as ws, pytest.raises(InputError, match="planned"):
        ws.verify("C-0001")


def test_words_warn_of_a_window_that_cannot_show_it(make):
    with make(1, before=1) as ws:
        words = verifying.in_words(ws.propose_test("C-0001"))
        assert "a week" in words
        assert "cannot tell" in words or "chance of" in words
