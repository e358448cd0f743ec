"""What a new tagger or theme model does to figures, on the items that both have seen."""

import pytest
from small_lake import ALL, at, lake, said, tag, theme

from voc import queries
from voc.model import Filter
from voc.themelife import ThemeEdit

OLD = {"version": "v1", "tagged": at(6, 1)}
NEW = {"version": "v2", "tagged": at(6, 9)}


def people(n, each=1):
    return [said(f"f{i}", at(5, 1 + i % 20), respondent=f"p-{i // each}") for i in range(n)]


def tags(before, after):
    """``before`` and ``after`` say of each item whether it is negative."""
    out = []
    for how, labels in ((OLD, before), (NEW, after)):
        for i, negative in enumerate(labels):
            label = {"sentiment": "negative" if negative else "positive", "categories": ["Waiting"] if negative else []}
            out.append(tag(f"f{i}", **how, **label))
    return out


def jump(tables, what, name, filter_=ALL):
    rows = queries.method_jumps(tables, filter_).to_dicts()
    return next(row for row in rows if (row["what"], row["name"]) == (what, name))


def test_the_jump_is_the_paired_difference_and_its_interval_is_mcnemars():
    before, after = [1] * 6 + [0] * 4, [1] * 3 + [0] * 7
    row = jump(lake(people(10), tags=tags(before, after)), "sentiment", "negative")
    assert (row["version_before"], row["version_after"], row["n_items"]) == ("v1", "v2", 10)
    assert (row["share_before"], row["share_after"], row["jump"]) == (0.6, 0.3, pytest.approx(-0.3))
    # McNemar's variance of a paired difference, (b + c - (b - c)^2 / n) / n^2, with n / (n - 1) for the estimate.
    half = 1.959963984540054 * ((3 - 9 / 10) * 10 / 9) ** 0.5 / 10
    assert (row["low"], row["high"]) == (pytest.approx(-0.3 - half), pytest.approx(-0.3 + half))


def test_one_person_who_wrote_everything_twice_is_no_more_evidence():
    before, after = [1] * 6 + [0] * 4, [1] * 3 + [0] * 7
    once = jump(lake(people(10), tags=tags(before, after)), "sentiment", "negative")
    double = [x for x in before for _ in "12"], [x for x in after for _ in "12"]
    twice = jump(lake(people(20, each=2), tags=tags(*double)), "sentiment", "negative")
    assert (twice["low"], twice["high"]) == (pytest.approx(once["low"]), pytest.approx(once["high"]))


def test_only_items_that_both_have_seen_count_so_that_what_people_said_since_is_no_jump():
    feedback = [*people(4), said("new", at(6, 10), respondent="p-new")]
    both = [*tags([1, 1, 0, 0], [1, 1, 0, 0]), tag("new", **NEW)]
    row = jump(lake(feedback, tags=both), "sentiment", "negative")
    assert (row["n_items"], row["jump"], row["low"], row["high"]) == (4, 0, 0, 0)
    assert jump(lake(feedback, tags=both), "category", "Waiting")["jump"] == 0


def test_a_filter_narrows_the_items_and_one_person_has_no_interval():
    row = jump(lake(people(4), tags=tags([1, 1, 0, 0], [0, 1, 0, 0])), "sentiment", "negative",
               Filter(end=at(5, 2).date()))  # fmt: skip
    assert (row["n_items"], row["jump"], row["low"], row["high"]) == (1, -1, None, None)


def test_themes_are_compared_with_merges_laid_over_both_models():
    old = [theme(f"f{i}", "t-wait" if i < 2 else "t-part", version="m1", assigned=at(6, 1)) for i in range(4)]
    new = [theme(f"f{i}", "t-wait" if i < 3 else "t-none", version="m2", assigned=at(6, 9)) for i in range(4)]
    given = [*old, *new]
    apart = queries.method_jumps(lake(people(4), assigned=given), ALL)
    assert apart.filter(what="theme")["name"].to_list() == ["t-wait"], "only what both models know"
    assert apart.filter(what="theme")["jump"].to_list() == [0.25]
    merge = ThemeEdit(1, "merge", at(6, 5), "ann", ("t-part", "t-wait"), {"source": "t-part", "target": "t-wait"})
    whole = jump(lake(people(4), assigned=given, theme_edits=(merge,)), "theme", "t-wait")
    assert (whole["share_before"], whole["share_after"], whole["jump"]) == (1.0, 0.75, -0.25)


def test_where_no_method_changed_there_is_nothing_to_show():
    assert queries.method_jumps(lake(people(3)), ALL).is_empty()
    assert queries.method_jumps(lake([]), ALL).is_empty()
