"""Verbatims in a real browser: find, narrow, correct in two clicks and find it kept, take away and open."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from urllib.parse import urlparse

import polars as pl
import pytest
from playwright.sync_api import expect
from terminal import voc
from test_journeys import picture, settled

pytestmark = pytest.mark.live
CARDS = "article"


def found(page) -> int:
    return int(page.get_by_role("heading", level=1).inner_text().split()[0].replace(",", ""))


def test_words_find_comments_and_a_count_narrows_them(page, app_url, demo):
    page.goto(f"{app_url}/verbatims?weeks=all")
    settled(page)
    page.get_by_label("Search comments").fill("waiting -phone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("that say")
    settled(page)
    n = found(page)
    said = json.loads(voc("-w", str(demo), "search", "waiting -phone", "--json"))
    assert n == said["n"]
    expect(page.locator("article mark.hit").first).to_be_visible()
    picture(page, "verbatims")
    pill = page.get_by_role("button", name=re.compile(r"^negative \d")).first
    wanted = int(pill.inner_text().split()[-1].replace(",", ""))
    pill.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{wanted} comment")
    assert "sentiment=negative" in page.url


def test_a_tag_is_corrected_in_two_clicks_and_found_kept(page, app_url, demo):
    page.goto(f"{app_url}/verbatims?weeks=all&q=parking")
    settled(page)
    page.get_by_label("You are").fill("Ann")
    page.keyboard.press("Enter")
    settled(page)
    page.get_by_role("button", name=re.compile("Read or correct")).first.click()
    box = page.get_by_role("dialog")
    expect(box.get_by_text("The whole comment")).to_be_visible()
    item = re.search(r"item=([0-9a-f]{24})", page.url)[1]
    settled(page)
    box.get_by_text("very positive", exact=True).first.click()
    expect(box.get_by_text(re.compile("Kept as a label"))).to_be_visible()
    settled(page)
    picture(page, "correction")
    box.get_by_role("button", name="Close").click()
    expect(page.locator(CARDS).filter(has_text="corrected by a person").first).to_contain_text("very positive")
    items = json.loads(voc("-w", str(demo), "search", "parking", "--json", "--limit", "500"))["items"]
    assert next(one for one in items if one["feedback_id"] == item)["sentiment"] == "very_positive"


def test_comments_are_taken_away_and_open_in_a_spreadsheet(page, app_url):
    page.goto(f"{app_url}/verbatims?weeks=all&q=parking")
    settled(page)
    n = found(page)
    page.get_by_text("Take these comments away").click()
    page.get_by_text("For the team", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Make the xlsx file").click()
    with page.expect_download() as told:
        page.get_by_role("button", name="Download xlsx").click()
    got = pl.read_excel(Path(told.value.path()).read_bytes())
    assert got.height == n
    assert got["comment"].str.to_lowercase().str.contains("park").all()
    page.get_by_role("button", name="Make the csv file").click()
    with page.expect_download() as told:
        page.get_by_role("button", name="Download csv").click()
    csv = pl.read_csv(io.BytesIO(Path(told.value.path()).read_bytes()))
    assert csv.height == n
    assert not csv["comment"].str.contains(r"^\s*[=+@|%-]").any()


def test_nothing_is_asked_of_another_machine_and_a_narrow_screen_has_no_sideways_scroll(page, app_url):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app_url}/verbatims?weeks=all")
    settled(page)
    expect(page.locator(CARDS).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert {urlparse(url).hostname for url in page.requests if url.startswith("http")} == {"localhost"}
