"""The monthly review on real comments: its cost, the pages it prints on, and whether every number comes out again.

Loads the NHS Friends and Family comments into a workspace (or takes one that holds them), reviews the month with the
most comments, works every receipt of the page out again, and prints the page where Chromium is there.

    python benchmarks/review.py --data ../shared/data [--workspace DIR]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from record import show, write

import voc
from voc.report.html import html
from voc.report.monthly import monthly

if TYPE_CHECKING:
    from voc.workspace import Workspace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workspace", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.workspace or Path(made) / "nhs"
        if not folder.is_dir():
            _fill(folder, options.data / "nhs-fft")
        with voc.open(folder) as ws:
            figures = _measured(ws, Path(made))
    show(figures)
    write("review", figures, "python benchmarks/review.py --data FOLDER", load=os.getloadavg())


def _fill(folder: Path, data: Path) -> None:
    with voc.init(folder, ("healthcare",)) as ws:
        for part in ("train", "dev"):
            ws.ingest(data / f"{part}.csv", "nhs-fft")
        ws.nightly()


def _measured(ws: Workspace, scratch: Path) -> list[dict[str, object]]:
    month = pl.col("event_at").dt.truncate("1mo").dt.date()
    counts = ws.tables().feedback.filter(month.is_not_null()).group_by(month=month).len().sort("len").collect()
    started = time.process_time()
    review = monthly(ws, counts["month"][-1])
    made = time.process_time() - started
    again = ws.recompute(list(review.figures))
    same, n = sum(r.same for r in again), len(again)
    page = scratch / "review.html"
    page.write_text(html(review), encoding="utf-8")
    found = [
        {"name": "monthly review of NHS comments, CPU s", "value": made, "low": None, "high": None, "baseline": None,
         "n": int(counts["len"].sum()), "what": f"{review.month:%B %Y}, {n} figures with receipts"},
        {"name": "receipts of it that give the same number again", "value": same, "low": None, "high": None,
         "baseline": n, "n": n, "what": "baseline: all of them"},
    ]  # fmt: skip
    pages = _pages(page, scratch / "review.pdf")
    if pages:
        found.append({"name": "pages it prints on", "value": pages, "low": None, "high": None, "baseline": 10, "n": 1,
                      "what": "A4 by Chromium; asked for are 6 to 10"})  # fmt: skip
    return found


def _pages(page: Path, out: Path) -> int:
    """Sheets of A4 that Chromium prints the page on; 0 without one."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return 0
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run([chromium, *flags, f"--print-to-pdf={out}", page.as_uri()], check=True, capture_output=True)
    return len(re.findall(rb"/Type\s*/Page\b", out.read_bytes()))


if __name__ == "__main__":
    main()
