"""A big workspace of made-up feedback: as a csv for a night, or as tagged history straight in the lake.

    python benchmarks/bigset.py FOLDER [--items 1000000] [--csv FILE --items 10000 --first 1000000]

FOLDER becomes a workspace (themes, owners, routes) whose lake holds so many items of two years, or, if it is one, gets
what is missing. Comments are sentences of ``bigset_words.toml``, about 2.5 to an item, their themes skewed; people
answer three times on average; one issue doubles in the last eight weeks. The same numbers give the same items.

In the history a sentence has the tags and the theme that voc gives to it alone: texts are real, tags are nearly so,
and nothing but the writing costs time. A csv goes through the night and gets all of its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from bigset_items import CHUNK, MOST, NIGHT, QUESTIONS, Drawn, draw, words, write_csv

from voc.privacy.keys import pseudonyms
from voc.steps import keeping, tagging, theming
from voc.steps.context import PEOPLE
from voc.store import delta
from voc.store.durable import make_folder
from voc.tagging.lanes import load_detector
from voc.text.encode import load_encoder, load_static
from voc.themes import discover
from voc.themes.model import tier_named
from voc.workspace import Workspace, init, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


SOURCE, NAMESPACE = "survey", "bench"
_FIT_ITEMS = 1_600
_HEX = 24

SETTINGS = f"""
[sources.{SOURCE}]
path = "inbox/*.csv"
profile = "bigset.toml"
"""
PROFILE = f"""
namespace = "{NAMESPACE}"

[constants]
channel = "survey"

[columns]
record_id = "id"
respondent = "customer"
event_at = "date"
question = "question"
text = "comment"
site = "site"
service = "service"
ward = "ward"
nps = "nps"

