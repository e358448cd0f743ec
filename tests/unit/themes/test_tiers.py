"""Who assigns by a theme model is chosen when it is made: the student, the exemplars, or both."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from toy import ToyEncoder, mentions

from voc.errors import InputError
from voc.themes import ThemeModel, discover
from voc.themes.model import tier_named

FRAME = mentions(30, seed=5)
NEW = mentions(12, seed=6)


class Forbidden(ToyEncoder):
    """An encoder that nobody may call."""

    def encode(self, texts):
        raise AssertionError("the encoder was called")


@pytest.fixture(scope="module")
def cascade():
    return discover(FRAME, encoder=ToyEncoder(), static=ToyEncoder(), seed=0)


def of_tier(model, tier, encoder=None):
    return dataclasses.replace(model, tier=tier, version="", encoder=encoder or model.encoder)


def test_the_fast_tier_never_calls_the_encoder(cascade):
    assigned = of_tier(cascade, "fast", Forbidden()).assign(NEW)
    assert assigned["theme_id"].null_count() < assigned.height / 2


def test_the_accurate_tier_asks_the_exemplars_alone(cascade):
    accurate = of_tier(cascade, "accurate")
    bare = dataclasses.replace(
        accurate, pools={name: dataclasses.replace(part, student=None) for name, part in cascade.pools.items()}
    )
    assert accurate.assign(NEW).equals(bare.assign(NEW))
    with pytest.raises(AssertionError):
        of_tier(cascade, "accurate", Forbidden()).assign(NEW)


def test_tiers_have_the_same_themes_and_agree_on_most_mentions(cascade):
    said = [of_tier(cascade, tier).assign(NEW)["theme_id"] for tier in ("fast", "cascade", "accurate")]
    for one in said[:2]:
        assert (one.eq_missing(said[2])).mean() > 0.8


@pytest.mark.parametrize("tier", ["fast", "cascade", "accurate"])
def test_a_models_tier_is_stored_with_it_and_is_part_of_its_version(tmp_path, cascade, tier):
    model = of_tier(cascade, tier)
    model.save(tmp_path)
    back = ThemeModel.load(tmp_path, encoder=ToyEncoder(), static=ToyEncoder())
    assert (back.tier, back.version) == (tier, model.version)
    assert (model.version == cascade.version) == (tier == "cascade")
    assert back.assign(NEW).equals(model.assign(NEW))


def test_another_tier_is_refused():
    with pytest.raises(InputError, match="fast, cascade, accurate"):
        tier_named("slow")


def test_the_student_leaves_as_many_without_a_theme_as_the_exemplars(cascade):
    part = cascade.pools["problem"]
    texts = pl.concat([FRAME, NEW]).filter(pool="problem")["text"].unique(maintain_order=True).to_list()
    counts = []
    for tier in ("fast", "accurate"):
        one = of_tier(cascade, tier).assign(pl.DataFrame({"text": texts, "pool": "problem"}))
        counts.append(one["theme_id"].null_count())
    assert abs(counts[0] - counts[1]) <= 0.15 * len(texts)
    assert np.isfinite(part.student.floor)
