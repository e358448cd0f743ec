"""Notifications to a mail server and a webhook that the tests start: once each, and again only after a failure."""

import json
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller

from voc import delivery
from voc.config import parse
from voc.delivery import HEADER
from voc.errors import DeliveryError, InputError
from voc.loop.cases import open_case
from voc.model import Evidence, Message
from voc.steps import delivering
from voc.store import Register
from voc.store.outbox import DEAD, RETRYING, SENDING, SENT

NOW = datetime(2026, 10, 7, 10, 0, tzinfo=UTC)
EVIDENCE = Evidence("t1", "long wait on the phone", "problem", "accepted", 24, 30, 31, 40)


class Mails:
    """Keeps every mail; refuses while ``broken``."""

    def __init__(self):
        self.kept, self.broken = [], False

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        if self.broken:
            return "451 try again later"
        self.kept.append(envelope)
        return "250 OK"


@pytest.fixture
def mails(loopback):
    handler = Mails()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def hook(loopback):
    """A webhook that keeps what is posted, and answers with ``status``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.posts.append((self.headers[HEADER], json.loads(body)))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.posts, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


SETTINGS = {
    "owners": [
        {"id": "ops", "name": "Operations", "function": "operations", "channels": ["mail", "hook"]},
        {"id": "care", "name": "Care", "function": "care", "default": True, "channels": ["hook"]},
    ],
    "notifications": {"attempts": 3, "retry_minutes": 15},
}


@pytest.fixture
def ws(tmp_path):
    """A workspace's context whose channels lead to ``mail`` and ``hook``; one case of operations waits to be told."""
    register = Register(f"sqlite:///{tmp_path}/register.db")
    register.migrate()

    def make(mail="", hook="", now=NOW, **changes):
        channels = {
            "mail": {"url_file": "mail.url", "private": True},
            "hook": {"url_env": "ACME_HOOK", "private": True, **changes.pop("hook_says", {})},
        }
        path = tmp_path / "mail.url"
        path.write_text(mail or "json://127.0.0.1:9/")
        path.chmod(0o600)
        config = parse({**SETTINGS, "channels": channels, **changes})
        return SimpleNamespace(root=tmp_path, config=config, register=register, now=now)

    case, event, message = open_case(EVIDENCE, parse(SETTINGS | {"channels": CHANNELS}).owners[0], None, now=NOW)
    register.open_case(case, event, [message])
    yield make
    register.close()


CHANNELS = {"mail": {"url_env": "A"}, "hook": {"url_env": "B"}}


@pytest.fixture
def both(ws, mails, hook, monkeypatch):
    """The same, with both servers behind the channels."""
    monkeypatch.setenv("ACME_HOOK", f"json://127.0.0.1:{hook.server_port}/in")
    mail = f"mailto://127.0.0.1:{mails.port}?from=voc@acme.example&to=ops@acme.example&mode=insecure"
    return lambda **changes: ws(mail, **changes)


def states(ctx):
    return {d.channel: d.state for d in ctx.register.deliveries()}


def at(ctx, **ahead):
    return SimpleNamespace(**{**vars(ctx), "now": ctx.now + timedelta(**ahead)})


def test_a_digest_goes_out_by_every_channel_once_with_a_receipt(both, mails, hook):
    ctx = both()
    counts = delivering.deliver(ctx)
    assert counts == {"messages_sent": 1, "deliveries_sent": 2, "deliveries_failed": 0, "deliveries_dead": 0}
    (envelope,) = mails.kept
    assert envelope.rcpt_tos == ["ops@acme.example"]
    assert b"Subject: Operations: 1 notice" in envelope.content
    assert b"New case: long wait on the phone" in envelope.content
    ((given_id, post),) = hook.posts
    assert post["title"].startswith("Operations: 1 notice, 0 late")
    assert "[C-0001] New case: long wait on the phone" in post["message"]
    receipts = {d.channel: d for d in ctx.register.deliveries()}
    assert given_id == receipts["hook"].delivery_id
    assert {d.state for d in receipts.values()} == {SENT}
    assert all(d.finished_at == NOW and d.attempts == 1 for d in receipts.values())
    assert len(list((ctx.root / "outbox").glob("*.txt"))) == 1
    for again in (ctx, at(ctx, hours=1), at(ctx, days=1)):
        assert delivering.deliver(again)["deliveries_sent"] == 0
    assert (len(mails.kept), len(hook.posts)) == (1, 1)


