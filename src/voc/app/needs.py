"""The parts of Today: what is new since the last visit, what needs somebody, and which fixes worked."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import streamlit as st

from voc import queries
from voc.app import router, sentences, shared, tables, words
from voc.app.case_board import is_mine
from voc.errors import VocError
from voc.loop.lanes import UNREAD

if TYPE_CHECKING:
    from voc.app.shared import Page
    from voc.model import Case, CaseEvent, Theme
    from voc.queries import Today
    from voc.records import LaneItem
    from voc.themelife import Signal, ThemeProposal

# Lines of one kind before a link to the rest.
MOST = 5
WORKED_DAYS = 91


def news(page: Page) -> None:
    """What happened since this person last looked."""
    if not page.actor:
        st.caption("Say who you are, in the sidebar, and this line tells what is new since your last visit.")
        return
    try:
        before = page.ws.visit(actor=page.actor)
    except VocError:
        # Whoever cannot be remembered can still read.
        return
    if before is None:
        st.caption("Your first visit: from the next one on, this line tells what is new since the last.")
        return
    found = page.read.keep("news", before, lambda: page.ws.news(before))
    line = words.plain(sentences.since(found))
    if not len(found):
        st.caption(line)
        return
    titles = {case.case_id: case.title for case in page.read.tables.cases}
    with st.expander(line):
        for theme in found.born[:MOST]:
            shared.link("themes", f"New theme: {theme.label}", theme=theme.theme_id)
        for event in (*found.verdicts, *found.opened, *found.moves)[: 4 * MOST]:
            about = f"{event.case_id}  {titles.get(event.case_id, '')} · {sentences.event(event)}"
            shared.link("cases", about, case=event.case_id)


def box(page: Page, view: Today) -> None:
    """Everything that waits for somebody: harm first, then late promises, new signals, proposals and feeds."""
    waiting = sorted(page.ws.lane_items(waiting=True), key=lambda item: (item.due_at, item.item_id))
    signals = queries.to_decide(page.ws.signals(), page.read.tables.themes, page.read.tables.cases, page.now.date())
    proposals = page.ws.theme_proposals() if page.ws.may("decide_proposal") else []
    mine = _mine_first(page, (*view.late, *view.due_soon))
    n = bool(waiting) + len(mine) + len(signals) + len(proposals) + view.unusual_feeds.height
    with st.container(border=True):
        st.header(f"Needs you ({n})")
        _lanes(page, waiting)
        for case in mine[: tables.MAX_LINES]:
            tables.case_line(page.ws, case, page.now)
        if len(mine) > tables.MAX_LINES:
            shared.link("cases", f"and {len(mine) - tables.MAX_LINES} more")
        _signals(page, signals)
        _proposals(page, proposals)
        for row in view.unusual_feeds.iter_rows(named=True):
            st.text(f"Feed: {queries.feed_trouble(row)}")
        if not mine:
            st.text(
                "No promise is late or due within a week."
                f" {words.count(view.n_open_cases, 'case is', 'cases are')} open."
            )


def _mine_first(page: Page, cases: tuple[Case, ...]) -> list[Case]:
    owners = page.ws.config.owners
    return sorted(cases, key=lambda case: not is_mine(case.owner, owners, page.actor))


def _lanes(page: Page, waiting: list[LaneItem]) -> None:
    """Single comments that a person must read; those that may mean harm by name, the rest behind a fold."""
    if not waiting:
        return
    with st.expander(words.plain(sentences.lanes(waiting, page.now)), icon=":material/priority_high:"):
        st.caption("Acknowledge what you have in hand. voc is no incident-reporting system: report harm where you do.")
        urgent = [item for item in waiting if item.lane != UNREAD] or waiting
        for item in urgent[:MOST]:
            with st.container(horizontal=True, vertical_alignment="center", key=f"lane-{item.item_id}"):
                _lane_link(item)
                st.button(
                    "Acknowledge", key=f"ack_{item.item_id}", disabled=not page.actor, on_click=_acknowledge,
                    args=(page, item.item_id),
                )  # fmt: skip
        if len(urgent) > MOST:
            st.text(f"and {len(urgent) - MOST} more: they follow as these are acknowledged, or: voc lanes list")


def _lane_link(item: LaneItem) -> None:
    if router.exists("verbatims"):
        shared.link("verbatims", sentences.lane_item(item), item=item.feedback_id)
    else:
        st.text(sentences.lane_item(item))


def _acknowledge(page: Page, item_id: str) -> None:
    shared.do(lambda: page.ws.acknowledge_lane_item(item_id, actor=page.actor), f"{item_id} is acknowledged.")


def _signals(page: Page, found: list[tuple[Signal, Theme]]) -> None:
    for signal, theme in found[:MOST]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"signal-{signal.signal_id}"):
            shared.link("themes", sentences.signal(signal, theme.label), theme=theme.theme_id)
            if page.ws.may("edit_theme"):
                st.button(
                    "Not an issue", key=f"dismiss_{theme.theme_id}", disabled=not page.actor, on_click=_dismiss,
                    args=(page, theme.theme_id, theme.label),
                )  # fmt: skip


def _dismiss(page: Page, theme_id: str, label: str) -> None:
    shared.do(
        lambda: page.ws.edit_theme(theme_id, "dismissed", actor=page.actor),
        f"“{label}” is marked as not an issue; undo it on the theme's page.",
    )


def _proposals(page: Page, waiting: list[ThemeProposal]) -> None:
    labels = {theme.theme_id: theme.label for theme in page.read.tables.themes}
    for found in waiting[:MOST]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"proposal-{found.proposal_id}"):
            asked = sentences.proposal(found, labels)
            # What is only offered has no page yet.
            if found.theme_id in labels or found.other_id in labels:
                shared.link("themes", asked, theme=found.theme_id)
            else:
                st.text(asked)
            for label, accept in (("Yes", True), ("No", False)):
                st.button(
                    label, key=f"decide_{found.proposal_id}_{label}", disabled=not page.actor, on_click=_decide,
                    args=(page, found.proposal_id, accept),
                )  # fmt: skip


def _decide(page: Page, proposal_id: str, accept: bool) -> None:
    done = "The change is made." if accept else "Nothing is changed, and it will not be asked again."
    shared.do(lambda: page.ws.decide_proposal(proposal_id, accept=accept, actor=page.actor), done)


def worked(page: Page, view: Today) -> None:
    """Verdicts of the last quarter, the newest first, and shipped cases that wait for theirs."""
    verdicts = page.read.keep("verdicts", page.now.date(), lambda: _verdicts(page))
    titles = {case.case_id: case.title for case in page.read.tables.cases}
    for event in verdicts[:MOST]:
        shared.link("cases", f"{event.case_id}  {titles.get(event.case_id, '')}", case=event.case_id)
        st.text(sentences.verdict(event))
    for case in view.waiting:
        tables.case_line(page.ws, case, page.now)
    if not verdicts and not view.waiting:
        st.text("No shipped action waits for its verdict.")


def _verdicts(page: Page) -> tuple[CaseEvent, ...]:
    return page.ws.news(page.now - dt.timedelta(days=WORKED_DAYS)).verdicts
