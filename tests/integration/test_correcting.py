"""A corrected tag is kept: it shows in every figure, outlives a tagger, can be undone, and goes with its author."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

import voc
from clinic import DAY
from voc.errors import InputError
from voc.model import Filter
from voc.queries import mention_frame, themes_table, verbatims, verbatims_frame
from voc.queries.asof import known_at
from voc.queries.corrected import WHOLE
from voc.queries.lean import lean, lean_of


def negative_with_theme(ws):
    """A comment of one negative mention that has a theme, as a row of the mention frame."""
    frame = mention_frame(ws.tables(), Filter()).collect()
    lone = frame.filter(pl.len().over("feedback_id") == 1, pl.col("sentiment") == "negative", pl.col("problem"))
    return lone.drop_nulls(["theme_id", "unit"]).row(0, named=True)


def tag_of(ws, feedback_id):
    frame = verbatims_frame(ws.tables(), Filter()).filter(pl.col("feedback_id") == feedback_id).collect()
    return frame.row(0, named=True)


def test_a_corrected_sentiment_shows_in_tags_mentions_and_figures(clinic_after):
    with voc.open(clinic_after) as ws:
        said = negative_with_theme(ws)
        theme = pl.col("theme_id") == said["theme_id"]
        before = themes_table(ws.tables(), Filter()).filter(theme)["n_problem_people"].item()
        version = ws.lake_version()
        ws.correct(said["feedback_id"], "sentiment", ["very_positive"], actor="Ann")
        assert ws.lake_version() != version
        assert tag_of(ws, said["feedback_id"])["sentiment"] == "very_positive"
        assert not tag_of(ws, said["feedback_id"])["abstained"]
        mine = mention_frame(ws.tables(), Filter()).filter(pl.col("feedback_id") == said["feedback_id"]).collect()
        assert (mine["sentiment"].to_list(), mine["problem"].to_list()) == (["very_positive"], [False])
        after = themes_table(ws.tables(), Filter()).filter(theme)["n_problem_people"].item()
        assert after == before - 1


def test_categories_are_corrected_and_the_catalogue_follows(clinic_after):
    with voc.open(clinic_after) as ws:
        said = negative_with_theme(ws)
        known = ws.labels()["categories"]
        ws.correct(said["feedback_id"], "categories", [known[2], known[0]], actor="Ann")
        assert tag_of(ws, said["feedback_id"])["categories"] == [known[2], known[0]]
        tables = ws.tables()
        patched = verbatims.catalogue(tables, lean_of(tables, lean(replace(tables, corrections=())))[1])
        found = [verbatims.find(c, Filter(category=(known[2],))) for c in (patched, verbatims.catalogue(tables))]
        assert said["feedback_id"] in found[0].ids[:]
        assert found[0].ids[:] == found[1].ids[:]
        assert found[0].facets == found[1].facets


def test_a_correction_outlives_the_next_tagger(clinic_after):
    with voc.open(clinic_after) as ws:
        said = negative_with_theme(ws)
        ws.correct(said["feedback_id"], "sentiment", ["neutral"], actor="Ann")
        later = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
        for table in ("mentions", "tags"):
            again = ws.lake.read(table).with_columns(tagger_version=pl.lit("next"), tagged_at=pl.lit(later))
            ws.lake.append(table, again)
        assert tag_of(ws, said["feedback_id"])["sentiment"] == "neutral"
        assert tag_of(ws, said["feedback_id"])["tagged_at"] == later


def test_changed_words_are_read_anew(clinic_after):
    with voc.open(clinic_after) as ws:
        path = clinic_after / "inbox" / "survey_more.csv"
        header = "record_id,respondent,date,text\n"
        path.write_text(header + "N-1,person-z,2026-03-16,The kettle was cold and horrible\n")
        ws.ingest(path, "generic")
        ws.nightly(DAY)
        mine = ws.lake.read("feedback").filter(pl.col("text").str.contains("kettle"))["feedback_id"].item()
        ws.correct(mine, "sentiment", ["very_positive"], actor="Ann")
        path.write_text(header + "N-1,person-z,2026-03-16,The food was awful and the plates dirty\n")
        ws.ingest(path, "generic")
        ws.nightly(DAY)
        assert tag_of(ws, mine)["sentiment"] in ("negative", "very_negative")


def test_undone_it_never_was_and_the_past_does_not_know_it(clinic_after):
    with voc.open(clinic_after) as ws:
        said = negative_with_theme(ws)
        batch = ws.correct(said["feedback_id"], "sentiment", ["neutral"], actor="Ann")
        yesterday = known_at(ws.context().tables(history=True), ws.now() - dt.timedelta(days=1))
        assert yesterday.corrections == []
        assert ws.undo_correction(batch, actor="Ben") == 2
        assert tag_of(ws, said["feedback_id"])["sentiment"] == "negative"
        with pytest.raises(InputError, match="undone"):
            ws.undo_correction(batch, actor="Ben")


def test_what_is_like_it_is_shown_and_changes_only_if_accepted(clinic_after):
    with voc.open(clinic_after) as ws:
        path = clinic_after / "inbox" / "survey_more.csv"
        rows = [f"N-{i},person-n{i},2026-03-16,The parking machine was broken again on day {i}" for i in range(6)]
        path.write_text("record_id,respondent,date,text\n" + "\n".join(rows) + "\n")
        ws.ingest(path, "generic")
        ws.nightly(DAY)
        items = [i for i in verbatims.page(ws.tables(), ws.lake.read("feedback")["feedback_id"].to_list())
                 if i["text"] and "again on day" in i["text"]]  # fmt: skip
        first = items[0]
        batch = ws.correct(first["feedback_id"], "sentiment", ["neutral"], actor="Ann", mention=0)
        offered = ws.alike(batch)
        assert offered
        assert first["feedback_id"] not in {item["feedback_id"] for item in offered}
        told = {part["sentiment"] for item in offered for part in item["mentions"] if part["mention"] == item["like"]}
        assert told == {first["mentions"][0]["sentiment"]}
        chosen = [(item["feedback_id"], item["like"]) for item in offered[:2]]
        assert ws.learn(batch, chosen, actor="Ann") == 2
        assert all(tag_of(ws, i)["sentiment"] == "neutral" for i, _ in chosen)
        assert {i for i, _ in chosen}.isdisjoint(item["feedback_id"] for item in ws.alike(batch))
        ws.undo_correction(batch, actor="Ann")
        assert all(tag_of(ws, i)["sentiment"] != "neutral" for i, _ in chosen)


@pytest.mark.parametrize(
    ("field", "value", "mention", "message"),
    [
        ("sentiment", ["lovely"], WHOLE, "lovely is no sentiment"),
        ("sentiment", [], WHOLE, "nothing is no sentiment"),
        ("categories", ["No such"], WHOLE, "No such is no categories"),
        ("theme", ["t-1"], WHOLE, "voc themes move"),
        ("sentiment", ["neutral"], 99, "no mention 99"),
    ],
)
def test_labels_that_there_are_not_are_refused(clinic_after, field, value, mention, message):
    with voc.open(clinic_after) as ws, pytest.raises(InputError, match=message):
        ws.correct(negative_with_theme(ws)["feedback_id"], field, value, actor="Ann", mention=mention)


def test_a_comment_that_is_not_there_cannot_be_corrected(clinic_after):
    with voc.open(clinic_after) as ws, pytest.raises(InputError, match="no such comment"):
        ws.correct("f" * 24, "sentiment", ["neutral"], actor="Ann")


def test_an_erased_persons_corrections_go(clinic_after):
    with voc.open(clinic_after) as ws:
        said = negative_with_theme(ws)
        ws.correct(said["feedback_id"], "sentiment", ["neutral"], actor="Ann")
        assert ws.erase(said["unit"])["left"] == 0
        assert ws.corrections() == []


def test_what_the_night_counted_is_amended_not_thrown_away(clinic_after):
    def counted(ws):
        tables = ws.tables()
        assert tables.theme_days is not None
        kept = themes_table(tables, Filter())
        assert kept.equals(themes_table(replace(tables, theme_days=None), Filter()))
        return kept

    with voc.open(clinic_after) as ws:
        before, said = counted(ws), negative_with_theme(ws)
        batch = ws.correct(said["feedback_id"], "sentiment", ["very_positive"], actor="Ann")
        corrected = counted(ws)
        assert not corrected.equals(before)
        other = next(t.theme_id for t in ws.themes() if t.theme_id != said["theme_id"])
        ws.move_mention(said["feedback_id"], said["mention"], other, actor="Ann")
        assert not counted(ws).equals(corrected)
        ws.undo_theme(other, actor="Ann")
        assert counted(ws).equals(corrected)
        ws.undo_correction(batch, actor="Ann")
        assert counted(ws).equals(before)
        ws.nightly(DAY)
        assert counted(ws).equals(before)
