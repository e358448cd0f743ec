import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from toy import PROBLEMS, ToyEncoder, mentions

from voc.errors import InputError
from voc.themes import discover

HERE = Path(__file__).parent
SCRIPT = """
import sys; sys.path.insert(0, sys.argv[1])
from toy import ToyEncoder, mentions
from voc.themes import discover
frame = mentions(40)
model = discover(frame, encoder=ToyEncoder(), static=ToyEncoder("toy-static"), seed=3)
for theme in model.themes: print(theme)
print(model.version, model.exemplars)
print(model.assign(frame).write_csv())
"""


def make(frame, **options):
    return discover(frame, encoder=ToyEncoder(), static=ToyEncoder("toy-static"), **options)


def test_themes_follow_the_topics(frame, model):
    assigned = frame.with_columns(model.assign(frame)["theme_id"]).drop_nulls("theme_id")
    main = (
        assigned.group_by("theme_id", "topic")
        .len()
        .group_by("theme_id")
        .agg(pl.col("len").max(), pl.col("len").sum().alias("n"))
    )
    assert main["len"].sum() / main["n"].sum() > 0.9
    assert assigned.filter(pl.col("pool") == "problem")["topic"].n_unique() == len(PROBLEMS)
    assert assigned.height > 0.85 * frame["pool"].count()


def test_pools_share_no_theme(frame, model):
    assigned = frame.with_columns(model.assign(frame)["theme_id"]).drop_nulls("theme_id")
    assert assigned.group_by("theme_id").agg(pl.col("pool").n_unique())["pool"].max() == 1
    assert {t.theme_id: t.pool for t in model.themes} == dict(assigned.select("theme_id", "pool").unique().iter_rows())


def test_first_births_are_accepted_and_described(model):
    for theme in model.themes:
        assert theme.status == "accepted"
        assert theme.theme_version == model.version
        assert theme.keywords
        assert 1 <= len(model.exemplars[theme.theme_id]) <= 3
        assert model.exemplars[theme.theme_id][0][:20] in theme.definition


def test_labels_differ_and_are_short(model):
    labels = [t.label.lower() for t in model.themes]
    assert len(set(labels)) == len(labels) > 3
    assert all(2 <= len(label.split()) <= 5 for label in labels)


def test_no_mention_outside_the_pools_is_assigned_or_encoded(frame, model):
    low = frame.filter(pl.col("pool").is_null())
    assert model.assign(low)["theme_id"].null_count() == low.height
    assert "Nothing" not in model.encoder.seen


def test_identical_texts_are_encoded_once(frame):
    encoder = ToyEncoder()
    discover(pl.concat([frame, frame]), encoder=encoder, static=ToyEncoder("toy-static"))
    pools = [frame.filter(pool=pool)["text"] for pool in ("problem", "praise")]
    assert [len(call) for call in encoder.calls[:2]] == [texts.n_unique() for texts in pools]
    assert all(len(call) == len(set(call)) for call in encoder.calls)


@pytest.mark.parametrize("n", [0, 1, 5, 19])
def test_too_few_mentions_give_a_model_without_themes(frame, n):
    few = frame.filter(pl.col("pool") == "problem").head(n)
    model = make(few)
    assert model.themes == []
    assert model.assign(few)["theme_id"].null_count() == n


def test_a_theme_needs_distinct_units(frame):
    model = make(frame.with_columns(unit=pl.lit("the same person")))
    assert model.themes == []


def test_min_size_is_kept(frame):
    assert make(frame, min_size=1_000).themes == []


def test_order_of_rows_changes_nothing(frame, model):
    again = make(frame.reverse())
    assert again.version == model.version
    assert again.themes == model.themes


def test_threads_change_nothing():
    def run(threads):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
        env = os.environ | dict.fromkeys(names, str(threads))
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(HERE)], env=env, capture_output=True, text=True, check=True
        )
        return done.stdout

    one = run(1)
    assert "theme_id" in one
    assert one == run(2)


def test_no_large_library_is_imported():
    heavy = (
        "[m for m in ('pandas', 'sklearn', 'torch', 'transformers', 'bertopic', 'umap', 'numba') if m in sys.modules]"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{SCRIPT}\nprint({heavy})", str(HERE)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_known_themes_keep_their_ids_and_names(frame, model):
    model_before = {t.theme_id: t.label for t in model.themes}
    again = make(mentions(30, seed=7), seed=5, known=model)
    kept = [t for t in again.themes if t.theme_id in model_before]
    assert len(kept) == len(model_before)
    assert all(t.label == model_before[t.theme_id] and t.status == "accepted" for t in kept)
    assert all(t.status == "candidate" for t in again.themes if t.theme_id not in model_before)


def test_a_known_theme_that_nobody_mentions_stays_assignable(frame, model):
    parking = frame.filter(topic="parking")
    old = model.assign(parking)["theme_id"].drop_nulls().mode()[0]
    again = make(mentions(30, seed=7).filter(pl.col("topic") != "parking"), known=model)
    assert old in {t.theme_id for t in again.themes}
    assert again.assign(parking)["theme_id"].drop_nulls().mode()[0] == old


@pytest.mark.parametrize("column", ["text", "pool"])
def test_a_missing_column_is_named(frame, column):
    with pytest.raises(InputError, match=f"'{column}'"):
        make(frame.drop(column))


def test_an_unknown_pool_is_refused_without_quoting_it(frame):
    with pytest.raises(InputError, match="problem, praise") as error:
        make(frame.with_columns(pool=pl.lit("secret words")))
    assert "secret" not in str(error.value)
