"""Make the pictures of the manual and README: `python docs/pictures.py [WORKSPACE [NAME]...]`, else all of ``demo``.

Each page of the app is opened in Debian's Chromium as a newcomer sees it, and kept in docs/img.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

import voc
from voc import queries
from voc.app import router
from voc.model import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = Path(__file__).with_name("img")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DESK, PHONE, WALL = 1440, 390, 1920
DRAWN = "() => !document.querySelector('[data-testid=\"stSkeleton\"]')"
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def wanted(folder: Path) -> Iterator[tuple[str, str, int, str]]:
    """Each picture: its name, the address, how wide, and light or dark."""
    with voc.open(folder) as ws:
        tables = ws.tables()
        start, end = queries.window(tables, 8)
        ranked = queries.themes_table(tables, Filter(start=start, end=end))
        case = max(ws.cases(), key=lambda case: (case.state == "verified", len(ws.case_events(case.case_id))))
    yield "today", "", DESK, "light"
    yield "today-phone", "", PHONE, "light"
    yield "today-dark", "", DESK, "dark"
    yield "theme", f"themes?theme={ranked['theme_id'][0]}", DESK, "light"
    yield "case", f"cases?case={case.case_id}", DESK, "light"
    for name in router.PAGES:
        if name != "today" and router.exists(name):
            yield name, name, WALL if name == "metrics" else DESK, "light"


def main(folder: Path, names: list[str]) -> None:
    """Start the app, take the pictures called ``names`` (none: every one), and stop it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("voc: no chromium; install it with: bash .ci/chromium")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "voc", "-w", str(folder), "app", "--port", str(port)]
    server = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
            for name, path, width, mode in wanted(folder):
                if names and name not in names:
                    continue
                _take(browser, f"http://localhost:{port}/{path}", IMAGES / f"{name}.png", width, mode)
                print(f"docs/img/{name}.png")
            browser.close()
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)


def _take(browser: Any, url: str, file: Path, width: int, mode: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=mode)
    page = context.new_page()
    page.set_default_timeout(60_000)
    for attempt in range(60):
        try:
            page.goto(url)
            break
        except Exception:
            # The server takes some seconds to listen.
            if attempt == 59:
                raise
            time.sleep(1)
    page.wait_for_selector(READY)
    # Parts of a page and its charts are drawn after it says that it is done.
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(2_500)
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo"), sys.argv[2:])
