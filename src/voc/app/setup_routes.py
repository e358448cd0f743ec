"""Routes: a form for one rule and the settings as text, both tried out on the themes of today before they are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from voc.app import rule_form, shared, words
from voc.errors import VocError
from voc.steps.settings import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.app.shared import Page
    from voc.loop.routing import Decision
    from voc.loop.rules import RuleReport
    from voc.model import Route

TEXT, SEEN, PUT = "settings_text", "settings_seen", "settings_put"


def show(p: Page) -> None:
    """The rules in force; and a draft of others, to be changed by a form or as text."""
    _rules(p, p.ws.config.routes)
    default = p.ws.config.default_owner()
    st.text(f"What no rule fits goes to {default.name}." if default else "⚠ What no rule fits goes to nobody.")
    if not p.ws.may("edit_settings"):
        st.caption("Changing them is an administrator's.")
        return
    _editor(p)


def _rules(p: Page, rules: Sequence[Route]) -> None:
    """Rules in the order in which they are tried: the first that fits wins."""
    rows = [
        {
            "rule": route.name,
            "to": shared.owner_name(p.ws, route.owner),
            "when": _when(route),
            "from people": route.min_people,
            "days to take, plan, ship": f"{route.sla.acknowledge_days}, {route.sla.plan_days}, {route.sla.ship_days}",
            "goes on": "yes" if route.fan_out else "",
        }
        for route in rules
    ]
    if rows:
        st.dataframe(rows, hide_index=True, width="stretch")


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
    # A box forgets its text when another part is shown; the draft then begins anew from what is in force.
    if TEXT not in st.session_state:
        _restart(now)
    if PUT in st.session_state:
        st.session_state[TEXT] = st.session_state.pop(PUT)
    draft = st.session_state[TEXT]
    if seal(now) != st.session_state[SEEN]:
        st.warning("Somebody else changed voc.toml since you began. Yours is not saved over it.")
        st.button("Start from theirs", on_click=_restart, args=(now,))
    if draft != now:
        _draft(p, draft, now)
    try:
        rule_form.show(p, draft, p.ws.draft_rules(draft), _put)
    except VocError:
        # The draft is told above to be no settings: the text is where that is mended.
        st.caption("The form comes back once the text below can be read.")
    with st.expander("Or change voc.toml as text", expanded=False):
        st.caption("Comments stay as they are. Nothing is saved that voc could not read again.")
        st.text_area("voc.toml", key=TEXT, height=420)


def _put(text: str) -> None:
    st.session_state[PUT] = text


def _draft(p: Page, draft: str, now: str) -> None:
    """What the draft would do, and a button that puts it in force."""
    with st.container(border=True, key="rule-draft"):
        st.subheader("Your draft, not saved yet")
        try:
            decisions, reports = p.ws.try_routes(draft)
        except VocError as error:
            st.error(words.plain(f"This cannot be saved: {error}"))
            st.button("Drop the draft", on_click=_restart, args=(now,), key="draft_drop")
            return
        _rules(p, p.ws.draft_rules(draft))
        _explained(p, decisions, reports)

        def save() -> None:
            done = "Saved. The next run routes by it; cases that are open stay where they are."
            if shared.do(lambda: p.ws.edit_settings(draft, st.session_state[SEEN], actor=p.actor), done):
                _restart(draft)

        with st.container(horizontal=True, key="draft-end"):
            st.button("Save", type="primary", on_click=save, key="settings_save", disabled=not p.actor)
            st.button("Drop the draft", on_click=_restart, args=(now,), key="draft_drop")
        if not p.actor:
            st.caption("Say who you are, on the left: changes of settings are noted.")


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
        for other, n in report.overlaps if not report.hidden_by else ():
            both = words.count(n, "theme of today fits", "themes of today fit")
            st.text(f"{both} both {other} and {report.name}, which go to different owners: {other} comes first.")
