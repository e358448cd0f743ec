"""Measure redaction against the floors of the README: python benchmarks/privacy.py --data FOLDER.

Held out means: the templates under benchmarks/data and a third of pii-templates took no part in training; names are
drawn with another seed, and one name in twenty was never in training at all (a row of its own).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from identifiers import SEED, VALUES, identifier, order
from record import write
from shares import Share, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    # A text, its spans, and the template it was made from.
    Item = tuple[str, Sequence[tuple[int, int]], object]

HERE = Path(__file__).parent
STRUCTURED = {
    "CREDIT_CARD": "CARD",
    "IBAN_CODE": "IBAN",
    "US_SSN": "SSN",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "IP_ADDRESS": "IP",
    "US_DRIVER_LICENSE": "LICENCE",
    "ZIP_CODE": "POSTCODE",
}


@dataclass
class Row:
    """One line of the table."""

    what: str
    value: float
    floor: float | None = None
    n: int = 0
    below: bool = False  # the floor is a ceiling
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the floor is met; None without one."""
        if self.floor is None:
            return None
        return self.value <= self.floor if self.below else self.value >= self.floor


def row(what: str, found: Share, floor: float | None = None, *, below: bool = False) -> Row:
    return Row(what, found.value, floor, found.n, below, found.low, found.high)


def scored(examples: Iterable[Item], kinds: Iterable[str]) -> tuple[Share, Share]:
    """Recall (a span is found when 99 % of it is) and precision (a find that touches no true span is false)."""
    from voc.privacy import find

    recall, precision = [], []
    for text, spans, template in examples:
        found = [s for s in find(text) if s.kind in kinds]
        covered = {i for s in found for i in range(s.start, s.end)}
        hit = sum(len(covered.intersection(range(a, b))) >= 0.99 * (b - a) for a, b in spans)
        true = sum(any(s.start < b and a < s.end for a, b in spans) for s in found)
        recall.append((template, hit, len(spans)))
        precision.append((template, true, len(found)))
    return share(recall), share(precision)


def of(passed: Iterable[tuple[object, bool]]) -> Share:
    """The share that passed, of (template, whether)."""
    return share((template, int(ok), 1) for template, ok in passed)


def lines(file: str) -> list[str]:
    text = (HERE / "data" / file).read_text(encoding="utf-8")
    found = [line for line in text.splitlines() if line and not line.startswith("#")]
    return found if file.endswith("jsonl") else [line.replace("\\n", "\n") for line in found]


def made(file: str, *, unseen: bool, rounds: int = 8) -> list[Item]:
    from voc.privacy.train.synthesis import Generator, Names

    maker = Generator(Names(unseen=unseen), [""], SEED)
    maker.masked = 0.0
    return [(e.text, e.spans, t) for t in lines(file) * rounds for e in (maker.fill(t),)]


@contextmanager
def unlisted(*, active: bool) -> Iterator[None]:
    """Take the names that were not in training off the model's lists too, so that it meets them for the first time."""
    from voc.privacy import people
    from voc.privacy.train.synthesis import held_out

    model = people.load()
    whole = model.lexicon
    if active:
        given, family = (frozenset(n for n in group if not held_out(n)) for group in (whole.given, whole.family))
        model.use(replace(whole, given=given, family=family))
    try:
        yield
    finally:
        model.use(whole)


def name_rows() -> Iterator[Row]:
    nobody: list[Item] = [(text, (), text) for text in lines("names_none.txt")]
    for label, file, floors in (("cued", "names_cued.txt", (0.97, 0.95)), ("uncued", "names_uncued.txt", (0.88, 0.90))):
        for unseen in (False, True):
            # The capitals without people belong to the same feedback: they count against precision.
            examples = made(file, unseen=unseen)
            with unlisted(active=unseen):
                recall, precision = scored([*examples, *nobody], {"NAME"})
            kind = f"names {label}{', in no list and no training' if unseen else ''}"
            yield row(f"{kind}: recall", recall, None if unseen else floors[0])
            yield row(f"{kind}: precision", precision, None if unseen else floors[1])
    wrong = of((item[2], scored([item], {"NAME"})[1].n > 0) for item in nobody)
    yield row("texts full of capitals without people: falsely masked", wrong)


def template_rows(data: Path) -> Iterator[Row]:
    """The templates of pii-templates that training held out."""
    import polars as pl

    names, ids = [], []
    for file in sorted((data / "pii-templates").glob("*.parquet")):
        for one in pl.read_parquet(file).iter_rows(named=True):
            text, spans, template = one["text"], json.loads(one["spans_json"]), one["template_id"]
            if template % 3 == 2:
                names.append((text, [(s["start"], s["end"]) for s in spans if s["type"] == "PERSON"], template))
            ids.append((text, [(s["start"], s["end"]) for s in spans if s["type"] in STRUCTURED], template))
    recall, precision = scored(names, {"NAME"})
    yield row("pii-templates, held-out templates, names: recall", recall)
    yield row("pii-templates, held-out templates, names: precision", precision)
    recall, precision = scored(ids, set(STRUCTURED.values()))
    yield row("pii-templates, structured: recall", recall, 0.995)
    yield row("pii-templates, structured: precision", precision, 0.98)


def identifier_rows() -> Iterator[Row]:
    """Identifiers with valid checksums in sentences of our own, and order numbers beside them."""
    random = Random(SEED)
    examples = [identifier(random) for _ in range(3000)]
    recall, precision = scored(examples, set(VALUES))
    yield row("made structured identifiers: recall", recall, 0.995)
    yield row("made structured identifiers: precision", precision, 0.98)
    from voc.privacy import find

    orders = [order(random) for _ in range(2000)]
    kept = of((t[:a] + t[b:], not any(s.start < b and a < s.end for s in find(t))) for t, a, b in orders)
    yield row("ten-digit order numbers kept", kept, 0.99)


