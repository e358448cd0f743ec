"""The test of a case: written down before shipping, filled in from the theme's own history; later its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from voc.app import shared, words
from voc.errors import VocError
from voc.loop.actions import said
from voc.model import CaseState
from voc.schema import SEGMENTS
from voc.steps.verifying import in_words

if TYPE_CHECKING:
    from voc.app.shared import Page
    from voc.loop.declare import DeclaredTest
    from voc.model import Case

IN_WORK = (CaseState.ACKNOWLEDGED, CaseState.PLANNED, CaseState.IN_PROGRESS)
HALF, THIRD, NONE = "half as many people", "30 % fewer people", "no test, because …"
SMALLEST = {HALF: 0.5, THIRD: 0.7}


def show(p: Page, case: Case) -> None:
    """What will count as a success, or what came of it."""
    verdict(p, case)
    declared = p.ws.declared_test(case.case_id)
    if declared:
        st.subheader("What will count as success")
        st.text(in_words(declared))
        if declared.only or declared.compare:
            st.text(_where(declared))
        st.caption("Written down before shipping and locked by it; a change stays in the history.")
    if case.state in IN_WORK and p.ws.may("declare_test"):
        with st.expander(
            "Change the test" if declared else "Say now what will count as success", expanded=not declared
        ):
            _form(p, case)


def verdict(p: Page, case: Case) -> None:
    """The verdict of the case's test in a sentence, with its picture."""
    found = case.evidence.get("result")
    if not found:
        return
    st.subheader("Did it work?")
    sentence = said(found)
    st.text(sentence)
    if svg := p.ws.picture(case.case_id):
        st.image(svg, caption=words.plain(f"Before and after shipping: {sentence}"), width="stretch", alt=sentence)
    for note in found.get("notes", ()):
        st.caption(words.plain(note))


def _form(p: Page, case: Case) -> None:
    """Choices that change the proposal at once: what it can show stands below in words before anybody commits."""
    name = f"test_{case.case_id}"
    goal = st.radio("It worked if, after shipping, there are", (HALF, THIRD, NONE), key=f"{name}_goal", horizontal=True)
    if goal == NONE:
        reason = st.text_input("Why this cannot be tested", key=f"{name}_reason", max_chars=500)
        changes: dict[str, Any] = {"method": "none", "reason": reason.strip()}
    else:
        changes = {"smallest": SMALLEST[goal]} | _cuts(p, name)
    try:
        proposed = p.ws.propose_test(case.case_id, **changes) if goal != NONE or changes["reason"] else None
    except VocError as error:
        st.text(f"This test cannot be run: {error}")
        return
    if proposed is None:
        st.text("Say why: care staff will read it beside the case.")
        return
    st.text(in_words(proposed))
    st.caption(
        "The weeks that made the case do not count: it was chosen because they were high, and would fall by themselves."
    )

    def declare() -> None:
        shared.do(lambda: p.ws.declare_test(case.case_id, proposed, actor=p.actor), "The test is written down.")

    st.button("Write this test down", key=f"{name}_declare", on_click=declare, disabled=not p.actor)


def _cuts(p: Page, name: str) -> dict[str, Any]:
    """Where the fix reaches, and where nothing was changed."""
    from voc import queries

    options = p.read(queries.facets)
    places = [f"{segment}: {value}" for segment in SEGMENTS for value in options.get(segment, [])]
    if not places:
        return {}
    left, right = st.columns(2)
    only = left.selectbox("The fix reaches only", places, index=None, key=f"{name}_only", placeholder="everybody")
    other = right.selectbox("Compare with", places, index=None, key=f"{name}_other", placeholder="the weeks before")
    pairs = {"only": only, "compare": other}
    return {key: tuple(value.split(": ", 1)) for key, value in pairs.items() if value}


def _where(test: DeclaredTest) -> str:
    parts = [f"counted in {test.only[0]} {test.only[1]}" if test.only else "counted everywhere"]
    if test.compare:
        parts.append(f"compared with {test.compare[0]} {test.compare[1]}")
    return ", ".join(parts).capitalize() + "."
