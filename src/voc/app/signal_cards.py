"""Cards of signals: what fired, whose it is, and the three things that one can do: look, hand over, not an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from voc.app import findings, shared, words
from voc.model import ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voc.model import Theme

MAX_CARDS = 12
QUIET = "No theme has more people than its past explains. What fires is shown here, and on Today."


def now(p: shared.Page, rows: Sequence[Mapping[str, Any]]) -> None:
    """What fires in the last complete week or month, theme by theme; then what fired lately and is still undecided."""
    if not rows:
        st.text(QUIET)
    by_theme: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_theme.setdefault(row["theme_id"], []).append(row)
    for theme_id, mine in list(by_theme.items())[:MAX_CARDS]:
        _card(p, theme_id, mine)
    if len(by_theme) > MAX_CARDS:
        st.text(f"and {len(by_theme) - MAX_CARDS} more themes; voc signals lists them all.")
    _earlier(p, set(by_theme))


def _card(p: shared.Page, theme_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    theme = next((t for t in p.read.tables.themes if t.theme_id == theme_id), None)
    case = next((c for c in p.read.tables.cases if c.theme_id == theme_id and c.state not in ENDED), None)
    with st.container(border=True):
        st.subheader(words.plain(rows[0]["label"]))
        whole = next((row for row in rows if not row["segment"]), rows[0])
        rest = [row for row in rows if row is not whole]
        st.text(findings.signal(whole))
        if rest:
            st.text(findings.places(rest))
        place = {rows[0]["segment"]: rows[0]["value"]} if rows[0]["segment"] else {}
        look, give, no = st.columns(3)
        with look:
            shared.link("themes", "Look: who says it and in which words", theme=theme_id, **place)
        if case is not None:
            with give:
                shared.link("cases", f"{case.case_id} is with {shared.owner_name(p.ws, case.owner)}", case=case.case_id)
        elif theme is not None:
            with give:
                _hand_over(p, theme)
            with no:
                _dismiss(p, theme)


def _hand_over(p: shared.Page, theme: Theme) -> None:
    owners = {owner.id: owner.name for owner in p.ws.config.owners}
    key = f"owner_{theme.theme_id}"

    def hand() -> None:
        owner = st.session_state[key]
        shared.do(
            lambda: p.ws.hand_theme(theme.theme_id, owner, actor=p.actor),
            f"“{theme.label}” is with {owners[owner]} now, with the default promises.",
        )

    if not owners:
        st.text("No owner is set up: add one to voc.toml.")
        return
    with st.popover("Hand to an owner", width="stretch"):
        st.selectbox("Who answers for it", list(owners), key=key, format_func=lambda o: owners.get(o, o))
        st.button("Hand over", key=f"hand_{theme.theme_id}", on_click=hand, disabled=not p.actor)
        _who(p)


def _dismiss(p: shared.Page, theme: Theme) -> None:
    def dismiss() -> None:
        shared.do(
            lambda: p.ws.edit_theme(theme.theme_id, "dismissed", actor=p.actor),
            f"“{theme.label}” is not an issue: it is left out from now on. Undo it on its theme's page.",
        )

    if not p.ws.may("edit_theme"):
        return
    with st.popover("Not an issue", width="stretch"):
        st.text("Left out of lists, signals and routing from now on. It can be undone.")
        st.button("It is no issue", key=f"no_{theme.theme_id}", on_click=dismiss, disabled=not p.actor)
        _who(p)


def _who(p: shared.Page) -> None:
    if not p.actor:
        st.caption("Say who you are, on the left: it is written into the history.")


def _earlier(p: shared.Page, shown: set[str]) -> None:
    """Signals that the nights found before and that are not on a card."""
    labels = {theme.theme_id: theme.label for theme in p.read.tables.themes}
    rows = [
        {"theme": labels.get(s.theme_id, s.theme_id), "where": f"{s.segment} {s.value}".strip() or "everywhere",
         "first": s.first_on, "last": s.last_on, "people": s.n_people, "expected": s.expected, "receipt": s.signal_id}
        for s in p.ws.signals()
        if s.theme_id not in shown
    ]  # fmt: skip
    if rows:
        st.subheader("Earlier signals, as the nights found them")
        _table(rows)


def past(p: shared.Page) -> None:
    """What would have fired in each past week and month, had the rule been in force."""
    found = p.read.keep("replay", p.now.date(), lambda: p.ws.early_warning(replay=True))
    st.subheader(words.plain(findings.replay_title(found["signals"], found["periods"])))
    st.caption(
        "Each week or month is tested with what was known then, by the rule of today. Lines of one theme one after"
        " the other are one signal that goes on."
    )
    rows = [
        {"theme": row["label"], "where": f"{row['segment']} {row['value']}".strip() or "everywhere",
         "first": row["period_start"], "last": row["period_end"], "people": row["n_people"],
         "expected": row["expected"]}
        for row in found["signals"]
    ]  # fmt: skip
    if rows:
        _table(rows)


def _table(rows: list[dict[str, Any]]) -> None:
    st.dataframe(
        pl.DataFrame(rows),
        column_config={
            "theme": st.column_config.TextColumn("Theme", width="large"),
            "where": "Where",
            "first": st.column_config.DateColumn("From", format="DD MMM YYYY"),
            "last": st.column_config.DateColumn("To", format="DD MMM YYYY"),
            "people": st.column_config.NumberColumn("People", format="localized"),
            "expected": st.column_config.NumberColumn("Expected", format="%.1f"),
            "receipt": "Signal",
        },
        hide_index=True,
        width="stretch",
    )
