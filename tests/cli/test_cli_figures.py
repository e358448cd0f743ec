"""`voc metrics` and `voc recompute`."""

import json

import pytest
from command import Command


@pytest.fixture
def done(capsys, clinic_done):
    return Command(capsys, clinic_done)


def test_the_list_keeps_the_contract(done):
    rows = done.json("metrics", "list")
    assert {"name", "value", "low", "high", "n", "receipt", "unit"} <= rows[0].keys()
    assert [row["name"] for row in rows][:2] == ["nps", "net_sentiment"]
    assert all(row["value"] is not None for row in rows)


def test_all_says_why_the_rest_cannot_be_computed(done):
    rows = {row["name"]: row for row in done.json("metrics", "list", "--all")}
    assert len(rows) >= 40
    assert rows["qa_score"]["value"] is None
    assert rows["qa_score"]["why"] == "cannot be computed: needs metric_events of kind qa"
    assert done.fails(1, "metrics", "show", "qa_score") == (
        "voc: qa_score cannot be computed: needs metric_events of kind qa"
    )


def test_a_metric_is_shown_by_column_and_month(done):
    rows = done.json("metrics", "show", "nps", "--by", "site", "--every", "month")
    assert {row["site"] for row in rows} == {"North", "South"} | {row["site"] for row in rows}
    periods = sorted({row["period"] for row in rows})
    assert all(period.endswith("-01") for period in periods)
    text = done.ok("metrics", "show", "nps")
    assert "% of 9 and 10 minus % of 0 to 6" in text
    assert "It decides:" in text


def test_the_window_and_the_condition_narrow(done):
    whole = done.json("metrics", "show", "nps")[0]["n"]
    part = done.json(
        "metrics", "show", "nps", "--where", "site=North", "--since", "2026-01-01", "--until", "2026-12-31"
    )
    assert 0 < part[0]["n"] < whole
    assert "column=value" in done.fails(1, "metrics", "show", "nps", "--where", "site")
    assert "'day'" in done.fails(1, "metrics", "show", "nps", "--every", "day")


def test_a_receipt_is_worked_out_again(done):
    receipt = done.json("metrics", "show", "nps")[0]["receipt"]
    (row,) = done.json("recompute", receipt)
    assert row["same"]
    assert row["shown"]["value"] == row["again"]["value"] == row["today"]["value"]
    assert "the same" in done.ok("recompute", receipt)
    assert "no receipt" in done.fails(1, "recompute", "r-nothing")


def test_a_target_stands_beside_its_metric(capsys, clinic_after):
    toml = clinic_after / "voc.toml"
    target = '\n[targets.nps]\nvalue = 40\nset_by = "board"\nset_on = 2026-01-01\n'
    toml.write_text(toml.read_text(encoding="utf-8") + target, encoding="utf-8")
    command = Command(capsys, clinic_after)
    assert "Target: 40, set by board on 2026-01-01." in command.ok("metrics", "show", "nps")
    toml.write_text(toml.read_text(encoding="utf-8").replace("2026-01-01", '"soon"'), encoding="utf-8")
    assert "set_on = 'soon' should be a date" in command.fails(1, "metrics", "list")


def test_an_empty_workspace_has_no_figure(capsys, clinic):
    assert "no figure can be computed" in Command(capsys, clinic).fails(1, "metrics", "list")
    assert json.loads(Command(capsys, clinic).ok("metrics", "list", "--all", "--json"))[0]["value"] is None
