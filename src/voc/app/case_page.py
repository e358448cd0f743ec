"""One case: what was promised, what it rests on, the moves it can make, and what happened so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from voc import queries
from voc.app import case_test, charts, shared, tables, words
from voc.errors import ConflictError, InputError, VocError
from voc.loop.moves import MOVES, ROOT_CAUSES, TELLINGS, VERDICTS, legal_moves
from voc.model import ENDED, Case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.app.shared import Page, Reader
    from voc.model import CaseEvent, Filter
    from voc.workspace import Workspace

FLASH = "voc.flash"
_LONG = ("reason", "action")
# What usually comes next, and so is offered first.
_USUAL = ("take", "start", "plan", "resume", "ship", "tell", "reopen", "comment")
_VALUES = {"root_cause": ROOT_CAUSES, "verdict": VERDICTS, "how": TELLINGS}


def show(p: Page, case_id: str) -> None:
    """Draw the case ``case_id``; a link to one that is gone says so."""
    shared.back("case", "All cases")
    try:
        case, events = p.ws.case(case_id), p.ws.case_events(case_id)
    except InputError:
        st.title("This case is not in the workspace")
        st.text("The link may come from another workspace, or lie outside what you may see. Choose one from the list.")
        return
    st.title(words.plain(f"{case.case_id}  {case.title}"))
    st.subheader(words.clock(case, p.now))
    _flash(case_id)
    left, right = st.columns(2)
    with left:
        _facts(p.ws, case)
        _evidence(case)
    with right:
        _moves(p.ws, case, p.actor)
    case_test.show(p, case)
    _course(p.read, p.filter, case)
    _said(events)
    _call_backs(p, case)
    st.subheader("History")
    tables.history(events)


def _facts(ws: Workspace, case: Case) -> None:
    """Owner, clocks and plan."""
    facts = {
        "Owner": shared.owner_name(ws, case.owner),
        "State": words.STATE[case.state],
        "Opened": words.day(case.opened_at),
        "Take by": words.day(case.acknowledge_due_at),
        "Plan by": words.day(case.plan_due_at),
        "Ship by": words.day(case.ship_due_at),
        "Rule": case.route,
        "Plan": case.action,
        "Root cause": words.value(case.root_cause),
        "Reason": case.reason,
        "Look again on": words.day(case.revisit_on) if case.revisit_on else "",
        "Look again after": f"{case.revisit_people} more people" if case.revisit_people else "",
        "Paused since": words.day(case.paused_at) if case.paused_at else "",
        "Tell by": words.day(case.tell_due_at) if case.tell_due_at else "",
        "Told": words.day(case.told_at) if case.told_at else "",
        "Merged into": case.merged_into,
    }
    with st.container(gap=None):
        for name, value in facts.items():
            if value:
                st.text(f"{name}: {value}")
    if case.tracker:
        st.link_button("Open it in the tracker", case.tracker)


def _evidence(case: Case) -> None:
    """What the case rested on when it was handed over, and what is known now."""
    then = case.evidence
    rows = {
        "People with a problem": (then.get("n_problem_people"), case.n_problem_people),
        "All who mention it": (then.get("n_people"), case.n_people),
        "Mentions": (then.get("n_mentions"), case.n_mentions),
    }
    st.dataframe(
        {
            "evidence": list(rows),
            "when opened": [now if before is None else before for before, now in rows.values()],
            "now known": [now for _, now in rows.values()],
        },
        column_config={"evidence": "Evidence", "when opened": "When opened", "now known": "Now known"},
        hide_index=True,
        width="stretch",
    )
    shared.link("themes", "Read what people say about it", theme=case.theme_id)


def _said(events: Sequence[CaseEvent]) -> None:
    """Comments and links as a conversation, oldest first."""
    found = [event for event in events if event.move in ("comment", "attach", "decline", "hand_over") and event.reason]
    links = [event for event in events if event.details.get("url")]
    if not found and not links:
        return
    st.subheader("Conversation")
    for event in found:
        what = words.MOVE.get(event.move, event.move).lower()
        st.text(f"{event.actor}, {words.day(event.at)}, {what}: {event.reason}")
    for event in links:
        st.link_button(words.plain(event.reason or "Document"), str(event.details["url"]))


def _call_backs(p: Page, case: Case) -> None:
    """Who may be told what came of her words; loaded when somebody asks, since each look is noted."""
    if case.shipped_at is None or not p.ws.may("call_backs"):
        return
    st.subheader("Tell those who said it")
    if not st.toggle("Show the call-back list", key=f"callbacks_{case.case_id}"):
        return
    found = p.ws.call_backs(case.case_id)
    waiting = [entry.feedback_id for entry in found if entry.told_at is None]
    if not found:
        st.text("Nobody who said it agreed to be contacted: a public notice closes the loop instead.")
        return
    rows = [
        {
            "source": entry.source,
            "reference": entry.record_ref or "",
            "said": entry.said_on,
            "message": entry.message,
            "told": f"{entry.told_by}, {words.day(entry.told_at)}" if entry.told_at else "",
        }
        for entry in found
    ]
    st.dataframe(rows, hide_index=True, width="stretch")

    def told() -> None:
        shared.do(lambda: p.ws.told(case.case_id, waiting, actor=p.actor), f"{len(waiting)} people were told.")

    st.button("All of them were told", on_click=told, disabled=not (waiting and p.actor), key="told_all")


def _course(read: Reader, chosen: Filter, case: Case) -> None:
    course = read(queries.trend, chosen, case.theme_id)
    if course.is_empty():
        return
    title = words.trend_title(course)
    chart = charts.trend(course, title, opened=case.opened_at.date())
    tables.picture(chart, title, charts.described(course, title))
    tables.trend_notes(course)


def _moves(ws: Workspace, case: Case, actor: str) -> None:
    """One form for the move that is chosen; the version that this page shows goes with it."""
    st.session_state[f"seen_{case.case_id}"] = case.version
    legal = legal_moves(case.state, paused=case.paused_at is not None)
    moves = tuple(move for move in legal if ws.may("move_case", move=move))
    if not moves:
        st.text(f"Your role ({ws.principal.in_words()}) reads cases and does not move them.")
        return
    name = st.radio(
        "What happens next",
        moves,
        index=next((moves.index(move) for move in _USUAL if move in moves), 0),
        format_func=lambda move: words.MOVE[move],
        key=f"move_{case.case_id}_{case.state}",
        horizontal=True,
    )
    with st.form(f"form_{case.case_id}_{name}", border=True):
        st.text(words.MOVE_HINT[name])
        for setting in _settings(name):
            _field(ws, case, name, setting)
        st.form_submit_button(
            words.MOVE[name],
            type="primary",
            disabled=not actor,
            on_click=_submit,
            args=(ws, case.case_id, name, actor),
        )
    if not actor:
        st.text("Say who you are, in the sidebar on the left: every move is written into the history.")


def _settings(move: str) -> tuple[str, ...]:
    """The fields of a move's form; an owner brings her function along, and anything may be explained."""
    return tuple(name for name in MOVES[move].settings if name != "function")


