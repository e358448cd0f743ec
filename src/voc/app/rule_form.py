"""A rule as a form: what is filled in becomes part of the draft of voc.toml, which is tried out before it is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from voc.app import words
from voc.errors import VocError
from voc.model import Route
from voc.schema import CHANNELS, SENTIMENTS
from voc.tagging.packs import load_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voc.app.shared import Page

NEW = ""
SAID = "rule_form_said"


def show(p: Page, draft: str, rules: Sequence[Route], change: Callable[[str], None]) -> None:
    """Draw the form.

    Args:
        p: the page.
        draft: the text that is changed.
        rules: those of the draft.
        change: takes the changed text.
    """
    names = [rule.name for rule in rules]
    st.subheader("Add or change a rule")
    chosen = st.selectbox(
        "Rule", [NEW, *names], key="rule_chosen", format_func=lambda name: name or "a new rule, tried last"
    )
    if chosen not in names:
        chosen = NEW
    rule = next((one for one in rules if one.name == chosen), Route("", ""))
    if chosen:
        _place(p, draft, names, chosen, change)
    with st.form(f"rule_{chosen}"):
        made = _fields(p, rule)
        if st.form_submit_button("Put it into the draft", type="primary"):
            _do(lambda: p.ws.draft_rule(draft, made, chosen), change)
            st.rerun()
    if problem := st.session_state.pop(SAID, ""):
        st.error(words.plain(problem))


def _do(action: Callable[[], str], change: Callable[[str], None]) -> None:
    try:
        change(action())
    except VocError as error:
        st.session_state[SAID] = f"Not changed: {error}"


def _place(p: Page, draft: str, names: list[str], chosen: str, change: Callable[[str], None]) -> None:
    """Buttons that move the rule, for the first that fits wins, and one that takes it out."""
    at = names.index(chosen)
    rest = [name for name in names if name != chosen]

    def to(place: int | None) -> None:
        order = rest if place is None else [*rest[:place], chosen, *rest[place:]]
        _do(lambda: p.ws.draft_order(draft, order), change)

    with st.container(horizontal=True, key="rule-place"):
        st.button("Try it earlier", key="rule_up", disabled=at == 0, on_click=to, args=(at - 1,))
        st.button("Try it later", key="rule_down", disabled=at == len(names) - 1, on_click=to, args=(at + 1,))
        st.button("Take it out", key="rule_out", on_click=to, args=(None,))


def _fields(p: Page, rule: Route) -> Route:
    """The boxes, with what the rule says; what has no box stays as it is."""
    owners = {owner.id: owner.name for owner in p.ws.config.owners}
    left, right = st.columns(2)
    name = left.text_input("Name, for histories", rule.name, max_chars=60)
    known = list(owners)
    at = known.index(rule.owner) if rule.owner in owners else None
    owner = right.selectbox("Goes to", known, index=at, format_func=lambda one: owners.get(one, one))
    said = st.text_area(
        "The theme's name has one of these words or phrases", ", ".join(rule.words), height=70,
        help="Separated by commas; empty: whatever its name",
    )  # fmt: skip
    categories = _many("… and enough of it is in one of these categories", _categories(p, rule), rule.categories)
    left, right = st.columns(2)
    with left:
        channels = _many("… and came by one of", CHANNELS, rule.channels)
    with right:
        sentiments = _many("… and sounds", SENTIMENTS, rule.sentiments)
    boxes = st.columns(4)
    people = boxes[0].number_input("From how many people on", 1, 10_000, rule.min_people)
    share = boxes[1].number_input("Enough is, in %", 1, 100, round(100 * rule.min_share))
    take = boxes[2].number_input("Days to take it", 0, 365, rule.sla.acknowledge_days)
    ship = boxes[3].number_input("Days to ship", 0, 3650, rule.sla.ship_days)
    on = st.checkbox("Also try the rules after it", rule.fan_out)
    sla = replace(rule.sla, acknowledge_days=int(take), ship_days=int(ship))
    return replace(
        rule, name=name.strip(), owner=owner or "", categories=tuple(categories), channels=tuple(channels),
        words=tuple(dict.fromkeys(word.strip() for word in said.replace("\n", ",").split(",") if word.strip())),
        sentiments=tuple(sentiments), min_people=int(people), min_share=int(share) / 100, sla=sla, fan_out=on,
    )  # fmt: skip


def _many(label: str, options: Sequence[str], chosen: Sequence[str]) -> list[str]:
    every = list(dict.fromkeys([*options, *chosen]))
    return st.multiselect(label, every, list(chosen), format_func=words.value, placeholder="any")


def _categories(p: Page, rule: Route) -> list[str]:
    """What comments are tagged by, and what other packs in use look for."""
    found = [*rule.categories]
    for name in dict.fromkeys((p.ws.config.taxonomy, *p.ws.config.packs)):
        try:
            found += [category.name for category in load_pack(name).categories]
        except VocError:
            continue
    return list(dict.fromkeys(found))
