"""Drivers, changes and who is missing, asked of a lake."""

import numpy as np
import pytest
from small_lake import at, mention, said, tag, theme
from test_queries_metrics import ALL, NOW, event, response, stored

from voc.errors import InputError
from voc.queries.figures import Ask, answer


def survey(n=120):
    """Every fourth person has a problem with waiting and scores 3, the others praise nurses and score 9 or 10."""
    rng = np.random.default_rng(0)
    parts = {"responses": [], "feedback": [], "tags": [], "mentions": [], "assigned": []}
    for i in range(1, n + 1):
        waits, item = i % 4 == 0, f"f{i}"
        site, day = ("N", "S")[i % 2], at(5 + i % 2, 1 + i % 20)
        score = int(rng.choice([2, 3, 4]) if waits else rng.choice([9, 10]))
        parts["responses"].append(response(i, day, nps=score, site=site, respondent=f"p{i}"))
        parts["feedback"].append(said(item, day, response_id=f"{i:024x}", site=site, respondent=f"p{i}"))
        scores = [0.05, 0.8, 0.05, 0.05, 0.05] if waits else [0.0, 0.0, 0.1, 0.9, 0.0]
        parts["tags"].append(tag(item, sentiment_scores=scores, abstained=i % 3 == 0))
        labels = ["Contacting services"] if waits else ["Staff manner & personal attributes"]
        parts["mentions"].append(mention(item, problem=waits, categories=labels))
        parts["assigned"].append(theme(item, "t-wait" if waits else "t-care"))
    return parts


def tables(**more):
    parts = survey()
    return stored(parts["responses"], feedback=parts["feedback"], tags=parts["tags"], mentions=parts["mentions"],
                  assigned=parts["assigned"], **more)  # fmt: skip


def ask(kind, **args):
    return Ask(kind, at(7, 1), ALL, tuple(sorted(args.items())))


def test_a_theme_s_headline_says_how_much_lower_and_how_many():
    found = {f.key: f for f in answer(tables(), ask("drivers", score="nps"), NOW)}
    waiting = found["difference|t-wait:problem"]
    assert waiting.low < waiting.value < waiting.high < -5
    assert waiting.facts["group"] == "administrative"
    assert waiting.facts["headline"].startswith("People who mention problems with “Waiting on the phone” score 6.")
    assert waiting.facts["headline"].endswith("]; 25 % of respondents.")
    assert found["people|t-wait:problem"].value == 25
    assert found["leave_out|t-wait:problem"].value == pytest.approx(100 - 50)
    assert found["difference|t-care:praise"].facts["group"] == "support"
    # One is there where the other is not: the two share what they explain.
    assert found["shapley|t-wait:problem"].value == pytest.approx(50, abs=1)


def test_categories_can_be_asked_too():
    keys = {f.key for f in answer(tables(), ask("drivers", score="nps", of="categories"), NOW)}
    assert "difference|Contacting services:problem" in keys


def test_a_score_that_too_few_gave_has_no_drivers():
    assert answer(tables(), ask("drivers", score="csat"), NOW) == []
    with pytest.raises(InputError, match="no drivers of 'x'; there are nps, csat"):
        answer(tables(), ask("drivers", score="x"), NOW)
    with pytest.raises(InputError, match="themes or categories"):
        answer(tables(), ask("drivers", of="x"), NOW)


def test_a_change_adds_up():
    found = {f.key: f for f in answer(tables(), ask("change", names="nps", by="site", month="2026-06"), NOW)}
    total, rate, mix = (found[f"{k}|all"].value for k in ("total", "rate", "mix"))
    assert rate + mix == pytest.approx(total)
    facts = found["total|all"].facts
    assert facts["value_after"] - facts["value_before"] == pytest.approx(total)
    parts = [f.value for key, f in found.items() if not key.endswith("|all")]
    assert sum(parts) == pytest.approx(total)
    with pytest.raises(InputError, match="no answers in 2026-01 or in 2026-02"):
        answer(tables(), ask("change", names="nps", by="site", month="2026-02"), NOW)
    with pytest.raises(InputError, match="cannot be split into rate and mix"):
        answer(tables(), ask("change", names="time_to_resolution", month="2026-06"), NOW)
    with pytest.raises(InputError, match="'June' is no month"):
        answer(tables(), ask("change", month="June"), NOW)


def test_who_is_missing_counts_answers_for_each_hundred_visits_and_how_texts_are_read():
    parts = survey()
    visits = [event(1000 + i, "appointment", at(6, 1), site="N", status="attended") for i in range(300)]
    full = stored(parts["responses"], visits, parts["feedback"], tags=parts["tags"])
    found = {f.key: f for f in answer(full, ask("missing", by="site"), NOW)}
    assert found["responses|N"].value == 60
    assert (found["per_100|N"].value, found["per_100|N"].n) == (20.0, 300)
    assert "per_100|S" not in found
    # N has the even numbers: half of them wait (.2 unsure), the others do not (.1).
    assert found["tag_error|N"].value == pytest.approx(15)
    assert found["unread|N"].value == pytest.approx(100 / 3)
    with pytest.raises(InputError, match="cannot say who is missing by 'x'"):
        answer(full, ask("missing", by="x"), NOW)