def _key(case_id: str, move: str, setting: str) -> str:
    return f"typed_{case_id}_{move}_{setting}"


def _field(ws: Workspace, case: Case, move: str, setting: str) -> None:
    needed = setting in MOVES[move].needs
    label = words.SETTING[setting] + ("" if needed else " (optional)")
    key = _key(case.case_id, move, setting)
    if setting in _LONG:
        st.text_area(label, key=key, max_chars=2000)
    elif setting.endswith("_on"):
        st.date_input(label, value=None, key=key, min_value=ws.now().date())
    elif setting == "owner":
        others = [owner.id for owner in ws.config.owners if owner.id != case.owner]
        st.selectbox(label, others, index=None, key=key, format_func=lambda owner: shared.owner_name(ws, owner))
    elif setting == "into":
        live = [other.case_id for other in ws.cases() if other.state not in ENDED and other.case_id != case.case_id]
        st.selectbox(label, live, index=None, key=key)
    elif setting == "revisit_people":
        st.number_input(label, min_value=1, value=None, step=1, key=key)
    elif setting in ("url", "tracker"):
        st.text_input(label, key=key, max_chars=500)
    else:
        st.selectbox(label, _VALUES[setting], index=None, key=key, format_func=words.value)


def _submit(ws: Workspace, case_id: str, move: str, actor: str) -> None:
    """Make the move that was typed. It runs before the page is drawn again, so the version is the one that was seen.

    What was typed leaves the form only when the move is made; after a failure it also stands above the form,
    because the move may no longer be one that the case can make.
    """
    typed = {name: st.session_state.get(_key(case_id, move, name)) for name in _settings(move)}
    given: dict[str, Any] = {name: value for name, value in typed.items() if value not in (None, "")}
    try:
        case = ws.move_case(case_id, move, actor=actor, expected_version=st.session_state[f"seen_{case_id}"], **given)
    except ConflictError:
        _note(
            case_id,
            "conflict",
            "Somebody else moved this case while you were writing. Nothing of yours was saved.",
            typed,
        )
    except VocError as error:
        _note(case_id, "failed", f"Not done: {error}", typed)
    else:
        for name in typed:
            st.session_state.pop(_key(case_id, move, name), None)
        _note(case_id, "done", words.done(case), {})


def _note(case_id: str, kind: str, message: str, typed: dict[str, Any]) -> None:
    kept = {name: str(value) for name, value in typed.items() if value not in (None, "")}
    st.session_state[FLASH] = {"case_id": case_id, "kind": kind, "message": message, "typed": kept}


def _flash(case_id: str) -> None:
    """What came of the last move, until the next one; after a failure with what was typed."""
    flash = st.session_state.get(FLASH)
    if not flash or flash["case_id"] != case_id:
        return
    show_as = {"done": st.success, "conflict": st.warning, "failed": st.error}[flash["kind"]]
    show_as(words.plain(flash["message"]))
    if flash["kind"] == "conflict":
        st.text(
            "Below is the case as it stands now. Read what changed in its history, then repeat your move if it fits."
        )
    for name, value in flash["typed"].items():
        st.text(f"You typed, {words.SETTING[name].lower()}: {value}")
