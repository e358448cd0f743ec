"""The cases as a board by state or as a list by owner, mine first, each with its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.app import shared, tables, words
from voc.model import ENDED, CaseState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from voc.app.shared import Page
    from voc.model import Case, Owner
    from voc.workspace import Workspace

# A board's columns: what the owner has to do next, and the states in which that is so.
COLUMNS = {
    "To take": (CaseState.OPEN,),
    "To plan": (CaseState.ACKNOWLEDGED,),
    "To ship": (CaseState.PLANNED, CaseState.IN_PROGRESS),
    "Did it work?": (CaseState.SHIPPED, CaseState.VERIFIED),
}
MAX_CARDS = 8
LAYOUTS = ("Board", "List")


def is_mine(owner_id: str, owners: Sequence[Owner], actor: str) -> bool:
    """Whether ``actor`` answers for what ``owner_id`` holds: by its id, its name, or as one of its members."""
    return owner_id in mine(owners, actor)


def mine(owners: Sequence[Owner], actor: str) -> set[str]:
    """Ids of the owners that somebody is, or acts for."""
    who = actor.strip().casefold()
    names = {owner.id: {owner.id, owner.name, *owner.members} for owner in owners}
    return {key for key, known in names.items() if who and who in {name.casefold() for name in known}}


def by_owner(cases: Sequence[Case], owners: Sequence[Owner], actor: str) -> dict[str, list[Case]]:
    """Live cases by owner, the earliest promise first: the actor's own group leads, then the order of voc.toml."""
    live = [case for case in cases if case.state not in ENDED]
    own = mine(owners, actor)
    order = sorted((owner.id for owner in owners), key=lambda owner: owner not in own)
    order += sorted({case.owner for case in live} - set(order))
    groups = {owner: sorted((c for c in live if c.owner == owner), key=_urgency) for owner in order}
    return {owner: found for owner, found in groups.items() if found}


def ended(cases: Sequence[Case]) -> list[Case]:
    """Closed and declined cases, the newest first."""
    return sorted((case for case in cases if case.state in ENDED), key=lambda case: case.opened_at, reverse=True)


def show(p: Page, cases: Sequence[Case]) -> None:
    """Draw the live cases, as whoever looks has chosen; the choice is kept in the URL."""
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    own = mine(p.ws.config.owners, p.actor)
    with left:
        layout = _chosen("layout", "Show as", LAYOUTS)
    with right:
        present = {case.owner for case in cases if case.state not in ENDED}
        options = ["everybody", *(["mine"] if own & present else []), *sorted(present)]
        whose = _chosen("owner", "Whose", options, names={o: shared.owner_name(p.ws, o) for o in present})
    wanted = own if whose == "mine" else present if whose == "everybody" else {whose}
    groups = {o: g for o, g in by_owner(cases, p.ws.config.owners, p.actor).items() if o in wanted}
    if layout == "List":
        for owner, live in groups.items():
            late = sum(case.late(p.now) for case in live)
            st.subheader(words.plain(words.owner_title(shared.owner_name(p.ws, owner), len(live), late)))
            tables.cases(p.ws, live, p.now, f"cases_{owner}")
        return
    # Mine stay first within a column too.
    _board(p.ws, [case for live in groups.values() for case in live], own, p.now)


def _chosen(name: str, label: str, options: Sequence[str], names: dict[str, str] | None = None) -> str:
    """A choice that the URL keeps; the first option is the default and is not written."""
    asked = st.query_params.get(name, options[0])

    def keep() -> None:
        value = st.session_state[f"choice_{name}"]
        if value in (None, options[0]):
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value

    st.session_state[f"choice_{name}"] = asked if asked in options else options[0]
    st.selectbox(label, options, key=f"choice_{name}", on_change=keep, format_func=lambda o: (names or {}).get(o, o))
    return str(st.session_state[f"choice_{name}"])


def _board(ws: Workspace, live: Sequence[Case], own: set[str], now: datetime) -> None:
    for (title, states), column in zip(COLUMNS.items(), st.columns(len(COLUMNS)), strict=True):
        here = sorted((c for c in live if c.state in states), key=lambda c: (c.owner not in own, *_urgency(c)))
        late = sum(case.late(now) for case in here)
        with column:
            st.subheader(f"{title} ({len(here)})" + (f", {late} late" if late else ""))
            for case in here[:MAX_CARDS]:
                _card(ws, case, now)
            if len(here) > MAX_CARDS:
                st.caption(f"and {len(here) - MAX_CARDS} more: choose an owner above, or show the list.")


def _card(ws: Workspace, case: Case, now: datetime) -> None:
    with st.container(border=True, key=words.key(f"card-{case.case_id}")):
        shared.link("cases", f"{case.case_id}  {case.title}", case=case.case_id)
        clock = ("⚠ " if case.late(now) else "") + ("paused" if case.paused_at else words.clock(case, now))
        st.text(clock)
        st.caption(words.plain(f"{shared.owner_name(ws, case.owner)} · {words.resting_on(case.n_problem_people)}"))


def _urgency(case: Case) -> tuple[datetime, str]:
    return case.due_at or case.ship_due_at, case.case_id
