"""The part of voc.toml that closes the loop: what it may hold, and that every mistake is named with its place."""

from datetime import date

import pytest

from voc.config import load, parse
from voc.errors import ConfigError
from voc.model import Absence, Calendar, Sla

CARE = {"id": "care", "name": "Care", "function": "care"}
OPS = {"id": "ops", "name": "Operations", "function": "operations"}
FULL = """
[[owners]]
id = "care"
name = "Care team"
function = "care"
default = true

[[owners]]
id = "ops"
name = "Jo"
function = "operations"
members = ["jo"]
deputies = ["care"]
escalates_to = ["care"]
absent = [{ from = 2026-12-21, to = 2027-01-02 }]
channels = ["mail"]
calendar = "uk"

[calendars.uk]
timezone = "Europe/London"
weekdays = ["mon", "tue"]
hours = "08:30-24:00"
holidays = [2026-12-28]
holidays_file = "days.ics"

[calendars.shop.hours]
sat = "10:00-16:00"

[channels.mail]
url_env = "ACME_MAIL"
verbatims = true

[channels.hook]
url = "json://localhost:9"
plain = true
quiet = false

[notifications]
quiet_hours = "20:00-07:30"
attempts = 3

[permissions]
managers = ["mo"]
hand-over = ["managers", "ops"]

[[routes]]
name = "phones"
owner = "ops"
intents = ["complaint"]
sentiments = ["very_negative"]
signals = ["emerging"]
themes = ["T-1"]
min_per_week = 2
min_urgent = 0.1
min_impact = 0.5
notify = "now"
fan_out = true
sla = { acknowledge_hours = 4, tell_days = 2 }
"""
ICS = "BEGIN:VEVENT\r\nDTEND;VALUE=DATE:20261226\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\n"


def test_reads_all_that_can_be_set(tmp_path):
    (tmp_path / "voc.toml").write_text(FULL, encoding="utf-8")
    (tmp_path / "days.ics").write_text(ICS, encoding="utf-8")
    found = load(tmp_path)
    ops = found.owner("ops")
    assert ops.absent == (Absence(date(2026, 12, 21), date(2027, 1, 2)),)
    assert (ops.deputies, ops.members, ops.channels) == (("care",), ("jo",), ("mail",))
    assert [ops.away(date(2026, 12, d)) for d in (20, 21, 31)] == [False, True, True]
    assert found.calendar("ops") == Calendar(
        "uk",
        "Europe/London",
        ((510, 1440), (510, 1440), None, None, None, None, None),
        frozenset({date(2026, 12, 25), date(2026, 12, 28)}),
    )
    assert found.calendar("care") == Calendar()
    assert found.calendars[1].hours == (None,) * 5 + ((600, 960), None)
    assert [(c.name, c.url_env, c.verbatims, c.quiet) for c in found.channels] == [
        ("mail", "ACME_MAIL", True, True),
        ("hook", "", False, False),
    ]
    assert found.notifications.quiet == (1200, 450)
    assert found.permissions.moves == (("hand_over", ("managers", "ops")),)
    (route,) = found.routes
    assert (route.intents, route.notify, route.fan_out) == (("complaint",), "now", True)
    assert route.sla == Sla(acknowledge_hours=4, tell_days=2)
    assert found.default_owner().id == "care"


