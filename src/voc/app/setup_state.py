"""The parts of Set-up that show how voc does: feeds, packs, what was kept out, runs, languages."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from voc import queries
from voc.app import shared, upload, words
from voc.errors import VocError
from voc.tagging.packs import load_pack

if TYPE_CHECKING:
    from voc.app.shared import Page

STATES = {"fresh": "fresh", "silent": "⚠ silent", "low": "⚠ fewer than usual", "undated": "⚠ no dates"}


def finding(p: Page, part: str = "sources") -> str:
    """The title of a part: what it comes to; else what needs an administrator, if anything does."""
    routes, owners = p.ws.config.routes, p.ws.config.owners
    told = sum(bool(owner.channels) for owner in owners)
    titles = {
        "routes": words.count(len(routes), "rule decides", "rules decide") + " who gets which theme",
        "owners": words.count(len(owners), "owner answers", "owners answer") + " for what customers say",
        "channels": f"{told} of {words.count(len(owners), 'owner', 'owners')} get messages",
    }
    return titles.get(part) or _feeds_title(p)


def _feeds_title(p: Page) -> str:
    feeds = p.read(queries.feeds, p.now.date())
    ill = feeds.filter(pl.col("state") != "fresh").height
    run = p.ws.last_run()
    if run is not None and run.state == "failed":
        return "The last run failed"
    if ill:
        return words.count(ill, "feed needs", "feeds need") + " a look"
    if not feeds.height:
        return "No feed has brought anything yet"
    return f"All {feeds.height} feeds are fresh"


def sources(p: Page) -> None:
    """Feeds with their health, configured or not; and a way to add one."""
    rows = _feeds(p)
    columns: dict[str, Any] = {
        "feed": "Feed", "state": "State", "newest": st.column_config.DateColumn("Newest item"), "lag": "Days late",
        "week": "Items in 7 days", "usual": st.column_config.NumberColumn("Usual", format="%.0f"),
        "files": "Files", "profile": "Read by",
    }  # fmt: skip
    if rows:
        table = pl.DataFrame(rows, infer_schema_length=None)
        st.dataframe(table, column_config=columns, hide_index=True, width="stretch")
    else:
        st.text("No source is set up yet: drop a file below, or add one to voc.toml.")
    if p.ws.may("upload"):
        st.subheader("Add a feed")
        upload.card(p.ws, shared.folder(), p.actor)


def _feeds(p: Page) -> list[dict[str, Any]]:
    """A row for each feed of comments, then those of events, then those that have brought nothing yet."""
    known = {source.name: source for source in p.ws.config.sources}
    rows: list[dict[str, Any]] = [
        {
            "feed": row["source"],
            "state": STATES.get(row["state"], row["state"]),
            "newest": row["newest_on"],
            "lag": row["lag_days"],
            "week": row["n_week"],
            "usual": row["usual_week"],
            "files": known[row["source"]].path if row["source"] in known else "by hand",
            "profile": known[row["source"]].profile if row["source"] in known else "",
        }
        for row in p.read(queries.feeds, p.now.date()).iter_rows(named=True)
    ]
    heard = {row["feed"] for row in rows}
    events = p.read(queries.event_sources)
    for source in sorted(known.values(), key=lambda source: source.name not in events):
        if source.name not in heard:
            state = "events" if source.name in events else "⚠ nothing yet"
            rows.append({"feed": source.name, "state": state, "files": source.path, "profile": source.profile})
    return rows


def packs(p: Page) -> None:
    """The packs in use: what they look for, and whose it is."""
    st.text(f"Comments are tagged by {p.ws.config.taxonomy}.")
    for name in p.ws.config.packs:
        pack = load_pack(name)
        with st.expander(f"{name}: {len(pack.categories)} categories"):
            rows = [{"category": c.name, "owner": c.function, "means": c.definition} for c in pack.categories]
            st.dataframe(rows, hide_index=True, width="stretch")


def kept_out(p: Page) -> None:
    """Records that could not be taken in, by reason; and taking them in again."""
    try:
        out = p.ws.quarantined()
    except VocError as error:
        st.text(str(error))
        return
    if out.is_empty():
        st.text("Nothing is kept out: every record was read.")
        return
    st.text(f"{words.count(out.height, 'record is', 'records are')} kept out; their words are not shown here.")
    by = out.group_by("source", "file", "column", "reason").agg(rows=pl.len(), first=pl.col("row").min())
    st.dataframe(by.sort("rows", descending=True), hide_index=True, width="stretch")
    if not p.ws.may("replay"):
        return
    dropped = st.file_uploader("The file they came from, if it is no longer in the inbox", key="replay_file")

    def again() -> None:
        shared.do(lambda: _replayed(p, dropped), "Read again: what passes now was taken in.")

    st.button("Try them again", on_click=again, key="replay")


def _replayed(p: Page, dropped: Any) -> None:
    if dropped is None:
        found = p.ws.replay()
    else:
        with tempfile.TemporaryDirectory(prefix="voc-replay-") as room:
            path = Path(room) / Path(dropped.name).name
            path.write_bytes(dropped.getbuffer())
            found = p.ws.replay([path])
    st.session_state["replayed"] = {k: v for k, v in found.items() if isinstance(v, int)}


def runs(p: Page) -> None:
    """What the runs did, newest first; one of them step by step."""
    try:
        found = p.ws.runs(30)
    except VocError as error:
        st.text(str(error))
        return
    if not found:
        st.text("No run yet.")
        st.code("voc nightly", language="bash")
        return
    rows = [
        {
            "run": run.run_id,
            "state": ("⚠ " if run.state == "failed" else "") + run.state,
            "started": run.started_at,
            **{key: run.books.get(key) for key in ("read", "stored", "duplicate", "quarantined", "tagged")},
        }
        for run in found
    ]
    st.dataframe(pl.DataFrame(rows, infer_schema_length=None), hide_index=True, width="stretch")
    chosen = st.selectbox("Step by step", [run.run_id for run in found], key="run_chosen")
    steps = [
        {"step": s.step, "seconds": round(s.seconds, 2), "counts": ", ".join(f"{k} {v}" for k, v in s.details.items())}
        for s in p.ws.run(chosen).steps
    ]
    st.dataframe(steps, hide_index=True, width="stretch")


def languages(p: Page) -> None:
    """Comments that voc does not read, for a person to read."""
    found = p.ws.languages_queue()
    if found.is_empty():
        st.text("Every comment is in a language that voc reads.")
        return
    st.text(f"{words.count(found.height, 'comment waits', 'comments wait')} for somebody who reads its language.")
    st.dataframe(found.drop("feedback_id").head(200), hide_index=True, width="stretch")
