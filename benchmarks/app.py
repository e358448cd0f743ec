"""How fast the app is in a real browser over a million items, beside an empty Streamlit page measured in the same run.

Ten visitors hold pages open. One at a time, each opens, reloads, switches pages and filters; what counts is the moment
at which the page was changed last. Every second one looks at a site of her own, so that hardly an answer is remembered.
Then the same once more while a night of 10,000 new items runs beside it, niced (``--night 0``: not). Searches are also
timed without the browser: the search, its counts by facet and the first 200 comments, all of them different.

    python benchmarks/app.py [--folder DIR] [--items 1000000] [--rounds 2] [--sessions 10] [--night 10000]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bigset import fill, make_workspace
from bigset_items import SITES, words, write_csv
from playwright.sync_api import sync_playwright
from record import show, write

import voc
from voc.model import Filter
from voc.queries import verbatims

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# Notes when the page's elements changed last, from its very first on.
WATCH = """(() => { window.lastChange = Date.now();
  const watch = () => new MutationObserver(() => { window.lastChange = Date.now(); })
    .observe(document, { childList: true, subtree: true });
  watch(); })()"""
RUNNING = '[data-testid="stApp"][data-test-script-state="running"]'
DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
QUIET_MS = 400
AIMS = {"new browser": 3.5, "reload": 1.8, "page switch": 0.9, "filter": 0.7}
QUERIES = 40
WEEKS = ("last 4 weeks", "last 8 weeks", "last 13 weeks", "last 26 weeks", "last year")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--night", type=int, default=10_000)
    parser.add_argument("--sessions", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made) / "big"
        prepare(folder, options.items)
        figures = searches(folder)
        figures += in_browser(folder, options.rounds, options.sessions, options.night)
    show(figures)
    command = (
        f"python benchmarks/app.py --items {options.items} --rounds {options.rounds} --sessions {options.sessions}"
        f" --night {options.night}"
    )
    write("app", figures, command, load=os.getloadavg())


def prepare(folder: Path, items: int) -> None:
    """The workspace with its history and its index, as far as they are not there."""
    with voc.open(folder) if (folder / "voc.toml").is_file() else make_workspace(folder) as ws:
        if not ws.lake.count("feedback"):
            fill(ws, items)
        print("indexed", ws.index())


def searches(folder: Path) -> list[dict[str, Any]]:
    """Seconds of a search, its counts and its first page, without the browser."""
    rng = random.Random(0)
    said = [s for s in words().sentences.to_list() if len(s.split()) > 5]
    pool = sorted({word.strip(".,!?").lower() for sentence in said for word in sentence.split() if len(word) > 3})
    ask = {
        "search by words": [typed(rng, pool) for _ in range(QUERIES)],
        "search by meaning": [" ".join(rng.sample(rng.choice(said).split(), 4)) for _ in range(QUERIES)],
    }
    found: list[dict[str, Any]] = []
    with voc.open(folder) as ws:
        catalogue = ws.catalogue()
        started, cpu = time.perf_counter(), time.process_time()
        for name, queries in ask.items():
            waits, used, n = [], time.process_time(), []
            for query in queries:
                begin = time.perf_counter()
                by_words = name == "search by words"
                hits = verbatims.hits(ws.find_words(query)) if by_words else verbatims.near(ws.find_meaning(query))
                got = verbatims.find(catalogue, Filter(), hits)
                ws.comments(got.ids[:200])
                waits.append(time.perf_counter() - begin)
                n.append(got.n)
            each = (time.process_time() - used) / len(queries)
            print(name, f"median {np.median(waits):.3f}", f"found {np.median(n):.0f} in the median")
            found += [figure(f"{name}, p95 s", waits, 0.5 if by_words else 1.0, "the aim"), one(f"{name}, CPU s", each)]
        print("searches", time.perf_counter() - started, "CPU", time.process_time() - cpu)
    return found


def typed(rng: random.Random, pool: list[str]) -> str:
    """What somebody may type: one word or two, a beginning, something without."""
    a, b = rng.sample(pool, 2)
    return rng.choice([a, f"{a} {b}", f"{a[:4]}*", f"{a} -{b}"])


def in_browser(folder: Path, rounds: int, sessions: int, night: int) -> list[dict[str, Any]]:
    """The four actions on ours and on the empty page, interleaved; and what memory the server took."""
    ours = [sys.executable, "-m", "voc", "-w", str(folder), "app", "--port"]
    floor = [sys.executable, "-m", "streamlit", "run", str(HERE / "app_floor.py"), "--server.headless=true",
             "--browser.gatherUsageStats=false", "--server.port"]  # fmt: skip
    with sync_playwright() as driver, served(ours) as (url, server), served(floor) as (empty, _):
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for path in ("", "themes", "verbatims", "cases"):
            opened(chromium, f"{url}/{path}").context.close()
        before = cpu_of(server.pid)
        held = {mine: [opened(chromium, at) for _ in range(sessions)] for mine, at in ((True, url), (False, empty))}
        n = rounds * sessions
        taken = turns(chromium, held, {True: url, False: empty}, range(n))
        memory, used = memory_of(server.pid), cpu_of(server.pid) - before
        beside: list[dict[str, Any]] = []
        if night:
            with running(folder, night) as busy:
                slow = turns(chromium, {True: held[True]}, {True: url}, range(n, n + sessions), while_=busy)
            beside = [
                figure(f"{name} beside a night, p95 s", slow[name, True], 1.5 * aim, "the aim")
                for name, aim in AIMS.items()
                if (name, True) in slow
            ]
        chromium.close()
    times = [
        row
        for name, aim in AIMS.items()
        for row in (
            figure(f"{name}, p95 s", taken[name, True], aim, "the aim"),
            figure(f"{name} of an empty page, p95 s", taken[name, False], aim, "the aim for ours"),
        )
    ]
    return [*times, *beside, one("server, CPU s a turn", used / n, n), *memory]


def turns(
    chromium: Any, held: dict[bool, list[Any]], at: dict[bool, str], which: range, *, while_: Any = None
) -> dict[tuple[str, bool], list[float]]:
    """Waits by action, ours and the empty page's; with ``while_``, for as long as that process runs."""
    taken: dict[tuple[str, bool], list[float]] = {}
    for turn in which:
        if while_ is not None and while_.poll() is not None:
            print(f"the night was over after {turn - which[0]} turns")
            break
        for mine, pages in held.items():
            for name, wait in acted(chromium, pages, at[mine], turn, mine=mine).items():
                taken.setdefault((name, mine), []).append(wait)
    return taken


