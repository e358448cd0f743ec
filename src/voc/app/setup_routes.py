"""Routes: the settings as text, tried out on the themes of today before they are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from voc.app import shared, words
from voc.errors import VocError
from voc.steps.settings import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.app.shared import Page
    from voc.loop.routing import Decision
    from voc.loop.rules import RuleReport

TEXT, SEEN = "settings_text", "settings_seen"


def show(p: Page) -> None:
    """The rules in force, and a text to change them in."""
    rows = [
        {
            "rule": route.name,
            "to": shared.owner_name(p.ws, route.owner),
            "when": _when(route),
            "from people": route.min_people,
            "days to take, plan, ship": f"{route.sla.acknowledge_days}, {route.sla.plan_days}, {route.sla.ship_days}",
            "goes on": "yes" if route.fan_out else "",
        }
        for route in p.ws.config.routes
    ]
    if rows:
        st.dataframe(rows, hide_index=True, width="stretch")
    default = p.ws.config.default_owner()
    st.text(f"What no rule fits goes to {default.name}." if default else "⚠ What no rule fits goes to nobody.")
    if not p.ws.may("edit_settings"):
        st.caption("Changing them is an administrator's.")
        return
    _editor(p)


def _when(route: Any) -> str:
    names = ("themes", "categories", "intents", "sentiments", "channels", "segments", "words", "signals")
    found = []
    for name in names:
        values = [v if isinstance(v, str) else " ".join(v) for v in getattr(route, name)]
        if values:
            found.append(f"{name}: {', '.join(values[:4])}" + (" …" if len(values) > 4 else ""))
    return "; ".join(found) or "always"


def _editor(p: Page) -> None:
    now = p.ws.settings_text()
    if SEEN not in st.session_state:
        st.session_state[SEEN], st.session_state[TEXT] = seal(now), now
    with st.expander("Change voc.toml", expanded=st.session_state[TEXT] != now):
        st.caption("Comments stay as they are. Nothing is saved that voc could not read again.")
        text = st.text_area("voc.toml", key=TEXT, height=420)
        if seal(now) != st.session_state[SEEN]:
            st.warning("Somebody else changed voc.toml since you began. Yours is not saved over it.")
            st.button("Start from theirs", on_click=_restart, args=(now,))
        if text == now:
            return
        try:
            decisions, reports = p.ws.try_routes(text)
        except VocError as error:
            st.error(words.plain(f"This cannot be saved: {error}"))
            return
        _explained(p, decisions, reports)

        def save() -> None:
            done = "Saved. The next run routes by it; cases that are open stay where they are."
            if shared.do(lambda: p.ws.edit_settings(text, st.session_state[SEEN], actor=p.actor), done):
                _restart(text)

        st.button("Save", type="primary", on_click=save, key="settings_save", disabled=not p.actor)


def _restart(text: str) -> None:
    st.session_state[SEEN], st.session_state[TEXT] = seal(text), text


def _explained(p: Page, decisions: Sequence[Decision], reports: Sequence[RuleReport]) -> None:
    """What the text would do with each theme of today, and which of its rules can never fire."""
    labels = {theme.theme_id: theme.label for theme in p.ws.themes()}
    st.subheader("What it would do tonight")
    rows = [
        {
            "theme": labels.get(d.theme_id, d.theme_id),
            "outcome": words.value(d.outcome),
            "rule": d.route or "",
            "to": shared.owner_name(p.ws, d.owner) if d.owner else "",
            "why": "; ".join(d.reasons),
        }
        for d in decisions
    ]
    st.dataframe(rows, hide_index=True, width="stretch")
    for report in reports:
        if report.hidden_by:
            st.text(f"⚠ {report.name} never fires: {report.hidden_by} before it takes all that it would fit.")
