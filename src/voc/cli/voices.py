"""`voc raise`, `voc observations`, `voc changes`, `voc brief`, `voc callbacks`: from and to care, back to customers."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli.common import Actor, JsonFlag, day, opened, say, show
from voc.errors import InputError

if TYPE_CHECKING:
    from voc.loop.brief import Brief
    from voc.loop.public import Notice
    from voc.workspace import Workspace

observations = typer.Typer(help="What care staff raise: seen here too, answered.", no_args_is_help=True)
changes = typer.Typer(help="What care should know before customers ask.", no_args_is_help=True)
callbacks = typer.Typer(help="Who may be told what came of her words, and who was.", no_args_is_help=True)
_CHANGE = ("change", "kind", "from", "what", "say", "case")


def register(root: typer.Typer) -> None:
    """Add the commands to the root."""
    root.command("raise")(raise_)
    root.command("brief")(brief)
    root.add_typer(observations, name="observations")
    root.add_typer(changes, name="changes")
    root.add_typer(callbacks, name="callbacks")


def raise_(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What you have seen, in a sentence.")],
    team: Annotated[str, typer.Option("--team", help="Your team, as its brief is called.")] = "",
    site: Annotated[str, typer.Option("--site", help="Where.")] = "",
    case: Annotated[str, typer.Option("--case", help="The case that it belongs to, such as C-0004.")] = "",
    owner: Annotated[
        str, typer.Option("--owner", help="Who should answer; else the case's or the default owner.")
    ] = "",
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Raise what you have seen at work; it gets an id, an owner and an answer."""
    with opened(context) as ws:
        alike = ws.similar_observations(text)
        made = ws.raise_observation(text, actor=by, team=team, site=site, case_id=case, owner=owner)
    if not as_json:
        say(f"{made.observation_id} is with {made.owner or 'nobody: no owner has default = true'}.")
        for other in alike:
            say(f"Perhaps the same: {other.observation_id} {other.text}")
        return
    show({**asdict(made), "similar": [o.observation_id for o in alike]}, [], (), as_json=True)


