"""People by theme and category, and what happened to cases, as a review counts them."""

import datetime as dt
from dataclasses import replace

import pytest
from small_lake import at, case
from test_queries_drivers import ask, survey
from test_queries_metrics import NOW, stored

from voc.errors import InputError
from voc.model import CaseEvent, CaseState, Filter
from voc.queries.figures import answer
from voc.records import Observation


def tables(**more):
    parts = survey(40)
    return stored(parts["responses"], feedback=parts["feedback"], tags=parts["tags"], mentions=parts["mentions"],
                  assigned=parts["assigned"], **more)  # fmt: skip


def test_themes_count_people_of_those_who_wrote_and_name_their_case():
    events = [CaseEvent("C-1", "open", "voc", at(6, 1), "", "open", seq=1),
              CaseEvent("C-1", "take", "jo", at(7, 20), "open", "acknowledged", seq=2)]  # fmt: skip
    found = answer(replace(tables(), cases=[case()], case_events=events), ask("themes"), NOW)
    assert [(f.key, f.facts["n_people"], f.n) for f in found] == [("theme|t-care", 30, 40), ("theme|t-wait", 10, 40)]
    waiting = found[1]
    assert waiting.value == 25
    assert waiting.low < 25 < waiting.high
    # The move came after the moment.
    assert (waiting.facts["owner"], waiting.facts["state"]) == ("ops", "open")
    assert "case_id" not in found[0].facts


def test_categories_count_people_by_tone_and_column():
    found = answer(tables(), ask("categories", tone="problem"), NOW)
    assert [(f.key, f.facts["n_people"]) for f in found] == [("category|Contacting services", 10)]
    praise = answer(tables(), ask("categories", tone="praise", by="site"), NOW)
    assert {f.key: (f.facts["n_people"], f.n) for f in praise} == {
        "category|Staff manner & personal attributes|N": (10, 20),
        "category|Staff manner & personal attributes|S": (20, 20),
    }
    with pytest.raises(InputError, match="tone problem or praise"):
        answer(tables(), ask("categories", tone="x"), NOW)


def test_cases_are_counted_by_what_happened_in_the_window():
    events = [
        CaseEvent("C-1", "open", "voc", at(5, 1), "", "open", seq=1),
        CaseEvent("C-1", "ship", "jo", at(6, 10), "planned", "shipped", seq=2),
        CaseEvent("C-2", "open", "voc", at(6, 2), "", "open", seq=3),
        CaseEvent("C-2", "decline", "jo", at(6, 3), "open", "declined", seq=4),
        CaseEvent("C-3", "open", "voc", at(6, 2), "", "open", seq=5),
    ]
    cases = [
        case(case_id="C-1", state=CaseState.SHIPPED),
        case(case_id="C-2", state=CaseState.DECLINED, revisit_on=dt.date(2026, 6, 20), opened=at(6, 2)),
        case(case_id="C-3", opened=at(6, 2)),
    ]
    june = replace(ask("cases"), filter=Filter(dt.date(2026, 6, 1), dt.date(2026, 7, 1)))
    found = {f.key: f for f in answer(replace(tables(), cases=cases, case_events=events), june, NOW)}
    counts = {key.split("|")[0]: f.value for key, f in found.items()}
    assert counts == {
        "opened": 2,
        "shipped": 1,
        "verified": 0,
        "declined": 1,
        "reopened": 0,
        "open": 2,
        "late": 1,
        "revisit": 1,
    }
    assert found["late|all"].facts["case_ids"] == ["C-3"]


def test_what_was_late_then_is_late_then_whatever_was_done_about_it_since():
    events = [
        CaseEvent("C-1", "open", "voc", at(6, 1), "", "open", seq=1),
        CaseEvent("C-1", "take", "jo", at(7, 1), "open", "acknowledged", seq=2),
        CaseEvent("C-1", "decline", "jo", at(7, 2), "acknowledged", "declined", seq=3),
    ]
    given = tables(cases=[case(state=CaseState.DECLINED)], case_events=events)
    count = {}
    for moment in (at(6, 20), at(7, 3)):
        then = replace(ask("cases"), as_of=moment)
        count[moment] = {f.key: f.value for f in answer(given, then, NOW)}
    assert [found["late|all"] for found in count.values()] == [1.0, 0.0]


def test_observations_are_counted_as_they_stood_then():
    raised = Observation("O-1", "Patients ring twice", "ana", at(6, 2), team="North", answer="Fixed", answered_by="jo",
                         answered_at=at(6, 20), seen_by=("bo", "cy"), seen_at=(at(6, 3), at(6, 15)))  # fmt: skip
    given = replace(tables(), observations=[raised, replace(raised, observation_id="O-2", raised_at=at(6, 12))])
    june = replace(ask("observations"), filter=Filter(dt.date(2026, 6, 1), dt.date(2026, 7, 1)))
    values = {}
    for moment in (at(6, 10), at(6, 21)):
        values[moment] = {f.key: f.value for f in answer(given, replace(june, as_of=moment), NOW)}
    assert values[at(6, 10)] == {"raised|all": 1.0, "answered|all": 0.0, "seen|O-1": 2.0}
    assert values[at(6, 21)] == {"raised|all": 2.0, "answered|all": 2.0, "seen|O-1": 3.0, "seen|O-2": 3.0}
