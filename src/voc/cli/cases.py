"""`voc route` and `voc cases`: who gets what, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli.common import Actor, JsonFlag, day, opened, say, show
from voc.errors import InputError

if TYPE_CHECKING:
    from voc.model import Case

app = typer.Typer(help="Themes in owners' hands: take, plan, ship, close.", no_args_is_help=True)
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the history, redacted.")]
CaseId = Annotated[str, typer.Argument(help="Such as C-0001.")]


def register(root: typer.Typer) -> None:
    """Add `route` to the root."""
    root.command()(route)


def route(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say for each theme which rule fires and why; open nothing.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Open a case for each theme that a rule of voc.toml sends to an owner."""
    with opened(context) as ws:
        decisions = ws.route(dry_run=dry_run)
        labels = {theme.theme_id: theme.label for theme in ws.themes()}
    rows = [(labels.get(d.theme_id), d.outcome, d.route, d.owner, d.case_id, "; ".join(d.reasons)) for d in decisions]
    show([asdict(d) for d in decisions], rows, ("theme", "outcome", "rule", "owner", "case", "why"), as_json=as_json)


def brief(case: Case) -> dict[str, Any]:
    """A case as JSON: its fields, and when its next promise is due."""
    return {**asdict(case), "due_at": case.due_at}


@app.command("list")
def list_cases(
    context: typer.Context,
    owner: Annotated[str | None, typer.Option("--owner", help="Only this owner's.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Every case, with its owner and what is due."""
    with opened(context) as ws:
        now = ws.now()
        cases = [case for case in ws.cases() if owner in (None, case.owner)]
    rows = [(c.case_id, c.title, c.owner, c.state, _due(c, late=c.late(now)), c.n_problem_people) for c in cases]
    show([brief(c) for c in cases], rows, ("case", "theme", "owner", "state", "due", "people"), as_json=as_json)


def _due(case: Case, *, late: bool) -> str:
    return "" if case.due_at is None else f"{case.due_at:%Y-%m-%d}{' LATE' if late else ''}"


@app.command("show")
def show_case(context: typer.Context, case_id: CaseId, as_json: JsonFlag = False) -> None:
    """One case with its history."""
    with opened(context) as ws:
        case, events = ws.case(case_id), ws.case_events(case_id)
    rows = [(f"{e.at:%Y-%m-%d %H:%M}", e.actor, e.move, e.to_state, e.reason) for e in events]
    if not as_json:
        people = f"{case.n_problem_people} people with problems"
        say(f"{case.case_id} {case.title}: {case.state}, {case.owner} ({case.function}), {people}")
    show(
        {**brief(case), "history": [asdict(e) for e in events]},
        rows,
        ("at", "by", "move", "state", "reason"),
        as_json=as_json,
    )


@app.command("verify-history")
def verify_history(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Prove that no event of any case was changed, added or removed."""
    with opened(context) as ws:
        ok, events, fault = ws.register.verify_history()
    show(
        {"ok": ok, "events": events, "fault": fault}, [(ok, events, fault)], ("ok", "events", "fault"), as_json=as_json
    )
    if not ok:
        raise typer.Exit(1)


def _move(
    context: typer.Context, case_id: str, move: str, by: str, *, as_json: bool, reason: str = "", **settings: Any
) -> None:
    if not by:
        raise InputError("say who you are: --by NAME, or set VOC_ACTOR")
    given = {key: value for key, value in settings.items() if value}
    with opened(context) as ws:
        case = ws.move_case(case_id, move, actor=by, reason=reason, **given)
    rows = [(case.case_id, case.title, case.owner, case.state, _due(case, late=False))]
    show(brief(case), rows, ("case", "theme", "owner", "state", "due"), as_json=as_json)


@app.command()
def take(context: typer.Context, case_id: CaseId, by: Actor = "", as_json: JsonFlag = False) -> None:
    """Acknowledge a case: it is yours."""
    _move(context, case_id, "take", by, as_json=as_json)


@app.command("hand-over")
def hand_over(
    context: typer.Context,
    case_id: CaseId,
    to: Annotated[str, typer.Option("--to")],
    by: Actor = "",
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Give a case to another owner."""
    _move(context, case_id, "hand_over", by, as_json=as_json, reason=reason, owner=to)


@app.command()
def plan(
    context: typer.Context,
    case_id: CaseId,
    action: Annotated[str, typer.Option("--action", help="What will be done.")],
    root_cause: Annotated[
        str, typer.Option("--root-cause", help="process, policy, defect, information, training, staffing or supplier.")
    ],
    ship_on: Annotated[str | None, typer.Option("--ship-on", help="YYYY-MM-DD.")] = None,
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Commit to an action."""
    _move(context, case_id, "plan", by, as_json=as_json, action=action, root_cause=root_cause, ship_on=day(ship_on))


@app.command()
def start(context: typer.Context, case_id: CaseId, by: Actor = "", as_json: JsonFlag = False) -> None:
    """Say that work has begun."""
    _move(context, case_id, "start", by, as_json=as_json)


@app.command()
def ship(
    context: typer.Context, case_id: CaseId, by: Actor = "", reason: Reason = "", as_json: JsonFlag = False
) -> None:
    """Say that the action is in place."""
    _move(context, case_id, "ship", by, as_json=as_json, reason=reason)


@app.command()
def close(context: typer.Context, case_id: CaseId, reason: Reason, by: Actor = "", as_json: JsonFlag = False) -> None:
    """Close a case."""
    _move(context, case_id, "close", by, as_json=as_json, reason=reason)


@app.command()
def decline(
    context: typer.Context,
    case_id: CaseId,
    reason: Reason,
    revisit_on: Annotated[str, typer.Option("--revisit-on", help="YYYY-MM-DD.")],
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Decline, with a reason that care staff will read and a day to look again."""
    _move(context, case_id, "decline", by, as_json=as_json, reason=reason, revisit_on=day(revisit_on))


@app.command()
def reopen(
    context: typer.Context, case_id: CaseId, by: Actor = "", reason: Reason = "", as_json: JsonFlag = False
) -> None:
    """Open a case again."""
    _move(context, case_id, "reopen", by, as_json=as_json, reason=reason)


@app.command()
def comment(context: typer.Context, case_id: CaseId, text: str, by: Actor = "", as_json: JsonFlag = False) -> None:
    """Add a comment to the history, redacted."""
    _move(context, case_id, "comment", by, as_json=as_json, reason=text)
