"""What a brief says, to whom, and what never gets on a poster."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from loop_values import NOW, case, evidence

from voc.loop import public
from voc.loop.brief import Facts, as_text, read, team_brief
from voc.loop.cases import move
from voc.loop.pages import brief_page, index, poster
from voc.model import CaseState
from voc.records import Change, Observation, Telling

END = NOW.date() + timedelta(days=10)


def told(days=0, **more):
    base = Observation("O-1", "Patients ring twice about one letter", "ana", NOW + timedelta(days=days), team="North")
    return replace(base, **more)


def story():
    """A case that was taken, planned and shipped, with its events."""
    current, events = case(), []
    steps = (
        ("take", {}),
        ("plan", {"action": "A second phone line.", "root_cause": "staffing"}),
        ("start", {}),
        ("ship", {}),
    )
    for hours, (name, settings) in enumerate(steps, 1):
        current, event = move(current, name, actor="ana", at=NOW + timedelta(hours=hours), **settings)
        events.append(event)
    return current, events


def lines(brief, title):
    return next(section for section in brief.sections if section.title.startswith(title)).lines


def test_a_shipped_case_is_decided_changed_and_something_to_say():
    current, events = story()
    brief = team_brief("North", END, Facts(cases=[current], events=events))
    assert "the cause is staffing" in lines(brief, "What was decided")[0].text
    assert "in place since" in lines(brief, "What changed")[0].text
    assert lines(brief, "What to say")[0].text.endswith("What we did: A second phone line.")
    assert lines(brief, "Did it work")[0:] == ()


def test_what_is_older_than_the_period_is_old_news():
    current, events = story()
    brief = team_brief("North", END + timedelta(days=60), Facts(cases=[current], events=events))
    assert all(not section.lines for section in brief.sections)
    assert all(section.empty for section in brief.sections)


def test_an_unanswered_observation_stays_until_it_is_answered():
    late = team_brief("north", END + timedelta(days=90), Facts(observations=[told(seen_by=("bo", "cy"))]))
    assert lines(late, "What you raised")[0].text == "no answer for 100 days, with nobody yet; seen too by 2"
    other = team_brief("South", END, Facts(observations=[told()]))
    assert lines(other, "What you raised") == ()
    done = told(answer="The letter is changed.", answered_by="jo", answered_at=NOW + timedelta(days=3))
    assert (
        "The letter is changed. (jo)" in lines(team_brief("North", END, Facts(observations=[done])), "What you")[0].text
    )


def test_a_declined_case_says_why_and_when_it_comes_back():
    again = date(2027, 1, 4)
    current, event = move(case(), "decline", actor="jo", at=NOW, reason="no budget", revisit_on=again)
    brief = team_brief("North", END, Facts(cases=[current], events=[event]))
    assert lines(brief, "What was decided")[0].text == "declined: no budget; looked at again on 2027-01-04"


def test_a_verdict_by_test_comes_with_its_numbers_and_one_by_hand_with_its_judge():
    current, events = story()
    moved, event = move(current, "verify", actor="ana", at=NOW + timedelta(days=2), verdict="no_change", reason="same")
    numbers = {"verdict": "improved", "value": 0.5, "low": 0.4, "high": 0.7, "before": 40, "after": 20, "notes": []}
    tested = replace(event, details={**event.details, "result": {**numbers, "method": "exact"}})
    by_hand = team_brief("", END, Facts(cases=[moved], events=[*events, event]))
    by_test = team_brief("", END, Facts(cases=[moved], events=[*events, tested]))
    assert lines(by_hand, "Did it work")[0].text == "no change, as judged by ana: same"
    assert "50 % fewer people per 1,000 (95 %: 30 to 60 % fewer)" in lines(by_test, "Did it work")[0].text


def test_changes_ahead_and_open_known_issues_are_told():
    facts = Facts(
        changes=[
            Change("P-1", "New app", END + timedelta(days=7), say="The app is new."),
            Change("P-2", "Far off", END + timedelta(days=70), say="Later."),
            Change("P-3", "Card reader down", END, kind="known_issue", workaround="pay by phone"),
            Change("P-4", "Mended", END, kind="known_issue", ended_on=END),
        ]
    )
    brief = team_brief("", END, facts)
    assert [line.ref for line in lines(brief, "What changed")] == ["P-1"]
    assert [line.text for line in lines(brief, "What to say")] == ["The app is new."]
    assert [(line.ref, line.text) for line in lines(brief, "Known")] == [("P-3", "until then: pay by phone")]


def test_a_long_section_says_how_much_more_there_is():
    brief = team_brief("", END, Facts(observations=[told(observation_id=f"O-{i}") for i in range(20)]))
    assert len(lines(brief, "What you")) == 8
    assert "and 12 more" in as_text(brief)


def test_a_receipt_is_for_what_was_read():
    one, two = team_brief("", END, Facts()), team_brief("", END, Facts(observations=[told()]))
    assert one.brief_id != two.brief_id
    assert team_brief("", END, Facts()).brief_id == one.brief_id
    assert "Read by ana, bo" in as_text(read(one, ["ana", "bo"]))


def test_pages_escape_what_people_typed():
    bad = "<img src=x onerror=alert(1)>"
    brief = team_brief(
        bad,
        END,
        Facts(observations=[told(team=bad, text=bad)], praise=[{"function": bad, "n_people": 3, "quote": bad}]),
    )
    page = brief_page(read(brief, [bad]))
    assert "<img" not in page
    notice = public.Notice(bad, END, (public.Said("C-1", bad, 9, bad, bad, END, bad),))
    assert "<img" not in poster(notice, bad)
    assert "<img" not in index({bad: bad}, bad)


def voices(n, quotes=()):
    return lambda _theme, _day: {"n_people": n, "quotes": list(quotes)}


def test_a_notice_shows_what_five_people_said_and_holds_back_what_fewer_did():
    current, events = story()
    good = "I waited for forty minutes to get through."
    shown = public.public_notice("GP", END, NOW.date(), [current], events, voices(5, ["too short", good]))
    assert [(i.n_people, i.quote, i.did) for i in shown.items] == [(5, good, "A second phone line")]
    few = public.public_notice("GP", END, NOW.date(), [current], events, voices(4, [good]))
    assert few.items == ()
    assert few.held_back == 1
    assert good not in public.web_text(few, "Clinic")
    assert public.public_notice("GP", END, NOW.date(), [current], events, voices(0)).held_back == 0


def test_only_what_has_shipped_in_the_period_and_stands_is_on_a_notice():
    current, events = story()
    assert not public.public_notice("", END, END, [current], events, voices(9)).items  # shipped before the period
    planned = replace(current, state=CaseState.OPEN)
    reopened = [*events, replace(events[-1], move="reopen")]
    assert not public.public_notice("", END, NOW.date(), [planned], reopened, voices(9)).items


@pytest.mark.parametrize(
    ("quote", "fits"),
    [
        ("I waited for forty minutes.", True),
        ("Short.", False),
        ("[NAME] kept me waiting for forty minutes.", False),
        ("Ask for [STAFF: Ward 7], they are slow to answer.", False),
        ("My order 40031000 never came in the end.", False),
        ("x" * 200, False),
    ],
)
def test_what_fits_on_a_wall(quote, fits):
    assert public.fit_to_print(quote) is fits


def test_an_improvement_is_told_and_nothing_else_is_claimed():
    current, events = story()
    better = replace(current, evidence={**current.evidence, "result": {"verdict": "improved"}})
    worse = replace(current, evidence={**current.evidence, "result": {"verdict": "worse"}})
    texts = [
        public.web_text(public.public_notice("", END, NOW.date(), [c], events, voices(9)), "Clinic")
        for c in (better, worse, current)
    ]
    assert "fewer people" in texts[0]
    assert "fewer people" not in texts[1] + texts[2]


def test_loop_figures_count_only_those_who_may_be_contacted():
    day = datetime(2026, 10, 1, tzinfo=UTC)
    items = [{"feedback_id": f"f{i}", "case_id": "C-1", "event_at": day, "may_contact": i < 4} for i in range(6)]
    tellings = [Telling("C-1", "f0", "ana", day + timedelta(days=10)), Telling("C-1", "f5", "ana", day)]
    found = public.loop_figures(items, tellings)
    assert found == {"n_items": 6, "n_may_contact": 4, "n_told": 1, "share_told": 0.25, "days_to_tell": 10.0}
    assert public.loop_figures([], [])["share_told"] is None


def test_the_message_repeats_nothing_that_was_said():
    text = public.message(case(title=evidence().label, action="A second line."), date(2026, 9, 1), END)
    assert "in September 2026" in text
    assert "A second line." in text
