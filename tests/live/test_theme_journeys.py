"""Monday's journeys through Today and Themes: the new issue goes to its owner, two themes become one, keys suffice."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect
from terminal import voc
from test_journeys import settled

pytestmark = pytest.mark.live
expect.set_options(timeout=60_000)
FOCUS = "() => { const e = document.activeElement; return (e.getAttribute('aria-label') || e.innerText || '').trim() }"


def sign(page, name):
    page.get_by_label("You are").fill(name)
    page.get_by_label("You are").press("Enter")
    settled(page)


def tab_to(page, pattern, most=150):
    """Press Tab until what has the focus is called so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(pattern, page.evaluate(FOCUS)):
            return
    pytest.fail(f"{most} presses of Tab do not reach {pattern}")


def themes(demo):
    return json.loads(voc("-w", str(demo), "themes", "list", "--json"))


def test_the_issue_that_emerges_is_found_on_today_and_is_with_its_owner(page, app_url, demo):
    page.goto(app_url)
    settled(page)
    moved = page.locator('[class*="st-key-row-"]').first
    label = moved.get_by_role("link").inner_text()
    moved.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(label)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("more than chance explains")
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^C-0")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(label)


def test_a_theme_that_nobody_has_is_handed_to_an_owner(page, app_url, demo):
    taken = {c["theme_id"] for c in json.loads(voc("-w", str(demo), "cases", "list", "--json"))}
    free = next(t for t in themes(demo) if t["theme_id"] not in taken and t["status"] in ("candidate", "accepted"))
    page.goto(f"{app_url}/themes?weeks=all&theme={free['theme_id']}")
    settled(page)
    sign(page, "Jo Live")
    page.get_by_role("button", name="What to do").click()
    page.get_by_role("combobox", name=re.compile("Owner")).click()
    page.get_by_role("option", name=re.compile("Jo, clinic operations")).click()
    page.get_by_role("button", name="Hand over as a case").click()
    expect(page.get_by_text(re.compile("is a case of Jo, clinic operations now"))).to_be_visible()
    cases = json.loads(voc("-w", str(demo), "cases", "list", "--json"))
    made = next(c for c in cases if c["theme_id"] == free["theme_id"])
    assert made["state"] == "open"
    shown = json.loads(voc("-w", str(demo), "cases", "show", made["case_id"], "--json"))
    assert shown["history"][0]["actor"] == "Jo Live"
    assert json.loads(voc("-w", str(demo), "cases", "verify-history", "--json"))["ok"]


def test_two_themes_are_merged_and_the_merge_is_undone(page, app_url, demo):
    before = {t["theme_id"]: t for t in themes(demo)}
    kept, gone = [t for t in before.values() if t["status"] == "accepted" and t["pool"] == "problem"][-2:]
    page.goto(f"{app_url}/themes?weeks=all&theme={gone['theme_id']}")
    settled(page)
    sign(page, "Jo Live")
    page.get_by_role("button", name="What to do").click()
    page.get_by_role("combobox", name=re.compile("Part of")).click()
    page.keyboard.type(kept["label"])
    page.get_by_role("option", name=kept["label"], exact=True).click()
    page.get_by_role("button", name="Merge into it").click()
    expect(page.get_by_text(re.compile("is part of .* now; undo it below"))).to_be_visible()
    merged = {t["theme_id"]: t for t in themes(demo)}
    assert merged[gone["theme_id"]]["status"] == "merged"
    assert merged[kept["theme_id"]]["n_people"] > kept["n_people"]
    settled(page)
    undo = page.get_by_role("button", name="Undo the last change")
    if not undo.is_visible():
        page.get_by_role("button", name="What to do").click()
    undo.click()
    expect(page.get_by_text("The last change is undone")).to_be_visible()
    after = {t["theme_id"]: t for t in themes(demo)}
    for theme_id in (kept["theme_id"], gone["theme_id"]):
        assert {k: after[theme_id][k] for k in ("status", "n_people")} == {
            k: before[theme_id][k] for k in ("status", "n_people")
        }


def test_a_saved_view_opens_the_same_filter_for_somebody_else(page, app_url, browser):
    page.goto(f"{app_url}/themes?weeks=all&brand=Harbour+Clinics")
    settled(page)
    sign(page, "Jo Live")
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save this page and filter as").fill("Clinics, all time")
    page.get_by_label("Save this page and filter as").press("Enter")
    page.get_by_text("for everybody").click()
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text(re.compile("The view .*Clinics, all time.* is saved"))).to_be_visible()
    other = browser.new_page()
    other.goto(app_url)
    settled(other)
    other.get_by_role("button", name="Views").click()
    other.get_by_role("link", name=re.compile("Clinics, all time")).click()
    expect(other.get_by_role("heading", level=1)).to_have_text(title)
    other.close()


def test_keys_alone_lead_from_today_to_a_case_and_back(page, app_url):
    page.goto(app_url)
    settled(page)
    tab_to(page, r"^C-0\d+")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"^C-0"))
    settled(page)
    tab_to(page, "All cases")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("cases? (is|are) open"))
    settled(page)
    tab_to(page, r"^C-0\d+")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"^C-0"))
