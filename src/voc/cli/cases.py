"""`voc route` and `voc cases`: who gets what, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli.common import Actor, JsonFlag, day, opened, say, show
from voc.errors import InputError

if TYPE_CHECKING:
    from voc.model import Case

app = typer.Typer(help="Themes in owners' hands: take, plan, ship, tell, close.", no_args_is_help=True)
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the history, redacted.")]
CaseId = Annotated[str, typer.Argument(help="Such as C-0001.")]
Expect = Annotated[
    int | None, typer.Option("--expect", help="The version you saw: refuse the move if somebody was faster.")
]
RevisitOn = Annotated[str | None, typer.Option("--revisit-on", help="Look again on this day, YYYY-MM-DD.")]
RevisitPeople = Annotated[
    int | None, typer.Option("--revisit-people", min=1, help="Look again once so many more people report it.")
]


def register(root: typer.Typer) -> None:
    """Add `route` to the root."""
    root.command()(route)


def route(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say for each theme which rule fires and why; open nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Report on the rules: which can never fire, which take each other's themes.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Open a case for each theme that a rule of voc.toml sends to an owner."""
    if check:
        _check_rules(context, as_json=as_json)
        return
    with opened(context) as ws:
        decisions = ws.route(dry_run=dry_run)
        labels = {theme.theme_id: theme.label for theme in ws.themes()}
    rows = [(labels.get(d.theme_id), d.outcome, d.route, d.owner, d.case_id, "; ".join(d.reasons)) for d in decisions]
    show([asdict(d) for d in decisions], rows, ("theme", "outcome", "rule", "owner", "case", "why"), as_json=as_json)


