"""Puts the figures of benchmarks/results into the pages; `--check` only says whether they agree.

docs/figures.md holds every figure of every result, the README a dozen of them, other pages the result they speak of.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from record import RESULTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

ALL = ROOT / "docs" / "figures.md"
PAGES = tuple(ROOT / name for name in ("README.md", "docs/metrics.md", "docs/privacy.md", "docs/sources.md"))
_BLOCK = re.compile(r"(<!-- figures:([\w-]+) -->\n).*?(<!-- /figures -->)", re.DOTALL)
_PREFACE = """# Figures

Every figure of `benchmarks/results`, written by `python benchmarks/readme.py`. The column `asked or beside` holds what
was asked of the figure, or what a simpler way got in the same run; intervals are of 95 %. A rate of CPU seconds is of
one core.
"""
_NAMES = {
    "acc5": "sentiment in 5 classes, accuracy",
    "macro5": "sentiment in 5 classes, macro-F1",
    "acc3": "sentiment in 3 classes, accuracy",
    "macro3": "sentiment in 3 classes, macro-F1",
    "ece5": "sentiment, calibration error",
    "ece5 debiased": "sentiment, calibration error less what chance adds (bins of like size)",
    "ece5 by chance alone, mean and 95 % point": "sentiment, calibration error were every probability true",
    "micro": "24 categories, micro-F1",
    "macro": "24 categories, macro-F1",
    "lrap": "24 categories, ranking (LRAP)",
    "micro_answered": "categories of answered questions, micro-F1",
    "macro_answered": "categories of answered questions, macro-F1",
    "ece categories": "24 categories, calibration error",
    "share sent on": "share of comments that the fast tier sends on to the accurate one",
    "lift kept, acc5": "of what accurate gains over fast in sentiment accuracy, kept by the cascade",
    "lift kept, micro": "of what accurate gains over fast in categories' micro-F1, kept by the cascade",
    "macro-F1 of known": "care functions, macro-F1",
    "off-topic refused": "share of off-topic messages that get no care function",
    "accuracy": "positive or negative, accuracy",
    "texts_per_second": "comments tagged a second, mentions included",
    "seconds": "`voc --help`, seconds",
    "ratio": "`voc --help` against an empty typer application",
}
# A figure of the taggers is called SET TIER MEASURE in its result.
_SETS = {
    "nhs": "NHS comments",
    "curekart": "messages to a shop",
    "short-sentiment": "short reviews, never trained on",
    "clothing": "clothing reviews",
}
_TIERS = ("fast", "accurate", "cascade")

# What the README shows: result, figure, its name there, and what stands beside it.
_CHOSEN = (
    ("tagging", "nhs accurate acc5", "NHS comments, five classes of sentiment: accuracy", "n-grams, linear"),
    ("tagging", "nhs accurate micro", "NHS comments, 24 categories: micro-F1", "n-grams, linear"),
    ("tagging", "nhs accurate macro", "the same: macro-F1", "n-grams, linear"),
    ("tagging", "nhs fast acc5", "sentiment, fast tier: accuracy", "n-grams, linear"),
    ("tagging", "curekart accurate macro-F1 of known", "messages to a shop, functions: macro-F1", "tf-idf, linear"),
    ("privacy", "names uncued: recall", "names in natural feedback, masked", "asked"),
    ("privacy", "hostile spellings caught", "hostile spellings, masked", "asked"),
    ("privacy", "NHS comments (dev) with any redaction", "NHS comments touched by redaction", "asked, at most"),
    ("themes", "clinc150-3000/fit/ari", "themes against hidden labels (ARI)", ""),
    ("themes", "clinc150-3000/resamples/ari", "themes of two resamples agree (ARI)", ""),
    ("permanence", "ids kept", "theme ids kept over weekly refits", "refitting afresh"),
    ("signals", "cfpb false alarms", "false alarms a month and 100 themes", "z-score"),
    ("verify", "null_improved", "fixes without effect called improved", "naive comparison"),
    ("verify", "halved_improved", "real halvings found", "naive comparison"),
    ("start", "seconds", "`voc --help`, seconds", "an empty application"),
)


def plain(name: str) -> str:
    """The name of a figure in words."""
    data, _, rest = name.partition(" ")
    tier, _, measure = rest.partition(" ")
    if data in _SETS and tier in _TIERS:
        return f"{_SETS[data]}, {tier}: {_NAMES.get(measure, measure)}"
    return _NAMES.get(name, name.replace("_", " "))


def row(figure: dict[str, Any], label: str, beside: str = "") -> str:
    """One figure as a row: name, value, interval, what stands beside it, n."""
    interval = f"{number(figure['low'])} to {number(figure['high'])}" if figure.get("low") is not None else ""
    n = f"{figure['n']:,}" if figure.get("n") else ""
    cells = (label, number(figure["value"]), interval, _beside(figure, beside), n)
    return f"| {' | '.join(cells)} |"


def _beside(figure: dict[str, Any], beside: str) -> str:
    base = figure.get("baseline")
    if base is None:
        return ""
    if isinstance(base, dict):
        return ", ".join(f"{name} {number(value)}" for name, value in base.items())
    return f"{number(base)} {beside or figure.get('baseline_is') or ''}".strip()


def result(name: str) -> dict[str, Any]:
    """One file of benchmarks/results."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def table(name: str) -> str:
    """The figures of one result as a Markdown table, with how they were measured."""
    one = result(name)
    # The curve of the gate is a picture's matter: hundreds of points.
    rows = [row(figure, plain(figure["name"])) for figure in one["figures"] if " curve, " not in figure["name"]]
    cpu = one["cpu"]
    about = f"`{one['command']}`, {cpu['cores']} cores, {cpu['model']} ({', '.join(cpu['flags'])})"
    return "\n".join([*_head(), *rows, "", f"{about}, commit {one['commit']}.", ""])


def chosen() -> str:
    """The README's dozen."""
    figures = {(name, f["name"]): f for name in {name for name, *_ in _CHOSEN} for f in result(name)["figures"]}
    return "\n".join([*_head(), *(row(figures[name, key], label, beside) for name, key, label, beside in _CHOSEN), ""])


def _head() -> tuple[str, str]:
    return "| figure | voc | interval | asked or beside | n |", "|---|---|---|---|---|"


def number(value: float) -> str:
    """Four significant digits, whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def filled(text: str) -> str:
    """``text`` with every block of figures renewed."""
    return _BLOCK.sub(lambda m: f"{m[1]}{chosen() if m[2] == 'chosen' else table(m[2])}{m[3]}", text)


def everything() -> str:
    """The page of all results."""
    names = sorted(path.stem for path in RESULTS.glob("*.json"))
    blocks = [f"\n## {name}\n\n<!-- figures:{name} -->\n{table(name)}<!-- /figures -->\n" for name in names]
    return _PREFACE + "".join(blocks)


def pages() -> dict[Path, str]:
    """What every page with figures should hold."""
    return {ALL: everything(), **{page: filled(page.read_text(encoding="utf-8")) for page in PAGES}}


def main() -> int:
    """Renew the pages, or check them; 1 if a check fails."""
    new = pages()
    if "--check" in sys.argv:
        return int(any(not page.is_file() or page.read_text(encoding="utf-8") != text for page, text in new.items()))
    for page, text in new.items():
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
