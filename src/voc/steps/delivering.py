"""Delivering: pending messages become one digest per owner, and digests go out by the owners' channels.

Every digest is a file in ``outbox``, whatever else; by a channel it goes out at least once and, unless a process dies
between the sending and the note of it, only once. A second attempt carries the same id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from voc import faults
from voc.delivery import send, vetted
from voc.errors import DeliveryError, InputError, StoreError
from voc.ids import stable_id
from voc.loop.clock import local_day
from voc.loop.digest import digest
from voc.loop.notify import next_attempt, quiet_until, recipients
from voc.model import Owner
from voc.outside import gate
from voc.steps import theming
from voc.steps.moving import redacted
from voc.store.outbox import DEAD, RETRYING, SENDING, SENT, Delivery

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voc.model import Case, Message
    from voc.steps.context import Context

OUTBOX = "outbox"
FILE = "file"
_QUOTES = 2
# Where every run falls into the quiet hours, what they hold back goes out with the run a day later.
_LONGEST_QUIET = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one owner is told at once: by a digest, or now."""

    owner: Owner
    kind: str
    messages: tuple[Message, ...]

    @property
    def key(self) -> str:
        return stable_id(*(message.message_id for message in self.messages))


def deliver(ctx: Context) -> dict[str, int]:
    """Write the digests that are due, then send what waits to go out.

    An owner gets one digest a day, in her own time zone; messages that must go out now do so at once. Where voc.toml
    says ``external = "none"``, nothing is sent, and the files are all there is.

    Returns:
        ``messages_sent`` (put into a digest), ``deliveries_sent``, ``deliveries_failed`` (to be tried again) and
        ``deliveries_dead``.
    """
    pending = ctx.register.pending_messages()
    cases = ctx.register.cases() if pending else []
    sent = 0
    for batch in _batches(ctx, pending):
        faults.point("outbox.before_send")
        text = digest(batch.owner, batch.messages, cases, ctx.now)
        _write(ctx, batch, text)
        faults.point("outbox.after_send")
        ctx.register.dispatch(_deliveries(ctx, batch), [m.message_id for m in batch.messages], ctx.now)
        sent += len(batch.messages)
    return {"messages_sent": sent, **send_due(ctx)}


def _batches(ctx: Context, pending: Sequence[Message]) -> Iterable[_Batch]:
    """What is to be told, in the order of voc.toml; what is meant for one who has left goes under her own id."""
    known = {owner.id: owner for owner in ctx.config.owners}
    if ctx.config.default_owner():
        gone = {m.owner for m in pending} - known.keys()
        known |= {name: Owner(name, name, "other") for name in sorted(gone)}
    digested = _digested(ctx) if pending else set()
    for owner in known.values():
        mine = [message for message in pending if message.owner == owner.id]
        urgent = tuple(message for message in mine if message.urgency == "now")
        rest = tuple(message for message in mine if message.urgency != "now")
        if urgent:
            yield _Batch(owner, "now", urgent)
        if rest and owner.id not in digested:
            yield _Batch(owner, "digest", rest)


def _digested(ctx: Context) -> set[str]:
    """Owners who have had their digest of the day."""
    return {
        made.owner
        for made in ctx.register.deliveries()
        if made.kind == "digest"
        and local_day(made.created_at, ctx.config.calendar(made.owner))
        == local_day(ctx.now, ctx.config.calendar(made.owner))
    }


def _deliveries(ctx: Context, batch: _Batch) -> list[Delivery]:
    """The file's receipt, and one delivery for each channel of each person who is to read it."""
    ids = tuple(message.message_id for message in batch.messages)
    blank = Delivery("", batch.owner.id, batch.owner.id, FILE, batch.kind, ids, ctx.now, ctx.now)
    made = [replace(blank, state=SENT, attempts=1, finished_at=ctx.now)]
    if ctx.config.external != "none":
        made += [
            replace(blank, recipient=person.id, channel=channel)
            for person in _readers(ctx, batch.owner)
            for channel in person.channels
        ]
    return [replace(d, delivery_id=stable_id(batch.key, d.kind, d.recipient, d.channel)) for d in made]


def _readers(ctx: Context, owner: Owner) -> list[Owner]:
    default = ctx.config.default_owner()
    if owner.id not in {known.id for known in ctx.config.owners}:
        return [default] if default else []
    return recipients(owner, ctx.config.owners, local_day(ctx.now, ctx.config.calendar(owner.id)))


def send_due(ctx: Context) -> dict[str, int]:
    """Send every delivery whose time has come; see ``deliver``."""
    counts = dict.fromkeys(("deliveries_sent", "deliveries_failed", "deliveries_dead"), 0)
    if ctx.config.external == "none":
        return counts
    for delivery in ctx.register.due_deliveries(ctx.now):
        after = _attempt(ctx, delivery)
        key = {SENT: "deliveries_sent", RETRYING: "deliveries_failed", DEAD: "deliveries_dead"}.get(after.state)
        if key:
            counts[key] += 1
    return counts


