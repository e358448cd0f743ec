"""Ids kept over weekly refits: the 26 weeks of the demo data, discovered and refitted as they would have come in.

    python benchmarks/permanence.py

From the eighth week on, each week's mentions so far are discovered anew against the themes known by then, and every
mention is assigned by the new model. An issue is one of the demo's topics with at least ten mentions: its theme is the
one that most of its mentions are in. It keeps its id if that theme is the same one a week later. The baseline discovers
each week anew and carries ids over by nothing but chance: its ids follow from the exemplars.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from record import show, write

import voc
from voc.demo import make_demo, voc_toml
from voc.demo.texts import load_texts
from voc.steps.theming import mentions as stored_mentions
from voc.text.encode import load_encoder, load_static
from voc.themes import ThemeModel, discover
from voc.themes.lineage import Remembering, refit

END, FIRST, WEEKS, LARGE = date(2026, 3, 15), 8, 26, 10


def mentions() -> pl.DataFrame:
    """Every mention of the demo with its pool, its week (1 to 26) and the topic it was written for."""
    topics = {text.text: text.topic for text in load_texts()}
    with tempfile.TemporaryDirectory() as folder, voc.init(Path(folder) / "demo", settings=voc_toml()) as ws:
        make_demo(ws.root, end=END)
        for source in ws.config.sources:
            ws.ingest(source.name)
        ws.tag()
        dated = ws.lake.scan("feedback").select("feedback_id", "revision", "event_at")
        frame = stored_mentions(ws.context()).join(dated, on=["feedback_id", "revision"]).collect()
    age = (pl.lit(END) - pl.col("event_at").dt.date()).dt.total_days()
    topic = pl.col("context").replace_strict(topics, default=None, return_dtype=pl.String)
    return (
        frame.filter(pl.col("pool").is_not_null())
        .with_columns(week=WEEKS - age // 7, topic=topic)
        .sort("feedback_id", "mention")
    )


def issues(model: ThemeModel, seen: pl.DataFrame) -> dict[tuple[str, str], str]:
    """The theme of each issue (topic and pool) that is large enough and mostly in one theme."""
    given = seen.with_columns(theme=model.assign(seen)["theme_id"])
    found = {}
    for (topic, pool), part in given.filter(pl.col("topic").is_not_null()).group_by("topic", "pool"):
        top = Counter(part["theme"].drop_nulls().to_list()).most_common(1)
        if part.height >= LARGE and top and top[0][1] * 2 >= part.height:
            found[str(topic), str(pool)] = top[0][0]
    return found


def run(frame: pl.DataFrame, *, permanent: bool) -> dict[str, Any]:
    """Refit every week; returns how many issues kept their id of those there were the week before, and the rest."""
    encoder: Any = Remembering(load_encoder())
    static, model, before = load_static(), None, dict[tuple[str, str], str]()
    counts: dict[str, Any] = {"kept": 0, "issues": 0, "proposed": Counter(), "born": 0, "moved": 0, "mentions": 0}
    given: pl.DataFrame | None = None
    for week in range(FIRST, WEEKS + 1):
        seen = frame.filter((pl.col("week") <= week).fill_null(value=True))
        if model is None or not permanent:
            model = discover(seen, encoder=encoder, static=static)
        else:
            outcome = refit(seen, replace(model, themes=model.themes), encoder=encoder, static=static)
            model = outcome.model
            counts["proposed"].update(p.kind for p in outcome.proposed)
            counts["born"] += len(outcome.born)
        now = issues(model, seen)
        shared = before.keys() & now.keys()
        counts["issues"] += len(shared)
        counts["kept"] += sum(before[key] == now[key] for key in shared)
        rows = seen.select("feedback_id", "mention").with_columns(theme=model.assign(seen)["theme_id"])
        if given is not None:
            both = given.drop_nulls().join(rows, on=["feedback_id", "mention"])
            counts["mentions"] += both.height
            counts["moved"] += both.filter(pl.col("theme").ne_missing(pl.col("theme_right"))).height
        given, before = rows, now
        print(week, len(model.themes), len(now), dict(counts["proposed"]), counts["born"], flush=True)
    themed = given["theme"].drop_nulls().len() / given.height if given is not None else 0
    return {**counts, "themes": len(model.themes) if model else 0, "coverage": themed}


def interval(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, p = 1.96, hits / n
    middle, half = p + z * z / 2 / n, z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="print, write nothing")
    options = parser.parse_args()
    frame = mentions()
    ours, anew = run(frame, permanent=True), run(frame, permanent=False)
    low, high = interval(ours["kept"], ours["issues"])
    stay = [1 - way["moved"] / way["mentions"] for way in (ours, anew)]
    figures = [
        {"name": "ids kept", "value": ours["kept"] / ours["issues"], "low": low, "high": high,
         "baseline": anew["kept"] / anew["issues"], "n": ours["issues"], "aim": 0.95},
        {"name": "mentions that stay", "value": stay[0], "low": stay[0], "high": stay[0], "baseline": stay[1],
         "n": ours["mentions"]},
        {"name": "coverage", "value": ours["coverage"], "low": ours["coverage"], "high": ours["coverage"],
         "baseline": anew["coverage"], "n": frame.height},
    ]  # fmt: skip
    show(figures)
    if not options.dry_run:
        more = {"proposed": dict(ours["proposed"]), "born": ours["born"], "themes": [ours["themes"], anew["themes"]]}
        print(write("permanence", figures, "python benchmarks/permanence.py", **more, end=str(END + timedelta(0))))


if __name__ == "__main__":
    main()
