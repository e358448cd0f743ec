"""Lines, tables and cards that pages share. Whatever a person typed is shown as text or escaped, never as Markdown."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from voc.app import shared, sparks, words
from voc.queries import feed_trouble

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from voc.model import Case, CaseEvent
    from voc.queries import Today
    from voc.store.runs import Run
    from voc.workspace import Workspace

# A window of fewer comments than this carries a warning, and a list of more lines a link to the rest.
THIN, MAX_LINES = 30, 5
LIVE = ("candidate", "accepted")


def case_line(ws: Workspace, case: Case, now: dt.datetime) -> None:
    """One case as a line: what, whose, and its clock; a link to it."""
    owner = shared.owner_name(ws, case.owner)
    shared.link("cases", f"{case.case_id}  {case.title} · {owner} · {words.clock(case, now)}", case=case.case_id)


def theme_row(ws: Workspace, row: Mapping[str, Any], courses: pl.DataFrame, note: str = "") -> None:
    """One theme that moved: a link, then its course, its people as a bar against what was expected, and its owner."""
    n = words.number_of(row)
    counts = courses.filter(pl.col("theme_id") == row["theme_id"])["counts"]
    owner = shared.owner_name(ws, row["owner"]) if row["owner"] else "no owner yet"
    with st.container(gap=None, key=f"row-{row['theme_id']}"):
        shared.link("themes", row["label"], theme=row["theme_id"])
        st.html(sparks.row(row, counts[0].to_list() if len(counts) else [], n, owner, note))


ORDER = ("theme", "people", "counts", "change", "points", "owner", "case", "note", "all")


def ranked(ws: Workspace, rows: pl.DataFrame, courses: pl.DataFrame, impact: pl.DataFrame) -> pl.DataFrame:
    """The ranking's rows as they are shown, in the order of ``rows``."""
    shown = [
        {
            "theme": row["label"],
            "people": words.number_of(row),
            "all": row["n_people"],
            "change": words.change(row),
            "note": _note(row),
            "owner": shared.owner_name(ws, row["owner"]) if row["owner"] else "–",
            "case": words.value(row["case_state"] or "–"),
        }
        for row in rows.iter_rows(named=True)
    ]
    table = pl.DataFrame(shown).with_columns(theme_id=rows["theme_id"])
    table = table.join(courses, on="theme_id", how="left", maintain_order="left")
    if impact.height:
        points = impact.select("theme_id", "points")
        table = table.join(points, on="theme_id", how="left", maintain_order="left")
    return table.drop("theme_id")


def open_row(picked: Any, ids: pl.Series, name: str) -> None:
    """Open the row that was clicked, by writing it into the URL."""
    selected = picked["selection"]["rows"] if picked else []
    if selected:
        st.query_params[name] = ids[selected[0]]
        st.rerun()


def _note(row: Mapping[str, Any]) -> str:
    notes = ["few"] if words.number_of(row) < words.SMALL else []
    return ", ".join(notes + (["candidate"] if row["status"] == "candidate" else []))


def columns(pool: str, score: str = "") -> dict[str, Any]:
    """How the ranking's columns are drawn; ``score`` names the points of impact."""
    people = "People who praise" if pool == "praise" else "People with a problem"
    return {
        "theme": st.column_config.TextColumn("Theme", width="medium"),
        "people": st.column_config.NumberColumn(people, format="localized"),
        "all": st.column_config.NumberColumn("All who mention it", format="localized"),
        "change": st.column_config.TextColumn("Change", width=110, help="Per person heard, against as long before"),
        "points": st.column_config.NumberColumn(
            f"{score} lost",
            format="%.1f",
            help="How much higher the score would be without those who report it; what mending brings may differ",
        ),
        "counts": st.column_config.LineChartColumn("Course", y_min=0),
        "note": st.column_config.TextColumn("Note", width="small"),
        "owner": st.column_config.TextColumn("Owner"),
        "case": st.column_config.TextColumn("Case"),
    }