def _attempt(ctx: Context, delivery: Delivery) -> Delivery:
    """One attempt: noted before it is made, and its end after."""
    channel = next((c for c in ctx.config.channels if c.name == delivery.channel), None)
    settings = ctx.config.notifications
    if channel is None:
        return _saved(ctx, replace(delivery, state=DEAD, finished_at=ctx.now, error="its channel is not in voc.toml"))
    # A message that must go out now, such as a report of harm, disturbs at any hour.
    waits = channel.quiet and delivery.kind != "now"
    wait = quiet_until(ctx.now, settings.quiet, ctx.config.calendar(delivery.recipient)) if waits else None
    longest = delivery.created_at + _LONGEST_QUIET
    if wait and ctx.now < longest:
        return _saved(ctx, replace(delivery, next_at=min(wait, longest)))
    trying = _saved(ctx, replace(delivery, state=SENDING, attempts=delivery.attempts + 1))
    title, body = _text(ctx, delivery, verbatims=channel.verbatims)
    try:
        url = vetted(channel, ctx.root, external=ctx.config.external)
        send(url, title, body, external=ctx.config.external, delivery_id=delivery.delivery_id)
    except DeliveryError as error:
        if trying.attempts >= settings.attempts:
            return _saved(ctx, replace(trying, state=DEAD, finished_at=ctx.now, error=str(error)))
        later = next_attempt(ctx.now, trying.attempts, settings.retry_minutes)
        return _saved(ctx, replace(trying, state=RETRYING, next_at=later, error=str(error)))
    return _saved(ctx, replace(trying, state=SENT, finished_at=ctx.now, error=""))


def _saved(ctx: Context, delivery: Delivery) -> Delivery:
    ctx.register.save_delivery(delivery)
    return delivery


def _text(ctx: Context, delivery: Delivery, *, verbatims: bool) -> tuple[str, str]:
    """Title and body, made anew from what is known now: nothing that was erased meanwhile can be in them."""
    messages = [replace(message, sent_at=None) for message in ctx.register.messages(delivery.message_ids)]
    cases = ctx.register.cases()
    known = next((o for o in ctx.config.owners if o.id == delivery.owner), None)
    owner = known or Owner(delivery.owner, delivery.owner, "other")
    quotes = _quotes(ctx, messages, cases) if verbatims else {}
    title, _, body = digest(owner, messages, cases, ctx.now, quotes).partition("\n")
    return title, body.strip()


def _quotes(ctx: Context, messages: Sequence[Message], cases: Sequence[Case]) -> dict[str, list[str]]:
    """For each case in the news, what people say: from the themes' redacted examples, redacted once more."""
    themes = {case.case_id: case.theme_id for case in cases}
    news = {message.case_id for message in messages if message.case_id in themes}
    return {str(name): [redacted(q) for q in theming.exemplars(ctx, themes[str(name)])[:_QUOTES]] for name in news}


def retry(ctx: Context, delivery_id: str) -> Delivery:
    """Give a dead letter a new life: it is tried with the next run.

    Raises:
        InputError: there is no such delivery, or it is not dead.
    """
    found = [d for d in ctx.register.deliveries() if d.delivery_id == delivery_id]
    if not found:
        raise InputError(f"no delivery {delivery_id!r}; 'voc notifications list' shows them")
    if found[0].state != DEAD:
        raise InputError(f"delivery {delivery_id} is {found[0].state}; only a dead one is tried anew")
    return _saved(ctx, replace(found[0], state=RETRYING, attempts=0, next_at=ctx.now, finished_at=None))


def try_channel(ctx: Context, name: str) -> None:
    """Send a line to a channel, to see whether it arrives.

    Raises:
        InputError: there is no such channel.
        DeliveryError: it cannot be sent, or nothing may be.
    """
    channel = next((c for c in ctx.config.channels if c.name == name), None)
    if channel is None:
        known = ", ".join(c.name for c in ctx.config.channels) or "none"
        raise InputError(f"no channel {name!r}; voc.toml has: {known}")
    gate(ctx.config.external, f"channel {name!r}")
    text = "If you read this, the channel works."
    send(
        vetted(channel, ctx.root, external=ctx.config.external),
        f"voc: test of {name}",
        text,
        external=ctx.config.external,
    )


def _write(ctx: Context, batch: _Batch, text: str) -> None:
    """The digest as a file. Its name comes from its messages, so a run that died after it writes the same again."""
    from voc.store.durable import durable_file, make_folder, sync_folder  # see voc.store

    folder = ctx.root / OUTBOX
    name = f"{ctx.now:%Y-%m-%d}-{batch.owner.id}-{batch.key[:8]}.txt"
    draft = folder / f".{name}"
    try:
        make_folder(folder)
        draft.unlink(missing_ok=True)
        with durable_file(draft) as file:
            file.write(text.encode())
        draft.replace(folder / name)
        sync_folder(folder)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}; free the disk or fix its permissions, then run again") from error
