"""Pictures are well-formed, show what they are given, and let no label become markup."""

from xml.etree import ElementTree

import pytest

from voc.report.svg import Point, Spot, _ticks, bars, line, priority, spark


def parsed(picture):
    return ElementTree.fromstring(f"<root>{picture}</root>")  # noqa: S314 -- our own picture


def texts(picture):
    return [e.text for e in parsed(picture).iter("text")]


def test_a_line_begins_with_its_first_value_and_shows_open_and_special_points():
    points = [
        Point("Jan", None),
        Point("Feb", 10.0, 5.0, 15.0),
        Point("Mar", 12.0, 8.0, 16.0, "bad"),
        Point("Apr", 9.0, open=True),
    ]
    picture = line(points, title="NPS", unit="points", target=20.0)
    assert "Jan" not in texts(picture)
    assert "target" in texts(picture)
    dots = list(parsed(picture).iter("circle"))
    assert [d.get("fill") for d in dots] == ["#2a6fb0", "#b4540f", "#fff"]
    # Higher values stand higher, that is, nearer to the top.
    assert float(dots[1].get("cy")) < float(dots[0].get("cy"))
    assert len(list(parsed(picture).iter("polygon"))) == 1


@pytest.mark.parametrize("picture", [line([], title="t", unit="u"), line([Point("a", None)], title="t", unit="u"),
                                     bars([], title="t", unit="u"), priority([], title="t", x_name="x", y_name="y"),
                                     spark([None, 1.0])])  # fmt: skip
def test_nothing_to_show_is_no_picture(picture):
    assert picture == ""


def test_a_label_stays_text():
    evil = '<script>alert("x")</script>'
    for picture in (
        bars([(evil, 3, 1)], title=evil, unit="people"),
        line([Point(evil, 1.0), Point("b", 2.0)], title=evil, unit=evil),
        priority([Spot(evil, 5, -2, -3, -1)], title=evil, x_name=evil, y_name=evil),
    ):
        assert "<script>" not in picture
        assert parsed(picture).find(".//script") is None


def test_bars_are_as_long_as_their_numbers():
    rects = list(parsed(bars([("a", 10, 5), ("b", 5, 0)], title="t", unit="u")).iter("rect"))
    widths = [float(r.get("width")) for r in rects]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert widths[3] == pytest.approx(widths[0])


def test_the_worst_come_first_and_chance_is_grey():
    spots = [
        Spot("praise", 10, 4, 2, 6),
        Spot("small", 2, -1, -2, -0.1),
        Spot("large", 10, -3, -4, -2),
        Spot("unsure", 10, -1, -3, 1),
    ]
    picture = priority(spots, title="t", x_name="x", y_name="y")
    assert [e.text for e in parsed(picture).iter("li")] == ["large", "unsure", "small", "praise"]
    colours = [c.get("fill") for c in parsed(picture).iter("circle")]
    assert colours == ["#b4540f", "#6b7785", "#b4540f", "#0f766e"]


@pytest.mark.parametrize(
    ("values", "first", "last"),
    [([0.0, 1.0], 0.0, 1.0), ([-42.0, 17.0], -60.0, 20.0), ([5.0, 5.0], 5.0, 6.0), ([3.2], 3.0, 4.0)],
)
def test_levels_are_round_and_hold_all_values(values, first, last):
    (levels,) = _ticks(values)
    assert (levels[0], levels[-1]) == (first, last)


def test_a_spark_leaves_gaps_out():
    (polyline,) = parsed(spark([1.0, None, 3.0])).iter("polyline")
    assert len(polyline.get("points").split()) == 2
