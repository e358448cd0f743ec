"""`voc cases test` and `voc cases verify`: what will count as a success, and whether it was one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli.common import Actor, JsonFlag, day, opened, say, show
from voc.errors import InputError

if TYPE_CHECKING:
    from voc.steps.verifying import Verification
    from voc.workspace import Workspace

CaseId = Annotated[str, typer.Argument(help="Such as C-0001.")]


def register(cases: typer.Typer) -> None:
    """Add the commands to `voc cases`."""
    cases.command("test")(declare)
    cases.command("verify")(verify)


def declare(
    context: typer.Context,
    case_id: CaseId,
    metric: Annotated[
        str, typer.Option(help="people_per_1000, sentiment, hours_to_resolve or event:KIND.")
    ] = "people_per_1000",
    direction: Annotated[str, typer.Option(help="down or up: which way is better.")] = "down",
    smallest: Annotated[
        float | None, typer.Option(help="Smallest change that matters: a ratio for people, a difference for means.")
    ] = None,
    window: Annotated[int | None, typer.Option(help="Weeks (or months) after shipping.")] = None,
    only: Annotated[str | None, typer.Option(help="SEGMENT=VALUE that the fix concerns.")] = None,
    compare: Annotated[str | None, typer.Option(help="SEGMENT=VALUE where nothing is changed.")] = None,
    no_test: Annotated[str | None, typer.Option(help="No test, because of this.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the test can show; write nothing.")] = False,
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Declare, before shipping, what will count as a success; what is left out comes from the theme's history."""
    from voc.steps.verifying import in_words

    pairs = {"only": _segment(only), "compare": _segment(compare)}
    given: dict[str, Any] = {"metric": metric, "direction": direction, "smallest": smallest, "window": window, **pairs}
    changes = {key: value for key, value in given.items() if value}
    if no_test:
        changes |= {"method": "none", "reason": _typed(no_test)}
    if not dry_run and not by:
        raise InputError("say who you are: --by NAME, or set VOC_ACTOR")
    with opened(context) as ws:
        test = ws.propose_test(case_id, **changes)
        if not dry_run:
            ws.declare_test(case_id, test, actor=by)
    if not as_json:
        say(in_words(test))
    rows = [(key, value) for key, value in test.as_dict().items() if value not in (None, "", [], "None")]
    show({**test.as_dict(), "hash": test.hash, "in_words": in_words(test)}, rows, ("what", "set to"), as_json=as_json)


def verify(
    context: typer.Context,
    case_id: Annotated[str, typer.Argument(help="Such as C-0001; all shipped cases if left out.")] = "",
    verdict: Annotated[
        str, typer.Option("--verdict", help="A person's own: improved, no_change, worse, cannot_tell.")
    ] = "",
    date: Annotated[str | None, typer.Option("--date", help="As of this day, YYYY-MM-DD.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Folder for the pictures of the verdicts.")] = None,
    by: Actor = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the history, redacted.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Run the declared tests that are due, or record a person's verdict where there is no test."""
    with opened(context) as ws:
        if verdict:
            _by_hand(ws, case_id, verdict, by, reason)
        found = [] if verdict else ws.verify(case_id, day(date))
        cases = [ws.case(case_id)] if verdict else [ws.case(v.case_id) for v in found]
        pictures = {case.case_id: ws.picture(case.case_id) for case in cases} if svg else {}
    for name, picture in pictures.items():
        if svg and picture:
            svg.mkdir(parents=True, exist_ok=True)
            (svg / f"{name}.svg").write_text(picture, encoding="utf-8")
    if verdict:
        show(asdict(cases[0]), [(cases[0].case_id, verdict)], ("case", "verdict"), as_json=as_json)
        return
    show([asdict(v) for v in found], [_row(v) for v in found], ("case", "theme", "verdict", "why"), as_json=as_json)


def _by_hand(ws: Workspace, case_id: str, verdict: str, by: str, reason: str) -> None:
    if not case_id or not by:
        raise InputError("a person's verdict needs the case and who you are: CASE_ID and --by NAME, or VOC_ACTOR")
    ws.move_case(case_id, "verify", actor=by, reason=reason, verdict=verdict)


def _row(found: Verification) -> tuple[str, str, str, str]:
    from voc.loop.actions import said

    if found.result is None:
        return found.case_id, found.title, "waits", f"for {found.waits_for}"
    return found.case_id, found.title, found.result["verdict"], said(found.result)


def _segment(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise InputError(f"{text!r} is no segment; write it as site=North")
    return name, value


def _typed(text: str) -> str:
    from voc.steps.moving import redacted

    return redacted(text)
