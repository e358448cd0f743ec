"""The cascade's gate: it sends on what the accurate tier would answer otherwise, as far as the budget goes."""

import numpy as np
import pytest

from voc.tagging import head
from voc.tagging.train import choose, gates
from voc.tagging.train.corpus import Example

N = 600


def toy(seed):
    """Where the fast tier is unsure it is wrong half of the time, and the accurate tier knows."""
    draw = np.random.default_rng(seed)
    unsure, wrong = draw.random(N) < 0.4, draw.random(N) < 0.5
    true = draw.integers(0, 5, N)
    said = np.where(unsure & wrong, (true + 1) % 5, true)
    best = np.where(unsure, 0.4, 0.9)[:, None]
    fast = np.where(np.eye(5)[said] > 0, best, (1 - best) / 4).astype(np.float32)
    slow = np.where(np.eye(5)[true] > 0, 0.9, 0.025).astype(np.float32)
    marks = draw.random((N, 3)) < 0.4
    near = (marks ^ (unsure & wrong)[:, None]).astype(np.float32)
    p = [np.where(unsure[:, None], 0.3 + 0.3 * near, 0.05 + 0.9 * near), 0.05 + 0.9 * marks]
    examples = [
        Example("nhs", "word " * int(n), "Why?", str(i), int(t), tuple(map(bool, m)))
        for i, (n, t, m) in enumerate(zip(draw.integers(1, 40, N), true, marks, strict=True))
    ]
    both = [np.asarray(one, np.float32) for one in p]
    return gates.Read(
        examples, {"sentiment": fast, "categories": both[0]}, {"sentiment": slow, "categories": both[1]},
        (both[0] > 0.5, both[1] > 0.5),
    )  # fmt: skip


def test_the_gate_finds_what_would_change_within_its_budget():
    made = gates.fit(toy(0), toy(1), 0.3)
    rows = toy(2)
    change = made.probabilities(rows.features())[:, 0]
    unsure = rows.fast["sentiment"].max(axis=1) < 0.5
    assert change[unsure].mean() > 3 * change[~unsure].mean()
    sent = change >= made.thresholds[0]
    assert rows.cost[sent].sum() / rows.cost.sum() == pytest.approx(0.3, abs=0.06)


def test_the_curve_ends_where_everything_is_sent_on():
    rows = toy(3)
    points = gates.curve(gates.fit(toy(4), toy(5), 0.3), rows, (0.0, 0.4, 1.0))
    assert (points[0]["sentiment"], points[0]["categories"]) == (0.0, 0.0)
    assert points[1]["sentiment"] > 0.8
    assert points[-1] == {"share": 1.0, "cost": 1.0, "sentiment": 1.0, "categories": 1.0}


def test_none_of_them_is_nothing_given():
    one = head.dense("x", "softmax", ("a", "none"), np.zeros((1, 2)), np.zeros(2), thresholds=(0.2, choose.OFF))
    p = np.array([[0.7, 0.3], [0.3, 0.7]], np.float32)
    assert gates.given(p, one).tolist() == [[True, False], [False, False]]
