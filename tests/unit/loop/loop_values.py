"""Values to test the loop with; each says only what matters to it."""

from dataclasses import replace
from datetime import UTC, date, datetime

from voc.loop.cases import open_case
from voc.model import Evidence, Owner, Route, Sla

NOW = datetime(2026, 10, 7, 10, 0, tzinfo=UTC)  # a Wednesday
OPS = Owner("ops", "Operations team", "operations")
APP = Owner("app", "App team", "product")
CARE = Owner("care", "Care team", "care", default=True)
OWNERS = (OPS, APP, CARE)
WAITING = Route("waiting", "ops", categories=("Timeliness of care", "Contacting services"), sla=Sla(1, 5, 20))


def evidence(theme_id="t1", **changes):
    """A theme of 24 people with problems, mostly about waiting."""
    base = Evidence(
        theme_id=theme_id,
        label="long wait on the phone",
        pool="problem",
        status="accepted",
        n_problem_people=24,
        n_people=30,
        n_problem_mentions=31,
        n_mentions=40,
        weekly=((date(2026, 9, 21), 10), (date(2026, 9, 28), 14)),
        categories=(("Contacting services", 0.42), ("Staff manner & personal attributes", 0.12)),
        channels=(("survey", 0.8), ("ticket", 0.2)),
        segments=(("site", "North", 0.6), ("site", "South", 0.4), ("service", "GP", 0.9)),
        feedback_ids=("f1", "f2"),
    )
    return replace(base, **changes)


def case(case_id="C-1", route=WAITING, owner=OPS, now=NOW, **changes):
    """A case as the store would hand it back, freshly opened unless ``changes`` say otherwise."""
    opened, _, _ = open_case(evidence(), owner, route, now=now)
    return replace(opened, case_id=case_id, **changes)