def hostile_row() -> Row:
    from voc.privacy import find, mask

    items = [json.loads(line) for line in lines("hostile.jsonl")]
    missed = [i["text"] for i in items if i["secret"] in mask(i["text"], find(i["text"]))]
    for text in missed:
        print("  not caught:", ascii(text), file=sys.stderr)
    return row("hostile spellings caught", of((i["text"], i["text"] not in missed) for i in items), 0.80)


def natural_rows() -> Iterator[Row]:
    """Sentences as people write them; they were written while the rules were made, so this is no recall on others'."""
    import re

    from voc.privacy import find, mask

    items = [json.loads(line) for line in lines("natural.jsonl")]
    masked = [(mask(i["text"], find(i["text"])), i) for i in items]
    gone = [(m, not any(w in m for w in re.findall(r"[^\W_]{3,}", s) or [s])) for m, i in masked for s in i["secrets"]]
    stay = [(m, kept in m) for m, i in masked for kept in i["kept"]]
    yield row("natural sentences of our own: personal data gone", of(gone))
    yield row("natural sentences of our own: drugs, brands, orders kept", of(stay))


def nhs_texts(data: Path, parts: Sequence[str] = ("dev", "train")) -> pl.Series:
    import polars as pl

    column = "FFT answer"
    return pl.concat(
        [pl.read_csv(data / f"nhs-fft/{p}.csv", infer_schema=False)[column].drop_nulls() for p in parts]
    ).alias("text")


def nhs_rows(data: Path) -> Iterator[Row]:
    from voc.privacy import redact
    from voc.privacy.gate import NAMES, signs

    # Any redaction counts as false: the set is anonymised, so that this errs on the strict side.
    for what, parts in (("dev", ("dev",)), ("dev and train", ("dev", "train"))):
        texts = nhs_texts(data, parts)
        marked = redact(texts.to_frame())["redactions"].list.len() > 0
        yield row(f"NHS comments ({what}) with any redaction", of(enumerate(marked)), 0.015, below=True)
    let = (signs(texts) & NAMES) > 0
    yield row("NHS comments that the gate lets through to the names", of(enumerate(let)))


def _work(job: tuple[Path, bool, int]) -> tuple[int, float]:
    """Redact one process's share, several times over, and say how many CPU seconds it took without the start.

    Not the clock's: other work on the machine must not make redaction look slow.
    """
    data, with_names, rounds = job
    import polars as pl

    from voc.privacy import gate, names, people, redact

    if not with_names:
        # Only here: no setting of voc turns the names off.
        gate._anchored = lambda texts: pl.repeat(False, len(texts), eager=True)
        gate._NAMES = (r"[^\s\S]",)
        gate._given = lambda: ["\0"]
        gate._small = gate._anchored
        people.people = names.names = lambda shadow: iter(())
    frame = pl.concat([nhs_texts(data)] * 4).to_frame()
    redact(frame.head(2000))
    start = time.process_time()
    for _ in range(rounds):
        redact(frame)
    return frame.height * rounds, time.process_time() - start


def throughput(data: Path, *, with_names: bool) -> float:
    """Comments a second of two processes, if each has a core to itself."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(_work, [(data, with_names, 2)] * 2))
    return sum(n for n, _ in done) / max(s for _, s in done)


def presidio_rate(data: Path) -> float:
    """Comments a second of Presidio's own recognisers on a blank English pipeline, one process."""
    from voc.privacy.presidio import presidio_suspects

    presidio_suspects("warm up")
    texts = nhs_texts(data, ("dev",)).to_list()
    start = time.process_time()
    for text in texts:
        presidio_suspects(text)
    return len(texts) / (time.process_time() - start)


def table(rows: list[Row]) -> None:
    print(f"{'what':58} {'value':>10} {'95 %':>15} {'floor':>10} {'n':>7}")
    for one in rows:
        mark = {None: "", True: "ok", False: "FALLS SHORT"}[one.met]
        floor = "" if one.floor is None else f"{'<' if one.below else '>'}{one.floor:g}"
        between = "" if one.low is None else f"{one.low:.4f}-{one.high:.4f}"
        print(f"{one.what:58} {one.value:10,.4g} {between:>15} {floor:>10} {one.n or '':>7} {mark}")


def figure(one: Row) -> dict[str, object]:
    between = {} if one.low is None or one.high is None else {"low": round(one.low, 4), "high": round(one.high, 4)}
    return {
        "name": one.what,
        "value": round(one.value, 4),
        **between,
        "baseline": one.floor,
        "n": one.n,
        "met": one.met,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    args = parser.parse_args()
    from voc.privacy import REDACTION_VERSION

    rows = [
        *identifier_rows(),
        *template_rows(args.data),
        *name_rows(),
        *natural_rows(),
        hostile_row(),
        *nhs_rows(args.data),
    ]
    rows.append(
        Row(
            "redaction with names, comments in a CPU second of each of two cores",
            throughput(args.data, with_names=True),
            15_000,
        )
    )
    rows.append(
        Row(
            "patterns alone, comments in a CPU second of each of two cores",
            throughput(args.data, with_names=False),
            40_000,
        )
    )
    if find_spec("presidio_analyzer") and find_spec("spacy"):
        rate = presidio_rate(args.data)
        rows += [Row("Presidio, blank pipeline, comments in a CPU second of one core", rate)]
        rows += [Row("times Presidio, core for core", rows[-3].value / 2 / rate)]
    table(rows)
    write(
        "privacy",
        [figure(r) for r in rows],
        "python benchmarks/privacy.py --data FOLDER",
        redaction_version=REDACTION_VERSION,
    )


if __name__ == "__main__":
    main()