[dates]
order = "iso"
grain = "day"
"""


@dataclass(frozen=True, eq=False)
class Read:
    """What voc says of each base sentence under each question, by ``3 * sentence + question``."""

    mentions: pl.DataFrame
    silent: pl.DataFrame
    tagger_version: str
    theme_version: str


def make_workspace(folder: Path, *, tier: str = "fast") -> Workspace:
    """An empty workspace with the benchmark's source, profile and owners.

    Raises:
        InputError: there is one already.
    """
    ws = init(folder, ("healthcare",))
    (folder / "bigset.toml").write_text(PROFILE, encoding="utf-8")
    text = (folder / "voc.toml").read_text(encoding="utf-8")
    text = text.replace("[workspace]", f'[workspace]\ntier = "{tier}"', 1)
    (folder / "voc.toml").write_text(text + SETTINGS, encoding="utf-8")
    ws.register.close()
    return open_workspace(folder)


def prepare(ws: Workspace) -> Read:
    """Fit themes to a sample, put them in force, and read every sentence by tagger and model; kept in a file."""
    ctx, kept = ws.context(), ws.root / "bigset.parquet"
    version = ctx.register.setting("theme_version")
    tagger = tagging.tagger_of(ctx)
    if version is None:
        keeping.require_key(ctx)
        _fit(ws)
        version = str(ctx.register.setting("theme_version"))
    if not kept.is_file():
        _read_all(ws).write_parquet(kept)
    found = pl.read_parquet(kept)
    return Read(found.filter(pl.col("mention") == 0), found.filter(pl.col("mention") < 0), tagger.version, version)


def _fit(ws: Workspace) -> None:
    """The themes of the first items, discovered as a first night does."""
    ctx, drawn = ws.context(), draw(0, _FIT_ITEMS)
    tier = tier_named(ctx.config.tier)
    model = discover(_said(ws, drawn), encoder=load_encoder(), static=load_static(), seed=0, tier=tier)
    model.save(ws.root / theming.FOLDER / model.version)
    ctx.register.put_themes(model.themes)
    theming.put_in_force(ctx, model)
    ctx.register.set_setting(theming.DISCOVERED, ctx.now.date().isoformat())


def _said(ws: Workspace, drawn: Drawn) -> pl.DataFrame:
    """The mentions of some items, tagged and cut as a night does."""
    items = pl.DataFrame({"feedback_id": drawn.facts["number"].cast(pl.String), "text": drawn.text}).with_columns(
        question=drawn.facts["question"].replace_strict(dict(enumerate(QUESTIONS))),
        unit=pl.format("C{}", drawn.facts["person"]),
    )
    tagged = tagging.tagger_of(ws.context()).tag(items)
    rows = tagging.mentions_of(tagged)
    return theming.pooled(rows.lazy()).collect()


def _read_all(ws: Workspace) -> pl.DataFrame:
    """Tags and theme of each sentence under each question; row ``at`` -1 - k stands for nothing said to question k."""
    known = words()
    asked = pl.DataFrame({"question": QUESTIONS, "k": range(3)})
    plain = pl.DataFrame({"text": known.sentences + "."}).with_row_index("sentence").join(asked, how="cross")
    plain = plain.with_columns(at=3 * pl.col("sentence").cast(pl.Int64) + pl.col("k"))
    tagger, model = tagging.tagger_of(ws.context()), theming.load_model(ws.context())
    if model is None:
        raise SystemExit("no themes were found: the sample is too small")
    tagged = tagger.tag(plain)
    rows = tagging.mentions_of(tagged).filter(pl.col("mention") == 0)
    pooled = theming.pooled(rows.lazy()).collect()
    themed = pl.concat(
        [pooled, model.assign(pooled).select("theme_id", pl.col("score").cast(pl.Float32))], how="horizontal"
    )
    own = tagged.select("at", own="sentiment", scores="sentiment_scores", item_intent="intent", urgent="urgent",
                        safety="safety", abstained="abstained", language="language", tier="tier")  # fmt: skip
    columns = ("at", "mention", "sentiment", "categories", "intent", "problem", "pool", "theme_id", "score")
    said = themed.select(columns).join(own, on="at")
    nothing = tagger.tag(asked.select("question", text=pl.lit("Nothing"), at=-1 - pl.col("k")))
    same = ("at", "sentiment", "categories", "intent", "urgent", "safety", "abstained", "language", "tier")
    silent = nothing.select(*same, scores="sentiment_scores", mention=pl.lit(-1, pl.Int16))
    return pl.concat([said, silent], how="diagonal_relaxed")


def fill(ws: Workspace, n: int, *, first: int = 0) -> None:
    """Write items ``first`` to ``first + n`` into the lake, tagged and themed; a file per table and 250,000 items."""
    read = prepare(ws)
    for at in range(first, first + n, CHUNK):
        drawn = draw(at, min(CHUNK, first + n - at))
        for table, frame in tables(ws, read, drawn):
            _write(ws, table, frame)


def _write(ws: Workspace, table: str, frame: pl.DataFrame) -> None:
    """``Lake.append`` without its look for known keys, since these are new."""
    from voc.schema import TABLES, conform

    folder = ws.lake.root / table
    make_folder(folder)
    delta.commit(folder, TABLES[table], [delta.write_data(folder, conform(frame, TABLES[table]))])


def tables(ws: Workspace, read: Read, drawn: Drawn) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of every table for some items."""
    now = dt.datetime.combine(NIGHT, dt.time(3), dt.UTC)
    n, rng = drawn.facts.height, np.random.default_rng((11, drawn.facts["number"][0]))
    ids = _ids(rng, n)
    items = _items(ws, drawn, ids, rng, now)
    yield "feedback", items.with_columns(feedback_id=ids, redactions=pl.lit([]))
    yield "responses", items.with_columns(nps=drawn.facts["nps"])
    stamp = {"redaction_version": pl.lit("bench"), "revision": pl.lit(0)}
    first = np.where(drawn.said[:, 0] < 0, -1 - drawn.facts["question"].to_numpy(),
                     3 * drawn.said[:, 0] + drawn.facts["question"].to_numpy())  # fmt: skip
    own = pl.concat([read.mentions, read.silent]).with_columns(
        sentiment=pl.coalesce("own", "sentiment"), intent=pl.coalesce("item_intent", "intent")
    )
    tags = pl.DataFrame({"feedback_id": ids, "at": first}).join(own, on="at", how="left", maintain_order="left")
    yield "tags", tags.with_columns(
        state=pl.when(pl.col("at") < 0).then(pl.lit("low_information")).otherwise(pl.lit("tagged")),
        sentiment_scores="scores", tagger_version=pl.lit(read.tagger_version), tagged_at=pl.lit(now), **stamp,
    )  # fmt: skip
    said = mentions(read, drawn, ids).with_columns(**stamp)
    yield "mentions", said.with_columns(tagger_version=pl.lit(read.tagger_version), tagged_at=pl.lit(now))
    given = said.filter(pl.col("pool").is_not_null())
    yield "theme_assignments", given.with_columns(theme_version=pl.lit(read.theme_version), assigned_at=pl.lit(now))
    screened = pl.DataFrame({"feedback_id": ids, "lanes": pl.Series([[]] * n, dtype=pl.List(pl.String))})
    version = load_detector().version
    yield (
        "screenings",
        screened.with_columns(score=pl.lit(0.01), detector_version=pl.lit(version), screened_at=pl.lit(now), **stamp),
    )