def test_days_off_may_be_listed_one_a_line(tmp_path):
    (tmp_path / "days.txt").write_text("# ours\n2026-12-24 half day\n2026-12-31\n", encoding="utf-8")
    found = parse({"calendars": {"default": {"holidays_file": "days.txt"}}}, folder=tmp_path)
    assert found.calendar("anybody").holidays == {date(2026, 12, 24), date(2026, 12, 31)}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"owners": [{**CARE, "deputies": ["ops"]}]}, r"owner 'care': deputies names 'ops', which is no other owner"),
        ({"owners": [{**CARE, "escalates_to": ["care"]}]}, "escalates_to names 'care', which is no other owner"),
        ({"owners": [{**CARE, "channels": ["mail"]}]}, r"channels names 'mail', which is no \[channels\.NAME\]"),
        ({"owners": [{**CARE, "calendar": "uk"}]}, "calendar names 'uk'"),
        ({"owners": [{**CARE, "absent": [{"from": date(2026, 1, 2)}]}]}, "absent: missing last"),
        ({"owners": [{**CARE, "absent": [{"from": "soon", "to": date(2026, 1, 2)}]}]}, "should be a date such as"),
        (
            {"owners": [{**CARE, "absent": [{"from": date(2026, 1, 2), "to": date(2026, 1, 1)}]}]},
            "to = 2026-01-01 is before from",
        ),
        ({"owners": [{**CARE, "absent": [{"since": date(2026, 1, 2)}]}]}, r"write \{ from = "),
        ({"calendars": {"uk": {"timezone": "Mars/Phobos"}}}, r"\[calendars\.uk\]: timezone 'Mars/Phobos' is not known"),
        ({"calendars": {"uk": {"hours": "9 to 5"}}}, "'9 to 5' is no span of hours"),
        ({"calendars": {"uk": {"hours": "17:00-09:00"}}}, "should end later on the same day"),
        ({"calendars": {"uk": {"hours": "09:00-25:00"}}}, "is no span of hours"),
        ({"calendars": {"uk": {"weekdays": []}}}, "nobody works on any day"),
        ({"calendars": {"uk": {"weekdays": ["monday"]}}}, "'monday' is not known; use one of mon, tue"),
        ({"calendars": {"uk": {"holidays": ["2026-12-25"]}}}, "holidays should be dates such as"),
        ({"calendars": {"uk": {"holidays_file": "no.ics"}}}, r"'no\.ics' cannot be read"),
        ({"calendars": {"uk": {"holidays_file": "empty.ics"}}}, "holds no dates"),
        ({"calendars": {"uk": {"holidays_file": "odd.ics"}}}, "holds a day that does not exist"),
        ({"calendars": {"uk": {"country": "GB"}}}, "unknown key 'country'; known are timezone"),
        ({"channels": {"mail": {}}}, r"\[channels\.mail\]: give one of url_env, url_file or url"),
        ({"channels": {"mail": {"url_env": "A", "url_file": "b"}}}, "give one of"),
        ({"channels": {"mail": {"url": "json://x"}}}, "url may hold a secret.*or say plain = true"),
        ({"notifications": {"quiet_hours": "night"}}, "quiet_hours: 'night' is no span"),
        ({"notifications": {"attempts": 0}}, "attempts should be 1 or more"),
        ({"notifications": {"warn_hours": -1}}, "warn_hours should be 0 or more"),
        ({"permissions": {"ship": "owner"}}, "ship = 'owner' should be a list of strings"),
        ({"permissions": {"ship": ["jo"]}}, r"\[permissions\]: ship names 'jo'; use owner, care, managers, anyone"),
        ({"workspace": {"external": "some"}}, "external should be all or none"),
        ({"owners": [OPS], "routes": [{"name": "r", "owner": "ops", "notify": "loudly"}]}, "'loudly' is not known"),
        ({"owners": [OPS], "routes": [{"name": "r", "owner": "ops", "sentiments": ["sad"]}]}, "'sad' is not known"),
        (
            {"owners": [OPS], "routes": [{"name": "r", "owner": "ops", "sla": {"plan_hours": -1}}]},
            "plan_hours = -1 should be 0 to 3650",
        ),
        ({"owners": [OPS], "routes": [{"name": "r", "owner": "ops"}] * 2}, "two routes are called 'r'"),
    ],
)
def test_a_mistake_is_named_with_its_place(raw, says, tmp_path):
    (tmp_path / "empty.ics").write_text("BEGIN:VCALENDAR")
    (tmp_path / "odd.ics").write_text("DTSTART;VALUE=DATE:20260231")
    with pytest.raises(ConfigError, match=says):
        parse(raw, folder=tmp_path)
