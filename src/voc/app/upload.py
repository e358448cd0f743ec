"""The first file: drop it, check what voc makes of it on your own first rows, press one button, see themes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from voc.app import words
from voc.errors import VocError
from voc.steps import uploading

if TYPE_CHECKING:
    from voc.steps.uploading import Upload
    from voc.workspace import Workspace

TYPES = ["csv", "tsv", "xlsx", "jsonl", "json", "parquet"]
PACKS = {"healthcare": "Care for patients", "ecommerce": "A shop"}
KEPT = "voc.upload"
LABELS = {
    "text": "Comment",
    "event_at": "Date",
    "record_id": "Number of the answer",
    "respondent": "Who said it (kept as a code, never as it is)",
    "question": "Question",
    "may_contact": "May be contacted",
    "nps": "Would recommend, 0 to 10",
    "csat": "Satisfaction, 1 to 5",
    "ces": "Effort, 1 to 7",
    "fft": "Friends and Family Test",
}
ORDERS = {"dmy": "day before month (31/12/2026)", "mdy": "month before day (12/31/2026)", "iso": "2026-12-31"}
STAGES = {
    "ingest": "Reading and masking",
    "tag": "Judging sentiment and subjects",
    "lanes": "Looking for what cannot wait",
    "discover": "Finding themes",
    "assign": "Giving comments to themes",
    "route": "Finding owners",
    "index": "Making it searchable",
}
# Stages of the night, for the bar; the slow ones come first.
EXPECTED = (
    "ingest",
    "tag",
    "lanes",
    "discover",
    "assign",
    "signals",
    "route",
    "verify",
    "promises",
    "deliver",
    "purge",
)


def card(ws: Workspace | None, folder: Path, actor: str) -> None:
    """The whole way from a file to themes; ``ws`` is None where no workspace is yet: the button makes one."""
    dropped = st.file_uploader("Drop a CSV or Excel file", type=TYPES, key="upload_file")
    if dropped is None:
        st.caption("Nothing is stored before you say so, and names, numbers and addresses of people are masked first.")
        _forget()
        return
    try:
        upload = _looked_at(dropped)
        fixed = _mapping(upload)
        seen = uploading.shown(fixed)
    except VocError as error:
        st.error(words.plain(f"This file cannot be used as it is: {error}"))
        return
    _preview(seen)
    pack = None
    if ws is None:
        pack = st.radio(
            "What is it about?", list(PACKS), format_func=PACKS.__getitem__, horizontal=True, key="upload_pack"
        )
    for problem in fixed.guess.problems:
        st.text(f"To decide: {problem}")
    ready = not fixed.guess.problems and bool(seen["rows"])
    if st.button("Find the themes", type="primary", disabled=not ready, key="upload_go"):
        _run(ws, folder, pack, fixed, actor or "set-up")


def _looked_at(dropped: Any) -> Upload:
    """The file in a private folder that lives as long as the session needs it, and what voc makes of it."""
    kept = st.session_state.get(KEPT)
    if kept is None or kept["id"] != dropped.file_id:
        _forget()
        room = tempfile.TemporaryDirectory(prefix="voc-upload-")
        path = Path(room.name) / Path(dropped.name).name
        path.write_bytes(dropped.getbuffer())
        st.session_state[KEPT] = {"id": dropped.file_id, "room": room, "upload": uploading.dropped(path)}
    found: Upload = st.session_state[KEPT]["upload"]
    return found


def _forget() -> None:
    kept = st.session_state.pop(KEPT, None)
    if kept is not None:
        kept["room"].cleanup()


def _mapping(upload: Upload) -> Upload:
    """What each column is: known for exports that voc knows, else guessed, to be corrected."""
    if upload.shipped:
        st.success(words.plain(f"voc knows this export: {upload.guess.profile.description}"))
        return upload
    guessed = upload.mapping()
    with st.expander("What the columns are", expanded=bool(upload.guess.problems) or "text" not in guessed):
        st.caption(f"Guessed, {upload.guess.confidence:.0%} sure. Columns that are not named here are left out.")
        chosen: dict[str, str] = {}
        columns = st.columns(3)
        for number, field in enumerate(uploading.FIELDS):
            label = LABELS.get(field, words.FIELD.get(field, words.value(field).capitalize()))
            place = list(upload.columns).index(guessed[field]) if field in guessed else None
            value = columns[number % 3].selectbox(
                label, upload.columns, index=place, key=f"map_{field}", placeholder="not in the file"
            )
            if value:
                chosen[field] = value
        undecided = any("[dates]" in problem for problem in upload.guess.problems)
        order = (
            st.radio("Dates are written", list(ORDERS), index=None, format_func=ORDERS.__getitem__) if undecided else ""
        )
    fixed = uploading.corrected(upload, chosen, order or "")
    if "text" not in chosen and not fixed.guess.profile.verbatims:
        st.warning("No column of comments is chosen: there would be scores, and no themes.")
    return fixed


def _preview(seen: dict[str, Any]) -> None:
    read, out = seen["read"], seen["rejected"]
    st.text(
        f"{words.count(read, 'row', 'rows')}: {read - out:,} can be used"
        + (f", {out:,} are kept out with a reason" if out else "")
        + (f"; {seen['undated']:,} have no date that can be read" if seen["undated"] else "")
    )
    hidden = ("row", "grain", "source", "response_id")
    first = ("text", "question", "event_at")
    order = sorted(seen["rows"][0] if seen["rows"] else (), key=lambda key: first.index(key) if key in first else 9)
    rows = [{key: row.get(key) for key in order if key not in hidden} for row in seen["rows"]]
    st.dataframe(rows, hide_index=True, width="stretch")
    st.caption("Your first rows as voc would keep them. What is in square brackets was personal and is not stored.")
    if seen["dropped_columns"]:
        st.caption(words.plain(f"Left out: {', '.join(seen['dropped_columns'])}."))
    for row in seen["quarantine"]:
        st.caption(words.plain(f"Row {row['row']}, {row['column']}: {row['reason']}"))


def _run(ws: Workspace | None, folder: Path, pack: str | None, upload: Upload, actor: str) -> None:
    """Make the workspace if there is none, keep the file, and run a first night with a bar."""
    from voc.app import shared

    began = time.monotonic()
    bar = st.progress(0.0, "Beginning …")
    try:
        if ws is None:
            ws = _made(folder, pack or "healthcare")
        name = ws.upload(upload, actor=actor)
        counts: dict[str, int] = {}

        def tell(step: str, n: int) -> None:
            counts[step] = counts.get(step, 0) + n
            done = EXPECTED.index(step) / len(EXPECTED) if step in EXPECTED else 0.9
            so_far = f": {counts[step]:,}" if counts[step] else ""
            bar.progress(done, f"{STAGES.get(step, 'Finishing')}{so_far}")

        night = ws.nightly(progress=tell)
    except VocError as error:
        bar.empty()
        st.error(words.plain(f"Stopped: {error}"))
        st.text("What was read is kept. Correct what the message names and press the button again.")
        return
    bar.progress(1.0, "Done")
    _forget()
    shared.say(
        "success", f"{summary(ws, night)} It took {time.monotonic() - began:.0f} seconds; the feed is called {name}."
    )
    st.switch_page(Path(__file__).with_name("themes.py"))


def _made(folder: Path, pack: str) -> Workspace:
    import voc
    from voc.app import who

    with voc.init(folder, [pack]):
        pass
    return who.admitted(voc.open(folder))


def summary(ws: Workspace, night: dict[str, Any]) -> str:
    """What came of it, and what a sample of this size lets one say."""
    from voc import queries
    from voc.model import Filter

    coverage = queries.coverage(ws.tables(), Filter())
    n_themes = sum(theme.status in ("accepted", "candidate") for theme in ws.themes())
    n_people = int(queries.verbatims_frame(ws.tables(), Filter()).select("unit").unique().collect().height)
    said = f"{words.count(night['stored'], 'comment', 'comments')} of {words.people(n_people)}, "
    said += f"{words.count(n_themes, 'theme', 'themes')}. "
    if not n_themes:
        return said + "Too few people say the same for a theme: bring more, or read the comments themselves."
    share = uploading.reach(n_people)
    said += f"In a sample of this size, what fewer than {share:.0%} of people say may not show as a theme"
    waiting = coverage["n_unsupported_language"]
    return said + (f", and {waiting:,} comments are in languages that voc does not read." if waiting else ".")
