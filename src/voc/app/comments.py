"""Comments as cards: what was said with the passages marked, how it was read, and a button that opens it.

The cards are drawn in the browser from plain data, every piece of text as text, so that nothing in a comment can become
markup; the browser lays out only those in view.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import streamlit as st

from voc.app import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from voc.search import Query

Span = tuple[int, int]

_CSS = """
article {border-left: 3px solid var(--st-border-color); padding: .15rem 0 .15rem .8rem; margin: 0 0 1rem;
  overflow-wrap: anywhere; content-visibility: auto; contain-intrinsic-size: auto 6rem}
p {margin: .15rem 0; white-space: pre-wrap}
.q, footer {font-size: .85em; opacity: .85}
mark {background: #ffd98a; color: #17202b; padding: 0 .1em}
mark.hit {background: none; color: inherit; font-weight: 700; text-decoration: underline}
mark mark.hit {color: #17202b}
ul {list-style: none; padding: 0; margin: .2rem 0; display: flex; flex-wrap: wrap; gap: .35rem; font-size: .85em}
li {border: 1px solid var(--st-border-color); border-radius: 1rem; padding: .05rem .6rem}
li.yours {border-style: dashed}
button {font: inherit; font-size: .85em; color: var(--st-link-color); background: none; border: 0; padding: .3rem 0;
  cursor: pointer; text-decoration: underline}
button:focus-visible {outline: 2px solid var(--st-primary-color); outline-offset: 2px}
"""
_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("#cards") ?? parentElement.appendChild(
    Object.assign(document.createElement("div"), { id: "cards" }));
  const make = (name, text, kind) => {
    const node = document.createElement(name);
    if (text) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  root.replaceChildren(...data.cards.map((card) => {
    const box = make("article");
    if (card.question) { const q = make("div", card.question, "q"); q.dir = "auto"; box.append(q); }
    const said = make("p");
    said.dir = "auto";
    for (const [text, kind] of card.parts) {
      let piece = kind ? make("mark", text, kind === "said" ? "" : "hit") : text;
      if (kind === "both") { const around = make("mark"); around.append(piece); piece = around; }
      said.append(piece);
    }
    const tags = make("ul");
    tags.append(...card.tags.map(([text, kind]) => make("li", text, kind)));
    const open = make("button", data.label);
    open.type = "button";
    open.setAttribute("aria-label", data.label + ": " + card.name);
    open.onclick = () => setTriggerValue("open", card.id);
    box.append(said, tags, make("footer", card.about), open);
    return box;
  }));
}
"""


def draw(key: str, items: Sequence[Mapping[str, Any]], on_open: Callable[[], None], **marked: Any) -> str | None:
    """Draw the comments; returns the id of the one whose button was pressed just now.

    Args:
        key: the name under which Streamlit keeps it.
        items: as ``queries.verbatims.page`` gives them.
        on_open: called when a button was pressed.
        **marked: see ``card``.
    """
    show = st.components.v2.component("voc.comments", css=_CSS, js=_JS)
    cards = [card(item, **marked) for item in items]
    result = show(key=key, data={"cards": cards, "label": "Read or correct"}, on_open_change=on_open)
    opened: str | None = getattr(result, "open", None)
    return opened


def card(
    item: Mapping[str, Any],
    *,
    labels: Mapping[str, str],
    query: Query | None = None,
    spans: Mapping[str, Span] | None = None,
    theme: str = "",
    corrected: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """What one card shows.

    Args:
        item: a comment with its mentions.
        labels: of themes, by id.
        query: words that were looked for; they are underlined.
        spans: of a search by meaning: the passage that is near, by comment.
        theme: mark the mentions of this theme.
        corrected: ids of comments that people have corrected.
    """
    from voc.search import marks

    text = item["text"] or ""
    ids = [part["theme_id"] for part in item["mentions"] if part["theme_id"] in labels]
    near = [spans[item["feedback_id"]]] if spans and item["feedback_id"] in spans else []
    said = near + [(part["start"], part["end"]) for part in item["mentions"] if theme and part["theme_id"] == theme]
    kind = "yours" if item["feedback_id"] in corrected else ""
    tags = [(words.value(item["sentiment"]) if item["sentiment"] else "waits for its tags", kind)]
    tags += [(name, kind) for name in item["categories"] or ()] + [(labels[i], "") for i in dict.fromkeys(ids)]
    return {
        "id": item["feedback_id"],
        "question": item["question"] or "",
        "parts": parts(text, said, marks(text, query) if query else []),
        "tags": tags,
        "about": words.about(item) + (" · corrected by a person" if kind else ""),
        "name": text[:60],
    }


def parts(text: str, said: Sequence[Span], hits: Sequence[Span]) -> list[tuple[str, str]]:
    """A text in pieces, each with how it is marked: "", "said" (a mention), "hit" (a word looked for) or "both"."""
    edges = sorted({0, len(text), *(min(at, len(text)) for span in (*said, *hits) for at in span)})
    found: list[tuple[str, str]] = []
    for start, end in pairwise(edges):
        inside = [any(a <= start and end <= b for a, b in spans) for spans in (said, hits)]
        kind = "both" if all(inside) else "said" if inside[0] else "hit" if inside[1] else ""
        if found and found[-1][1] == kind:
            found[-1] = (found[-1][0] + text[start:end], kind)
        else:
            found.append((text[start:end], kind))
    return found
