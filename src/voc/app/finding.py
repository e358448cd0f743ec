"""What the page Verbatims looks for and finds, one step of it each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from voc.app import states, words
from voc.errors import StoreError, VocError
from voc.queries import verbatims
from voc.search import Query, parse

if TYPE_CHECKING:
    from voc.app.shared import Page
    from voc.queries.verbatims import Found

# The last file that somebody had made: what for, and its bytes.
_MADE = "verbatims.made"
PER_PAGE = 200
PAGE, MEMORY = "voc.comments_page", "voc.comments_found"
WORDS, MEANING = "By words", "By meaning"
_HELP = 'Words in any form, "a phrase as it stands", begin* and -without'


@dataclass(frozen=True)
class Asked:
    """What somebody looks for: what she typed, how it is read, and the theme that the comments must have."""

    typed: str
    meaning: bool
    theme: str

    @property
    def query(self) -> Query | None:
        """The words to underline; None where none were looked for."""
        return parse(self.typed) if self.typed and not self.meaning else None


def box(p: Page) -> Asked:
    """Draw the search box; what is in it is also in the URL, so that a link shows a colleague the same."""
    for name, key, start in (("q", "search_typed", ""), ("by", "search_by", WORDS)):
        url = st.query_params.get(name, "")
        value = (MEANING if url == "meaning" else WORDS) if name == "by" else url[:400]
        if st.session_state.get(f"{key}_url") != url:
            st.session_state[key] = value
        st.session_state[key] = st.session_state.get(key) or start
    box_, how = st.columns([3, 1], vertical_alignment="bottom")
    typed = box_.text_input("Search comments", key="search_typed", placeholder=_HELP, max_chars=400, on_change=_typed)
    by = how.segmented_control("How", [WORDS, MEANING], key="search_by", on_change=_typed, width="stretch")
    meaning = by == MEANING
    _remember(typed.strip(), meaning=meaning)
    return Asked(typed.strip(), meaning, st.query_params.get("theme", ""))


def _typed() -> None:
    st.session_state.pop(PAGE, None)
    st.query_params.pop("item", None)


def _remember(typed: str, *, meaning: bool) -> None:
    for name, value in (("q", typed), ("by", "meaning" if typed and meaning else "")):
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value:
            st.query_params.pop(name, None)
    st.session_state["search_typed_url"] = typed
    st.session_state["search_by_url"] = "meaning" if typed and meaning else ""


def found(p: Page, asked: Asked) -> Found:
    """What is found now; a session keeps its last answer, since a page is drawn at every click."""
    key = repr((p.read.key, p.ws.index_state(), asked, p.filter))
    kept = st.session_state.get(MEMORY)
    if kept is None or kept[0] != key:
        try:
            kept = (key, _find(p, asked), {})
        except StoreError as error:
            states.broken(error)
        st.session_state[MEMORY] = kept
    answer: Found = kept[1]
    return answer


def _find(p: Page, asked: Asked) -> Found:
    catalogue = p.ws.catalogue()
    hits = None
    if asked.typed and asked.meaning:
        hits = verbatims.near(p.ws.find_meaning(asked.typed))
    elif asked.query:
        hits = verbatims.hits(p.ws.find_words(asked.query))
    return verbatims.find(catalogue, p.filter, hits, [asked.theme] if asked.theme else [])


def page(p: Page, asked: Asked, found_: Found, number: int) -> list[dict[str, Any]]:
    """One page of what was found, read once for as long as nothing changes."""
    kept: dict[int, list[dict[str, Any]]] = st.session_state[MEMORY][2]
    if number not in kept:
        kept.clear()
        kept[number] = p.ws.comments(found_.ids[number * PER_PAGE : (number + 1) * PER_PAGE])
    return kept[number]


def place(asked: Asked, n: int) -> tuple[int, int]:
    """The page that is open, from 0, and the last there is; what is found anew opens on its first."""
    last = max(0, (n - 1) // PER_PAGE)
    if st.session_state.get(f"{PAGE}_of") != repr(asked):
        st.session_state[f"{PAGE}_of"], st.session_state[PAGE] = repr(asked), 0
    return min(st.session_state.get(PAGE, 0), last), last


def title(asked: Asked, found_: Found, labels: dict[str, str], window: str) -> str:
    """The finding: how many comments, about what, when."""
    said = words.count(found_.n, "comment", "comments")
    if asked.typed:
        verb = ("means" if asked.meaning else "says") if found_.n == 1 else "mean" if asked.meaning else "say"
        said += f" that {verb} something like “{asked.typed}”" if asked.meaning else f" that {verb} {asked.typed}"
    if asked.theme:
        said += f" about “{labels.get(asked.theme, 'a theme that is not here')}”"
    return f"{said} {window}"


def notes(p: Page, asked: Asked) -> None:
    """What one should know of this search."""
    query = asked.query
    if asked.typed and not asked.meaning and not query:
        st.caption("Nothing there to look for: type letters or digits.")
    elif query and query.cut:
        st.caption("Only the first 12 words are looked for.")
    if asked.typed and asked.meaning:
        st.caption("Of the 1,000 nearest passages, the nearest first. What is near is marked; it may still be off.")
    if asked.typed and not p.ws.index_state():
        st.info("There is no search index yet. The nightly run makes it: voc nightly")


def corrected(p: Page) -> frozenset[str]:
    """Ids of the comments that people have corrected."""
    return frozenset(one.feedback_id for one in p.read.tables.corrections if not one.undone_at)


def take_away(p: Page, found_: Found) -> None:
    """Draw the downloads of what was found; nothing is made before somebody asks for it."""
    if not found_.n or not (p.ws.may("export_shared") or p.ws.may("export_comments")):
        return
    kinds = {
        "To share": ("export_shared", "comments-to-share"),
        "For the team": ("export_comments", "comments"),
    }
    offered = [name for name, (verb, _) in kinds.items() if p.ws.may(verb)]
    with st.expander("Take these comments away"):
        kind = st.radio("Who is it for?", offered, key="export_kind") or offered[0]
        verb, name = kinds[kind]
        why = "no words without permission to publish, no small groups" if kind == "To share" else "all that is stored"
        st.caption(f"{words.count(found_.n, 'comment', 'comments')}: {why}. Exports are noted in the access log.")
        made = st.session_state.get(_MADE)
        for form, column in zip(("csv", "xlsx"), st.columns(2), strict=True):
            if column.button(f"Make the {form} file", key=f"make_{form}", width="stretch"):
                made = st.session_state[_MADE] = (found_, verb, form, _made(p, verb, found_, form))
            if made and made[0] is found_ and made[1:3] == (verb, form):
                column.download_button(
                    f"Download {form}", made[3], f"{name}.{form}", key=f"export_{form}", on_click="ignore",
                    width="stretch",
                )  # fmt: skip


def _made(p: Page, verb: str, found_: Found, form: str) -> bytes:
    """The file, as plain bytes: Streamlit's own deferred downloads never arrived in Chromium."""
    try:
        made: bytes = getattr(p.ws, verb)(found_.ids[:], form)
    except VocError as error:
        states.broken(error)
    return made
