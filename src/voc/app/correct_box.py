"""One comment in its thread, and what a person says that it is: one click opens it, the next corrects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from voc.app import words
from voc.errors import VocError
from voc.schema import SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.app.shared import Page

SAID, BATCH = "voc.correction_said", "voc.correction_batch"
WHOLE = -1


def opened() -> None:
    """Write the comment whose button was pressed into the URL."""
    state = st.session_state.get("comments")
    item = getattr(state, "open", None) if state is not None else None
    if item:
        st.query_params["item"] = item
        _fresh()


def _closed() -> None:
    st.query_params.pop("item", None)
    _fresh()


def _fresh() -> None:
    for name in (SAID, BATCH):
        st.session_state.pop(name, None)


def show(p: Page, item_id: str, labels: dict[str, str]) -> None:
    """Open the comment ``item_id`` over the page."""

    @st.dialog("Comment", width="large", on_dismiss=_closed)
    def box() -> None:
        thread = p.ws.thread(item_id)
        mine = next((item for item in thread if item["feedback_id"] == item_id), None)
        if mine is None:
            st.text("This comment is not here any more: it was erased, or lies outside what you may see.")
            return
        _thread(thread, item_id)
        if p.ws.may("correct"):
            _correct(p, mine, labels)
        _outcome(p, item_id)

    box()


def _thread(thread: list[dict[str, Any]], item_id: str) -> None:
    """What was said, in order; replies of agents are folded."""
    for item in thread:
        if item["speaker"] in ("agent", "bot"):
            with st.expander("Reply of the team"):
                st.text(item["text"] or "")
            continue
        if item["question"]:
            st.caption(words.plain(item["question"]))
        st.text(item["text"] or "")
        if item["feedback_id"] != item_id:
            st.caption(words.plain(f"said in the same answer, read as {words.value(item['sentiment'] or 'not yet')}"))
        else:
            st.caption(words.plain(words.about(item)))


def _correct(p: Page, item: dict[str, Any], labels: dict[str, str]) -> None:
    """For the comment, or for each of its mentions, what it is read as: a click on another label corrects it."""
    if item["sentiment"] is None:
        st.text("It waits for its tags, which the next run gives it.")
        return
    if not p.actor:
        st.info("To correct it, say who you are: in the box “You are” of the sidebar.")
    known = p.ws.labels()
    levels = [(part["mention"], part) for part in item["mentions"]] if len(item["mentions"]) > 1 else []
    lone = item["mentions"][0] if len(item["mentions"]) == 1 else {}
    for level, part in [(WHOLE, {**item, "theme_id": lone.get("theme_id"), "only": lone.get("mention")}), *levels]:
        with st.container(border=True):
            said = "The whole comment" if level == WHOLE else f"“{item['text'][part['start'] : part['end']]}”"
            st.text(said)
            _pills(p, item["feedback_id"], level, part)
            _categories(p, item["feedback_id"], level, part, known["categories"])
            number = part["only"] if level == WHOLE else level
            if number is not None and (level != WHOLE or lone):
                _theme(p, item["feedback_id"], number, part["theme_id"], labels)


def _pills(p: Page, feedback_id: str, level: int, part: dict[str, Any]) -> None:
    key = f"is_{feedback_id}_{level}"
    st.session_state[key] = part["sentiment"]

    def chosen() -> None:
        value = st.session_state[key]
        if value and value != part["sentiment"]:
            _keep(p, lambda: p.ws.correct(feedback_id, "sentiment", [value], actor=p.actor, mention=level), value)

    st.pills(
        "Sentiment", SENTIMENTS, key=key, wrap=True, format_func=words.value, on_change=chosen, disabled=not p.actor
    )


def _categories(p: Page, feedback_id: str, level: int, part: dict[str, Any], known: tuple[str, ...]) -> None:
    key = f"about_{feedback_id}_{level}"
    now = [name for name in part["categories"] or () if name in known]
    st.session_state[key] = now

    def chosen() -> None:
        value = st.session_state[key]
        said = ", ".join(value) or "no category"
        _keep(p, lambda: p.ws.correct(feedback_id, "categories", value, actor=p.actor, mention=level), said)

    st.multiselect(
        "Categories", known, key=key, on_change=chosen, disabled=not p.actor, placeholder="none",
        format_func=lambda name: name,
    )  # fmt: skip


def _theme(p: Page, feedback_id: str, number: int, theme_id: str | None, labels: dict[str, str]) -> None:
    key = f"in_{feedback_id}_{number}"
    live = {t.theme_id: t.label for t in p.read.tables.themes if t.status in ("candidate", "accepted")}
    options = list(live)
    st.session_state[key] = theme_id if theme_id in live else None

    def chosen() -> None:
        value = st.session_state[key]
        if value and value != theme_id:
            _keep(p, lambda: p.ws.move_mention(feedback_id, number, value, actor=p.actor), labels[value])

    allowed = bool(p.actor) and p.ws.may("move_mention") and theme_id is not None
    st.selectbox(
        "Theme", options, key=key, on_change=chosen, disabled=not allowed, placeholder="none",
        format_func=lambda i: words.plain(live[i]),
    )  # fmt: skip


def _keep(p: Page, action: Callable[[], Any], said: str) -> None:
    """Do it, and remember what to say of it in the box."""
    _fresh()
    try:
        done = action()
    except VocError as error:
        st.session_state[SAID] = ("error", f"Not done: {error}")
        return
    st.session_state[SAID] = ("success", f"Kept as a label: {words.value(said)}. Every figure reads it so from now on.")
    if isinstance(done, str):
        st.session_state[BATCH] = done


def _outcome(p: Page, item_id: str) -> None:
    """What came of the last correction, and what it would teach."""
    kind, message = st.session_state.get(SAID, ("", ""))
    if kind:
        getattr(st, kind)(words.plain(message))
    batch = st.session_state.get(BATCH)
    if not batch:
        return
    st.button("Undo", on_click=_undo, args=(p, batch), key="correction_undo")
    alike = p.ws.alike(batch)
    if not alike:
        st.caption("No other comment reads so much alike that it could be corrected with it.")
        return
    n = words.count(len(alike), "other comment reads", "other comments read")
    with st.expander(f"{n} almost the same and had the same label: show me"):
        ids = [(item["feedback_id"], item["like"]) for item in alike]
        rows = [{"change": True, "comment": item["text"]} for item in alike]
        edited = st.data_editor(
            rows, key=f"alike_{batch}", hide_index=True, disabled=["comment"],
            column_order=["change", "comment"],
            column_config={"change": "Change it too", "comment": st.column_config.TextColumn("Comment", width="large")},
        )  # fmt: skip
        chosen = [one for one, row in zip(ids, edited, strict=True) if row["change"]]
        label = f"Change {words.count(len(chosen), 'comment', 'comments')} as well"
        st.button(label, on_click=_learn, args=(p, batch, chosen), disabled=not chosen, key="correction_learn")


def _undo(p: Page, batch: str) -> None:
    _keep(p, lambda: p.ws.undo_correction(batch, actor=p.actor), "")
    if st.session_state[SAID][0] == "success":
        st.session_state[SAID] = ("success", "Undone: it reads as before.")


def _learn(p: Page, batch: str, chosen: list[tuple[str, int]]) -> None:
    try:
        n = p.ws.learn(batch, chosen, actor=p.actor)
    except VocError as error:
        st.session_state[SAID] = ("error", f"Not done: {error}")
        return
    st.session_state[SAID] = ("success", f"{words.count(n, 'comment was', 'comments were')} corrected alike.")
