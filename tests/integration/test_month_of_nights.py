"""A month, night by night, with people at work in between: no case twice and no notification twice."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import polars as pl

import voc
from clinic import COLUMNS, DAY, VOC_TOML
from voc.model import ENDED
from voc.steps import delivering

NIGHTS = 30
CHANNELS = """
[channels.chat]
url = "json://127.0.0.1:9/"
plain = true
private = true

[notifications]
quiet_hours = "22:00-06:00"
"""
TEXTS = (
    "There is never a space in the car park",
    "The car park is always full and parking costs too much",
    "The courier lost my parcel again",
    "Nobody answers the phone, I waited for an hour",
)


def add_feedback(root, day, night):
    """Every third day eight new people; the night after, the same file comes again under another name."""
    new, again = root / "inbox" / "survey-new.csv", root / "inbox" / "survey-again.csv"
    again.unlink(missing_ok=True)
    if night % 3 == 2:
        new.rename(again)
    if night % 3 != 1:
        return
    rows = [
        (f"N-{night}-{i}", f"new-{night}-{i}", str(day), "survey", "North", "What could we do better?", text, "3")
        for i, text in enumerate(TEXTS * 2)
    ]
    pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").write_csv(new)


def people_at_work(ws, day, night):
    """What owners do by day, signed by whoever: taking, passing on, declining for two weeks, merging, shipping."""
    ws.now = lambda: datetime.combine(day, time(11), UTC)
    live = [case for case in ws.cases() if case.state not in ENDED]
    if night == 3:
        ws.move_case(live[0].case_id, "hand_over", actor="jo", owner="shop" if live[0].owner != "shop" else "estates")
    if night == 5:
        revisit = day + timedelta(days=14)
        ws.move_case(live[1].case_id, "decline", actor="sam", reason="no budget", revisit_on=revisit)
    if night == 8:
        ws.move_case(live[0].case_id, "take", actor="ali")
        ws.move_case(live[0].case_id, "pause", actor="ali", reason="the supplier is asked")
    if night == 12:
        ws.move_case(live[0].case_id, "resume", actor="ali")


def test_a_month_night_by_night_doubles_nothing(clinic_after, monkeypatch):
    root = clinic_after
    settings = VOC_TOML.replace('function = "', 'channels = ["chat"]\nescalates_to = ESC\nfunction = "')
    for owner, chief in (("front-desk", "estates"), ("estates", "front-desk"), ("shop", "front-desk")):
        head, _, tail = settings.partition(f'id = "{owner}"')
        settings = head + f'id = "{owner}"' + tail.replace("ESC", f'["{chief}"]', 1)
    (root / "voc.toml").write_text(settings + CHANNELS, encoding="utf-8")
    went_out = []
    monkeypatch.setattr(
        delivering, "send", lambda _url, title, body, *, delivery_id, **_: went_out.append((delivery_id, title, body))
    )
    declined = ""
    for night in range(1, NIGHTS + 1):
        day = DAY + timedelta(days=night)
        add_feedback(root, day, night)
        with voc.open(root) as ws:
            people_at_work(ws, day, night)
            declined = declined or next((c.case_id for c in ws.cases() if c.state == "declined"), "")
        with voc.open(root) as ws:
            ws.nightly(day)
            if night % 7 == 0:
                before = (ws.cases(), ws.register.events(), ws.register.deliveries(), len(went_out))
                ws.nightly(day)
                assert (ws.cases(), ws.register.events(), ws.register.deliveries(), len(went_out)) == before
            live = Counter((c.theme_id, c.owner) for c in ws.cases() if c.state not in ENDED)
            assert set(live.values()) <= {1}
            assert ws.register.verify_history()[0]
    with voc.open(root) as ws:
        deliveries, events = ws.register.deliveries(), ws.register.events()
        routed = Counter((c.theme_id, c.route) for c in ws.cases())
        again = [e.move for e in events if e.case_id == declined]
    assert set(routed.values()) == {1}, "a theme that comes back is reopened, not opened twice"
    assert again.count("reopen") == 1, "the declined case came back on its day"
    assert {e.move for e in events} >= {"open", "grew", "escalate", "hand_over", "decline", "reopen", "pause", "resume"}
    assert set(Counter(delivery_id for delivery_id, _, _ in went_out).values()) == {1}
    told = Counter((m, d.recipient, d.channel) for d in deliveries for m in d.message_ids)
    assert set(told.values()) == {1}, "nobody is told anything twice by one channel"
    digests = Counter((d.owner, d.channel, d.created_at.date()) for d in deliveries if d.kind == "digest")
    assert set(digests.values()) == {1}, "one digest a day"
    assert len(went_out) == sum(d.channel == "chat" and d.state == "sent" for d in deliveries) > 5
