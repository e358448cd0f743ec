"""A new user's way from an empty machine to the first theme of her own file, in steps and seconds.

The machine has Python, a copy of this repository and a browser; her file is a survey export of 361 rows with columns of
its own. Each step is one thing that she does: a command, a click, a file chosen. Seconds are what she waits.

    python benchmarks/walk.py
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import polars as pl
from playwright.sync_api import expect, sync_playwright
from record import show, write

from voc.testing import sample_feedback

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LONG_MS = 600_000


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        room = Path(made)
        rows = survey(room / "Patient survey 2026-03.csv")
        steps = [*installed(room), *started(room)]
    figures = [{"name": f"step {i}: {name}", "value": round(s, 1), "n": 1} for i, (name, s) in enumerate(steps, 1)]
    figures.append({"name": "steps in all", "value": len(steps), "n": 1})
    figures.append({"name": "seconds in all", "value": round(sum(s for _, s in steps), 1), "n": 1})
    show(figures)
    print(write("walk", figures, "python benchmarks/walk.py", rows=rows, load=os.getloadavg()))


def survey(path: Path) -> int:
    """Write the file; returns how many rows it has."""
    frame = sample_feedback(60).rename({"text": "What could be better?", "date": "Submitted"}).drop("topic", "question")
    visit = pl.int_range(1, pl.len() + 1).cast(pl.String)
    frame = frame.with_columns(pl.concat_str("What could be better?", pl.lit(", visit "), visit))
    frame.write_csv(path)
    return frame.height


def installed(room: Path) -> list[tuple[str, float]]:
    """An environment of its own with voc in it, as the manual says."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", str(room / "venv")], check=True)
    pip = [str(room / "venv/bin/python"), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), str(ROOT)]
    subprocess.run(pip, check=True)
    return [("install voc (python -m venv, pip install)", time.perf_counter() - began)]


def started(room: Path) -> list[tuple[str, float]]:
    """Start the app on an empty folder, drop the file, press the button, see themes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (room / "acme").mkdir()
    command = [str(room / "venv/bin/voc"), "-w", str(room / "acme"), "app", "--port", str(port)]
    began = time.perf_counter()
    server = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _answers(f"http://localhost:{port}/_stcore/health")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page()
            page.set_default_timeout(LONG_MS)
            return _clicked(page, f"http://localhost:{port}", room, began)
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)


def _clicked(page: Any, url: str, room: Path, began: float) -> list[tuple[str, float]]:
    page.goto(url)
    page.get_by_role("link", name=re.compile("Drop a CSV")).wait_for()
    steps = [("start the app (voc -w acme app) and open it", time.perf_counter() - began)]
    began = time.perf_counter()
    page.get_by_role("link", name=re.compile("Drop a CSV")).click()
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.wait_for(state="attached")
    steps.append(("click: drop a CSV", time.perf_counter() - began))
    began = time.perf_counter()
    chooser.set_input_files(next(room.glob("*.csv")))
    button = page.get_by_role("button", name="Find the themes")
    expect(button).to_be_enabled(timeout=LONG_MS)
    steps.append(("choose the file, see its first rows and what is masked", time.perf_counter() - began))
    began = time.perf_counter()
    button.click()
    expect(page.get_by_text(re.compile(r"comments of .* people, \d+ themes"))).to_be_visible(timeout=LONG_MS)
    steps.append(("click: find the themes, until they are there", time.perf_counter() - began))
    return steps


def _answers(address: str) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=2).close()  # noqa: S310 -- our own server
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
        else:
            return
    raise SystemExit("the app did not answer within a minute")


if __name__ == "__main__":
    main()
