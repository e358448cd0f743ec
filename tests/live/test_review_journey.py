"""The monthly review in a real browser: read it, write what one makes of it, take the page along, print it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from terminal import voc

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live
WORDS = "The phone menu first: we propose to go back to two choices."
WAIT = 120_000  # the first reading of a month counts a year of feedback


def test_a_month_is_read_commented_and_printed_and_every_number_comes_out_again(page, app_url, browser, demo, tmp_path):
    page.goto(f"{app_url}/monthly")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"20\d\d"), timeout=WAIT)
    expect(page.locator(".voc-r img.chart").first).to_be_visible(timeout=WAIT)
    page.get_by_label("You are").fill("Kim")
    page.get_by_label("You are").press("Enter")
    page.get_by_text("Write it: it stands at the top of what you export").click()
    page.get_by_role("textbox", name="What we make of it").fill(WORDS)
    page.get_by_role("textbox", name="What we make of it").press("Control+Enter")
    page.get_by_role("button", name="Keep this version").click()
    expect(page.get_by_text("Kept as version 1")).to_be_visible(timeout=WAIT)
    # The files above it are of this version once the page below them says so.
    expect(page.get_by_text(re.compile("UTC, version 1"))).to_be_visible(timeout=WAIT)
    with page.expect_download(timeout=WAIT) as waiting:
        page.get_by_role("button", name="Page to print (HTML)").click()
    file = tmp_path / "review.html"
    waiting.value.save_as(file)
    text = file.read_text(encoding="utf-8")
    assert WORDS in text
    assert "<script" not in text
    assert 6 <= n_pages(browser, file, tmp_path / "review.pdf") <= 10
    receipts = list(dict.fromkeys(re.findall(r'<p id="(r-[0-9a-f]+)">', text)))
    assert len(receipts) > 50
    found = json.loads(voc("-w", str(demo), "recompute", *receipts, "--json"))
    assert [r["receipt"] for r in found if not r["same"]] == []


def n_pages(browser, file: Path, out: Path) -> int:
    """Print a page as Chromium prints it; how many sheets it takes."""
    printed = browser.new_page()
    printed.goto(file.as_uri())
    printed.pdf(path=out, prefer_css_page_size=True)
    printed.close()
    return len(re.findall(rb"/Type\s*/Page\b", out.read_bytes()))
