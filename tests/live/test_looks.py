"""Every page in a real browser: no barrier that axe finds, nothing wider than the screen, light and dark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from terminal import voc

from voc.app import router

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live
PAGES = [name for name in router.PAGES if router.exists(name)]
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
DRAWN = "() => !document.querySelector('[data-testid=\"stSkeleton\"]')"
# Wider than the window by more than a scroll bar: one would have to scroll sideways to read.
WIDE = "() => document.querySelector('[data-testid=\"stMain\"]').scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
def addresses(demo: Path) -> list[str]:
    """Every page, and one theme and one case."""
    theme = json.loads(voc("-w", str(demo), "themes", "list", "--json"))[0]["theme_id"]
    case = json.loads(voc("-w", str(demo), "cases", "list", "--json"))[0]["case_id"]
    return [*("" if name == "today" else name for name in PAGES), f"themes?theme={theme}", f"cases?case={case}"]


def visit(browser, url, *, width=1440, mode="light"):
    context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=mode)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.wait_for_selector(READY)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(1_000)
    return page


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_no_serious_barrier_on_any_page(browser, app_url, addresses, mode):
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for address in addresses:
        page = visit(browser, f"{app_url}/{address}", mode=mode)
        for rule in Axe().run(page).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                where = [node["html"][:100] for node in rule["nodes"][:2]]
                found.append((address, rule["impact"], rule["id"], where))
        page.context.close()
    assert found == []


@pytest.mark.parametrize("width", [390, 1920])
def test_no_page_is_wider_than_a_phone_nor_breaks_on_a_wall(browser, app_url, addresses, width):
    wide = []
    for address in addresses:
        page = visit(browser, f"{app_url}/{address}", width=width)
        beyond = page.evaluate(WIDE)
        if beyond > 1:
            wide.append((address, beyond))
        assert page.get_by_role("heading", level=1).first.is_visible(), address
        assert not page.locator('[data-testid="stException"]').count(), address
        page.context.close()
    assert wide == []
