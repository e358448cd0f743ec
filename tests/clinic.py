"""A small workspace for tests: a few dozen answers in two feeds, three owners, and the odd rows of real files."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import date

import polars as pl

import voc
from voc.testing import sample_feedback

DAY = date(2026, 3, 18)
VOC_TOML = """
[workspace]
name = "Quayside clinic"

[sources.survey]
path = "inbox/survey*.csv"
profile = "generic"

[sources.calls]
path = "inbox/calls*.jsonl"
profile = "generic"

[[owners]]
id = "front-desk"
name = "Jo, front desk"
function = "care"
default = true

[[owners]]
id = "estates"
name = "Sam, estates"
function = "operations"

[[owners]]
id = "shop"
name = "Ali, web shop"
function = "product"

[[routes]]
name = "buildings"
owner = "estates"
words = ["parking", "park", "food", "meals"]
sla = { acknowledge_days = 1, plan_days = 5, ship_days = 20 }

[[routes]]
name = "parcels"
owner = "shop"
words = ["parcel", "courier"]
"""
COLUMNS = ("record_id", "respondent", "date", "channel", "site", "question", "text", "nps")
IMPROVE, GOOD = "What could we do better?", "What did we do well?"
# Rows beside the sample: silence to both questions, a score alone, another language, an urgent one, and two bad ones.
ODD_ROWS = [
    ("O-1", "person-a", "2026-03-01", "survey", "North", IMPROVE, "Nothing", "10"),
    ("O-2", "person-b", "2026-03-01", "survey", "North", GOOD, "Nothing", "2"),
    ("O-3", "person-c", "2026-03-02", "survey", "South", IMPROVE, None, "7"),
    (
        "O-4",
        "person-d",
        "2026-03-02",
        "survey",
        "South",
        GOOD,
        "Pielęgniarka była bardzo miła i wszystko wyjaśniła",
        "9",
    ),
    ("O-5", "person-e", "2026-03-03", "survey", "South", IMPROVE, "I was given the wrong dose and collapsed", "0"),
    ("O-6", "person-f", "2026-03-03", "survey", "South", IMPROVE, "Ring me on 07700 900123, Margaret Ollerenshaw", "3"),
    ("O-7", "person-g", "not a day", "survey", "South", IMPROVE, "More chairs in the waiting room please", "6"),
    ("B-1", "person-h", "2026-03-03", "survey", "South", IMPROVE, "The clock is slow", "eleven"),
    ("B-2", "person-i", "2026-03-03", "survey", "South", IMPROVE, "The lift is slow", "47"),
]
N_BAD = 2
N_SAMPLE = 72
N_ROWS = N_SAMPLE + len(ODD_ROWS)


def make_clinic(root, *, settings=VOC_TOML):
    """Make the workspace's folder with its feeds, nothing ingested yet; returns ``root``."""
    with voc.init(root, settings=settings):
        pass
    sample = sample_feedback(N_SAMPLE // 6, end=DAY).select(COLUMNS).cast(pl.String)
    odd = pl.DataFrame(ODD_ROWS, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    by_phone = sample.gather_every(4)
    pl.concat([sample.join(by_phone, on="record_id", how="anti"), odd]).write_csv(root / "inbox" / "survey.csv")
    rows = by_phone.with_columns(channel=pl.lit("call")).to_dicts()
    (root / "inbox" / "calls.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return root


def lake_rows(root, lake=None):
    """Every row of every lake table, in an order of its own; ``lake`` is one that is not in the workspace's folder."""
    from voc.queries.days import CELL, COUNTS
    from voc.schema import KEYS, TABLES
    from voc.store import Lake

    lake = lake or Lake(root / "lake")
    rows = {table: lake.read(table).sort(list(KEYS[table])).to_dicts() for table in TABLES}
    # In how many nights people's days were added, and how far the lake was read for them, is bookkeeping.
    days = lake.read("theme_days").group_by(CELL).agg(pl.col(COUNTS).sum())
    return {**rows, "theme_days": days.sort(CELL, nulls_last=True).to_dicts()}


# What differs between two runs that did the same: their own ids and durations.
_OF_RUNS = ("runs", "run_steps")


def register_rows(root):
    """Every row of the register but those of the run ledger, and without what a file's own run alone has added."""
    with closing(sqlite3.connect(f"file:{root / 'register.db'}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608 -- its own names
            for name in names
            # Whoever looks at a figure leaves a receipt; a night does not.
            if name not in _OF_RUNS and name != "receipts"
        }
    # A file whose ingest was cut short had some of its verbatims counted by the run that died.
    added = re.compile(r'"verbatims": ?\d+')
    rows["ingested_files"] = [
        tuple(added.sub("", cell) if isinstance(cell, str) else cell for cell in row) for row in rows["ingested_files"]
    ]
    # Where a step's reading begins is a short cut, and names the files of the lake, of which a crash leaves others.
    rows["settings"] = [row for row in rows["settings"] if not row[0].startswith("fresh:")]
    return rows


def server_rows(register):
    """The same of a register of any database, read by voc's own tables."""
    import sqlalchemy as sa

    from voc.store import tables

    with register.reading() as connection:
        return {
            table.name: sorted(
                re.sub(r"'verbatims': \d+", "", repr(tuple(row)))
                for row in connection.execute(sa.select(table))
                if not str(row[0]).startswith("fresh:")
            )
            for table in tables.metadata.sorted_tables
            if table.name not in (*_OF_RUNS, "receipts")
        }


def files_below(folder):
    """Name and content of every file below ``folder``."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def state(root):
    """All that a night leaves behind, for comparing two workspaces row for row."""
    return {
        "lake": lake_rows(root),
        "register": register_rows(root),
        "themes": files_below(root / "themes"),
        "outbox": files_below(root / "outbox"),
    }


def everything_on_disk(root, *, but="inbox"):
    """Yield (where, text) for all that is stored below ``root`` except its ``but`` folder, unpacked where packed.

    File names, raw bytes, the decompressed strings of parquet files, JSON and the register's cells.
    """
    for path in sorted(root.rglob("*")):
        where = path.relative_to(root).as_posix()
        if where.split("/")[0] == but:
            continue
        yield f"name of {where}", where
        if not path.is_file():
            continue
        body = path.read_bytes()
        yield where, body.decode("utf-8", "replace")
        yield f"{where} (UTF-16)", body.decode("utf-16-le", "replace")
        if path.suffix == ".parquet":
            # Cells far apart, so that two neighbours do not make up a value; JSON would escape what is not ASCII.
            cells = pl.read_parquet(path).to_dicts()
            yield f"{where} (values)", "\n".join(json.dumps(row, default=str, ensure_ascii=False) for row in cells)
        if path.suffix == ".json" and "_delta_log" not in where:
            yield f"{where} (parsed)", json.dumps(json.loads(body), ensure_ascii=False)
    with closing(sqlite3.connect(f"file:{root / 'register.db'}?mode=ro", uri=True)) as connection:
        yield "register.db (dump)", "\n".join(connection.iterdump())


def found_on_disk(root, values, *, but="inbox"):
    """Which of ``values`` stand somewhere below ``root``: (value, where), case and spacing apart.

    A value of digits alone counts only where no hexadecimal digit touches it, for keyed ids are full of digits.
    """
    bare = {value: "".join(value.casefold().split()) for value in values}
    number = {value: re.compile(rf"(?<![0-9a-f]){value}(?![0-9a-f])") for value in values if value.isdigit()}
    found = set()
    for where, text in everything_on_disk(root, but=but):
        lower = text.casefold()
        squeezed = "".join(lower.split())
        for value in values:
            if bare[value] in squeezed and (value not in number or number[value].search(lower)):
                found.add((value, where))
    return sorted(found)
