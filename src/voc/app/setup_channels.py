"""Who is told by which channel, and what could not be delivered, with a button that tries it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.app import shared, words

if TYPE_CHECKING:
    from voc.app.shared import Page

MOST = 20


def show(p: Page) -> None:
    """The channels of each owner; then dead letters, for an administrator."""
    channels = p.ws.config.channels
    owners = p.ws.config.owners
    rows = [
        {
            "owner": owner.name,
            "is told by": ", ".join(owner.channels) or "the app, and a file in outbox/",
            "away": "now" if owner.away(p.now.date()) else "",
        }
        for owner in owners
    ]
    if rows:
        st.dataframe(rows, hide_index=True, width="stretch")
    if not p.ws.may("dead_letters"):
        st.caption("Where messages go, and which of them did not arrive, is an administrator's to see.")
        return
    if channels:
        st.dataframe([_channel(one.name, p) for one in channels], hide_index=True, width="stretch")
    else:
        st.text("No channel is set up: [channels] in voc.toml names them (docs/configuration.md).")
    _dead(p)


def _channel(name: str, p: Page) -> dict[str, str]:
    channel = next(one for one in p.ws.config.channels if one.name == name)
    return {
        "channel": name,
        "used by": ", ".join(owner.name for owner in p.ws.config.owners if name in owner.channels) or "⚠ nobody",
        "may carry quotes": "yes" if channel.verbatims else "no",
        "waits for the morning": "yes" if channel.quiet else "no",
    }


def _dead(p: Page) -> None:
    dead = p.ws.dead_letters()
    if not dead:
        st.text("Every message has arrived, or is still being tried.")
        return
    n = words.count(len(dead), "message was", "messages were")
    st.subheader(f"{n} given up after every attempt")
    for letter in dead[:MOST]:
        with st.container(horizontal=True, vertical_alignment="center", key=f"dead-{letter.delivery_id}"):
            to = shared.owner_name(p.ws, letter.recipient)
            why = letter.error or "no reason was given"
            st.text(f"To {to} by {letter.channel}, {words.day(letter.created_at)}: {why}, {letter.attempts} attempts")
            st.button(
                "Try again", key=f"revive_{letter.delivery_id}", disabled=not p.actor, on_click=_again,
                args=(p, letter.delivery_id),
            )  # fmt: skip
    if len(dead) > MOST:
        st.caption(f"and {len(dead) - MOST} more: voc notifications list --state dead")


def _again(p: Page, delivery_id: str) -> None:
    shared.do(lambda: p.ws.retry_letter(delivery_id, actor=p.actor), "It goes out with the next run.")
