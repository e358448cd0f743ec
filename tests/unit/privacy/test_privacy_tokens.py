"""Numbered placeholders, and staff as their team."""

import polars as pl
import pytest

from voc.errors import InputError, PrivacyError
from voc.privacy import Roster, find, load_roster, mask, redact
from voc.privacy.core import Span
from voc.privacy.tokens import Style

ROSTER = Roster(
    [
        ("Sarah Jones", "Ward 7"),
        ("Dr Nkechi O’Brien", "Day unit"),
        ("José Álvarez", "Ward 7"),
        ("Tom Baker", "Porters"),
        ("Tom Cooper", "X-ray"),
        ("Jan van der Berg", "Ward 2"),
        ("Ann Lee", "Ward 1"),
        ("Ann Lee", "Ward 9"),
    ]
)


def written(text, **options):
    return redact(pl.DataFrame({"text": [text]}), **options)["text"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Margaret Ollerenshaw rang me, Margaret was kind", "[NAME_1] rang me, [NAME_1] was kind"),
        ("Call 07700 900123 or 07700-900123, not 07700 900456", "Call [PHONE_1] or [PHONE_1], not [PHONE_2]"),
        ("Write to a.b@example.com, A.B@example.com", "Write to [EMAIL_1], [EMAIL_1]"),
    ],
)
def test_the_same_person_or_value_has_the_same_number_within_a_text(text, expected):
    assert written(text, numbered=True) == expected


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["Sarah Jones", "Tom Baker", "Sarah", "Jones's", "T. Baker"], [1, 2, 1, 1, 2]),
        (["Sarah", "Sarah Jones", "Jones"], [1, 1, 1]),
        # One of two Sarahs is nobody that is known.
        (["Sarah Jones", "Sarah Smith", "Sarah"], [1, 2, 3]),
        (["SARAH JONES", "sarah jones"], [1, 1]),
    ],
)
def test_a_part_of_a_name_is_its_person_s(names, numbers):
    text, spans = "", []
    for name in names:
        spans.append(Span("NAME", len(text), len(text) + len(name)))
        text += name + ", "
    got = Style(numbered=True).mask(text, spans)
    assert got == "".join(f"[NAME_{n}], " for n in numbers)


def test_plain_is_what_mask_writes():
    text = "Ring Margaret Ollerenshaw on 07700 900123"
    assert Style().mask(text, find(text)) == mask(text, find(text)) == "Ring [NAME] on [PHONE]"
    with pytest.raises(PrivacyError):
        Style().mask("ab", [Span("NAME", 1, 2), Span("NAME", 0, 1)])


def test_a_numbered_text_is_left_as_it_is():
    once = written("Margaret Ollerenshaw rang Sarah Jones on 07700 900123", numbered=True, roster=ROSTER)
    assert once == "[NAME_1] rang [STAFF: Ward 7] on [PHONE_1]"
    assert written(once, numbered=True, roster=ROSTER) == once
    assert find("[STAFF: Margaret Ollerenshaw ward] was fine") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sarah Jones was wonderful", "[STAFF: Ward 7] was wonderful"),
        ("SARAH JONES WAS WONDERFUL", "[STAFF: Ward 7] WAS WONDERFUL"),
        ("sarah jones was wonderful", "[STAFF: Ward 7] was wonderful"),
        ("Thanks to S. Jones for it all", "Thanks to [STAFF: Ward 7] for it all"),
        ("Jones, Sarah is on the form", "[STAFF: Ward 7] is on the form"),
        ("Sarah Jones's kindness", "[STAFF: Ward 7]'s kindness"),
        ("nurse Sarah held my hand", "nurse [STAFF: Ward 7] held my hand"),
        ("Dr O'Brien explained it", "Dr [STAFF: Day unit] explained it"),
        ("jose alvarez was kind", "[STAFF: Ward 7] was kind"),
        ("JOSÉ ÁLVAREZ was kind", "[STAFF: Ward 7] was kind"),
        ("Jan van der Berg and Jan Berg", "[STAFF: Ward 2] and [STAFF: Ward 2]"),
    ],
)
def test_staff_become_their_team_however_they_are_written(text, expected):
    assert written(text, roster=ROSTER) == expected


@pytest.mark.parametrize(
    "text",
    [
        "My name is Sarah Smith",
        "Thanks to Mrs Jones in the next bed",
        "my husband Tom waited",
        "nurse Tom was kind",  # two Toms
        "thanks to Ann Lee",  # of which team?
    ],
)
def test_who_is_not_surely_staff_stays_a_name(text):
    got = written(text, roster=ROSTER)
    assert "STAFF" not in got
    assert "[NAME]" in got


def test_a_patient_beside_a_nurse_stays_a_name():
    text = "Sarah Jones looked after Margaret Ollerenshaw"
    out = redact(pl.DataFrame({"text": [text]}), roster=ROSTER, numbered=True)
    assert out["text"].item() == "[STAFF: Ward 7] looked after [NAME_1]"
    kinds = [(r["kind"], text[r["start"] : r["end"]]) for r in out["redactions"].item()]
    assert kinds == [("STAFF", "Sarah Jones"), ("NAME", "Margaret Ollerenshaw")]


def test_a_name_that_runs_into_a_member_of_staff_is_masked_on_both_sides():
    text = "Margaret Sarah Jones"
    spans = Style(roster=ROSTER).spans(text, [Span("NAME", 0, len(text))])
    assert Style(roster=ROSTER).mask(text, spans) == "[NAME] [STAFF: Ward 7]"


def test_a_roster_is_a_csv_or_a_toml(tmp_path):
    (tmp_path / "r.csv").write_text("Team, Name\nWard 7,Sarah Jones\n", encoding="utf-8-sig")
    (tmp_path / "r.toml").write_text('[[staff]]\nname = "Sarah Jones"\nteam = "Ward 7"\n')
    for name in ("r.csv", "r.toml"):
        (found,) = load_roster(tmp_path / name).find("by Sarah Jones.")
        assert (found.start, found.end, found.team) == (3, 14, "Ward 7")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("r.csv", "name,ward\nSarah Jones,7\n", "has name and team"),
        ("r.csv", "name,team\n,Ward 7\n", "row 1, column name"),
        ("r.csv", "name,team\nSarah Jones,[7]\n", "row 1, column team"),
        ("r.toml", "staff = 3", "has name and team"),
        ("r.toml", "Sarah Jones", "no roster; save it as"),
        ("absent.csv", None, "cannot be read"),
    ],
)
def test_a_roster_that_is_none_is_an_error_that_quotes_nobody(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=says) as failure:
        load_roster(tmp_path / name)
    assert "Jones" not in str(failure.value)


def test_an_address_is_masked_as_before_where_no_staff_is_in_it():
    text = "I live at 14 Dunlin Close, my number is 07700 900123."
    assert Style(roster=ROSTER).spans(text, find(text)) == find(text)
