"""Search on a real workspace: the night fills the index, erasure and purging empty it, and any search finds its way."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

import voc
from clinic import DAY
from voc.cli import run
from voc.model import Filter
from voc.queries import verbatims
from voc.search import keys_of, parse
from voc.steps import indexing


def found(ws, typed, filter=None):
    hits = verbatims.hits(ws.find_words(typed))
    return verbatims.find(verbatims.catalogue(ws.tables()), filter or Filter(), hits)


def texts(ws, ids):
    return [item["text"] for item in verbatims.page(ws.tables(), ids)]


def test_the_night_indexes_what_came_in_and_a_second_one_nothing(clinic_after):
    with voc.open(clinic_after) as ws:
        n = ws.lake.read("feedback").filter(pl.col("text").is_not_null()).height
        assert len(indexing.words_of(ws.root)) == n
        assert found(ws, "-zzz").n == n
        state = ws.index_state()
        assert ws.nightly(DAY)["indexed"] == 0
        assert len(ws.vectors()) >= n
        assert state


def test_words_find_the_comments_that_have_them(clinic_after):
    with voc.open(clinic_after) as ws:
        got = found(ws, "parcel -courier")
        assert got.n
        for text in texts(ws, got.ids[:]):
            assert "parcel" in text.lower()
            assert "courier" not in text.lower()
        newest = [item["event_at"] for item in verbatims.page(ws.tables(), got.ids[:])]
        assert newest == sorted(newest, reverse=True)


def test_meaning_finds_comments_without_the_word(clinic_after):
    with voc.open(clinic_after) as ws:
        hits = verbatims.near(ws.find_meaning("nowhere to leave my car"))
        got = verbatims.find(verbatims.catalogue(ws.tables()), Filter(), hits)
        best = verbatims.page(ws.tables(), got.ids[:3])
        assert all("park" in item["text"].lower() for item in best)
        start, end = got.spans[best[0]["feedback_id"]]
        assert 0 <= start < end <= len(best[0]["text"])


def test_a_search_for_nothing_finds_nothing(clinic_after):
    with voc.open(clinic_after) as ws:
        assert len(ws.find_meaning("").keys) == 0
        assert len(ws.find_words("  ")) == 0


def test_the_filter_and_the_counts_agree_with_a_plain_count(clinic_after):
    with voc.open(clinic_after) as ws:
        tables = ws.tables()
        everything = verbatims.catalogue(tables)
        for filter in (
            Filter(),
            Filter(source=("survey",)),
            Filter(segments=(("site", "North"), ("site", "South")), sentiment=("negative", "very_negative")),
            Filter(start=DAY.replace(day=1), end=DAY),
            Filter(category=tuple(verbatims.find(everything, Filter()).facets["category"])[:1]),
        ):
            plain = voc.queries.verbatims_frame(tables, filter).filter(pl.col("text").is_not_null()).collect()
            got = verbatims.find(everything, filter)
            assert set(got.ids[:]) == set(plain["feedback_id"])
            if not filter.source:
                assert got.facets["source"] == dict(plain["source"].value_counts().iter_rows())


def test_a_theme_narrows_to_its_comments(clinic_after):
    with voc.open(clinic_after) as ws:
        tables = ws.tables()
        theme = ws.themes()[0].theme_id
        got = verbatims.find(verbatims.catalogue(tables), Filter(), None, [theme])
        plain = voc.queries.mention_frame(tables, Filter()).filter(pl.col("theme_id") == theme).collect()
        assert set(got.ids[:]) == set(plain["feedback_id"])
        assert got.facets["theme"][theme] == got.n
        page = verbatims.page(tables, got.ids[:5])
        assert all(any(m["theme_id"] == theme for m in item["mentions"]) for item in page)


def test_an_erased_person_leaves_the_index(clinic_after):
    with voc.open(clinic_after) as ws:
        row = ws.lake.read("feedback").filter(pl.col("respondent").is_not_null(), pl.col("text").str.len_chars() > 30)[
            0
        ]
        key = keys_of(row["feedback_id"])
        assert key[0] in ws.find_words(parse("-zzz"))
        assert ws.erase(row["respondent"].item())["left"] == 0
        assert key[0] not in ws.find_words(parse("-zzz"))
        assert not np.isin(key, ws.vectors().keys()).any()
        assert not indexing.holds(ws.context(), set(row["feedback_id"]))
        assert ws.index()["indexed"] == 0


def test_the_proof_of_erasure_looks_into_the_index(clinic_after, monkeypatch):
    monkeypatch.setattr(indexing, "forget", lambda _ctx, _ids: 0)
    with voc.open(clinic_after) as ws:
        person = ws.lake.read("feedback").drop_nulls("respondent")["respondent"][0]
        with pytest.raises(voc.errors.PrivacyError, match="search index"):
            ws.erase(person)


def test_a_revision_is_found_by_its_new_words_only(clinic_after):
    with voc.open(clinic_after) as ws:
        path = clinic_after / "inbox" / "survey_more.csv"
        header = "record_id,respondent,date,text\n"
        for words in ("The turnstile squeaked", "The kiosk squeaked"):
            path.write_text(header + f"N-1,person-z,2026-03-16,{words}\n")
            ws.ingest(path, "generic")
            assert ws.index()["indexed"] == 1
        assert (found(ws, "turnstile").n, found(ws, "kiosk").n) == (0, 1)


@pytest.mark.parametrize("damage", ["gone", "vectors", "emptied", "broken"])
def test_an_index_that_does_not_fit_is_made_anew(clinic_after, damage):
    with voc.open(clinic_after) as ws:
        n, folder = len(indexing.words_of(ws.root)), clinic_after / indexing.FOLDER
        if damage == "gone":
            shutil.rmtree(folder)
        elif damage == "vectors":
            shutil.rmtree(folder / indexing.VECTORS)
        elif damage == "emptied":
            words = indexing.words_of(ws.root)
            words.forget(ws.lake.read("feedback")["feedback_id"][:3].to_list())
        else:
            (folder / "words.db").write_bytes(b"nonsense" * 500)
        # What is merely missing is added; else all is made anew.
        assert ws.index()["indexed"] == (3 if damage == "emptied" else n)
        assert found(ws, "-zzz").n == n


def test_the_command_finds_by_words_and_by_meaning(clinic_after, capsys):
    assert run(["-w", str(clinic_after), "search", "parcel -courier", "--json", "--limit", "2"]) == 0
    got = json.loads(capsys.readouterr().out)
    assert len(got["items"]) == 2
    assert got["n"] >= 2
    assert run(["-w", str(clinic_after), "search", "--meaning", "nowhere to leave my car"]) == 0
    assert "found" in capsys.readouterr().out


def test_the_command_without_an_index_names_the_night(clinic, capsys):
    assert run(["-w", str(clinic), "search", "parcel"]) == 1
    assert "voc nightly" in capsys.readouterr().err
