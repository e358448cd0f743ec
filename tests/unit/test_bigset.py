"""The benchmarks' made-up workspace: what a query or a night is timed on must look like feedback."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import bigset
import bigset_items as items


@pytest.fixture(scope="module")
def drawn():
    return items.draw(0, 3_000)


def test_the_same_numbers_give_the_same_items_and_others_other_ones(drawn):
    again, other = items.draw(0, 3_000), items.draw(3_000, 3_000)
    assert again.facts.equals(drawn.facts)
    assert again.text.equals(drawn.text)
    assert other.facts["number"][0] == 3_000
    assert not other.text.equals(drawn.text)


def test_items_are_distinct_have_two_and_a_half_mentions_and_come_from_people_who_return(drawn):
    assert drawn.text.n_unique() > 0.9 * 3_000 * 0.92
    assert abs((drawn.said >= 0).sum() / 3_000 - 2.5) < 0.1
    assert drawn.facts["back"].n_unique() > 600
    million = items.draw(1_000_000, 3_000, tonight=True).facts
    assert million["person"].max() < 1_003_000 // items.REPEATS + 1
    assert million["back"].max() == 0


def test_themes_are_skewed_and_one_is_rising(drawn):
    known = items.words()
    theme = np.searchsorted(known.first, np.where(drawn.said < 0, 0, drawn.said), "right") - 1
    counts = np.bincount(theme[drawn.said >= 0], minlength=len(known.names))
    assert counts.max() > 5 * counts.min() > 0
    rising = (theme == known.names.index(items.RISING)) & (drawn.said >= 0)
    late = drawn.facts["back"].to_numpy() < items.RISING_DAYS
    assert rising[late].mean() > 1.5 * rising[~late].mean()


def test_mentions_are_cut_where_their_sentences_stand(drawn):
    known = items.words()
    at = [3 * s + q for s in range(len(known.sentences)) for q in range(3)]
    read = bigset.Read(pl.DataFrame({"at": at, "mention": [0] * len(at)}), pl.DataFrame(), "t", "m")
    ids = pl.Series([f"{i:024}" for i in range(3_000)])
    said = bigset.mentions(read, drawn, ids)
    said = said.with_columns(text=drawn.text.gather(said["feedback_id"].cast(pl.Int64)))
    spans = said.select(
        pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start")), sentence=pl.col("at") // 3
    )
    base = known.sentences.gather(spans["sentence"])
    assert all(
        text.startswith(sentence) and text.endswith(".") for text, sentence in zip(spans["text"], base, strict=True)
    )


def test_a_csv_has_a_row_for_each_item(tmp_path):
    items.write_csv(tmp_path / "new.csv", 50, first=100, tonight=True)
    rows = pl.read_csv(tmp_path / "new.csv")
    assert rows.height == 50
    assert rows["id"][0] == "R100"
    assert rows["date"].unique().to_list() == [str(items.NIGHT)]
