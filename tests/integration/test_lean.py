"""The lake in numbers answers as the lake itself does, whatever is filtered, corrected, moved or merged."""

import datetime as dt
from dataclasses import replace

import polars as pl
from polars.testing import assert_frame_equal

import voc
from voc import queries
from voc.access import Principal
from voc.app import ready
from voc.errors import StoreError
from voc.model import Filter
from voc.queries.catalogue import catalogue
from voc.queries.lean import lean, lean_of
from voc.queries.verbatims import page

WINDOW = (dt.date(2026, 4, 6), dt.date(2026, 6, 1))


def filters(tables):
    """One of each kind, with values that the workspace has and one that it has not."""
    tags = tables.tags.collect()
    category = tags["categories"].explode().drop_nulls()[0]
    return {
        "all time": Filter(),
        "a window": Filter(*WINDOW),
        "a segment": Filter(*WINDOW, segments=(("site", "North"),)),
        "nothing": Filter(segments=(("site", "Nowhere"),)),
        "a category": Filter(category=(category,)),
        "a sentiment": Filter(*WINDOW, sentiment=("negative", "very_negative")),
        "a language and a source": Filter(language=("en",), source=tuple(tables.feedback.collect()["source"][:1])),
    }


def same(plain, fast):
    """Frames alike in values, whatever their order where it is open."""
    if isinstance(plain, pl.DataFrame):
        assert_frame_equal(plain, fast, check_dtypes=True)
    else:
        assert plain == fast


def by_name(comments):
    """Comments whose categories are in order of their names."""
    return [
        {**one, "mentions": [{**part, "categories": sorted(part["categories"])} for part in one["mentions"]]}
        for one in comments
    ]


def compare(tables, found):
    theme = tables.themes[0].theme_id
    fast = replace(tables, lean=found, theme_days=None)
    plain = replace(tables, theme_days=None)
    for name, chosen in filters(tables).items():
        for query in (queries.themes_table, queries.coverage, queries.score_summary, queries.sparks, queries.trend,
                      queries.impact):  # fmt: skip
            try:
                same(query(plain, chosen), query(fast, chosen))
            except AssertionError as error:
                raise AssertionError(f"{query.__name__} with {name}: {error}") from error
        for query in (queries.shares, queries.also_said, queries.course):
            same(query(plain, chosen, theme), query(fast, chosen, theme))
        same(queries.theme_verbatims(plain, chosen, theme, 20, 1), queries.theme_verbatims(fast, chosen, theme, 20, 1))
    ids = tables.feedback.select("feedback_id").collect()["feedback_id"][:40].to_list()
    assert by_name(page(plain, ids)) == by_name(page(fast, ids))
    assert queries.newest_day(fast) == queries.newest_day(plain)


def test_numbers_answer_as_the_lake_does(clinic_done):
    with voc.open(clinic_done) as ws:
        tables = ws.tables()
        compare(tables, lean(tables))


def test_what_people_corrected_and_moved_and_merged_is_laid_over_what_is_kept(clinic_after):
    with voc.open(clinic_after) as ws:
        kept = lean(ws.tables())
        rows = ws.tables().mentions.collect()
        item, mention = rows["feedback_id"][0], rows["mention"][0]
        names = ws.labels()["categories"]
        ws.correct(item, "sentiment", ["very_positive"], actor="Jo")
        ws.correct(item, "sentiment", ["very_positive"], actor="Jo", mention=int(mention))
        ws.correct(rows["feedback_id"][5], "categories", [names[-1]], actor="Jo")
        themes = [theme for theme in ws.themes() if theme.pool == "problem"]
        given = ws.tables().theme_assignments.filter(pl.col("theme_id") == themes[0].theme_id).collect()
        ws.move_mention(given["feedback_id"][0], int(given["mention"][0]), themes[1].theme_id, actor="Jo")
        tables = ws.tables()
        again, found = lean_of(tables, kept)
        assert again is kept
        compare(tables, found)
        if len(themes) > 2:
            ws.merge_themes(themes[2].theme_id, themes[1].theme_id, actor="Jo")
            compare(ws.tables(), lean_of(ws.tables(), kept)[1])
        assert catalogue(tables, found).columns["sentiment"].counts(slice(None)) == catalogue(tables).columns[
            "sentiment"
        ].counts(slice(None))


def test_a_scope_cuts_the_numbers_as_it_cuts_the_rows(clinic_done):
    with voc.open(clinic_done) as ws:
        part = ws.acting(Principal("v", "viewer", (("site", "North"),))).tables()
        compare(part, lean(ws.tables()).within((("site", "North"),)))


def test_an_empty_lake_is_no_numbers(clinic):
    with voc.open(clinic) as ws:
        found = lean(ws.tables())
        assert (found.items.height, found.said.height, found.newest) == (0, 0, None)
        assert len(catalogue(ws.tables(), found)) == 0


def test_while_a_run_writes_the_figures_stay_as_they_were(clinic_after, monkeypatch):
    with voc.open(clinic_after) as ws:
        before = ws.lean()
        assert ws.lean() is before
        rows = ws.lake.scan("feedback").head(1).collect()
        monkeypatch.setattr(type(ws), "running", lambda _self: "pid 1")
        ws.lake.append("feedback", rows.with_columns(feedback_id=pl.lit("f" * 24)))
        assert ws.lean() is before
        monkeypatch.setattr(type(ws), "running", lambda _self: "")
        assert ws.lean().items.height == before.items.height + 1


def test_the_app_reads_ahead_of_its_visitors_unless_a_run_is_writing(clinic_done, monkeypatch):
    with voc.open(clinic_done) as ws:
        monkeypatch.setattr(type(ws), "running", lambda _self: "pid 1")
        assert ready.once(ws)
        assert "lean" not in ws.memo
        monkeypatch.setattr(type(ws), "running", lambda _self: "")
        assert ready.once(ws)
        assert ws.memo["lean"].found.items.height == ws.lake.count("feedback")
        monkeypatch.setattr(type(ws), "running", lambda _self: (_ for _ in ()).throw(StoreError("gone")))
        assert not ready.once(ws)
