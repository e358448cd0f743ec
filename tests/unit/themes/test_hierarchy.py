import numpy as np
from toy import DIM, PROBLEMS, ToyEncoder

from voc.themes.hierarchy import build, parents


def themes(n):
    """``n`` themes, of four topics in turn, with centres in the toy space."""
    topics = sorted(PROBLEMS)
    texts = [[PROBLEMS[topics[i % 4]][i // 4 % 4]] * 3 for i in range(n)]
    centres = list(ToyEncoder().encode([t[0] for t in texts]).astype(float) + 1e-4 * np.arange(n)[:, None])
    return [f"t{i:03}" for i in range(n)], centres, texts


def test_few_themes_need_no_heading():
    assert build("problem", *themes(7)) == []
    assert build("problem", [], [], []) == []


def test_every_theme_is_in_one_group_and_groups_follow_the_topics():
    ids, centres, texts = themes(16)
    groups = build("problem", ids, centres, texts)
    above = parents(groups)
    assert set(above) == set(ids)
    assert sum(len(g.members) for g in groups if g.level == 1) == 16
    assert all(g.label and g.parent is None for g in groups)
    assert 2 <= len(set(above.values())) <= 4


def test_many_groups_get_a_level_of_their_own():
    rng = np.random.default_rng(0)
    ids = [f"t{i:03}" for i in range(60)]
    centres = [row / np.linalg.norm(row) for row in rng.standard_normal((60, DIM))]
    groups = build("praise", ids, centres, [[f"word{i} again"] for i in range(60)])
    low, high = ([g for g in groups if g.level == level] for level in (1, 2))
    assert len(low) == 12
    assert len(high) == 2
    assert {g.parent for g in low} == {g.group_id for g in high}
    assert sorted(m for g in high for m in g.members) == sorted(g.group_id for g in low)
    assert len({g.group_id for g in groups}) == len(groups)
    assert groups == build("praise", ids, centres, [[f"word{i} again"] for i in range(60)])