@contextmanager
def running(folder: Path, n: int) -> Iterator[Any]:
    """A night over ``n`` new items, at the lowest priority."""
    write_csv(folder / "inbox" / f"more-{time.time():.0f}.csv", n, first=5_000_000, tonight=True)
    night = subprocess.Popen(
        ["nice", "-n", "19", sys.executable, "-m", "voc", "-w", str(folder), "nightly"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield night
    finally:
        if night.poll() is None:
            os.killpg(night.pid, 15)
            night.wait(timeout=60)


def acted(chromium: Any, held: list[Any], url: str, turn: int, *, mine: bool) -> dict[str, float]:
    """One visitor's turn: a new browser opens the page, then her own page is reloaded, left and filtered."""
    page = held[turn % len(held)]
    fresh = time.time()
    other = opened(chromium, url)
    waits = {"new browser": last_change(other) - fresh}
    other.context.close()
    # A site of her own: nobody has asked for just this before.
    asked = f"{url}/?site=Site+{turn % SITES}" if mine and turn % 2 else url
    waits["reload"] = timed(page, lambda: page.goto(asked))
    names = ("Themes", "Verbatims", "Cases", "Today") if mine else ("Second", "First")
    name = names[turn % len(names)]
    waits["page switch"] = timed(page, page.get_by_role("link", name=name, exact=True).first.click)
    if mine and name == "Cases":
        timed(page, page.get_by_role("link", name="Today", exact=True).first.click)
    box = page.locator('[data-testid="stSelectbox"]', has_text="Time").first
    box.click()
    choices = page.get_by_role("option")
    choices.first.wait_for()
    wanted = choices.filter(has_text=WEEKS[turn % len(WEEKS)]) if mine else choices.nth(turn % 5)
    waits["filter"] = timed(page, wanted.first.click)
    return waits


def opened(chromium: Any, url: str) -> Any:
    """A page of a new visitor, drawn to its end."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
    settle(page)
    return page


def settle(page: Any) -> None:
    """Wait until the script is done and nothing has changed for a while."""
    page.wait_for_selector(DONE)
    page.wait_for_function(f"() => !document.querySelector('{RUNNING}') && Date.now() - window.lastChange > {QUIET_MS}")


def timed(page: Any, action: Any) -> float:
    """Seconds from an action to the last change of the page that came of it."""
    started = time.time()
    action()
    page.wait_for_timeout(50)
    settle(page)
    return last_change(page) - started


def last_change(page: Any) -> float:
    return float(page.evaluate("window.lastChange")) / 1000


@contextmanager
def served(command: list[str]) -> Iterator[tuple[str, Any]]:
    """A server on a free port: its address, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.5)
        yield f"http://localhost:{port}", server
    finally:
        os.killpg(server.pid, 15)
        server.wait(timeout=20)


def family(pid: int) -> list[int]:
    """A process and those it has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *(one for child in path.read_text().split() for one in family(int(child)))]


def memory_of(pid: int) -> list[dict[str, Any]]:
    """GB of the server: resident in all, and the part that is no file mapped from the disk."""
    facts = [Path(f"/proc/{one}/status").read_text().splitlines() for one in family(pid)]

    def total(key: str) -> float:
        return sum(int(line.split()[1]) for lines in facts for line in lines if line.startswith(key)) / 1e6

    return [
        one("server, resident GB", total("VmRSS"), 1, 1.2),
        one("server, of it no mapped file, GB", total("RssAnon")),
    ]


def cpu_of(pid: int) -> float:
    ticks = [Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split() for one in family(pid)]
    return sum(int(t[11]) + int(t[12]) for t in ticks) / os.sysconf("SC_CLK_TCK")


def figure(name: str, waits: list[float], aim: float, what: str) -> dict[str, Any]:
    return {
        "name": name, "value": float(np.percentile(waits, 95)), "low": float(np.median(waits)), "high": max(waits),
        "baseline": aim, "baseline_is": what, "n": len(waits), "what": "low is the median, high the longest",
    }  # fmt: skip


def one(name: str, value: float, n: int = 1, aim: float | None = None) -> dict[str, Any]:
    return {"name": name, "value": value, "n": n, **({"baseline": aim, "baseline_is": "the aim"} if aim else {})}


if __name__ == "__main__":
    main()
