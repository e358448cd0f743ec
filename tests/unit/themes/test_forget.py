"""A theme model forgets mentions: the examples that are shown, and the vectors that decide."""

import numpy as np
import pytest

from voc.themes.context import Space
from voc.themes.forget import without
from voc.themes.graph import SCALE


def vectors_of(model):
    return np.concatenate([part.exemplars.vectors for part in model.pools.values()])


def test_of_all_that_it_was_shown_nothing_is_left(frame, model):
    thinned, gone = without(model, frame)
    assert len(vectors_of(model)) > 0
    assert len(vectors_of(thinned)) == 0
    assert not any(thinned.exemplars.values())
    assert gone == len(vectors_of(model)) + sum(map(len, model.exemplars.values()))
    assert [t.theme_id for t in thinned.themes] == [t.theme_id for t in model.themes]
    assert thinned.version != model.version


def test_one_text_s_vector_goes_and_no_other(frame, model):
    text = next(texts[0] for texts in model.exemplars.values())
    theirs = frame.filter(text=text)
    thinned, _ = without(model, theirs)
    gone = Space(model.encoder, SCALE).vectors([text], [text])[0]
    before, after = vectors_of(model), vectors_of(thinned)
    assert not (after == gone).all(axis=1).any()
    assert len(before) - len(after) == (before == gone).all(axis=1).sum()


def test_minus_zero_is_zero(frame, model):
    # Rounding makes minus zeros, and a model that was saved has none: the two must still be the same vector.
    for part in model.pools.values():
        part.exemplars.vectors[part.exemplars.vectors == 0] = 0.0
    assert len(vectors_of(without(model, frame)[0])) == 0


@pytest.mark.parametrize("n", [0, 3])
def test_what_it_never_saw_changes_nothing(frame, model, n):
    others = frame.head(n).with_columns(text=frame.head(n)["text"] + " zyx qwv")
    same, gone = without(model, others)
    assert gone == 0
    assert same is model
