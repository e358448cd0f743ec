"""`voc drivers`, `voc metrics change`, `voc metrics missing`."""

import pytest
from command import Command


@pytest.fixture
def demo(capsys, demo_run):
    return Command(capsys, demo_run[0])


def test_drivers_are_said_in_words_by_group_with_receipts(demo):
    text = demo.ok("drivers", "--score", "nps")
    assert "not causes" in text
    assert "\nadministrative\n" in text
    found = demo.json("drivers", "--score", "nps")
    first = found["drivers"][0]
    assert {
        "factor",
        "label",
        "tone",
        "group",
        "headline",
        "difference",
        "people",
        "shapley",
        "leave_out",
    } <= first.keys()
    (again,) = demo.json("recompute", first["shapley"]["receipt"])
    assert again["same"]
    assert demo.fails(1, "drivers", "--score", "ces").startswith("voc: no drivers of ces")


def test_a_change_is_split_and_the_missing_are_counted(demo):
    # The demo ends on the same day as the clinic of the tests: 2026-03-18.
    rows = {row["key"]: row for row in demo.json("metrics", "change", "nps", "--month", "2026-02", "--by", "brand")}
    total = rows["rate|all"]["value"] + rows["mix|all"]["value"]
    assert rows["total|all"]["value"] == pytest.approx(total)
    assert "mix, all" in demo.ok("metrics", "change", "nps", "--month", "2026-02", "--by", "brand")
    kinds = {row["key"].split("|")[0] for row in demo.json("metrics", "missing", "--by", "site")}
    assert kinds == {"responses", "per_100", "tag_error", "unread"}
    assert "per_100" in demo.ok("metrics", "missing")
