import re
from dataclasses import replace

import polars as pl
from toy import ToyEncoder, mentions

from voc.themes import discover
from voc.themes.picture import theme_map


def test_the_map_shows_every_theme_and_example_and_loads_nothing(model):
    page = theme_map(model, {model.themes[0].theme_id: 40})
    assert page.count("<text ") == len(model.themes)
    assert page.count("<circle") == len(model.themes) + sum(map(len, model.exemplars.values()))
    assert "(40)" in page
    assert not re.search(r"https?:|<script|src=|url\(", page)
    spots = re.findall(r"c[xy]='([-\d.]+)'", page)
    assert all(0 <= float(spot) <= 1_100 for spot in spots)
    assert page == theme_map(model, {model.themes[0].theme_id: 40})


def test_what_people_wrote_is_text_and_never_markup(frame):
    made = discover(frame, encoder=ToyEncoder(), static=ToyEncoder("toy-static"))
    made.themes[0] = replace(made.themes[0], label="<script>alert(1)</script>")
    made.exemplars[made.themes[0].theme_id] = ["<img src=x onerror=alert(1)> 'quoted'"]
    page = theme_map(made)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img" in page


def test_a_model_without_themes_has_an_empty_map():
    few = mentions().filter(pl.col("pool") == "problem").head(3)
    page = theme_map(discover(few, encoder=ToyEncoder(), static=ToyEncoder("toy-static")))
    assert "<circle" not in page
