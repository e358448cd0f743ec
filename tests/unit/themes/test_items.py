import polars as pl

from voc.themes import items_frame, roll_up


def test_texts_become_mentions_in_one_pool():
    frame = items_frame(["Lovely staff but we waited three hours.", None, "", "Nothing", "Cold food. Nothing"])
    assert frame["row"].to_list() == [0, 0, 4, 4]
    assert frame["pool"].to_list() == ["problem", "problem", "problem", None]
    assert frame["unit"].to_list() == ["0", "0", "4", "4"]
    assert frame["text"][3] == "Nothing"


def test_spans_are_those_of_the_text():
    text = "Caf\u00e9 was shut. \U0001f600 Then the lift broke down."
    frame = items_frame([text])
    assert [text[a:b] for a, b in frame.select("start", "end").iter_rows()] == frame["text"].to_list()


def test_no_texts_give_no_mentions():
    assert items_frame([]).height == 0
    assert roll_up(_assigned([]), 0).height == 0


def test_an_item_has_the_theme_of_its_best_mention():
    assigned = _assigned([(0, "a", 0.5), (0, "b", 0.9), (0, "a", 0.7), (2, None, None), (3, "b", 0.4), (3, "a", 0.4)])
    rolled = roll_up(assigned, 4)
    assert rolled.columns == ["row", "theme_id", "theme_label", "score", "themes"]
    assert rolled["row"].to_list() == [0, 1, 2, 3]
    assert rolled["theme_id"].to_list() == ["b", None, None, "a"]
    assert rolled["theme_label"].to_list() == ["label b", None, None, "label a"]
    assert rolled["score"].to_list() == [0.9, None, None, 0.4]
    assert rolled["themes"].to_list() == [["b", "a"], [], [], ["a", "b"]]


def _assigned(rows):
    schema = {"row": pl.Int64, "theme_id": pl.String, "score": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        theme_label=pl.lit("label ") + pl.col("theme_id")
    )