def _items(ws: Workspace, drawn: Drawn, ids: pl.Series, rng: np.random.Generator, now: dt.datetime) -> pl.DataFrame:
    facts = drawn.facts
    people = facts.select(person=pl.format(f"{NAMESPACE}:C{{}}", "person"))["person"]
    known = people.unique()
    names = dict(zip(known, pseudonyms(ws.context().key, f"respondent:{PEOPLE}", known), strict=True))
    return facts.select(
        response_id=_ids(rng, facts.height), revision=pl.lit(0), source=pl.lit(SOURCE), channel=pl.lit("survey"),
        record_ref=pl.format("R{}", "number"), respondent=people.replace_strict(names),
        question=pl.col("question").replace_strict(dict(enumerate(QUESTIONS))), text=drawn.text,
        event_at=(pl.lit(NIGHT) - pl.duration(days="back")).cast(pl.Datetime("us", "UTC")), grain=pl.lit("day"),
        speaker=pl.lit("customer"), site=pl.format("Site {}", "site"), service=pl.format("Service {}", "service"),
        ward=pl.format("Ward {}", "ward"), row=pl.col("number") + 1, content_key=_ids(rng, facts.height),
        batch_id=pl.lit("bigset"), ingested_at=pl.lit(now), redaction_version=pl.lit("bench"),
    )  # fmt: skip


def mentions(read: Read, drawn: Drawn, ids: pl.Series) -> pl.DataFrame:
    """One row per sentence, cut where it stands in the text."""
    known, here = words(), drawn.said >= 0
    row, place = np.nonzero(here)
    length = known.sentences.str.len_chars().to_numpy()[drawn.said] + known.tails.str.len_chars().to_numpy()[drawn.tail]
    length = np.where(here, length.astype(np.int64), 0)
    start = (np.cumsum(length, axis=1) - length + np.arange(MOST))[row, place]
    rows = pl.DataFrame(
        {
            "feedback_id": ids.gather(row), "mention": place, "start": start, "end": start + length[row, place],
            "at": 3 * drawn.said[row, place] + drawn.facts["question"].to_numpy()[row],
        }
    )  # fmt: skip
    return rows.join(read.mentions.drop("mention"), on="at", how="left", maintain_order="left")


def _ids(rng: np.random.Generator, n: int) -> pl.Series:
    """Random ids of 24 hex digits, as the real ones are hashes."""
    whole = rng.bytes(n * _HEX // 2).hex().encode()
    return pl.Series("id", np.frombuffer(whole, f"S{_HEX}").astype(str))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    if options.csv:
        size = write_csv(options.csv, options.items, first=options.first, tonight=options.first > 0)
        print(json.dumps({"csv": str(options.csv), "bytes": size}))
        return
    ws = open_workspace(options.folder) if (options.folder / "voc.toml").is_file() else make_workspace(options.folder)
    with ws:
        fill(ws, options.items, first=options.first or ws.lake.count("feedback"))
        print(json.dumps({table: ws.lake.count(table) for table in ("feedback", "mentions", "theme_assignments")}))


if __name__ == "__main__":
    main()
