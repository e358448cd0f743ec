"""A figure shows its interval, what it rests on and its receipt, and is grey when too few stand behind it."""

import pytest
from streamlit.testing.v1 import AppTest

from voc.app.figures import rests_on
from voc.queries.figures import Figure


def drawn(n, **more):
    def script(n, more):
        from voc.app import shared
        from voc.queries.figures import Figure

        shared.figure("NPS *now*", Figure("nps|all", 12.4, 3.0, 21.0, n, receipt="r-1"), form="{:+.0f}", **more)

    at = AppTest.from_function(script, args=(n, more)).run()
    assert not at.exception
    return at


def test_a_figure_has_its_interval_n_and_receipt():
    at = drawn(412)
    assert at.metric[0].value == "+12"
    assert at.metric[0].label == r"NPS \*now\*"
    assert at.caption[0].value.replace("\\", "") == "+3 to +21, n = 412 · receipt r-1"


@pytest.mark.parametrize(("n", "minimum", "few"), [(4, 5, True), (5, 5, False), (29, 30, True)])
def test_a_figure_of_too_few_says_so(n, minimum, few):
    assert ("too few to rely on" in drawn(n, minimum=minimum).caption[0].value) is few


def test_a_figure_without_answers_is_a_dash():
    assert rests_on(Figure("nps|all", None, None, None, 0)) == "nobody answered"


def test_a_counted_figure_has_no_interval():
    assert rests_on(Figure("open|all", 7.0, None, None, 7)) == "n = 7"
