"""Saved views and visits, kept in the register."""

import datetime as dt

import pytest

import voc
from voc.errors import InputError, NotAllowedError

NOW = dt.datetime(2026, 6, 15, 9, tzinfo=dt.UTC)


@pytest.fixture
def ws(tmp_path):
    with voc.init(tmp_path / "w") as made:
        yield made


def test_a_view_is_its_owner_s_own_and_a_shared_one_everybody_s(ws):
    ws.save_view("North, a year", "themes", "weeks=52&site=North", actor="ana")
    ws.save_view("All sites", "today", "", actor="bo", shared=True)
    assert [(v.name, v.query) for v in ws.views(actor="ana")] == [
        ("All sites", ""),
        ("North, a year", "weeks=52&site=North"),
    ]
    assert [v.name for v in ws.views(actor="bo")] == ["All sites"]
    assert [v.name for v in ws.views()] == ["All sites"]


def test_saving_under_the_same_name_replaces(ws):
    ws.save_view("Mine", "themes", "weeks=4", actor="ana")
    ws.save_view("  mine ", "themes", "weeks=8", actor="ana")
    assert [(v.name, v.query) for v in ws.views(actor="ana")] == [("mine", "weeks=8")]


def test_only_its_maker_replaces_or_deletes_a_shared_view(ws):
    view = ws.save_view("Board", "today", "weeks=4", actor="ana", shared=True)
    with pytest.raises(NotAllowedError, match="shared by ana"):
        ws.save_view("board", "today", "weeks=8", actor="bo", shared=True)
    with pytest.raises(NotAllowedError, match="shared by ana"):
        ws.delete_view(view.view_id, actor="bo")
    ws.delete_view(view.view_id, actor="Ana")
    assert ws.views(actor="bo") == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_view_needs_a_name_that_can_be_read(ws, name):
    with pytest.raises(InputError, match="1 to 80 characters"):
        ws.save_view(name, "today", "", actor="ana")


def test_nobody_saves_without_a_name_and_names_of_views_are_redacted(ws):
    with pytest.raises(InputError, match="say who you are"):
        ws.save_view("x", "today", "", actor=" ")
    assert "900123" not in ws.save_view("Call 07700 900123", "today", "", actor="ana").name


def test_a_visit_ends_after_half_an_hour(ws):
    visits = [ws.register.visit("ana", NOW + dt.timedelta(minutes=m)) for m in (0, 0.5, 10, 39, 80, 81, 60 * 24 * 3)]
    left = NOW + dt.timedelta(minutes=39)
    assert visits == [None, None, None, None, left, left, NOW + dt.timedelta(minutes=81)]
    assert ws.register.visit("bo", NOW) is None