def trend_notes(course: pl.DataFrame) -> None:
    """What the picture leaves out or does not yet know, in one line."""
    notes = ["Grey: fewer than 5 people."]
    if course["partial"].any():
        notes.append(f"Pale: {course['every'][0]} not covered to its end.")
    st.caption(" ".join([*notes, *_dates(course)]))


def course_notes(course: pl.DataFrame) -> None:
    """How to read the picture of a course, in one line."""
    notes = ["People per 1,000 comments. Grey: what its own past led one to expect, 95 times in 100. Numbers: people."]
    if course["partial"].any():
        notes.append(f"A {course['every'][0]} that is not over is not drawn.")
    st.caption(" ".join([*notes, *_dates(course)]))


def _dates(course: pl.DataFrame) -> list[str]:
    """What the dates of the comments allow the picture to show."""
    notes = []
    if course["every"][0] == "month":
        notes.append("By month, since most of these comments carry no finer date.")
    if course["n_left_out"][0]:
        notes.append(f"{words.count(course['n_left_out'][0], 'comment', 'comments')} with only a month left out.")
    return notes


def cuts(table: pl.DataFrame, theme_id: str) -> None:
    """Who says it: the rate of each value, and its people beside what its share of all feedback would bring.

    A row that is clicked offers its comments.
    """
    said = table.with_columns(
        segment=pl.col("segment").replace(words.FIELD),
        note=pl.when(pl.col("n_people") < words.SMALL).then(pl.lit("few"))
        .when(pl.col("stands_out") == "more").then(pl.lit("▲ more than its share"))
        .when(pl.col("stands_out") == "less").then(pl.lit("▽ less than its share")).otherwise(pl.lit("")),
        range=pl.format("{} to {} %", *((100 * pl.col(bound)).round(0).cast(int) for bound in ("low", "high"))),
    )  # fmt: skip
    picked: Any = st.dataframe(
        said,
        key=f"cuts_{theme_id}",
        on_select="rerun",
        selection_mode="single-row",
        column_order=["segment", "value", "n_people", "expected", "rate", "range", "n_all", "note"],
        column_config={
            "segment": "By",
            "value": "Value",
            "n_people": "People",
            "expected": st.column_config.NumberColumn("By its share", format="%.0f"),
            "rate": st.column_config.NumberColumn("Rate", format="percent"),
            "range": "95 % interval",
            "n_all": "People who gave feedback",
            "note": "Note",
        },
        hide_index=True,
        width="stretch",
        alt="Who says it, by segment",
    )
    rows = picked["selection"]["rows"] if picked else []
    if rows:
        segment, value = table.row(rows[0], named=True)["segment"], table.row(rows[0], named=True)["value"]
        shared.link("verbatims", f"Read what {value} says about it", theme=theme_id, **{segment: value})
    else:
        st.caption("Click a row to read its comments.")


def total(page: pl.DataFrame) -> int:
    """How many mentions there are beyond the page."""
    return int(page["n_total"][0]) if page.height else 0


def verbatims(page: pl.DataFrame) -> None:
    """Comments with their question and their mentions marked, escaped: one block for the whole page."""
    shown = []
    for _, mentions in groupby(page.iter_rows(named=True), key=itemgetter("feedback_id")):
        rows = list(mentions)
        shown.append(words.verbatim(rows[0], [(row["start"], row["end"]) for row in rows]))
    st.html("".join(shown))


def pager(key: str, number: int, last: int) -> None:
    """Buttons to the page before and after."""

    def turn(to: int) -> None:
        st.session_state[key] = to

    if last == 0:
        return
    back, where, onward = st.columns([1, 2, 1])
    back.button("Newer", key=f"{key}_back", disabled=number == 0, on_click=turn, args=(number - 1,))
    where.text(f"page {number + 1} of {last + 1}")
    onward.button("Older", key=f"{key}_on", disabled=number == last, on_click=turn, args=(number + 1,))


