"""The shipped tagger: the contract's columns, and tags that depend on nothing but a text and its question."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.errors import InputError, ModelError
from voc.schema import SENTIMENTS, TAG_STATES
from voc.tagging import shipped
from voc.tagging.packs import load_pack
from voc.tagging.shipped import TIERS
from voc.tagging.tagger import TAG_COLUMNS, Tagger
from voc.text import language

IMPROVE, GOOD = "What could we do better?", "What did we do well?"
ROWS = [
    ("The nurses were wonderful and explained everything.", GOOD),
    ("Lovely staff but we waited three hours in a cold corridor.", IMPROVE),
    ("Nothing", IMPROVE),
    ("Nothing", GOOD),
    ("", None),
    (None, IMPROVE),
    ("   \n", None),
    ("👍👍👍", None),
    ("Pielęgniarka była bardzo miła i wszystko wyjaśniła", GOOD),
    ("Zoë's naïve café was lovely ☕. The 🚗 park was full.", None),
    ("The wait was awful. " * 600, IMPROVE),
    ("I was given the wrong dose and collapsed", None),
    ("\x00 odd \ud7ff bytes \u202e here", None),
]
SAID = ("tagged", "low_information")


@pytest.fixture(scope="module")
def tagger():
    return Tagger.load()


def frame(rows=ROWS):
    return pl.DataFrame(rows, schema={"text": pl.String, "question": pl.String}, orient="row")


@pytest.fixture(scope="module")
def tags(tagger):
    return tagger.tags(frame(), scores=True)


def test_one_row_for_each_in_order_with_the_columns_of_the_contract(tags):
    assert tags.schema == pl.Schema(TAG_COLUMNS)
    assert tags["row"].to_list() == list(range(len(ROWS)))


def test_states(tags):
    low, foreign = "low_information", "unsupported_language"
    wanted = ["tagged", "tagged", low, low, low, low, low, low, foreign, "tagged", "tagged", "tagged", "tagged"]
    assert tags["state"].to_list() == wanted
    assert set(wanted) <= set(TAG_STATES)


def test_what_was_said_has_a_sentiment_with_five_scores_that_sum_to_one(tags):
    for row in tags.filter(pl.col("state").is_in(SAID)).to_dicts():
        assert row["sentiment"] in SENTIMENTS
        assert len(row["sentiment_scores"]) == 5
        assert sum(row["sentiment_scores"]) == pytest.approx(1, abs=1e-4)
        assert row["sentiment"] == SENTIMENTS[max(range(5), key=row["sentiment_scores"].__getitem__)]
        assert row["tier"] in ("fast", "accurate")
        assert isinstance(row["urgent"], bool)


def test_categories_are_the_taxonomy_s_best_first(tags, tagger):
    names = set(load_pack("patient-experience").names)
    assert set(tagger.categories) == names
    for row in tags.filter(pl.col("state").is_in(SAID)).to_dicts():
        scores = {entry["category"]: entry["score"] for entry in row["category_scores"]}
        assert scores.keys() == names
        if row["row"] not in (4, 5, 6):
            given = [scores[name] for name in row["categories"]]
            assert given == sorted(given, reverse=True)


def test_another_language_is_left_alone(tags):
    row = tags.row(8, named=True)
    assert (row["language"], row["sentiment"], row["categories"], row["mentions"]) == ("pl", None, [], [])
    assert row["abstained"] is True


def test_nothing_answers_two_questions_in_opposite_ways(tags):
    better, good = tags["sentiment"].to_list()[2:4]
    assert SENTIMENTS.index(better) > SENTIMENTS.index(good)


def test_an_empty_text_cannot_be_labelled(tags):
    assert tags["categories"].to_list()[4:7] == [["Labelling not possible"]] * 3


def test_harm_is_urgent_and_thanks_are_not(tags):
    assert tags["urgent"].to_list()[11] is True
    assert tags["urgent"].to_list()[0] is False


def test_mentions_point_into_the_text_as_given(tags):
    for (text, _), found in zip(ROWS, tags["mentions"].to_list(), strict=True):
        ends = 0
        for mention in found:
            assert ends <= mention["start"] < mention["end"] <= len(text)
            assert mention["sentiment"] in SENTIMENTS
            ends = mention["end"]
    emoji = ROWS[9][0]
    first, second = tags["mentions"].to_list()[9]
    assert emoji[first["start"] : first["end"]] == "Zoë's naïve café was lovely ☕."
    assert emoji[second["start"] : second["end"]] == "The 🚗 park was full."


def test_the_two_sides_of_a_contrast_have_sentiments_of_their_own(tags):
    kind, wait = tags["mentions"].to_list()[1]
    assert SENTIMENTS.index(kind["sentiment"]) > SENTIMENTS.index(wait["sentiment"])


def test_what_says_nothing_has_no_mentions(tags):
    low = tags.filter(pl.col("state") == "low_information")
    assert low["mentions"].list.len().to_list() == [0] * low.height


def forgetful(models):
    """The same models without what the encoder remembers, so that every reading is a reading."""
    if models.accurate is not None:
        models.accurate._seen.clear()
    return models


def test_the_accurate_tier_reads_every_row_and_the_cascade_some(tagger):
    said = [row for row in ROWS if row is not ROWS[8]]
    assert set(Tagger.load("accurate").tags(frame(said))["tier"]) == {"accurate"}
    assert set(Tagger.load("fast").tags(frame(said))["tier"]) == {"fast"}
    rows = frame([(f"{text} {i}", question) for i in range(6) for text, question in ROWS[:2]])
    assert tagger.tags(rows).height == 12
    for tier in ("fast", "accurate"):
        own, mixed = Tagger.load(tier).tags(frame(said)), tagger.tags(frame(said))
        same = mixed["tier"] == tier
        assert mixed.filter(same).drop("row").equals(own.filter(same).drop("row")), "each row is wholly its tier's"


CONTRASTS = [
    ("Lovely staff but we waited three hours.", 1, -1),
    ("The food was awful but the nurses were wonderful.", -1, 1),
    ("Great product, however the delivery was terrible.", 1, -1),
    ("The doctor was rude, but the receptionist was very kind and helpful.", -1, 1),
    ("Beautiful dress but the zip broke after one day.", 1, -1),
    ("Friendly and caring team although parking was a nightmare.", 1, -1),
]


def test_the_accurate_tier_gives_the_two_sides_of_a_contrast_opposite_sentiments():
    tags = Tagger.load("accurate").tags(frame([(text, None) for text, *_ in CONTRASTS]))
    right = 0
    for (_, first, second), found in zip(CONTRASTS, tags["mentions"].to_list(), strict=True):
        sides = [SENTIMENTS.index(mention["sentiment"]) - 2 for mention in found]
        right += len(sides) == 2 and sides[0] * first > 0 and sides[1] * second > 0
    assert right >= len(CONTRASTS) - 1


SHORT = [text for text, _ in ROWS if text is None or len(text) < 200]
TEXT = st.one_of(st.sampled_from(SHORT), st.text(max_size=60), st.none())
PAIR = st.tuples(TEXT, st.sampled_from([None, IMPROVE, GOOD, "Why?"]))


@pytest.mark.parametrize(("tier", "taxonomy"), [*((t, "patient-experience") for t in TIERS), ("cascade", "ecommerce")])
@settings(deadline=None, max_examples=12)
@given(rows=st.lists(PAIR, min_size=1, max_size=8), draw=st.randoms(use_true_random=False))
def test_tags_do_not_depend_on_batch_order_or_size(tier, taxonomy, rows, draw):
    tagger = Tagger(tier, taxonomy, forgetful(shipped.load(tier, taxonomy)))
    together = tagger.tags(frame(rows), scores=True).drop("row").rows()
    alone = [tagger.tags(frame([row]), scores=True).drop("row").rows()[0] for row in rows]
    assert together == alone
    order = draw.sample(range(len(rows)), len(rows))
    shuffled = tagger.tags(frame([rows[i] for i in order]), scores=True).drop("row").rows()
    assert shuffled == [together[i] for i in order]


def test_tags_do_not_depend_on_where_a_chunk_ends(tagger, monkeypatch):
    from voc.tagging import tagger as module

    many = frame(ROWS * 3)
    whole = tagger.tags(many, scores=True)
    monkeypatch.setattr(module, "_CHUNK", 4)
    assert tagger.tags(many, scores=True).equals(whole)


def test_no_rows_give_no_rows_of_the_same_columns(tagger):
    assert tagger.tags(frame([])).schema == tagger.tags(frame()).schema
    assert tagger.tags(frame([])).height == 0


def test_category_scores_come_only_when_asked_for(tagger):
    assert "category_scores" not in tagger.tags(frame(ROWS[:1])).columns


def test_a_poison_row_fails_alone(tagger, monkeypatch):
    real = language.detect

    def poisoned(text):
        if "poison" in text:
            raise RuntimeError("cannot read this")
        return real(text)

    rows = [ROWS[0], ("pure poison", None), ROWS[1], ("more poison", GOOD), *ROWS[2:5]]
    monkeypatch.setattr(language, "detect", poisoned)
    tags = tagger.tags(frame(rows))
    assert [i for i, state in enumerate(tags["state"]) if state == "failed"] == [1, 3]
    assert tags.row(1, named=True)["sentiment"] is None
    clean = [row for row in rows if "poison" not in (row[0] or "")]
    assert tags.filter(pl.col("state") != "failed").drop("row").equals(tagger.tags(frame(clean)).drop("row"))


def test_a_damaged_model_fails_the_run_and_not_row_by_row(tagger, monkeypatch):
    def broken(text):
        raise ModelError("models/x is damaged")

    monkeypatch.setattr(language, "detect", broken)
    with pytest.raises(ModelError, match="damaged"):
        tagger.tags(frame())


def test_tag_keeps_the_frame_and_replaces_older_tags(tagger):
    data = frame(ROWS[:2]).with_columns(id=pl.Series(["a", "b"]), sentiment=pl.lit("old"))
    tagged = tagger.tag(data)
    assert tagged.columns[:4] == ["text", "question", "id", "sentiment"]
    assert "old" not in tagged["sentiment"].to_list()
    assert tagger.tag(tagged).equals(tagged)


def test_columns_may_have_other_names_and_the_question_may_be_absent(tagger):
    other = frame().rename({"text": "Comment", "question": "Asked"})
    renamed = tagger.tags(other, text_column="Comment", question_column="Asked")
    assert renamed.equals(tagger.tags(frame()))
    unasked = tagger.tags(frame().drop("question"))
    assert unasked.equals(tagger.tags(frame().with_columns(question=pl.lit(None, pl.String))))
    assert tagger.tags(frame(), question_column=None).equals(unasked)


def test_texts_that_are_no_strings_are_read_as_people_would(tagger):
    assert tagger.tags(pl.DataFrame({"text": [1, None, 3]}))["state"].to_list() == ["low_information"] * 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("slow",), "tier 'slow' does not ship"), (("fast", "astrology"), "no model for taxonomy 'astrology'")],
)
def test_what_does_not_ship_is_named(arguments, says):
    with pytest.raises(InputError, match=says):
        Tagger.load(*arguments)


def test_a_missing_column_is_named_with_those_that_are_there(tagger):
    with pytest.raises(InputError, match="no column 'text'; the columns are comment"):
        tagger.tags(pl.DataFrame({"comment": ["x"]}))


def test_the_version_names_tier_and_model(tagger):
    assert tagger.version.startswith("cascade-"), "the best that ships is the default"
    assert Tagger.load("cascade").version == tagger.version
    assert len({Tagger.load(tier).version for tier in TIERS}) == len(TIERS)
