"""What is of another kind altogether is in no theme, however few mentions a model was made of."""

import dataclasses

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyEncoder, mentions

from voc.themes import ThemeModel, discover
from voc.themes.background import NEUTRAL, floors


def test_a_floor_lies_between_what_is_of_something_else_and_the_themes_own():
    own = np.array([[0.8, 0.1], [0.6, 0.1], [0.2, 0.4], [0.2, 0.4]])
    theme = np.array([0, 0, 1, 1])
    far = np.array([[0.1, 0.2], [0.3, 0.2]])
    assert floors(own, theme, far, 0.1).tolist() == [0.45, 0.3]
    assert floors(own, theme, far, 0.4).tolist() == [0.45, 0.4]
    assert floors(own, np.array([0, 0, -1, -1]), far, 0.1).tolist() == [0.45, 0.1]


@given(threshold=st.floats(-1, 1), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_no_floor_is_below_the_threshold(threshold, seed):
    drawn = np.random.default_rng(seed)
    theme = drawn.integers(-1, 3, 12)
    found = floors(drawn.uniform(-1, 1, (12, 3)), theme, drawn.uniform(-1, 1, (5, 3)), threshold)
    assert (found >= threshold - 5e-5).all()


def test_a_model_of_few_comments_claims_less_of_something_else():
    few = mentions(6, seed=3)
    model = discover(few, encoder=ToyEncoder(), static=ToyEncoder(), seed=0, min_size=3, tier="accurate")
    bare = {k: dataclasses.replace(p, exemplars=dataclasses.replace(p.exemplars, floors=None, threshold=0.0))
            for k, p in model.pools.items()}  # fmt: skip
    before = dataclasses.replace(model, pools=bare, version="")
    away = pl.DataFrame({"text": list(NEUTRAL), "pool": "problem"})
    assert model.themes
    claimed = [one.assign(away)["theme_id"].count() for one in (model, before)]
    assert claimed[0] <= len(NEUTRAL) // 20 < claimed[1]
    assert model.assign(few.filter(pool="problem"))["theme_id"].count() >= 0.8 * few.filter(pool="problem").height


def test_floors_are_stored_with_a_model_and_are_part_of_its_version(tmp_path):
    model = discover(mentions(20, seed=2), encoder=ToyEncoder(), static=ToyEncoder(), seed=0)
    model.save(tmp_path)
    back = ThemeModel.load(tmp_path, encoder=ToyEncoder(), static=ToyEncoder())
    for name, part in model.pools.items():
        assert back.pools[name].exemplars.floors.tolist() == part.exemplars.floors.tolist()
        assert back.pools[name].student.excess.tolist() == part.student.excess.tolist()
    part = model.pools["problem"]
    raised = dataclasses.replace(
        part, exemplars=dataclasses.replace(part.exemplars, floors=part.exemplars.floors + 0.1)
    )
    assert dataclasses.replace(model, pools={**model.pools, "problem": raised}, version="").version != model.version