def picture(chart: Any, title: str, alt: str) -> None:
    """A picture below its finding; ``alt`` says what there is to see."""
    st.subheader(words.plain(title))
    st.altair_chart(chart, width="stretch", alt=alt)


def trust(view: Today, run: Run | None) -> None:
    """Whether the figures above can be relied on: feeds, coverage, the last run and its books."""
    stale = view.feeds.filter(pl.col("state") != "fresh")
    known = view.feeds.height
    st.header(f"Feeds: {known - stale.height} of {known} fresh" if stale.height else "All feeds are fresh")
    for row in stale.iter_rows(named=True):
        st.text(f"{feed_trouble(row)}: check that its export still arrives.")
    shared.link("setup", "What each feed brings, and what was kept out")
    others = view.coverage["n_unsupported_language"]
    if others:
        n = words.count(others, "comment is", "comments are")
        st.text(f"{n} in other languages, which voc does not tag: a person has to read them (voc languages).")
    covered, waiting = view.coverage["tags"], view.coverage["n_waiting"]
    if covered is not None:
        st.text(
            f"Coverage: voc is sure of {covered:.0%} of {view.coverage['n_base']:,} comments;"
            f" {waiting:,} wait for the next run."
        )
    anonymous(view.coverage)
    if run is None:
        st.text("No nightly run yet: voc nightly")
        return
    ended = f"{run.finished_at:%d %b %Y %H:%M} UTC" if run.finished_at else "not finished"
    st.text(f"Last run: {run.state}, {ended}.")
    with st.expander("Its books"):
        st.code(json.dumps(view.books, indent=1), language="json")


def thin(coverage: Mapping[str, Any]) -> None:
    """Say so where the window holds too little to read anything into it."""
    if coverage["n_verbatims"] < THIN:
        n = words.count(coverage["n_verbatims"], "comment", "comments")
        st.info(
            f"Only {n} in this selection: too few to read anything into. Choose a longer time above, or fewer filters."
        )


def anonymous(coverage: Mapping[str, Any]) -> None:
    """Say where an item stands in for a person, since a count of people is then a count of items."""
    n, all_ = coverage["n_anonymous"], coverage["n_verbatims"]
    if n:
        st.caption(f"{n:,} of {all_:,} comments name no person: each of these counts as one.")


def cases(ws: Workspace, mine: Sequence[Case], now: dt.datetime, key: str) -> None:
    """One owner's cases; a click on a row opens the case."""
    shown = [
        {
            "case": case.case_id,
            "about": case.title,
            "state": words.STATE[case.state],
            "clock": ("⚠ " if case.late(now) else "") + words.clock(case, now),
            "people": case.n_problem_people,
        }
        for case in mine
    ]
    picked = st.dataframe(
        pl.DataFrame(shown),
        column_config={
            "case": "Case",
            "about": st.column_config.TextColumn("About", width="medium"),
            "state": "State",
            "clock": st.column_config.TextColumn("Next", width="large"),
            "people": "People with a problem",
        },
        hide_index=True,
        width="stretch",
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    open_row(picked, pl.Series([case.case_id for case in mine]), "case")


def history(events: Sequence[CaseEvent]) -> None:
    """A case's history, newest first."""
    rows = [
        {
            "when": event.at,
            "what": words.MOVE.get(event.move, words.value(event.move)),
            "by": event.actor,
            "to": words.value(event.to_state),
            "reason": event.reason,
        }
        for event in reversed(events)
    ]
    columns: dict[str, Any] = {
        "when": st.column_config.DatetimeColumn("When (UTC)", format="YYYY-MM-DD HH:mm", timezone="UTC"),
        "what": "What",
        "by": "By",
        "to": "State after",
        "reason": st.column_config.TextColumn("Reason", width="large"),
    }
    st.dataframe(pl.DataFrame(rows), column_config=columns, hide_index=True, width="stretch")
