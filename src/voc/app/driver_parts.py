"""The parts of the page Drivers: which scores there are, and what goes with one in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.app import router, shared, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.queries.figures import Figure

# A driver's score, the metric that says whether anybody gave it, and its name.
_SCORES = {
    "nps": ("nps", "Recommending us (NPS)"),
    "fft": ("fft_positive", "Friends and Family Test"),
    "csat": ("csat", "Satisfaction (CSAT)"),
    "ces": ("ces", "Effort (CES)"),
    "reopen": ("reopen_rate", "Reopened contacts"),
    "repeat_contact": ("repeat_contact_rate", "Repeated contacts"),
}
_GROUPS = ("clinical", "administrative", "support", "other")
_GROUP_NAMES = {
    "clinical": "For clinical leads", "administrative": "For operations and product", "support": "For care",
    "other": "Not yet assigned to a function",
}  # fmt: skip
MAX_LINES = 6


def scores(p: shared.Page) -> dict[str, str]:
    """Scores that somebody gave in the filter: id and name."""
    names = ",".join(metric for metric, _ in _SCORES.values())
    given = {f.key.split("|")[0] for f in p.figures("metric", names=names)}
    return {name: said for name, (metric, said) in _SCORES.items() if metric in given}


def list_(found: Sequence[Figure], of: str) -> None:
    """The drivers as sentences, by who can act on them."""
    for group in _GROUPS:
        mine = [f for f in found if f.key.startswith("difference|") and f.facts["group"] == group]
        if not mine:
            continue
        st.subheader(_GROUP_NAMES[group])
        for f in mine[:MAX_LINES]:
            _driver(f, found, of)
        if len(mine) > MAX_LINES:
            with st.expander(f"{len(mine) - MAX_LINES} more, which matter less"):
                for f in mine[MAX_LINES:]:
                    _driver(f, found, of)


def _driver(f: Figure, found: Sequence[Figure], of: str) -> None:
    factor = f.key.partition("|")[2]
    beside = {g.key.partition("|")[0]: g for g in found if g.key.partition("|")[2] == factor}
    few = int(f.facts["n_people"]) < words.SMALL
    with st.container(key=words.key(f"{'few' if few else 'fig'}-{f.receipt}"), gap=None):
        st.text(str(f.facts["headline"]) + (" Too few to rely on." if few else ""))
        st.caption(words.plain(_rests_on(f, beside)))
        members = factor.split("+")
        if of == "themes" and router.exists("verbatims"):
            for member in members:
                label = "Read them" if len(members) == 1 else f"Read {member.rpartition(':')[0]}"
                shared.link("verbatims", label, theme=member.rpartition(":")[0])
        elif of == "themes":
            shared.link("themes", "Look", theme=members[0].rpartition(":")[0])


def _rests_on(f: Figure, beside: dict[str, Figure]) -> str:
    """Importance and what would be left without it, each with its interval and receipt."""
    parts = [words.people(int(f.facts["n_people"]))]
    share, without = beside.get("shapley"), beside.get("leave_out")
    if share is not None and share.value is not None:
        parts.append(f"share of what is explained {share.value:.0f} % [{share.low:.0f}, {share.high:.0f}]")
    if without is not None and without.value is not None:
        unit = without.facts["unit"]
        parts.append(f"score without them {without.value:+.1f} {unit} [{without.low:+.1f}, {without.high:+.1f}]")
    if len(f.key.partition("|")[2].split("+")) > 1:
        parts.append("the same people mention these, so they are reported together")
    return ", ".join(parts) + f" · receipt {f.receipt}"


def described(found: Sequence[Figure]) -> str:
    """The picture in words."""
    first = [str(f.facts["headline"]) for f in found if f.key.startswith("difference|")][:3]
    return "Impact against how often. " + " ".join(first)
