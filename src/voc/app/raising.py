"""What single people say and see: items that cannot wait, and what care staff raise in twenty seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.app import shared, words
from voc.loop.lanes import NO_INCIDENT_SYSTEM, TITLES
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from voc.app.shared import Page
    from voc.records import LaneItem, Observation

MAX_ITEMS = 20


def lanes(p: Page) -> None:
    """Items that a person must see at once, the most urgent first; never their words, only where they are."""
    waiting = sorted(p.ws.lane_items(waiting=True), key=lambda item: item.due_at)
    if not waiting:
        return
    late = sum(item.due_at < p.now for item in waiting)
    title = words.count(len(waiting), "single item waits", "single items wait") + " for a person"
    with st.expander(title + (f", {late} overdue" if late else ""), expanded=bool(late)):
        st.caption(words.plain(NO_INCIDENT_SYSTEM))
        for item in waiting[:MAX_ITEMS]:
            _lane_item(p, item)
        if len(waiting) > MAX_ITEMS:
            st.text(f"and {len(waiting) - MAX_ITEMS} more: voc lanes list")


def _lane_item(p: Page, item: LaneItem) -> None:
    what, act = st.columns([4, 1], vertical_alignment="center")
    overdue = "⚠ overdue since" if item.due_at < p.now else "by"
    ref = item.record_ref or "without a reference"
    team = shared.owner_name(p.ws, item.team)
    what.text(f"{TITLES[item.lane]} · {item.source} {ref} · {team} · {overdue} {item.due_at:%d %b %H:%M} UTC")

    def acknowledge() -> None:
        done = f"{item.item_id} is yours: read it in the source's own system."
        shared.do(lambda: p.ws.acknowledge_lane_item(item.item_id, actor=p.actor), done)

    if p.ws.may("acknowledge_lane_item"):
        act.button("I have it", key=f"lane_{item.item_id}", on_click=acknowledge, disabled=not p.actor)


def observations(p: Page) -> None:
    """Raise what you see; what was raised, with who else has seen it and what was answered."""
    known = p.ws.observations()
    unanswered = sum(o.answered_at is None for o in known)
    with st.expander(f"Raised by care staff ({len(known)}, {unanswered} without an answer)"):
        if p.ws.may("raise_observation"):
            _raise(p)
        for observation in sorted(known, key=lambda o: (o.answered_at is not None, -o.raised_at.timestamp())):
            _observation(p, observation)


def _raise(p: Page) -> None:
    """One box and one button; what sounds alike is offered first, so that "seen here too" may be enough."""
    text = st.text_area("What do you see again and again?", key="raise_text", max_chars=1000, height=80)
    places = [value for segment, value in _sites(p) if segment == "site"]
    site = st.selectbox("Where", places, index=None, key="raise_site", placeholder="anywhere") if places else None
    alike = p.ws.similar_observations(text) if text.strip() else []
    for observation in alike:
        st.text(f"Raised before: {observation.text}")
        _seen_too(p, observation, "alike")

    def send() -> None:
        done = "Raised. It has an owner, and you will read the answer in your team's brief."
        if shared.do(lambda: p.ws.raise_observation(text, actor=p.actor, site=site or ""), done):
            st.session_state["raise_text"] = ""

    st.button("Raise it", key="raise_send", on_click=send, disabled=not p.actor)


def _sites(p: Page) -> list[tuple[str, str]]:
    from voc import queries

    options = p.read(queries.facets)
    return [(segment, value) for segment in SEGMENTS for value in options.get(segment, [])]


def _observation(p: Page, o: Observation) -> None:
    with st.container(border=True):
        place = f" at {o.site}" if o.site else ""
        st.text(o.text)
        seen = f", seen by {words.count(len(o.seen_by), 'other', 'others')} too" if o.seen_by else ""
        owner = shared.owner_name(p.ws, o.owner)
        st.caption(
            words.plain(f"{o.observation_id} · {o.raised_by}{place}, {words.day(o.raised_at)}{seen} · with {owner}")
        )
        if o.answered_at:
            st.text(f"{o.answered_by} answered: {o.answer}")
            return
        _seen_too(p, o, "list")
        if p.ws.may("answer_observation"):
            _answer(p, o)


def _seen_too(p: Page, o: Observation, where: str) -> None:
    def see() -> None:
        shared.do(lambda: p.ws.see_observation(o.observation_id, actor=p.actor), f"{o.observation_id}: seen here too.")

    if p.ws.may("see_observation"):
        key = f"seen_{where}_{o.observation_id}"
        st.button("Seen here too", key=key, on_click=see, disabled=not p.actor or p.actor in (o.raised_by, *o.seen_by))


def _answer(p: Page, o: Observation) -> None:
    with st.popover("Answer"):
        text = st.text_area("What was decided, and why", key=f"answer_{o.observation_id}", max_chars=1000)

        def answer() -> None:
            shared.do(
                lambda: p.ws.answer_observation(o.observation_id, text, actor=p.actor),
                f"{o.observation_id} is answered.",
            )

        st.button("Send the answer", key=f"send_{o.observation_id}", on_click=answer, disabled=not p.actor)
