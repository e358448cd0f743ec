"""From an empty folder and one's own CSV to the first themes: what a newcomer does, counted."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import expect
from terminal import voc

from conftest import _wait_for
from voc.testing import sample_feedback

pytestmark = pytest.mark.live
PICTURES = os.environ.get("VOC_PICTURES")


@pytest.fixture
def empty_url(tmp_path):
    """The app on a folder that is no workspace yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "voc", "-w", str(tmp_path / "acme"), "app", "--port", str(port)]
    (tmp_path / "acme").mkdir()
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)
    url = f"http://localhost:{port}"
    try:
        _wait_for(f"{url}/_stcore/health", server)
        yield url
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)


def picture(page, name):
    if PICTURES:
        page.wait_for_timeout(1_500)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_first_csv_to_first_theme_in_three_actions(page, empty_url, tmp_path):
    frame = sample_feedback(60).rename({"text": "What could be better?", "date": "Submitted"}).drop("topic", "question")
    visit = pl.int_range(1, pl.len() + 1).cast(pl.String)
    frame = frame.with_columns(pl.concat_str("What could be better?", pl.lit(", visit "), visit))
    file = tmp_path / "Patient survey 2026-03.csv"
    frame.write_csv(file)
    with file.open("a", encoding="utf-8") as rows:
        blank = {"record_id": "S-9999", "respondent": "p-last", "Submitted": "2026-03-17", "channel": "survey"}
        cells = {**blank, "What could be better?": "Ring Margaret on 07700 900123, nobody rang back", "nps": "3"}
        rows.write(",".join(f'"{cells.get(column, "")}"' for column in frame.columns) + "\n")
    page.goto(empty_url)
    expect(page.get_by_role("heading", level=1)).to_have_text("No workspace here yet", timeout=60_000)
    picture(page, "first-empty")
    began = time.monotonic()
    page.get_by_role("link", name=re.compile("Drop a CSV")).click()  # 1
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)  # 2
    button = page.get_by_role("button", name="Find the themes")
    expect(button).to_be_enabled(timeout=60_000)
    assert "900123" not in page.content()
    picture(page, "first-mapping")
    button.click()  # 3
    expect(page.get_by_text(re.compile("Judging|Reading|Finding"))).to_be_visible(timeout=60_000)
    picture(page, "first-progress")
    expect(page.get_by_text(re.compile(r"comments of .* people, \d+ themes"))).to_be_visible(timeout=300_000)
    seconds = time.monotonic() - began
    picture(page, "first-themes")
    themes = json.loads(voc("-w", str(tmp_path / "acme"), "themes", "list", "--json"))
    assert themes
    assert "900123" not in (tmp_path / "acme" / "voc.toml").read_text()
    print(f"first CSV to first theme: 3 actions, {seconds:.0f} s for {frame.height + 1} rows, {len(themes)} themes")  # noqa: T201 -- the figure