def _check_rules(context: typer.Context, *, as_json: bool) -> None:
    with opened(context) as ws:
        reports = ws.check_routes()
    rows = [
        (r.name, r.owner, r.n_fit, r.n_taken, r.hidden_by, ", ".join(f"{name} ({n})" for name, n in r.overlaps))
        for r in reports
    ]
    columns = ("rule", "owner", "themes that fit", "it gets", "never fires, after", "fit these too")
    show([asdict(r) for r in reports], rows, columns, as_json=as_json)


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
def verify_history(
    context: typer.Context,
    anchor: Annotated[
        str, typer.Option("--anchor", help="EVENTS:HASH as printed before: prove that the history still begins so.")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Prove that no event of any case was changed, added or removed."""
    with opened(context) as ws:
        ok, events, fault = ws.register.verify_history()
        head = ws.register.history_head(events)
        if ok and anchor:
            number, _, seal = anchor.partition(":")
            if not number.isdigit() or not seal:
                raise InputError(f"anchor {anchor!r} should be EVENTS:HASH, as verify-history prints it")
            if ws.register.history_head(int(number)) != seal:
                ok, fault = False, f"the first {number} events are not those that were anchored"
    found = {"ok": ok, "events": events, "fault": fault, "head": f"{events}:{head}"}
    show(found, [tuple(found.values())], tuple(found), as_json=as_json)
    if not ok:
        raise typer.Exit(1)


def _move(
    context: typer.Context, case_id: str, move: str, by: str, *, as_json: bool, reason: str = "", **settings: Any
) -> None:
    given = {key: value for key, value in settings.items() if value not in (None, "")}
    with opened(context) as ws:
        case = ws.move_case(case_id, move, actor=by, reason=reason, **given)
    rows = [(case.case_id, case.title, case.owner, case.state, _due(case, late=False))]
    show(brief(case), rows, ("case", "theme", "owner", "state", "due"), as_json=as_json)


def _plain(name: str, move: str, what: str) -> None:
    """Add a move that needs nothing but who makes it."""

    def command(
        context: typer.Context,
        case_id: CaseId,
        by: Actor = "",
        reason: Reason = "",
        expect: Expect = None,
        as_json: JsonFlag = False,
    ) -> None:
        _move(context, case_id, move, by, as_json=as_json, reason=reason, expected_version=expect)

    app.command(name, help=what)(command)


_plain("take", "take", "Acknowledge a case: it is yours.")
_plain("start", "start", "Say that work has begun.")
_plain("pause", "pause", "Stop the clocks, with a reason: something is awaited that is not yours to do.")
_plain("resume", "resume", "Start the clocks again.")
_plain("ship", "ship", "Say that the action is in place; the clock to tell people starts.")
_plain("reopen", "reopen", "Open a case again, with its history; a merged one comes apart.")


@app.command("hand-over")
def hand_over(
    context: typer.Context,
    case_id: CaseId,
    to: Annotated[str, typer.Option("--to", help="The new owner's id.")],
    by: Actor = "",
    reason: Reason = "",
    expect: Expect = None,
    as_json: JsonFlag = False,
) -> None:
    """Give a case to another owner."""
    _move(context, case_id, "hand_over", by, as_json=as_json, reason=reason, owner=to, expected_version=expect)


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
    expect: Expect = None,
    as_json: JsonFlag = False,
) -> None:
    """Commit to an action."""
    given = {"root_cause": root_cause, "ship_on": day(ship_on), "expected_version": expect}
    _move(context, case_id, "plan", by, as_json=as_json, reason="", action=action, **given)


@app.command()
def tell(
    context: typer.Context,
    case_id: CaseId,
    how: Annotated[str, typer.Option("--how", help="brief, notice, call_back or other.")],
    by: Actor = "",
    reason: Reason = "",
    expect: Expect = None,
    as_json: JsonFlag = False,
) -> None:
    """Say that people were told what came of it; the last clock stops."""
    _move(context, case_id, "tell", by, as_json=as_json, reason=reason, how=how, expected_version=expect)


def _ending(move: str, what: str) -> None:
    """Add a move that ends a case, with when to look at it again."""

    def command(
        context: typer.Context,
        case_id: CaseId,
        reason: Reason,
        revisit_on: RevisitOn = None,
        revisit_people: RevisitPeople = None,
        by: Actor = "",
        expect: Expect = None,
        as_json: JsonFlag = False,
    ) -> None:
        again = {"revisit_on": day(revisit_on), "revisit_people": revisit_people}
        _move(context, case_id, move, by, as_json=as_json, reason=reason, expected_version=expect, **again)

    app.command(move, help=what)(command)


_ending("close", "Close a case; its theme stays under watch.")
_ending("decline", "Decline, with a reason that care staff will read and a day or a number of people to look again.")


@app.command()
def merge(
    context: typer.Context,
    case_id: CaseId,
    into: Annotated[str, typer.Option("--into", help="The case that takes its place.")],
    by: Actor = "",
    reason: Reason = "",
    expect: Expect = None,
    as_json: JsonFlag = False,
) -> None:
    """Close a case in favour of another, which takes over its theme."""
    _move(context, case_id, "merge", by, as_json=as_json, reason=reason, into=into, expected_version=expect)


@app.command()
def comment(context: typer.Context, case_id: CaseId, text: str, by: Actor = "", as_json: JsonFlag = False) -> None:
    """Add a comment to the history, redacted."""
    _move(context, case_id, "comment", by, as_json=as_json, reason=text)


@app.command()
def attach(
    context: typer.Context,
    case_id: CaseId,
    url: Annotated[str, typer.Argument(help="A web address; voc stores the link, never the file.")],
    by: Actor = "",
    reason: Reason = "",
    as_json: JsonFlag = False,
) -> None:
    """Attach a document by its link; --reason says what it is."""
    _move(context, case_id, "attach", by, as_json=as_json, reason=reason, url=url)


@app.command()
def link(
    context: typer.Context,
    case_id: CaseId,
    tracker: Annotated[str, typer.Argument(help="The address of the issue in your tracker.")],
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Say which issue of a tracker the work is done under."""
    _move(context, case_id, "link", by, as_json=as_json, tracker=tracker)
