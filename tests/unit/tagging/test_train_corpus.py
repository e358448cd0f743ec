"""What the encoder of tags learns from: one shape for several sets, a part held out by person, epochs by seed."""

import random

import polars as pl
import pytest

from voc.errors import InputError
from voc.tagging.packs import load_pack
from voc.tagging.train import corpus
from voc.tagging.train.labelled import MERGED, QUESTION, RESPONDENT, SENTIMENT, TEXT

NAMES = load_pack("patient-experience").names


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every set that training reads, small and invented, in its own layout."""
    base = tmp_path_factory.mktemp("sets")
    for name in ("nhs-fft", "nhs-criticality", "clothing-reviews", "shop-intents"):
        (base / name).mkdir()
    columns = {c: "0" for name in NAMES for c in MERGED.get(name, (name,))}
    rows = [
        {TEXT: f"we waited {i} hours", QUESTION: "What could we do better?", RESPONDENT: f"p{i // 2}", SENTIMENT: "4"}
        | columns
        | {"Timeliness of care": "1"}
        for i in range(200)
    ]
    pl.DataFrame(rows).write_csv(base / "nhs-fft/train.csv")
    older = {"text": ["Nothing", "Nothing", "kind staff", " "], "label": ["Couldn't be improved"] * 2 + ["Staff"] * 2}
    older |= {"question": ["A - Q1", "A - Q1", "A - Q2", "A - Q2"], "criticality": ["3", "3", "cc", "1"]}
    pl.DataFrame(older).write_csv(base / "nhs-criticality/train.csv")
    worn = {"text": [f"dress {i}" for i in range(100)], "title": ["lovely fit"] * 50 + [None] * 50}
    worn["rating"] = [1] * 5 + [5] * 95
    pl.DataFrame(worn).write_parquet(base / "clothing-reviews/train.parquet")
    shop = {"text": ["where is it", "hi", "pay"] * 20, "function": ["order_management", None, "billing_payment"] * 20}
    pl.DataFrame(shop).with_columns(pl.col("text") + pl.int_range(60).cast(str)).write_csv(
        base / "shop-intents/curekart_train.csv"
    )
    pl.DataFrame({"text": ["cancel it"] * 5, "function": ["order_management"] * 5}).write_csv(
        base / "shop-intents/bitext.csv"
    )
    return base


@pytest.fixture(scope="module")
def read(folder):
    return corpus.read(folder, seed=0)


def test_every_set_has_its_own_labels_and_no_others(read):
    everything = [*read.train, *read.held_out]
    first = {source: next(e for e in everything if e.source == source) for source in read.by_source}
    assert first["nhs"].sentiment == 1
    assert first["nhs"].categories[NAMES.index("Timeliness of care")]
    assert first["clothing"].categories is None
    assert {e.sentiment for e in everything if e.source == "clothing"} == {0, 4}
    assert read.functions == ("billing_payment", "order_management", corpus.NONE)
    assert {e.function for e in everything if e.source == "curekart"} == {0, 1, 2}


def test_the_older_question_is_read_from_its_answers_and_repeats_are_dropped(read):
    older = sorted((e.text, e.question) for e in [*read.train, *read.held_out] if e.source == "criticality")
    assert older == [("Nothing", "What could be better?"), ("kind staff", "What was good?")]


def test_a_person_is_on_one_side_of_the_split(read):
    trained, held = ({e.group for e in side if e.source == "nhs"} for side in (read.train, read.held_out))
    assert not trained & held
    assert 2 <= len(held) <= 30
    of_clothes = [{e.text for e in side if e.source == "clothing"} for side in (read.train, read.held_out)]
    titled = {e.group for e in read.train if e.source == "title"}
    assert not of_clothes[1] & titled, "a review's title stays with the review"


def test_an_epoch_is_a_function_of_seed_and_number(read):
    assert read.epoch(1, 0) == read.epoch(1, 0)
    assert read.epoch(1, 0) != read.epoch(1, 1)
    assert read.epoch(1, 0) != read.epoch(2, 0)
    held = {(e.source, e.group) for e in read.held_out}
    assert not held & {(e.source, e.group) for e in read.epoch(1, 0) if e.source != "chatter"}


def test_few_stars_are_drawn_as_often_as_many(read):
    drawn = [e.sentiment for e in read.balanced("clothing", 400, random.Random(0))]
    assert 0.25 < sum(s == 0 for s in drawn) / 400 < 0.6, "one review in twenty has one star"


def test_small_talk_asks_a_shop_for_nothing(read):
    assert {e.function for e in read.chatter(50, random.Random(0))} == {len(read.functions) - 1}


@pytest.mark.parametrize("lost", ["nhs-fft/train.csv", "clothing-reviews/train.parquet"])
def test_an_absent_set_is_named(folder, lost):
    path = folder / lost
    away = path.rename(path.with_suffix(".away"))
    try:
        with pytest.raises(InputError, match=path.name.replace(".", r"\.")):
            corpus.read(folder)
    finally:
        away.rename(path)


def test_a_set_of_another_layout_is_named_with_what_it_lacks(folder):
    path = folder / "shop-intents/bitext.csv"
    body = path.read_text(encoding="utf-8")
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"bitext\.csv: no column 'text'"):
        corpus.read(folder)
    path.write_text(body, encoding="utf-8")
