"""Threads: the customer's public messages of a ticket, chat or call as one text, in order.

Agents' replies, private notes and bots are no customer's voice: they are left out, and counted; the replies stand in
a column of their own.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.ingest.clean import AUTOMATIC, mend, tidy
from voc.ingest.dates import read_dates
from voc.ingest.files import SourceFile, open_file
from voc.ingest.jsonfile import flat, json_text
from voc.ingest.layout import find_column, only_rows
from voc.ingest.rules import CUSTOMER, FIRST_REPLY, JOINED, MADE, N_CUSTOMER, REPLIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from voc.ingest.csvfile import Page
    from voc.ingest.profile import Profile
    from voc.ingest.rules import MessageRules

_ROLES = ("text", "at", "author", "speaker", "public", "private")
_MESSAGE = {"thread": pl.String(), **dict.fromkeys(_ROLES, pl.String())}
# Bytes of messages that are held at once; a longer file is read several times over, a share of its threads each time.
_SHARE = 256 << 20
_SUBJECT, _OPENING = -2, -1
LEFT_OUT = {
    "note": "private notes",
    "bot": "messages of bots",
    "agent": "messages of agents",
    "unknown": "messages of unknown speakers",
    "automatic": "automatic replies",
}


def companion(path: Path, rules: MessageRules) -> Path | None:
    """The file beside ``path`` that holds the messages, by the patterns of the profile; None if there is none.

    Of several the one whose name starts most like that of ``path`` is meant.

    Raises:
        InputError: several files fit equally well, or the one meant lacks a column.
    """
    for pattern in rules.file:
        beside = [p for p in sorted(path.parent.glob(pattern)) if p.resolve() != path.resolve() and p.is_file()]
        lacking = {p: _lacking(p, rules) for p in beside}
        fits = [p for p in beside if not lacking[p]]
        named = [p for p in beside if p.name.startswith(path.stem)]
        if not fits and named:
            raise InputError(f"{named[0].name}: no column {lacking[named[0]]}, which the messages of {path.name} need")
        if fits:
            return _nearest(path, fits)
    return None


def _lacking(path: Path, rules: MessageRules) -> str:
    """The first column that a file of messages must have and this one has not; "" if it has all."""
    columns = open_file(path).columns
    for names in (rules.thread, rules.text):
        if find_column(names, columns) is None:
            return " or ".join(repr(name) for name in names)
    return ""


def _nearest(path: Path, files: list[Path]) -> Path:
    shared = {f: sum(1 for _ in takewhile(lambda ab: ab[0] == ab[1], zip(f.name, path.name))) for f in files}  # noqa: B905
    best = [file for file in files if shared[file] == max(shared.values())]
    if len(best) > 1:
        names = ", ".join(file.name for file in best[:5])
        raise InputError(f"{path.name}: several files beside it may hold its messages ({names}); leave only one")
    return best[0]


def with_messages(file: SourceFile, profile: Profile, now: datetime) -> SourceFile:
    """The file with the columns of ``MADE`` beside its own: the customer's words, and what is known of the thread.

    Raises:
        InputError: a column that the profile's ``[messages]`` needs is absent.
    """
    rules = profile.messages
    if rules is None:
        return file
    joiner = _Joiner(file, profile, rules, now)
    names = tuple(c for c in file.columns if c not in MADE)
    return replace(file, columns=(*names, *MADE), reader=joiner.pages)


class _Joiner:
    """Reads the records of a file and gives each its messages."""

    def __init__(self, file: SourceFile, profile: Profile, rules: MessageRules, now: datetime) -> None:
        self.file, self.profile, self.rules, self.now = file, profile, rules, now
        self.path = find_column(rules.path, file.columns)
        second = companion(file.path, rules) if self.path is None else None
        self.second = only_rows(open_file(second, rules=profile.json), profile.only) if second else None
        self.key = find_column(rules.key or profile.columns.get("record_id", ()), file.columns)
        self.customer = find_column(rules.customer_id, file.columns)
        self.own = find_column(rules.thread, file.columns)
        source = self.second or file
        self.at_message = {r: _columns(getattr(rules, r), source.columns) for r in ("thread", *_ROLES)}
        self._keys: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
        self._check(source)

    def _check(self, source: SourceFile) -> None:
        """Refuse a file that cannot be joined, naming the column."""
        if self.path is not None or (self.second is None and self.rules.file):
            return
        for role in ("thread", "text"):
            if not self.at_message[role]:
                wanted = " or ".join(repr(name) for name in getattr(self.rules, role))
                present = ", ".join(repr(name[:40]) for name in source.columns[:40])
                raise InputError(
                    f"{source.path.name}: no column {wanted}, the {role} of a message; the file has {present}"
                )
        if self.second is not None and self.key is None:
            raise InputError(f"{self.file.path.name}: no column holds the id that messages name; set key in [messages]")

    def pages(self, page_rows: int, columns: Collection[str] | None = None) -> Iterator[Page]:
        """Pages of records; those that need no message are read as they are."""
        if columns is not None and not set(MADE) & set(columns):
            yield from self.file.pages(page_rows, columns)
        elif self.path is None and self.second is None and not self.rules.file:
            yield from self._grouped(page_rows)
        elif self.second is not None and self.key is not None:
            yield from self._matched(page_rows, self.second, self.key)
        else:
            for page in self.file.pages(page_rows):
                yield self._joined(page, self._inside(page.cells))

    def _inside(self, cells: pl.DataFrame) -> pl.DataFrame:
        """The messages that each record holds as a JSON list; ``thread`` is the record's place."""
        rows: list[dict[str, Any]] = []
        if self.path is not None:
            for place, cell in enumerate(cells[self.path]):
                rows += [{"thread": str(place), **self._named(message)} for message in _list(cell)]
        return pl.DataFrame(rows, schema=_MESSAGE)

    def _named(self, message: dict[str, Any]) -> dict[str, str | None]:
        values = flat(message)
        present = tuple(values)
        keys = self._keys.get(present)
        if keys is None:
            keys = self._keys[present] = {role: _columns(getattr(self.rules, role), present) for role in _ROLES}
        said = {role: (json_text(values[name]) for name in names) for role, names in keys.items()}
        return {role: next((text for text in texts if text is not None), None) for role, texts in said.items()}

    def _matched(self, page_rows: int, second: SourceFile, key: str) -> Iterator[Page]:
        """Records of the file with the messages of the second file; messages of no record are counted at the end."""
        n_shares = second.path.stat().st_size // _SHARE + 1
        bad = 0
        for share in range(n_shares):
            messages, n_bad = self._messages(second, page_rows, share, n_shares)
            bad += n_bad
            known, last = 0, None
            for page in self.file.pages(page_rows):
                if last is not None:
                    yield last
                mine = _of_share(page, key, share, n_shares)
                ids = mine.cells[key].str.strip_chars()
                known += int(messages["thread"].is_in(ids.unique().implode()).sum())
                last = self._joined(mine, messages, ids)
            if last is not None:
                extra = {"messages without a record": messages.height - known, "unreadable messages": n_bad}
                yield replace(last, left_out=_added(last.left_out, extra))

    def _messages(self, file: SourceFile, page_rows: int, share: int, n_shares: int) -> tuple[pl.DataFrame, int]:
        """A share of the messages of a file, and how many of its rows could not be read (0 but for the first share)."""
        wanted = {role: columns for role, columns in self.at_message.items() if columns}
        parts = [pl.DataFrame(schema=_MESSAGE)]
        bad = 0
        for page in file.pages(page_rows, set(chain.from_iterable(wanted.values()))):
            rows = page.cells.select(pl.coalesce(columns).alias(role) for role, columns in wanted.items())
            rows = rows.with_columns(pl.col("thread").str.strip_chars())
            if n_shares > 1:
                rows = rows.filter(pl.col("thread").hash(0) % n_shares == share)
            parts.append(rows)
            bad += len(page.bad) if share == 0 else 0
        return pl.concat(parts, how="diagonal"), bad

    def _grouped(self, page_rows: int) -> Iterator[Page]:
        """The rows of one thread as one record: the first value of every column, and the messages of all."""
        n_shares = self.file.path.stat().st_size // _SHARE + 1
        for share in range(n_shares):
            mine = [_of_share(page, self.own, share, n_shares) for page in self.file.pages(page_rows)]
            if not mine:
                return
            cells = pl.concat([page.cells for page in mine])
            rows = pl.concat([page.rows for page in mine])
            bad = [item for page in mine for item in page.bad]
            thread = pl.coalesce(pl.col(self.own or "").str.strip_chars(), pl.lit("row ") + rows.cast(pl.String))
            keyed = cells.with_columns(thread.alias(" thread"), rows.alias(" row"))
            first = keyed.group_by(" thread", maintain_order=True).agg(
                pl.col(c).drop_nulls().first() for c in (*cells.columns, " row")
            )
            present = {role: columns for role, columns in self.at_message.items() if columns and role != "thread"}
            said = keyed.select(
                pl.col(" thread").alias("thread"), *(pl.coalesce(columns).alias(r) for r, columns in present.items())
            )
            messages = pl.concat([pl.DataFrame(schema=_MESSAGE), said], how="diagonal")
            n_recoded = sum(page.n_recoded for page in mine)
            for start in range(0, max(first.height, 1), page_rows):
                part = first.slice(start, page_rows)
                listed = bad if start == 0 else []
                page = replace(
                    mine[0],
                    cells=part.drop(" thread", " row"),
                    rows=part[" row"].rename("row"),
                    bad=listed,
                    n_read=part.height + len(listed),
                    n_recoded=n_recoded if start == 0 else 0,
                )
                yield self._joined(page, messages, part[" thread"])

    def _joined(self, page: Page, messages: pl.DataFrame, ids: pl.Series | None = None) -> Page:
        """The page with its messages joined; ``ids`` name each record's thread, by default its place."""
        n = page.cells.height
        keys = ids if ids is not None else pl.Series(range(n), dtype=pl.Int64).cast(pl.String)
        none = pl.Series([None], dtype=pl.String).new_from_index(0, n)
        customer = page.cells[self.customer].str.strip_chars() if self.customer else none
        records = pl.DataFrame({"thread": keys, "place": range(n), "customer": customer})
        records = records.with_columns(pl.col("place").cast(pl.Int64))
        of_page = messages.with_columns(order=pl.int_range(pl.len())).join(records, on="thread", how="inner")
        judged = self._judged(pl.concat([self._openings(page.cells, records), of_page], how="diagonal"))
        others = judged.filter(pl.col("who").is_in(list(LEFT_OUT)) & (pl.col("order") != _SUBJECT))
        counts = dict(others.group_by("who").len().iter_rows())
        cells = page.cells.drop(MADE, strict=False)
        joined = records.select("place").join(_texts(judged), on="place", how="left", maintain_order="left")
        cells = cells.with_columns(joined[name].alias(name) for name in MADE)
        counted = {LEFT_OUT[who]: count for who, count in sorted(counts.items())}
        return replace(page, cells=cells, left_out=_added(page.left_out, counted))

    def _openings(self, cells: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
        """The text of the records themselves, as the first message of each, by whoever the profile says wrote it."""
        schema = {**_MESSAGE, "place": pl.Int64(), "customer": pl.String(), "order": pl.Int64()}
        author = find_column(self.rules.opening_author, cells.columns)
        speaker = find_column(self.rules.opening_speaker, cells.columns)
        # Without a declared author it is the customer who opened the record.
        default = pl.lit(self.rules.customer[0] if author is None and speaker is None else None, pl.String)
        parts = [pl.DataFrame(schema=schema)]
        for order, names in ((_SUBJECT, self.rules.subject), (_OPENING, self.rules.opening)):
            column = find_column(names, cells.columns)
            if column is not None:
                made = records.with_columns(
                    cells[column].alias("text"),
                    (cells[author] if author else pl.lit(None, pl.String)).alias("author"),
                    (cells[speaker] if speaker else default).alias("speaker"),
                    pl.lit("true").alias("public"),
                    pl.lit(order, pl.Int64).alias("order"),
                )
                parts.append(made.select(c for c in schema if c in made.columns))
        return pl.concat(parts, how="diagonal")

    def _judged(self, messages: pl.DataFrame) -> pl.DataFrame:
        """Add ``who`` spoke, with the texts of customers cleaned and times read; repeats of the opening are dropped."""
        rules = self.rules
        speaker = pl.col("speaker").str.strip_chars().str.to_lowercase()
        hidden = pl.lit(False)
        if rules.public:
            # What is not clearly public is private.
            hidden = ~pl.col("public").str.to_lowercase().is_in(("true", "1", "yes", "t")).fill_null(False)
        if rules.private:
            said = pl.col("private").str.strip_chars().str.to_lowercase().is_in(rules.private_is).fill_null(False)
            hidden = hidden | (said & (pl.col("order") >= 0))
        theirs = (pl.col("author").str.strip_chars() == pl.col("customer")).fill_null(False)
        others = (pl.col("author").is_not_null() & pl.col("customer").is_not_null()) & ~theirs
        who = (
            pl.when(hidden).then(pl.lit("note"))
            .when(speaker.is_in(rules.bot)).then(pl.lit("bot"))
            .when(speaker.is_in(rules.customer) | theirs).then(pl.lit("customer"))
            .when(speaker.is_in(rules.agent) | others).then(pl.lit("agent"))
            .otherwise(pl.lit("unknown"))
        )  # fmt: skip
        messages = messages.with_columns(who=who).filter(pl.col("text").str.strip_chars().fill_null("") != "")
        times = read_dates(messages["at"], self.profile.dates, self.now)
        texts = tidy(mend(messages.select("text"))["text"], self.profile.clean)
        messages = messages.with_columns(time=times, text=texts)
        automatic = (pl.col("who") == "customer") & pl.col("text").str.contains(AUTOMATIC).fill_null(False)
        messages = messages.with_columns(who=pl.when(automatic).then(pl.lit("automatic")).otherwise("who"))
        return _once(messages)


def _once(messages: pl.DataFrame) -> pl.DataFrame:
    """Without the openings that the thread's messages repeat, as Zendesk's do."""
    bare = messages.with_columns(bare=pl.col("text").str.replace_all(r"\s+", " ").str.strip_chars())
    said = bare.filter(pl.col("order") >= 0).select("place", "bare").unique()
    own = bare.filter(pl.col("order") < 0)
    opening = own.join(said, on=["place", "bare"], how="anti").drop("bare")
    return pl.concat([opening, messages.filter(pl.col("order") >= 0)])


def _texts(judged: pl.DataFrame) -> pl.DataFrame:
    """Per record, the customer's messages in order of time (then of the file), their number, and the first reply."""
    ordered = judged.sort("place", pl.col("order").clip(upper_bound=0), "time", "order", nulls_last=True)
    customers = pl.col("who") == "customer"
    # An agent who writes first answers nobody.
    opened = (customers & (pl.col("order") < 0)).any()
    asked = pl.col("time").filter(customers).min()
    agents = (pl.col("who") == "agent") & (pl.col("order") != _SUBJECT)
    reply = pl.struct(at=pl.col("time").dt.to_string("%Y-%m-%dT%H:%M:%S%:z"), author="author", text="text")
    replied = pl.col("time").filter((pl.col("who") == "agent") & (opened | (pl.col("time") >= asked))).min()
    return (
        ordered.group_by("place", maintain_order=True)
        .agg(
            pl.col("text").filter(customers).drop_nulls().str.join("\n").replace("", None).alias(JOINED),
            replied.dt.to_string("%Y-%m-%dT%H:%M:%S%:z").alias(FIRST_REPLY),
            pl.col("text").filter(customers & (pl.col("order") != _SUBJECT)).count().cast(pl.String).alias(N_CUSTOMER),
            pl.coalesce(pl.col("customer").first(), pl.col("author").filter(customers).drop_nulls().first()).alias(
                CUSTOMER
            ),
            reply.filter(agents).alias(REPLIES),
        )
        .with_columns(_as_json(pl.col(REPLIES)))
    )


def _as_json(replies: pl.Expr) -> pl.Expr:
    """A list as JSON text, null if it is empty; ``records`` reads it."""
    whole = pl.struct(replies.alias("replies")).struct.json_encode()
    return pl.when(replies.list.len() > 0).then(whole).alias(REPLIES)


def _columns(names: tuple[str, ...], present: Sequence[str]) -> tuple[str, ...]:
    """Those of the names that are present, best first."""
    found = (find_column((name,), present) for name in names)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _list(cell: str | None) -> list[dict[str, Any]]:
    try:
        content = json.loads(cell) if cell else []
    except (ValueError, RecursionError):
        return []
    return [item for item in content if isinstance(item, dict)] if isinstance(content, list) else []


def _of_share(page: Page, column: str | None, share: int, n_shares: int) -> Page:
    """Those records of a page whose thread belongs to a share; what could not be read belongs to the first."""
    if n_shares == 1 or column is None:
        return page
    keep = page.cells.select((pl.col(column).str.strip_chars().hash(0) % n_shares).fill_null(0) == share).to_series()
    bad = page.bad if share == 0 else []
    n = int(keep.sum())
    return replace(page, cells=page.cells.filter(keep), rows=page.rows.filter(keep), bad=bad, n_read=n + len(bad))


def _added(counts: dict[str, int], extra: dict[str, int]) -> dict[str, int]:
    return {**counts, **{reason: n for reason, n in extra.items() if n}}
