"""The parts of the page Briefs: a team's page, notices for customers, who may be called back, changes and known issues.

What colleagues and customers wrote is shown as text: never as Markdown, never as HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import streamlit as st

from voc.app import findings, shared, words
from voc.model import CaseState
from voc.records import CHANGE_KINDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from voc.loop.brief import Brief
    from voc.loop.public import Notice
    from voc.records import Change

ALL_TEAMS = "all teams"
_TOLD = (CaseState.SHIPPED, CaseState.VERIFIED, CaseState.CLOSED)
_KIND = {"change": "A change", "known_issue": "A known issue"}


def asked() -> str:
    """The part that the URL names."""
    name = st.query_params.get("part", "")
    return next((title for title in PARTS if title.split()[-1].casefold() == name), next(iter(PARTS)))


def team(p: shared.Page) -> None:
    """One page for a team: raised, decided, changed, worked, to say now; and that it was read."""
    seen = {o.team for o in p.ws.observations() if o.team}
    teams = [ALL_TEAMS, *sorted(seen | {owner.name for owner in p.ws.config.owners if owner.function == "care"})]
    left, _ = st.columns([1, 2])
    name = left.selectbox("Team", teams)
    brief = p.ws.team_brief("" if name == ALL_TEAMS else name)
    st.title(words.plain(findings.brief_title(brief)))
    _read(p, brief)
    for section in brief.sections:
        st.subheader(words.plain(section.title))
        for line in section.lines:
            if line.ref.startswith("C-"):
                with st.container(gap=None):
                    shared.link("cases", f"{line.about or line.ref} ({line.ref})", case=line.ref)
                    st.text(line.text)
            else:
                st.text(f"{line.about}: {line.text}" if line.about else line.text)
        if section.more:
            st.text(f"and {section.more} more")
        if not section.lines:
            st.text(section.empty)


def _read(p: shared.Page, brief: Brief) -> None:
    """Say that one has read it, who has, and take it along."""

    def note() -> None:
        shared.do(lambda: p.ws.read_brief(brief, actor=p.actor), "Noted: you have read this brief.")

    mine, page, who = st.columns([1, 1, 2], vertical_alignment="center")
    done = p.actor in brief.read_by
    mine.button("I have read it", on_click=note, disabled=done or not p.actor, width="stretch")
    page.download_button("Page to print", p.ws.brief_page(brief), "brief.html", "text/html", width="stretch")
    if brief.read_by:
        who.caption(words.plain(f"Read by {', '.join(brief.read_by)}"))
    else:
        who.caption("Nobody has said yet that they read it." + ("" if p.actor else " Say who you are, on the left."))


def public(p: shared.Page) -> None:
    """You said, we did: a notice per service, as a poster and as text for the web."""
    notices = [n for n in p.ws.notices() if n.items or n.held_back]
    n_items = sum(len(notice.items) for notice in notices)
    if n_items:
        st.title(f"You said, we did: {words.count(n_items, 'thing', 'things')} to tell customers")
    else:
        st.title("Nothing to tell customers yet")
        st.text("A notice is made of cases that have shipped in the last 13 weeks and that 5 or more people spoke of.")
    for i, notice in enumerate(notices):
        _notice(p, notice, i)


def _notice(p: shared.Page, notice: Notice, i: int) -> None:
    ids = [item.case_id for item in notice.items]

    def publish() -> None:
        shared.do(lambda: p.ws.publish(ids, "notice", actor=p.actor), "Noted: these cases' people were told.")

    with st.container(border=True):
        st.subheader(words.plain(notice.service or "All services"))
        for item in notice.items:
            st.text(f"You said ({words.people(item.n_people)}): {item.said}")
            if item.quote:
                st.text(f"“{item.quote}”")
            st.text(f"We did, since {words.day(item.since)}: {item.did} {item.outcome}".rstrip())
        if notice.held_back:
            st.caption(f"{notice.held_back} held back, because fewer than 5 people said it.")
        poster, text = p.ws.notice_pages(notice)
        one, two, three = st.columns(3)
        name = words.key(notice.service or "all")
        one.download_button("Poster", poster, f"{name}.html", "text/html", key=f"poster_{i}", width="stretch")
        two.download_button("Text for the web", text, f"{name}.txt", "text/plain", key=f"web_{i}", width="stretch")
        three.button(
            "It is out", key=f"out_{i}", on_click=publish, disabled=not (p.actor and ids), width="stretch",
            help="Ends the clock to tell of the cases on it.",
        )  # fmt: skip


def calls(p: shared.Page) -> None:
    """Who said may be contacted about a case that shipped: where to look them up, and what to say."""
    cases = {c.case_id: c for c in p.read.tables.cases if c.state in _TOLD}
    if not cases:
        st.title("Nobody to call back yet")
        st.text("People are called back when a case has shipped. Only those who allowed it are ever listed.")
        return
    left, _ = st.columns([2, 1])
    case_id = left.selectbox("Case that has shipped", list(cases), format_func=lambda c: f"{c}  {cases[c].title}")
    found = p.ws.call_backs(case_id)
    waiting = [c for c in found if c.told_at is None]
    told = len(found) - len(waiting)
    st.title(
        f"{words.people(len(waiting))} to call back, {told} told" if found else "Nobody of this case may be called"
    )
    if not found:
        st.text("Nobody who spoke of it allowed to be contacted. The public notice tells them.")
        return
    st.text(found[-1].message)
    rows = [
        {"source": c.source, "record": c.record_ref, "said": c.said_on, "told": c.told_at, "item": c.feedback_id}
        for c in found
    ]
    picked = st.dataframe(
        pl.DataFrame(rows, schema_overrides={"told": pl.Datetime("us", "UTC")}),
        column_config={
            "source": "Look it up in", "record": "Record", "item": "Item",
            "said": st.column_config.DateColumn("Said on", format="DD MMM YYYY"),
            "told": st.column_config.DatetimeColumn("Told (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        },
        hide_index=True, width="stretch", key=f"calls_{case_id}", on_select="rerun", selection_mode="multi-row",
    )  # fmt: skip
    chosen = [found[i].feedback_id for i in (picked["selection"]["rows"] if picked else [])]

    def note() -> None:
        shared.do(lambda: p.ws.told(case_id, chosen, actor=p.actor), "Noted: they were told.")

    st.button("These were told", on_click=note, disabled=not (chosen and p.actor))
    st.caption("Select the rows of those you have called." + ("" if p.actor else " Say who you are, on the left."))


def changes(p: shared.Page) -> None:
    """What is about to be different, and what is broken and known, before customers ask."""
    found = p.ws.changes()
    today = p.now.date()
    ahead = [c for c in found if c.kind == "change" and c.starts_on >= today]
    known = [c for c in found if c.kind == "known_issue" and c.ended_on is None]
    past = [c for c in found if c not in ahead and c not in known]
    soon, open_ = words.count(len(ahead), "change", "changes"), words.count(len(known), "known issue", "known issues")
    st.title(f"{soon} ahead, {open_} open" if found else "No change and no known issue is written down")
    for title, mine in (("Known issues", known), ("Ahead", ahead), ("Past", past)):
        if mine:
            st.subheader(title)
        for change in mine[:20]:
            _change(p, change, today)
    _add(p)


def _change(p: shared.Page, change: Change, today: dt.date) -> None:
    def over() -> None:
        shared.do(lambda: p.ws.end_change(change.change_id, today), "Noted: it is over.")

    with st.container(border=True):
        when = words.day(change.starts_on) + (f" to {words.day(change.ended_on)}" if change.ended_on else "")
        st.text(f"{change.what} ({', '.join(part for part in (when, change.service) if part)})")
        if change.say:
            st.text(f"Say: {change.say}")
        if change.workaround:
            st.text(f"Until then: {change.workaround}")
        if change.case_id:
            shared.link("cases", f"It comes from {change.case_id}", case=change.case_id)
        if change.kind == "known_issue" and change.ended_on is None:
            st.button("It is over", key=f"over_{change.change_id}", on_click=over, disabled=not p.actor)


def _add(p: shared.Page) -> None:
    state = st.session_state

    def add() -> None:
        more = {"say": state["change_say"], "workaround": state["change_until"], "kind": state["change_kind"]}
        shared.do(
            lambda: p.ws.add_change(state["change_what"], state["change_on"], actor=p.actor, **more),
            "Added: it is on every team's brief.",
        )

    with st.expander("Add a change or a known issue"), st.form("change", border=False, clear_on_submit=True):
        st.radio("It is", CHANGE_KINDS, key="change_kind", format_func=lambda k: _KIND[k], horizontal=True)
        st.text_input("What is different", key="change_what")
        st.date_input("From", p.now.date(), key="change_on")
        st.text_input("What to tell customers", key="change_say")
        st.text_input("What they can do until then", key="change_until")
        st.form_submit_button("Add", on_click=add, disabled=not p.actor)
    if not p.actor:
        st.caption("Say who you are, on the left, to add one.")


PARTS: dict[str, Callable[[shared.Page], None]] = {
    "Care staff": team,
    "Public notice": public,
    "Call-backs": calls,
    "Changes": changes,
}
