"""Metrics over a lake: cut, on a complete calendar, as of a moment, with a receipt's digest."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_lake import at, lake, mention, said, table, tag, theme

from voc.errors import InputError
from voc.insight.formulas import Moment
from voc.model import Filter, LineageEvent, Owner
from voc.queries.asof import known_at, newest_stamp
from voc.queries.figures import Ask, answer
from voc.queries.metrics import metrics

NOW = Moment(at(6, 20))
ALL = Filter()


def response(number, when, channel="survey", **more):
    row = {"response_id": f"{number:024x}", "revision": 0, "source": channel, "channel": channel, "event_at": when}
    return {**row, "grain": "day", "ingested_at": when, **more}


def event(number, kind, when, **more):
    row = {"event_id": f"{number:024x}", "revision": 0, "kind": kind, "source": "shop", "event_at": when}
    return {**row, "grain": "time", "ingested_at": when, **more}


def stored(responses=(), events=(), feedback=(), **more):
    tables = lake(list(feedback), responses=responses, **more)
    return replace(tables, metric_events=table("metric_events", list(events)))


def test_a_revision_replaces_the_score_before_it():
    tables = stored([response(1, at(6, 1), nps=0), response(1, at(6, 1), nps=10) | {"revision": 1}])
    (row,) = metrics(tables, ALL, NOW, ["nps"]).to_dicts()
    assert (row["value"], row["n"]) == (100.0, 1)


def test_a_cut_keeps_to_its_column_and_leaves_out_who_has_none():
    rows = [
        response(1, at(6, 1), nps=10, site="N"),
        response(2, at(6, 1), nps=0, site="S"),
        response(3, at(6, 1), nps=0),
    ]
    found = metrics(stored(rows), ALL, NOW, ["nps"], by=("site",))
    assert found.select("site", "value", "n").rows() == [("N", 100.0, 1), ("S", -100.0, 1)]


def test_weeks_without_answers_are_rows_without_a_value():
    rows = [response(1, at(6, 1), nps=10), response(2, at(6, 17), nps=0)]
    tables = stored(rows, feedback=[said("f", at(6, 17))])
    found = metrics(tables, ALL, Moment(at(6, 17)), ["nps"], every="week")
    assert found.select("period", "value", "n", "unfinished").rows() == [
        (dt.date(2026, 6, 1), 100.0, 1, False),
        (dt.date(2026, 6, 8), None, 0, False),
        (dt.date(2026, 6, 15), -100.0, 1, True),
    ]


def test_dates_that_are_only_a_month_are_in_no_week():
    rows = [response(1, at(6, 1), nps=10), response(2, at(6, 30), nps=0, grain="month")]
    assert metrics(stored(rows), ALL, NOW, ["nps"], every="week")["n"].sum() == 1
    assert metrics(stored(rows), ALL, NOW, ["nps"], every="month")["n"].sum() == 2


def test_what_nothing_is_stored_for_is_absent_and_never_zero():
    found = metrics(stored([response(1, at(6, 1), nps=10)]), ALL, NOW)
    assert found["name"].to_list() == ["nps"]


def test_low_information_answers_are_not_in_net_sentiment():
    feedback = [said("a", at(6, 1)), said("b", at(6, 1), text="Nothing")]
    tags = [tag("a"), tag("b", state="low_information", sentiment="very_positive")]
    (row,) = metrics(stored(feedback=feedback, tags=tags), ALL, NOW, ["net_sentiment"]).to_dicts()
    assert (row["value"], row["n"]) == (-100.0, 1)


@pytest.mark.parametrize("order", ["abc", "cab", "ac"])
def test_tags_meet_their_texts_in_whatever_order_they_were_written(order):
    feedback = [said(name, at(6, i + 1), response_id=f"{i:024x}") for i, name in enumerate("abc")]
    given = {"a": tag("a", sentiment="positive"), "b": tag("b"), "c": tag("c")}
    tables = stored([response(9, at(6, 1), nps=10)], feedback=feedback, tags=[given[name] for name in order])
    found = metrics(tables, ALL, NOW, ["nps", "net_sentiment", "coverage"])
    value, n = found.filter(pl.col("name") == "net_sentiment").select("value", "n").row(0)
    assert (value, n) == ((0.0, 2) if order == "ac" else (pytest.approx(-100 / 3), 3))
    assert found.filter(pl.col("name") == "coverage").select("n").item() == 3


def test_few_are_marked():
    rows = [response(i, at(6, 1), nps=10) for i in range(31)]
    assert metrics(stored(rows), ALL, NOW, ["nps"])["enough"].item()
    assert not metrics(stored(rows[:29]), ALL, NOW, ["nps"])["enough"].item()


def test_a_source_that_never_says_when_it_resolves_has_no_open_tickets():
    silent = response(1, at(6, 1), "email")
    clocked = [response(2, at(6, 1), "ticket", resolved_at=at(6, 2)), response(3, at(6, 1), "ticket")]
    tables = stored([silent, *clocked])
    (row,) = metrics(tables, ALL, NOW, ["backlog"]).to_dicts()
    assert (row["value"], row["n"]) == (1.0, 2)


def test_the_backlog_counts_what_was_open_at_each_week_s_end():
    rows = [
        response(1, at(6, 2), "ticket", resolved_at=at(6, 9)),
        response(2, at(6, 3), "ticket", resolved_at=at(6, 4)),
        response(3, at(6, 10), "ticket"),
    ]
    tables = stored(rows, feedback=[said("f", at(6, 20))])
    found = metrics(tables, Filter(start=dt.date(2026, 6, 8)), NOW, ["backlog"], every="week")
    assert found.select("period", "value").rows() == [(dt.date(2026, 6, 8), 1.0), (dt.date(2026, 6, 15), 1.0)]
    everything = metrics(tables, ALL, NOW, ["backlog"], every="week")
    assert everything["value"].to_list() == [1.0, 1.0, 1.0]


def test_a_rate_needs_exposure():
    contacts = [response(i, at(6, 1), "chat") for i in range(3)]
    orders = [event(100 + i, "order", at(6, 1), respondent=f"p{i}") for i in range(50)]
    assert metrics(stored(contacts), ALL, NOW, ["contact_rate"]).is_empty()
    (row,) = metrics(stored(contacts, orders), ALL, NOW, ["contact_rate"]).to_dicts()
    assert (row["value"], row["n"]) == (60.0, 50)


def test_returning_is_judged_only_when_its_90_days_are_over():
    orders = [
        event(1, "order", at(1, 5), respondent="a"), event(2, "order", at(2, 5), respondent="a"),
        event(3, "order", at(1, 5), respondent="b"), event(4, "order", at(6, 1), respondent="b"),
        event(5, "order", at(1, 6), respondent="a", status="cancelled"),
    ]  # fmt: skip
    (row,) = metrics(stored(events=orders), ALL, NOW, ["retention"]).to_dicts()
    # a's first came back, her second did not; b's first did not; b's second is too young.
    assert (row["value"], row["n"]) == (pytest.approx(100 / 3), 3)


def test_a_complaint_is_a_contact_with_a_negative_text_and_may_be_forgiven():
    rows = [response(1, at(1, 5), "ticket", respondent="a", resolved_at=at(1, 5, 20)),
            response(2, at(1, 5), "ticket", respondent="b", resolved_at=at(1, 9)),
            response(3, at(1, 5), "ticket", respondent="c", resolved_at=at(1, 9))]  # fmt: skip
    feedback = [said(f"f{n}", at(1, 5), response_id=f"{n:024x}") for n in (1, 2, 3)]
    tags = [tag("f1"), tag("f2"), tag("f3", sentiment="positive")]
    orders = [event(9, "order", at(2, 1), respondent="a"), event(10, "order", at(6, 1), respondent="b")]
    found = metrics(
        stored(rows, orders, feedback, tags=tags), ALL, NOW, ["complaints_within_24h", "repeat_purchase_rate"]
    )
    assert found.select("name", "value", "n").rows() == [
        ("complaints_within_24h", 50.0, 2), ("repeat_purchase_rate", 50.0, 2),
    ]  # fmt: skip


def test_escalations_are_known_only_where_status_changes_are():
    rows = [response(i, at(6, 1), "ticket", record_ref=f"T{i}") for i in (1, 2)]
    assert metrics(stored(rows), ALL, NOW, ["escalation_rate"]).is_empty()
    changes = [event(5, "status_change", at(6, 2), record_ref="T1", status="escalated")]
    (row,) = metrics(stored(rows, changes), ALL, NOW, ["escalation_rate"]).to_dicts()
    assert (row["value"], row["n"]) == (50.0, 2)


def test_a_claim_runs_from_its_opening_to_its_resolution():
    events = [
        event(1, "claim", at(6, 1), record_ref="K1", status="opened"),
        event(2, "claim", at(6, 4), record_ref="K1", status="resolved"),
        event(3, "claim", at(6, 1), record_ref="K2", status="opened"),
    ]
    (row,) = metrics(stored(events=events), ALL, NOW, ["insurance_resolution_time"]).to_dicts()
    assert (row["value"], row["n"]) == (3.0, 2)


def test_the_filter_narrows_by_segment_source_and_window():
    rows = [
        response(1, at(6, 1), nps=10, site="N"),
        response(2, at(6, 9), nps=0, site="N"),
        response(3, at(6, 9), nps=9),
    ]
    wanted = Filter(start=dt.date(2026, 6, 8), segments=(("site", "N"),))
    assert metrics(stored(rows), wanted, NOW, ["nps"]).select("value", "n").rows() == [(-100.0, 1)]


def test_a_wrong_cut_is_named():
    with pytest.raises(InputError, match="nps cannot be cut by 'owner'; it can by source, channel, site"):
        metrics(stored(), ALL, NOW, ["nps"], by=("owner",))
    with pytest.raises(InputError, match="no_show_rate cannot be cut by 'channel'"):
        metrics(stored(), ALL, NOW, ["no_show_rate"], by=("channel",))


def test_what_came_later_was_not_known():
    early, late = response(1, at(6, 1), nps=10), response(2, at(6, 2), nps=0) | {"ingested_at": at(6, 15)}
    revised = response(1, at(6, 1), nps=0) | {"revision": 1, "ingested_at": at(6, 16)}
    tables = stored([early, late, revised])
    then = metrics(known_at(tables, at(6, 10)), ALL, Moment(at(6, 10)), ["nps"])
    assert then.select("value", "n").rows() == [(100.0, 1)]
    assert metrics(tables, ALL, NOW, ["nps"]).select("value", "n").rows() == [(-100.0, 2)]
    assert newest_stamp(tables) == at(6, 16)


def test_a_resolution_that_lay_ahead_was_not_known():
    tables = stored(
        [response(1, at(6, 1), "ticket", resolved_at=at(6, 15)), response(2, at(6, 1), "ticket", resolved_at=at(6, 2))]
    )
    found = metrics(known_at(tables, at(6, 10)), ALL, Moment(at(6, 10)), ["backlog", "fcr"])
    assert found.select("name", "value").rows() == [("backlog", 1.0)]


def test_the_tagger_and_the_theme_model_of_the_time_are_those_that_count():
    tags = [tag("a", version="v1", tagged=at(6, 2)), tag("a", version="v2", tagged=at(6, 12), sentiment="positive")]
    mentions = [
        mention("a", version="v1", tagged_at=at(6, 2)),
        mention("a", version="v2", problem=False, tagged_at=at(6, 12)),
    ]
    assigned = [theme("a", "t-wait", assigned=at(6, 2)), theme("a", "t-care", version="m2", assigned=at(6, 12))]
    tables = lake([said("a", at(6, 1))], mentions, assigned, tags=tags, theme_version="m2")
    then = known_at(tables, at(6, 10))
    assert metrics(then, ALL, NOW, ["net_sentiment"])["value"].item() == -100.0
    from voc.queries import mention_frame

    assert mention_frame(then, ALL).select("theme_id").collect()["theme_id"].to_list() == ["t-wait"]
    assert mention_frame(known_at(tables, at(6, 13)), ALL).select("theme_id").collect()["theme_id"].to_list() == [
        "t-care"
    ]


def test_a_theme_had_the_name_it_had():
    renamed = LineageEvent("t-wait", "renamed", at(6, 12), "ann", {"label_before": "wait, phone", "label": "Waiting"})
    tables = replace(stored(), lineage=[renamed])
    labels = {t.theme_id: t.label for t in known_at(tables, at(6, 10)).themes}
    assert labels["t-wait"] == "wait, phone"
    assert {t.theme_id: t.label for t in known_at(tables, at(6, 13)).themes}["t-wait"] == "Waiting on the phone"


def test_the_loop_is_measured_by_function():
    from voc.model import CaseEvent

    details = {"owner": "jo", "acknowledge_due_at": at(6, 3).isoformat()}
    events = [CaseEvent("C-1", "open", "voc", at(6, 1), "", "open", details=details, seq=1),
              CaseEvent("C-1", "take", "jo", at(6, 2, 11), "open", "acknowledged", seq=2)]  # fmt: skip
    tables = replace(stored(), case_events=events, owners=[Owner("jo", "Jo", "operations")])
    found = metrics(tables, ALL, NOW, ["time_to_acknowledge", "on_time"], by=("function",))
    # From 9:00 on a Monday to 11:00 on the next day: 8 working hours and 2.
    assert found.select("name", "function", "value", "n").rows() == [
        ("time_to_acknowledge", "operations", 10.0, 1), ("on_time", "operations", 100.0, 1),
    ]  # fmt: skip


def test_an_answer_s_key_names_it_and_its_digest_the_rows_behind_it():
    rows = [response(i, at(6, 1), nps=10, site="N") for i in range(1, 4)]
    ask = Ask("metric", at(6, 20), ALL, (("by", "site"), ("every", "month"), ("names", "nps")))
    (figure,) = answer(stored(rows), ask, NOW)
    assert figure.key == "nps|site=N|2026-06-01"
    assert figure.n == 3
    swapped = [*rows[:2], response(2**100, at(6, 1), nps=10, site="N")]
    assert answer(stored(swapped), ask, NOW)[0].digest != figure.digest
    assert answer(stored(rows[::-1]), ask, NOW)[0].digest == figure.digest
    assert Ask.of_json(ask.as_json()) == ask


def test_a_question_with_a_filter_survives_being_stored():
    wanted = Filter(dt.date(2026, 1, 1), dt.date(2026, 2, 1), source=("a", "b"), segments=(("site", "N"),))
    ask = Ask("metric", at(6, 20), wanted, (("names", "nps"),))
    import json

    assert Ask.of_json(json.loads(json.dumps(ask.as_json()))) == ask
    assert ask.receipt_id("k", {"voc": "1"}) != ask.receipt_id("k", {"voc": "2"})


def test_weekly_points_are_judged_by_a_control_chart():
    rows, number = [], 0
    for week in range(16):
        for i in range(40):
            number += 1
            good = i % 10 < (7 + 2 * (week % 2) if week < 15 else 1)
            rows.append(response(number, at(1, 5) + dt.timedelta(weeks=week), csat=5.0 if good else 1.0))
    rows.append(response(number + 1, at(1, 5) + dt.timedelta(weeks=17), csat=5.0))
    tables = stored(rows, feedback=[said("f", at(1, 5) + dt.timedelta(weeks=17))])
    ask = Ask("metric", at(6, 20), Filter(end=dt.date(2026, 4, 27)), (("every", "week"), ("names", "csat")))
    found = answer(tables, ask, NOW)
    assert [f.facts.get("special_cause") for f in found] == [""] * 15 + ["special cause concern"]
    with pytest.raises(InputError, match="every 'day'"):
        answer(tables, replace(ask, args=(("every", "day"),)), NOW)


def test_an_unknown_question_is_refused():
    with pytest.raises(InputError, match="no figures of kind 'x'"):
        answer(stored(), Ask("x", at(6, 1)), NOW)


def test_undated_items_count_in_the_whole_and_in_no_period():
    rows = [response(1, at(6, 1), nps=10), response(2, None, nps=10) | {"ingested_at": at(6, 1)}]
    assert metrics(stored(rows), ALL, NOW, ["nps"])["n"].item() == 2
    assert metrics(stored(rows), ALL, NOW, ["nps"], every="month")["n"].sum() == 1
    assert isinstance(metrics(stored(rows), ALL, NOW, ["nps"]), pl.DataFrame)


def test_figures_are_the_same_whether_bases_share_their_reading_or_not():
    """Ids as hashes, and one reading for many metrics, change no number and no digest."""
    feedback = [said(f"f{i}", at(6, 1 + i % 9), response_id=f"{i:024x}", site="NS"[i % 2]) for i in range(40)]
    tags = [tag(f"f{i}", sentiment=["very_negative", "positive"][i % 3 == 0]) for i in range(38)]
    rows = [
        response(i, at(6, 1 + i % 9), ["ticket", "chat"][i % 2], nps=i % 11, site="NS"[i % 2], respondent=f"p{i % 7}",
                 resolved_at=at(6, 2 + i % 12) if i % 4 else None, n_contacts=1 + i % 2, record_ref=f"r{i}")
        for i in range(40)
    ]  # fmt: skip
    events = [event(100 + i, "order", at(6, 3 + i % 9), respondent=f"p{i % 5}", site="N") for i in range(20)]
    tables = stored(rows, events, feedback, tags=tags)
    together = metrics(tables, ALL, NOW, by=("site",), every="week", digest=True)
    names = together["name"].unique(maintain_order=True).to_list()
    assert len(names) >= 10
    alone = [metrics(tables, ALL, NOW, [name], by=("site",), every="week", digest=True) for name in names]
    assert_frame_equal(together, pl.concat(alone), rel_tol=1e-12)


def test_a_claim_is_its_first_event_s_in_whatever_order_they_came():
    events = [
        event(1, "claim", at(6, 1), status="opened", record_ref="c", site="N"),
        event(2, "claim", at(6, 3), status="resolved", record_ref="c", site="S"),
    ]
    for order in (events, events[::-1]):
        found = metrics(stored(events=order), ALL, NOW, ["insurance_resolution_time"], by=("site",))
        assert found.select("site", "value").rows() == [("N", 2.0)]


def test_a_filter_on_tags_keeps_the_responses_with_such_a_text():
    feedback = [said("a", at(6, 1), response_id=f"{1:024x}"), said("b", at(6, 1), response_id=f"{2:024x}")]
    tables = stored([response(1, at(6, 1), nps=10), response(2, at(6, 1), nps=0)], feedback=feedback,
                    tags=[tag("a", sentiment="positive"), tag("b", sentiment="negative")])  # fmt: skip
    assert metrics(tables, Filter(sentiment=("positive",)), NOW, ["nps"])["value"].to_list() == [100.0]
