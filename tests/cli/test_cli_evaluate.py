"""`voc evaluate` and `voc pack` as a user runs them."""

import polars as pl
import pytest


@pytest.fixture
def judged(tmp_path):
    path = tmp_path / "judged.csv"
    n = 60
    pl.DataFrame(
        {
            "label": ["good", "bad", "bad"] * (n // 3),
            "one": ["good", "bad", "good"] * (n // 3),
            "two": ["good", "bad", "bad"] * (n // 3),
            "who": [i // 2 for i in range(n)],
            "channel": ["survey", "chat"] * (n // 2),
            "text": ["some words here"] * n,
        }
    ).write_csv(path)
    return path


def test_evaluate_writes_json_and_a_page(voc_command, judged, tmp_path):
    page = tmp_path / "report.html"
    options = ["--truth", "label", "--pred", "one", "--pred", "two", "--respondent", "who", "--out", str(page)]
    found = voc_command.json("evaluate", judged, *options)
    assert (found["n"], found["people"]) == (60, 30)
    assert found["models"][1]["overall"]["accuracy"]["value"] == 1.0
    assert found["comparison"]["difference"]["accuracy"]["low"] > 0
    assert {row["column"] for row in found["models"][0]["slices"]} == {"channel", "length"}
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--truth", "label"], "0 predictions to judge"),
        (["--truth", "nothing", "--pred", "one"], "no column 'nothing'"),
        (["--truth", "label", "--pred", "one", "--out", "x.pdf"], "unknown ending '.pdf'"),
        (["--truth", "label", "--pred", "one", "--confidence", "who", "--confidence", "who"], "2 --confidence for 1"),
    ],
)
def test_evaluate_says_what_is_wrong(voc_command, judged, options, message):
    assert message in voc_command.fails(1, "evaluate", judged, *options)


def test_a_new_pack_passes_its_check_and_tags(voc_command, judged, tmp_path):
    pack = tmp_path / "mine.toml"
    voc_command.ok("pack", "new", "mine", "--out", pack)
    assert "exists; name another" in voc_command.fails(1, "pack", "new", "mine", "--out", pack)
    found = voc_command.json("pack", "check", pack, "--fast")
    assert [row["category"] for row in found] == ["delivery", "price", "none of these"]
    out = tmp_path / "tags.parquet"
    voc_command.ok("tag", judged, "--taxonomy", pack, "--tier", "fast", "--out", out)
    assert pl.read_parquet(out).height == 60