def test_a_failure_is_tried_again_later_and_later_and_the_other_channel_does_not_wait(both, mails, hook):
    ctx = both()
    mails.broken = True
    assert delivering.deliver(ctx)["deliveries_failed"] == 1
    assert states(ctx) == {"file": SENT, "hook": SENT, "mail": RETRYING}
    assert delivering.deliver(at(ctx, minutes=14))["deliveries_failed"] == 0, "it is too soon"
    assert delivering.deliver(at(ctx, minutes=15))["deliveries_failed"] == 1
    mails.broken = False
    assert delivering.deliver(at(ctx, minutes=44))["deliveries_sent"] == 0, "the second wait is twice as long"
    assert delivering.deliver(at(ctx, minutes=45))["deliveries_sent"] == 1
    assert (len(mails.kept), len(hook.posts)) == (1, 1)


def test_after_the_last_attempt_it_is_a_dead_letter_that_a_person_can_revive(both, hook):
    ctx = both()
    hook.status = 500
    for hours in (0, 2, 4):
        counts = delivering.deliver(at(ctx, hours=hours))
    assert counts["deliveries_dead"] == 1
    (dead,) = ctx.register.deliveries(DEAD)
    assert (dead.attempts, dead.error) == (3, "the json service did not take it")
    assert delivering.deliver(at(ctx, days=9))["deliveries_dead"] == 0
    assert len(hook.posts) == 3
    assert {given_id for given_id, _ in hook.posts} == {dead.delivery_id}, "a receiver can tell it is the same"
    hook.status = 200
    later = at(ctx, days=9)
    delivering.retry(later, dead.delivery_id)
    assert delivering.deliver(later)["deliveries_sent"] == 1
    with pytest.raises(InputError, match="is sent; only a dead one"):
        delivering.retry(later, dead.delivery_id)
    with pytest.raises(InputError, match="no delivery 'x'"):
        delivering.retry(later, "x")


