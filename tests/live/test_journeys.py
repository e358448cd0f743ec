"""What a manager does on a Monday, in a real browser on the real app."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import expect
from terminal import voc

from voc.demo import planted

pytestmark = pytest.mark.live
# `VOC_PICTURES=docs/img make test-live` renews the pictures that the README shows.
PICTURES = os.environ.get("VOC_PICTURES")


def picture(page, name: str) -> None:
    """Keep a screenshot, if asked to."""
    if PICTURES:
        page.wait_for_timeout(1_500)  # charts are drawn after the page says it is done
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def settled(page) -> None:
    """Wait until Streamlit has run the page to its end."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def test_today_says_who_is_late_and_links_to_the_case(page, app_url):
    page.goto(app_url)
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"promises? (is|are) late"))
    expect(page.get_by_role("heading", name=re.compile("Needs you"))).to_be_visible()
    settled(page)
    picture(page, "today")
    page.get_by_role("link", name=re.compile("C-0")).first.click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_a_theme_shows_its_trend_and_the_words_behind_it(page, app_url, demo):
    themes = json.loads(voc("-w", str(demo), "themes", "list", "--json"))
    page.goto(f"{app_url}/themes")
    expect(page.get_by_role("heading", level=1)).to_contain_text("hurts most")
    settled(page)
    picture(page, "themes")
    page.goto(f"{app_url}/themes?theme={themes[0]['theme_id']}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(themes[0]["label"])
    expect(page.locator("mark").first).to_be_visible()
    settled(page)
    picture(page, "theme")


def test_an_owner_takes_plans_and_closes_a_case_and_the_history_says_so(page, app_url, demo):
    cases = json.loads(voc("-w", str(demo), "cases", "list", "--json"))
    case = next(c["case_id"] for c in cases if c["state"] == "open")
    page.goto(f"{app_url}/cases?case={case}")
    page.get_by_label("You are").fill("Jo Live")
    page.get_by_label("You are").press("Enter")
    _choose(page, "Take it")
    page.get_by_role("button", name="Take it", exact=True).click()
    expect(page.get_by_text(re.compile("Done: .* is taken"))).to_be_visible()
    _choose(page, "Plan")
    settled(page)
    picture(page, "case")
    page.get_by_label(re.compile("What will be done")).fill("Ring back everyone who was cut off, on 07700 900123")
    page.get_by_role("combobox", name=re.compile("Root cause")).click()
    page.get_by_role("option", name=re.compile("defect", re.IGNORECASE)).click()
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_text(re.compile("Done: .* is planned"))).to_be_visible()
    _choose(page, "Close")
    page.get_by_label("Reason", exact=True).fill("Tried in a test")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text(re.compile("Done: .* is closed"))).to_be_visible()
    shown = json.loads(voc("-w", str(demo), "cases", "show", case, "--json"))
    assert [event["move"] for event in shown["history"]][-3:] == ["take", "plan", "close"]
    assert "900123" not in json.dumps(shown)
    assert json.loads(voc("-w", str(demo), "cases", "verify-history", "--json"))["ok"]


def _choose(page, move: str) -> None:
    settled(page)
    page.get_by_role("radiogroup").get_by_text(move, exact=True).click()
    # The form of the new choice has a button of its name: only then is the old form gone.
    expect(page.get_by_role("button", name=move, exact=True)).to_be_visible()


def test_a_link_with_a_filter_opens_the_same_view_for_somebody_else(page, app_url, browser):
    page.goto(f"{app_url}/themes?weeks=all&brand=Harbour+Clinics")
    settled(page)
    title = page.get_by_role("heading", level=1).inner_text()
    other = browser.new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", level=1)).to_have_text(title)
    other.close()


def test_no_page_asks_anything_of_another_machine_or_shows_personal_data(page, app_url):
    for path in ("", "themes?weeks=all", "cases"):
        page.goto(f"{app_url}/{path}")
        settled(page)
        body = page.content()
        assert not [p["value"] for p in planted()["personal_data"] if p.get("cue", True) and p["value"] in body]
    assert {urlparse(url).hostname for url in page.requests if url.startswith("http")} == {"localhost"}
