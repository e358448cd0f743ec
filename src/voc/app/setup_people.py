"""Owners, when they are away and who stands in; and who is let in and who read what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.access import DOES, Principal
from voc.app import shared, words
from voc.errors import VocError
from voc.model import Absence

if TYPE_CHECKING:
    from voc.app.shared import Page
    from voc.model import Owner


def owners(p: Page) -> None:
    """Everybody who answers for cases; a form for absence and deputies."""
    everybody = p.ws.config.owners
    if not everybody:
        st.text("⚠ Nobody owns anything yet: add [[owners]] to voc.toml, under Routes.")
        return
    names = {owner.id: owner.name for owner in everybody}
    today = p.now.date()
    rows = [
        {
            "owner": o.name,
            "answers for": o.function,
            "members": ", ".join(o.members) or "anybody",
            "stands in": ", ".join(names.get(d, d) for d in o.deputies),
            "away": "⚠ now" if o.away(today) else ", ".join(f"{a.first} to {a.last}" for a in o.absent),
            "goes up to": ", ".join(names.get(d, d) for d in o.escalates_to),
            "gets the rest": "yes" if o.default else "",
        }
        for o in everybody
    ]
    st.dataframe(rows, hide_index=True, width="stretch")
    for owner in everybody:
        if owner.away(today) and not owner.deputies:
            st.text(f"⚠ {owner.name} is away, and nobody stands in.")
    if p.ws.may("change_owner"):
        _absence(p, {owner.id: owner for owner in everybody})


def _absence(p: Page, known: dict[str, Owner]) -> None:
    st.subheader("Away, and who stands in")
    chosen = st.selectbox("Owner", list(known), format_func=lambda o: known[o].name, key="absent_owner")
    owner = known[chosen]
    others = [other for other in known if other != chosen]
    with st.form(f"absence_{chosen}"):
        days = st.date_input("Away from and to", value=[], key=f"absent_days_{chosen}", min_value=p.now.date())
        deputies = st.multiselect(
            "Stands in, in this order", others, default=list(owner.deputies), key=f"deputies_{chosen}",
            format_func=lambda o: known[o].name,
        )  # fmt: skip
        ends = st.checkbox("Remove the absences that are written down", key=f"absent_clear_{chosen}")
        given = tuple(days) if isinstance(days, tuple | list) else ()
        if st.form_submit_button("Write it down", disabled=not p.actor):
            absent = () if ends else owner.absent
            if len(given) == 2:
                absent = (*absent, Absence(*given))
            done = f"{owner.name}: written down in voc.toml."
            shared.do(lambda: p.ws.change_owner(chosen, absent, deputies, actor=p.actor), done)
            st.rerun()


def access(p: Page) -> None:
    """Roles in a table; the people who have them, and the access log, for an administrator."""
    st.text(f"You are {p.ws.principal.in_words()}.")
    st.dataframe([{"role": role, "may": may} for role, may in DOES.items()], hide_index=True, width="stretch")
    if not p.ws.may("access_log"):
        return
    grants = p.ws.config.access
    people = [
        {"who": g.key, "is": Principal(g.key, g.role, g.scope).in_words(), "signs as": g.name} for g in grants.users
    ]
    people += [{"who": f"group {g.key}", "is": Principal(g.key, g.role, g.scope).in_words()} for g in grants.groups]
    if people:
        st.dataframe(people, hide_index=True, width="stretch")
    else:
        st.text("Nobody else is let in: the app serves this machine alone. [access] in voc.toml changes that.")
    st.subheader("Who read what")
    if not p.ws.config.logs_reads:
        st.text("Not noted here: log = true under [access] in voc.toml turns it on.")
        return
    try:
        lines = p.ws.access_log(200)
    except VocError as error:
        st.text(str(error))
        return
    rows = [
        {
            "when": line.at,
            "who": line.person,
            "as": line.role,
            "read": words.value(line.verb),
            "rows": line.n,
            "of": ", ".join(f"{k} {v}" for k, v in line.details.items()),
        }
        for line in lines
    ]
    st.dataframe(rows, hide_index=True, width="stretch") if rows else st.text("Nothing yet.")
