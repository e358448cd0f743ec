"""Floors on small sets written by hand: not what voc claims (see the model cards), but what no change may undercut."""

from collections import Counter

import polars as pl
import pytest

from voc.demo.texts import load_texts
from voc.schema import SENTIMENTS
from voc.tagging.tagger import Tagger
from voc.text.encode import load_encoder, load_static
from voc.text.language import detect
from voc.themes import discover

pytestmark = pytest.mark.quality
IMPROVE, GOOD = "What could we do better?", "What did we do well?"
SENTIMENT = [
    ("The nurses were kind and explained everything clearly", GOOD, "positive"),
    ("Everyone was friendly, I felt safe and listened to", GOOD, "positive"),
    ("Quick, efficient and very polite from start to finish", None, "positive"),
    ("Excellent care, thank you so much", None, "positive"),
    ("The doctor took time to answer all my questions", GOOD, "positive"),
    ("Seen on time and treated with respect", GOOD, "positive"),
    ("Wonderful staff on the ward, nothing was too much trouble", None, "positive"),
    ("Very professional and caring team", GOOD, "positive"),
    ("The physio was brilliant and really helped my back", None, "positive"),
    ("Clean rooms and lovely food", GOOD, "positive"),
    ("Nothing, everything was perfect", IMPROVE, "positive"),
    ("Keep doing what you are doing", IMPROVE, "positive"),
    ("Waited four hours without any information", IMPROVE, "negative"),
    ("Reduce the waiting times, it is unacceptable", IMPROVE, "negative"),
    ("Nobody answers the phone, I gave up after an hour", IMPROVE, "negative"),
    ("The receptionist was rude and dismissive", None, "negative"),
    ("Appointment cancelled twice without notice", IMPROVE, "negative"),
    ("I was ignored and felt like a nuisance", None, "negative"),
    ("The food was cold and the ward was dirty", IMPROVE, "negative"),
    ("Poor communication between departments", IMPROVE, "negative"),
    ("Parking is a nightmare and far too expensive", IMPROVE, "negative"),
    ("Discharged too early without my medication", IMPROVE, "negative"),
    ("Doctor did not listen and rushed me out", None, "negative"),
    ("Disappointed, the results were lost and nobody called back", None, "negative"),
    ("Staff shortages mean long delays for pain relief", IMPROVE, "negative"),
    ("Terrible experience, would not come back", None, "negative"),
]
CATEGORIES = [
    ("Nobody answers the phone, I cannot get through", IMPROVE, "Contacting services"),
    ("The receptionist was rude to me", IMPROVE, "Staff manner & personal attributes"),
    ("The nurses were friendly and kind", GOOD, "Staff manner & personal attributes"),
    ("We waited three hours past the appointment time", IMPROVE, "Timeliness of care"),
    ("Shorter waiting times please", IMPROVE, "Timeliness of care"),
    ("The ward was dirty and the toilets were not cleaned", IMPROVE, "Cleanliness, tidiness & infection control"),
    ("The food was cold and tasteless", IMPROVE, "Food & drink provision & facilities"),
    ("She listened to me and involved me in decisions", GOOD, "Staff listening, understanding & involving patients"),
    ("My prescription was wrong and nobody explained it", IMPROVE, "Supplying & understanding medication"),
    ("The doctor explained everything clearly", GOOD, "Information directly from staff during care"),
    ("More things to do on the ward, it is boring", IMPROVE, "Activities & access to fresh air"),
    ("The ambulance transport home was late", IMPROVE, "Transport to/ from services"),
    ("Appointment was cancelled at short notice", IMPROVE, "Appointment arrangements"),
]
THREE = {name: ("negative", "neutral", "positive")[(i > 1) + (i > 2)] for i, name in enumerate(SENTIMENTS)}


def tagged(rows):
    frame = pl.DataFrame([row[:2] for row in rows], schema={"text": pl.String, "question": pl.String}, orient="row")
    return Tagger.load().tags(frame)


def test_sentiment_is_right_four_times_in_five_and_seldom_the_opposite():
    given = [THREE[name] for name in tagged(SENTIMENT)["sentiment"]]
    pairs = Counter(zip((row[2] for row in SENTIMENT), given, strict=True))
    right = pairs["positive", "positive"] + pairs["negative", "negative"]
    opposite = pairs["positive", "negative"] + pairs["negative", "positive"]
    assert right >= 0.75 * len(SENTIMENT), pairs
    assert opposite <= 0.1 * len(SENTIMENT), pairs


def test_a_plain_comment_gets_its_category_and_few_others():
    given = tagged(CATEGORIES)["categories"].to_list()
    hits = [row[2] in found for row, found in zip(CATEGORIES, given, strict=True)]
    assert sum(hits) >= 0.75 * len(CATEGORIES), [row[0] for row, hit in zip(CATEGORIES, hits, strict=True) if not hit]
    assert sum(map(len, given)) <= 2 * len(CATEGORIES)


@pytest.fixture(scope="module")
def topics():
    """The demo's texts, which were written to a topic, as one pool."""
    silent = ("filler", "misc", "languages", "safety")
    texts = [t for t in load_texts() if not any(word in t.topic for word in silent) and t.tone == "problem"]
    rows = {"text": [t.text for t in texts], "topic": [t.topic for t in texts]}
    return pl.DataFrame(rows).with_columns(pool=pl.lit("problem"))


def test_themes_are_about_one_topic_each(topics):
    model = discover(topics, encoder=load_encoder(), static=load_static(), seed=0)
    given = topics.with_columns(theme=model.assign(topics)["theme_id"]).filter(pl.col("theme").is_not_null())
    purity = given.group_by("theme").agg(n=pl.col("topic").unique_counts().max())["n"].sum() / given.height
    assert purity >= 0.6
    assert given.height >= 0.8 * topics.height
    n_topics = topics["topic"].n_unique()
    assert 0.4 * n_topics <= len(model.themes) <= 2 * n_topics


def test_the_demo_s_english_is_taken_for_nothing_else():
    codes = Counter(detect(text.text) for text in load_texts() if "languages" not in text.topic)
    assert set(codes) <= {"en", "und"}, codes
