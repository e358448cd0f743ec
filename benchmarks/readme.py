"""Puts the figures of benchmarks/results into the tables of the pages; `--check` only says whether they agree."""

from __future__ import annotations

import json
import re
import sys

from record import RESULTS, ROOT

PAGES = tuple(ROOT / name for name in ("README.md", "docs/privacy.md", "docs/sources.md"))
_BLOCK = re.compile(r"(<!-- figures:(\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)
_NAMES = {
    "acc5": "sentiment in 5 classes, accuracy",
    "macro5": "sentiment in 5 classes, macro-F1",
    "acc3": "sentiment in 3 classes, accuracy",
    "macro3": "sentiment in 3 classes, macro-F1",
    "ece5": "sentiment, calibration error",
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


def plain(name: str) -> str:
    """The name of a figure in words."""
    data, _, rest = name.partition(" ")
    tier, _, measure = rest.partition(" ")
    if data in _SETS and tier in _TIERS:
        return f"{_SETS[data]}, {tier}: {_NAMES.get(measure, measure)}"
    return _NAMES.get(name, name.replace("_", " "))


def table(name: str) -> str:
    """The figures of one result as a Markdown table, with how they were measured."""
    result = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    lines = ["| figure | voc | interval | baseline | n |", "|---|---|---|---|---|"]
    for f in (one for one in result["figures"] if " curve, " not in one["name"]):
        label = plain(f["name"])
        interval = f"{number(f['low'])} to {number(f['high'])}" if f.get("low") is not None else ""
        baseline = number(f["baseline"]) if f.get("baseline") is not None else ""
        lines.append(f"| {label} | {number(f['value'])} | {interval} | {baseline} | {f.get('n', '')} |")
    cpu = result["cpu"]
    about = f"`{result['command']}`, {cpu['cores']} cores, {cpu['model']} ({', '.join(cpu['flags'])})"
    return "\n".join([*lines, "", f"{about}, commit {result['commit']}.", ""])


def number(value: float) -> str:
    """Four significant digits, whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def filled(text: str) -> str:
    """``text`` with every block of figures renewed."""
    return _BLOCK.sub(lambda m: f"{m.group(1)}{table(m.group(2))}{m.group(3)}", text)


def main() -> int:
    """Renew the pages, or check them; 1 if a check fails."""
    old = {page: page.read_text(encoding="utf-8") for page in PAGES}
    new = {page: filled(text) for page, text in old.items()}
    if "--check" in sys.argv:
        return int(new != old)
    for page, text in new.items():
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
