"""Small multiples are one page that needs nothing else, and show each theme's counts."""

import datetime as dt
import re

from voc.insight.multiples import small_multiples

WEEKS = [dt.date(2026, 1, 5) + dt.timedelta(weeks=i) for i in range(3)]


def test_a_page_shows_each_theme_on_its_own_scale_and_loads_nothing():
    page = small_multiples([("Waiting <b>", 9, [2, 0, 4]), ("Food", 1, [0, 0, 1])], WEEKS, "week", "Themes")
    assert page.count("<figure>") == 2
    assert re.findall(r"<title>(\d)</title>", page) == ["2", "4", "1"]
    assert re.findall(r'height="([\d.]+)"', page) == ["30.0", "60.0", "60.0"]
    assert "Waiting &lt;b&gt;" in page
    assert not re.search(r"https?://|<script|src=", page)


def test_nothing_to_show_is_a_page_too():
    assert "no dated feedback" in small_multiples([], [], "week", "Themes")