def test_a_process_that_dies_while_sending_sends_again_under_the_same_id(both, hook, monkeypatch):
    ctx = both()
    real = delivering.send

    def dies(*arguments, **named):
        real(*arguments, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(delivering, "send", dies)
    with pytest.raises(KeyboardInterrupt):
        delivering.deliver(ctx)
    assert SENDING in states(ctx).values()
    monkeypatch.setattr(delivering, "send", real)
    delivering.deliver(at(ctx, minutes=1))
    assert set(states(ctx).values()) == {SENT}
    assert len({given_id for given_id, _ in hook.posts}) == 1


def test_a_process_that_dies_before_it_notes_the_digest_writes_the_same_and_sends_once(both, mails, monkeypatch):
    ctx = both()
    with monkeypatch.context() as patch:
        patch.setattr(ctx.register, "dispatch", lambda *_a: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            delivering.deliver(ctx)
    assert mails.kept == []
    delivering.deliver(at(ctx, minutes=1))
    assert len(mails.kept) == len(list((ctx.root / "outbox").glob("*.txt"))) == 1


def test_external_none_beats_every_channel(both, mails, hook):
    ctx = both(workspace={"external": "none"})
    assert delivering.deliver(ctx)["messages_sent"] == 1
    assert (mails.kept, hook.posts, states(ctx)) == ([], [], {"file": SENT})
    with pytest.raises(DeliveryError, match="nothing leaves this machine"):
        delivering.try_channel(ctx, "hook")


def test_what_waits_when_the_switch_is_thrown_does_not_go_out(both, mails, hook):
    ctx = both(notifications={"quiet_hours": "09:00-11:00"})
    delivering.deliver(ctx)
    closed = both(workspace={"external": "none"}, now=NOW + timedelta(hours=2))
    assert delivering.deliver(closed)["deliveries_sent"] == 0
    assert (mails.kept, hook.posts) == ([], [])
    assert delivering.deliver(both(now=NOW + timedelta(hours=3)))["deliveries_sent"] == 2


def test_quiet_hours_hold_a_digest_back_but_not_by_a_channel_that_may_disturb(both, mails, hook):
    ctx = both(notifications={"quiet_hours": "09:00-11:00"}, hook_says={"quiet": False})
    delivering.deliver(ctx)
    assert (len(mails.kept), len(hook.posts)) == (0, 1)
    assert delivering.deliver(at(ctx, minutes=59))["deliveries_sent"] == 0
    assert delivering.deliver(at(ctx, minutes=60))["deliveries_sent"] == 1


def test_what_must_go_out_now_goes_out_in_the_quiet_hours(both, mails, hook):
    ctx = both(notifications={"quiet_hours": "09:00-11:00"})
    ctx.register.post([Message("harm", "ops", None, "Possible harm (L-1)", "b", NOW, urgency="now")])
    assert delivering.deliver(ctx)["deliveries_sent"] == 2
    assert (len(mails.kept), len(hook.posts)) == (1, 1), "by both channels, and without the digest"
    assert "Possible harm" in hook.posts[0][1]["message"]
    assert delivering.deliver(at(ctx, minutes=60))["deliveries_sent"] == 2, "the digest has waited"


def test_where_every_run_falls_into_the_quiet_hours_a_digest_goes_out_a_day_later(both, mails):
    ctx = both(notifications={"quiet_hours": "09:00-11:00"})
    delivering.deliver(ctx)
    assert delivering.deliver(at(ctx, hours=23, minutes=59))["deliveries_sent"] == 0
    assert delivering.deliver(at(ctx, days=1))["deliveries_sent"] == 2
    assert len(mails.kept) == 1


def test_an_owner_has_one_digest_a_day_and_what_must_go_out_now_does(both, hook):
    ctx = both()
    delivering.deliver(ctx)
    ctx.register.post([Message("m2", "care", None, "First", "b", NOW), Message("m3", "care", None, "Second", "b", NOW)])
    later = at(ctx, hours=1)
    delivering.deliver(later)
    assert hook.posts[-1][1]["title"].startswith("Care: 2 notices"), "one digest, not a message per item"
    ctx.register.post([
        Message("m4", "care", None, "Third", "b", NOW), Message("m5", "care", None, "Fire", "b", NOW, urgency="now"),
    ])  # fmt: skip
    assert delivering.deliver(at(ctx, hours=2))["messages_sent"] == 1
    assert "Fire" in hook.posts[-1][1]["message"]
    assert "Third" not in hook.posts[-1][1]["message"]
    assert delivering.deliver(at(ctx, days=1))["messages_sent"] == 1
    assert "Third" in hook.posts[-1][1]["message"]


def test_a_deputy_is_told_while_the_owner_is_away(both, mails, hook):
    owners = [dict(owner) for owner in SETTINGS["owners"]]
    day = NOW.date()
    owners[0] |= {"absent": [{"from": day, "to": day}], "deputies": ["care"]}
    ctx = both(owners=owners)
    delivering.deliver(ctx)
    assert (len(mails.kept), len(hook.posts)) == (0, 1)
    assert {(d.owner, d.recipient) for d in ctx.register.deliveries() if d.channel == "hook"} == {("ops", "care")}


def test_what_is_meant_for_one_who_left_goes_to_the_default_owner(both, hook):
    ctx = both(owners=SETTINGS["owners"][1:])
    assert delivering.deliver(ctx)["messages_sent"] == 1
    assert hook.posts[0][1]["title"].startswith("ops: 1 notice")


@pytest.mark.parametrize("allowed", [True, False])
def test_quotes_go_out_only_by_a_channel_that_may_carry_them_and_redacted(both, mails, hook, monkeypatch, allowed):
    monkeypatch.setattr(delivering.theming, "exemplars", lambda _ctx, _theme: ["I rang 07700 900123 all day"])
    ctx = both(hook_says={"verbatims": allowed})
    delivering.deliver(ctx)
    assert ("I rang [PHONE] all day" in hook.posts[0][1]["message"]) is allowed
    everything = str(hook.posts) + str([e.content for e in mails.kept])
    assert "900123" not in everything
    assert "I rang" not in str([e.content for e in mails.kept])
    assert b"I rang" not in (ctx.root / "register.db").read_bytes()


def test_a_channel_that_is_gone_or_without_its_secret_is_said_so_without_the_secret(both, monkeypatch, mails):
    ctx = both()
    monkeypatch.delenv("ACME_HOOK")
    (ctx.root / "mail.url").chmod(0o644)
    delivering.deliver(ctx)
    errors = {d.channel: d.error for d in ctx.register.deliveries()}
    assert errors["hook"] == "channel 'hook': the variable ACME_HOOK is not set"
    assert errors["mail"] == "channel 'mail': others can read mail.url; chmod it to 600"
    owners = [replace(owner, channels=()) for owner in ctx.config.owners]
    gone = SimpleNamespace(
        **{**vars(at(ctx, hours=1)), "config": replace(ctx.config, channels=(), owners=tuple(owners))}
    )
    delivering.deliver(gone)
    assert {d.error for d in ctx.register.deliveries(DEAD)} == {"its channel is not in voc.toml"}


@pytest.mark.parametrize("url", ["nonsense://x", "just words", "json://"])
def test_an_address_that_apprise_does_not_know_is_an_error_without_it(url, loopback):
    with pytest.raises(DeliveryError) as caught:
        delivery.send(url, "t", "b", external="all")
    assert str(caught.value) != "x"
    assert url not in str(caught.value)


def test_a_channel_can_be_tried(both, hook):
    delivering.try_channel(both(), "hook")
    assert hook.posts[0][1]["title"] == "voc: test of hook"
    with pytest.raises(InputError, match=r"no channel 'fax'; voc\.toml has: mail, hook"):
        delivering.try_channel(both(), "fax")
