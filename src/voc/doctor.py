"""`voc doctor`: what is wrong with a workspace, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voc import modelstore
from voc.delivery import address
from voc.errors import BusyError, VocError
from voc.loop.lanes import LANES, team_of
from voc.loop.notify import recipients
from voc.loop.rules import hidden
from voc.privacy import load_row_key
from voc.queries import feed_trouble, feeds
from voc.schema import TABLES
from voc.store import check_row_key, writer_lock
from voc.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from voc.configloop import Channel
    from voc.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is well, and the remedy if not, or a note where it is."""

    what: str
    ok: bool
    remedy: str = ""


def examine(folder: Path) -> list[Finding]:
    """Check the shipped models, then the workspace; never raises for what it finds."""
    findings = [_tried("shipped models", _check_models)]
    opened: list[Workspace] = []
    findings.append(_tried("workspace, settings and key", lambda: opened.append(open_workspace(folder))))
    if opened:
        with opened[0] as ws:
            findings += [
                _tried("every file of the lake is as it was written", lambda: _check_lake(ws)),
                _tried("case history is unbroken", lambda: _check_history(ws)),
                _tried("the key is the one that made the ids", lambda: _check_key(ws)),
                _tried("quarantined rows can be kept and opened, if asked for", lambda: _check_row_key(ws)),
                _feeds(ws),
                _tried("somebody is there to route to", lambda: _check_owners(ws)),
                _tried("every route can fire", lambda: _check_routes(ws)),
                _tried("owners can be reached", lambda: _check_reach(ws)),
                _lanes(ws),
                _tried("the last run ended well", lambda: _check_run(ws)),
            ]
    return findings


def _tried(what: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except VocError as error:
        return Finding(what, ok=False, remedy=str(error))
    return Finding(what, ok=True)


def _check_models() -> None:
    faults = [f"{name}: {state}" for name, state in modelstore.verify_all().items() if state != "ok"]
    if faults:
        raise VocError("; ".join(faults))


def _check_lake(ws: Workspace) -> None:
    for table in TABLES:
        ws.lake.verify(table)


def _check_history(ws: Workspace) -> None:
    ok, _, fault = ws.register.verify_history()
    if not ok:
        raise VocError(f"{fault}; compare with a backup of the register")


def _check_key(ws: Workspace) -> None:
    try:
        state = ws.key_state()
    except BusyError:
        # A run has the workspace: it looks at the key itself before it makes an id.
        return
    if state == "other":
        raise VocError("the key is not the one that made the ids; restore it, or run: voc privacy key --accept")


def _check_row_key(ws: Workspace) -> None:
    if ws.config.privacy.keep_quarantined_rows:
        check_row_key(load_row_key(ws.root, ws.config.privacy.quarantine_key_file))


def _feeds(ws: Workspace) -> Finding:
    """A note, no fault: a feed may end, and the workspace is sound all the same."""
    what = "every feed of voc.toml delivers as usual"
    try:
        delivered = feeds(ws.tables(), ws.now().date())
        events = set(ws.lake.read("metric_events", ("source",))["source"])
    except VocError as error:
        return Finding(what, ok=False, remedy=str(error))
    configured = [source.name for source in ws.config.sources]
    rows = [row for row in delivered.iter_rows(named=True) if row["source"] in configured]
    unusual = [feed_trouble(row) for row in rows if row["state"] != "fresh"]
    silent = set(configured) - set(delivered["source"]) - events
    unusual += [f"{name} has never delivered" for name in configured if name in silent]
    return Finding(what, ok=True, remedy="; ".join(unusual) + ": see that the exports arrive" if unusual else "")


def _check_owners(ws: Workspace) -> None:
    if not any(owner.default for owner in ws.config.owners):
        raise VocError("voc.toml has no owner with default = true: what no route catches reaches nobody; mark one")
    known = {owner.id for owner in ws.config.owners}
    lost = sorted({case.owner for case in ws.register.cases()} - known)
    if lost:
        raise VocError(f"cases belong to {', '.join(lost)}, who is not in voc.toml; add them, or hand the cases over")


def _check_routes(ws: Workspace) -> None:
    lost = [f"{name!r} (after {wide!r})" for name, wide in hidden(ws.config.routes)]
    if lost:
        raise VocError(f"routes that can never fire: {', '.join(lost)}; put them first, or narrow what comes before")


def _check_reach(ws: Workspace) -> None:
    today = ws.now().date()
    away = [
        owner.id
        for owner in ws.config.owners
        if owner.away(today) and all(reader.away(today) for reader in recipients(owner, ws.config.owners, today))
    ]
    faults = [f"nobody reads for {', '.join(away)} while they are away; name a deputy"] if away else []
    if ws.config.external != "none":
        faults += [fault for channel in ws.config.channels if (fault := _unusable(channel, ws.root))]
    dead = [delivery.delivery_id for delivery in ws.register.deliveries("dead")]
    if dead:
        faults.append(f"{len(dead)} notifications could not be sent; 'voc notifications list --state dead' says why")
    if faults:
        raise VocError("; ".join(faults))


def _lanes(ws: Workspace) -> Finding:
    """A note, no fault: the outbox is a channel too, where somebody looks into it several times a day."""
    today, default = ws.now().date(), ws.config.default_owner()
    known = {owner.id: owner for owner in ws.config.owners}
    silent: dict[str, list[str]] = {}
    for lane in LANES:
        owner = known.get(team_of(lane, ws.config.lanes, default.id if default else ""))
        read_by = recipients(owner, ws.config.owners, today) if owner else []
        if ws.config.external == "none" or not any(person.channels for person in read_by):
            silent.setdefault(owner.id if owner else "nobody", []).append(lane)
    told = "; ".join(f"{', '.join(lanes)} ({team})" for team, lanes in silent.items())
    why = 'external = "none" in voc.toml' if ws.config.external == "none" else "the team has no channels in voc.toml"
    remedy = f"no channel beyond the outbox for {told}: {why}, so look into the outbox often or add one"
    return Finding("lanes reach their teams beyond the outbox", ok=True, remedy=remedy if silent else "")


def _unusable(channel: Channel, root: Path) -> str:
    try:
        address(channel, root)
    except VocError as error:
        return str(error)
    return ""


def _check_run(ws: Workspace) -> None:
    run = ws.last_run()
    if run is None or run.state not in ("failed", "interrupted", "running"):
        return
    try:
        # A run that is still going holds the lock; one that says so without it was killed.
        with writer_lock(ws.root):
            state = "was killed" if run.state == "running" else run.state
    except BusyError:
        return
    raise VocError(f"run {run.run_id} {state}; run 'voc nightly' again: it repairs what was cut short")