@observations.command("list")
def list_observations(
    context: typer.Context,
    team: Annotated[str, typer.Option("--team", help="Only this team's.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Every observation, with how many have seen it too and its answer."""
    with opened(context) as ws:
        found = [o for o in ws.observations() if not team or o.team.casefold() == team.casefold()]
    rows = [
        (o.observation_id, f"{o.raised_at:%Y-%m-%d}", o.raised_by, o.text, 1 + len(o.seen_by), o.owner, o.answer)
        for o in found
    ]
    columns = ("id", "raised", "by", "what", "people", "owner", "answer")
    show([asdict(o) for o in found], rows, columns, as_json=as_json)


@observations.command()
def seen(context: typer.Context, observation_id: str, by: Actor = "", as_json: JsonFlag = False) -> None:
    """Seen here too."""
    with opened(context) as ws:
        new = ws.see_observation(observation_id, actor=by)
    show({"observation_id": observation_id, "new": new}, [(observation_id, new)], ("id", "new"), as_json=as_json)


@observations.command()
def answer(context: typer.Context, observation_id: str, text: str, by: Actor = "", as_json: JsonFlag = False) -> None:
    """Answer an observation: what was decided, and why."""
    with opened(context) as ws:
        made = ws.answer_observation(observation_id, text, actor=by)
    show(asdict(made), [(made.observation_id, made.answer)], ("id", "answer"), as_json=as_json)


@changes.command("add")
def add_change(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="What is different from then on.")],
    on: Annotated[str, typer.Option("--on", help="From which day, YYYY-MM-DD.")],
    say_: Annotated[str, typer.Option("--say", help="What to tell customers.")] = "",
    known_issue: Annotated[bool, typer.Option("--known-issue", help="Something is broken and known.")] = False,
    workaround: Annotated[str, typer.Option("--workaround", help="What customers can do until then.")] = "",
    service: Annotated[str, typer.Option("--service", help="Which service it concerns.")] = "",
    case: Annotated[str, typer.Option("--case", help="The case that it comes from.")] = "",
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Tell care of a change, or of a known issue and its workaround, before customers ask."""
    starts = day(on)
    if starts is None:
        raise InputError("a change needs its day: --on YYYY-MM-DD")
    more = {"say": say_, "workaround": workaround, "service": service, "case_id": case}
    with opened(context) as ws:
        made = ws.add_change(what, starts, actor=by, kind="known_issue" if known_issue else "change", **more)
    show(asdict(made), [(made.change_id, made.kind, made.starts_on, made.what)], _CHANGE[:4], as_json=as_json)


@changes.command("list")
def list_changes(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Every change and known issue, newest first."""
    with opened(context) as ws:
        found = ws.changes()
    rows = [
        (c.change_id, c.kind + (" (over)" if c.ended_on else ""), c.starts_on, c.what, c.say, c.case_id) for c in found
    ]
    show([asdict(c) for c in found], rows, _CHANGE, as_json=as_json)


@changes.command("import")
def import_changes(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Releases as the tracker's API gives them, JSON.")],
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Add the releases of a tracker (GitHub, GitLab, Jira); those imported before are left as they are."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file}: cannot be read as JSON ({type(error).__name__}); export the releases again"
        ) from error
    rows = body.get("values", []) if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{file}: holds no list of releases; export them as the tracker's API gives them")
    with opened(context) as ws:
        made = ws.import_changes(rows, actor=by)
    show(
        [asdict(c) for c in made],
        [(c.change_id, c.starts_on, c.what) for c in made],
        ("change", "from", "what"),
        as_json=as_json,
    )


@changes.command("end")
def end_change(
    context: typer.Context,
    change_id: str,
    on: Annotated[str, typer.Option("--on", help="Since which day, YYYY-MM-DD.")],
    as_json: JsonFlag = False,
) -> None:
    """Say that a known issue is over."""
    over = day(on)
    if over is None:
        raise InputError("say since when: --on YYYY-MM-DD")
    with opened(context) as ws:
        ws.end_change(change_id, over)
    show({"change_id": change_id, "ended_on": over}, [(change_id, over)], ("change", "over since"), as_json=as_json)


def brief(
    context: typer.Context,
    team: Annotated[str | None, typer.Option("--team", help="Whose brief.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Notices for customers: You said, we did.")] = False,
    service: Annotated[str, typer.Option("--service", help="With --public: only this service.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="A file .html or .txt; with --public a folder for posters and texts.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="How far back; 28 for a team, 91 for the public.")] = None,
    date: Annotated[str | None, typer.Option("--date", help="Up to this day, YYYY-MM-DD.")] = None,
    read: Annotated[bool, typer.Option("--read", help="Say that you have read it.")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="It is out: ends the clock to tell of the cases in it.")
    ] = False,
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """One page for a care team, or notices for customers."""
    if public == (team is not None):
        raise InputError("say for whom: --team NAME, or --public")
    with opened(context) as ws:
        if public:
            notices = ws.notices(service, day(date), days or 91)
            if publish:
                ws.publish([item.case_id for notice in notices for item in notice.items], "notice", actor=by)
            _public(ws, notices, out, as_json=as_json)
            return
        made = ws.team_brief(team or "", day(date), days or 28)
        if publish:
            ws.publish([ref for ref in made.refs("What changed") if ref.startswith("C-")], "brief", actor=by)
        if read:
            ws.read_brief(made, actor=by)
        _team(ws, made, out, read_by=by if read else "", as_json=as_json)


def _team(ws: Workspace, made: Brief, out: Path | None, *, read_by: str, as_json: bool) -> None:
    from voc.loop.brief import as_text

    page = ws.brief_page(made) if out and out.suffix == ".html" else as_text(made)
    if out:
        _write(out, page)
    if as_json:
        show(asdict(made), [], (), as_json=True)
    elif read_by:
        say(f"Brief {made.brief_id} is read by {read_by}.")
    else:
        say(str(out) if out else page.rstrip())


def _public(ws: Workspace, notices: list[Notice], out: Path | None, *, as_json: bool) -> None:
    pages = [(n, *ws.notice_pages(n)) for n in notices]
    if out:
        for notice, poster, text in pages:
            name = re.sub(r"\W+", "-", notice.service.lower()).strip("-") or "all"
            _write(out / f"{name}.html", poster)
            _write(out / f"{name}.txt", text)
    if as_json:
        show([asdict(n) for n in notices], [], (), as_json=True)
        return
    for notice, _, text in pages:
        if not out:
            say(text)
        held = f"; {notice.held_back} held back, because fewer than 5 people said it" if notice.held_back else ""
        say(f"{notice.service or 'All services'}: {len(notice.items)} on the notice{held}.")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or type(error).__name__}") from error


@callbacks.command("list")
def list_callbacks(context: typer.Context, case_id: str, as_json: JsonFlag = False) -> None:
    """Who of a shipped case may be contacted: the record to look up in its source, and what to say."""
    with opened(context) as ws:
        found = ws.call_backs(case_id)
    rows = [
        (c.feedback_id, c.source, c.record_ref, c.said_on, f"{c.told_at:%Y-%m-%d}" if c.told_at else "") for c in found
    ]
    if found and not as_json:
        say(found[-1].message)
    show([asdict(c) for c in found], rows, ("item", "source", "record", "said on", "told"), as_json=as_json)


@callbacks.command("told")
def told(
    context: typer.Context,
    case_id: str,
    items: Annotated[list[str] | None, typer.Argument(help="Items of the list; all of them if left out.")] = None,
    how: Annotated[str, typer.Option("--how", help="call_back, letter, e-mail...")] = "call_back",
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Note that people of the list were told."""
    with opened(context) as ws:
        new = ws.told(case_id, items or (), actor=by, how=how)
    show({"case_id": case_id, "told": new}, [(case_id, new)], ("case", "newly told"), as_json=as_json)


@callbacks.command("figures")
def figures(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Share of those who may be contacted that was told, and how long it took."""
    with opened(context) as ws:
        found: dict[str, Any] = ws.loop_figures()
    show(found, [tuple(found.values())], tuple(found), as_json=as_json)
