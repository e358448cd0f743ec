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

from record import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import polars as pl

    Item = tuple[str, Sequence[tuple[int, int]]]

HERE = Path(__file__).parent
SEED = 20_241
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

    @property
    def met(self) -> bool | None:
        """Whether the floor is met; None without one."""
        if self.floor is None:
            return None
        return self.value <= self.floor if self.below else self.value >= self.floor


def scored(examples: Iterable[Item], kinds: Iterable[str]) -> tuple[float, float, int]:
    """Recall (a span is found when 99 % of it is) and precision (a find that touches no true span is false)."""
    from voc.privacy import find

    hit = seen = false = made = 0
    for text, spans in examples:
        found = [s for s in find(text) if s.kind in kinds]
        covered = {i for s in found for i in range(s.start, s.end)}
        seen += len(spans)
        hit += sum(len(covered.intersection(range(a, b))) >= 0.99 * (b - a) for a, b in spans)
        made += len(found)
        false += sum(not any(s.start < b and a < s.end for a, b in spans) for s in found)
    return hit / max(1, seen), 1 - false / max(1, made), seen


def lines(file: str) -> list[str]:
    text = (HERE / "data" / file).read_text(encoding="utf-8")
    found = [line for line in text.splitlines() if line and not line.startswith("#")]
    return found if file.endswith("jsonl") else [line.replace("\\n", "\n") for line in found]


def made(file: str, *, unseen: bool, rounds: int = 8) -> list[Item]:
    from voc.privacy.train.synthesis import Generator, Names

    maker = Generator(Names(unseen=unseen), [""], SEED)
    maker.masked = 0.0
    return [(e.text, e.spans) for e in (maker.fill(t) for t in lines(file) * rounds)]


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
    nobody: list[Item] = [(text, ()) for text in lines("names_none.txt")]
    for label, file, floors in (("cued", "names_cued.txt", (0.97, 0.95)), ("uncued", "names_uncued.txt", (0.88, 0.90))):
        for unseen in (False, True):
            # The capitals without people belong to the same feedback: they count against precision.
            examples = made(file, unseen=unseen)
            with unlisted(active=unseen):
                recall, precision, n = scored([*examples, *nobody], {"NAME"})
            kind = f"names {label}{', in no list and no training' if unseen else ''}"
            yield Row(f"{kind}: recall", recall, None if unseen else floors[0], n)
            yield Row(f"{kind}: precision", precision, None if unseen else floors[1], n)
    wrong = sum(not scored([item], {"NAME"})[1] for item in nobody) / len(nobody)
    yield Row("texts full of capitals without people: falsely masked", wrong, None, len(nobody))


def template_rows(data: Path) -> Iterator[Row]:
    """The templates of pii-templates that training held out."""
    import polars as pl

    names, ids = [], []
    for file in sorted((data / "pii-templates").glob("*.parquet")):
        for row in pl.read_parquet(file).iter_rows(named=True):
            spans = json.loads(row["spans_json"])
            if row["template_id"] % 3 == 2:
                names.append((row["text"], [(s["start"], s["end"]) for s in spans if s["type"] == "PERSON"]))
            ids.append((row["text"], [(s["start"], s["end"]) for s in spans if s["type"] in STRUCTURED]))
    recall, precision, n = scored(names, {"NAME"})
    yield Row("pii-templates, held-out templates, names: recall", recall, None, n)
    yield Row("pii-templates, held-out templates, names: precision", precision, None, n)
    recall, precision, n = scored(ids, set(STRUCTURED.values()))
    yield Row("pii-templates, structured: recall", recall, 0.995, n)
    yield Row("pii-templates, structured: precision", precision, 0.98, n)


def identifier_rows() -> Iterator[Row]:
    """Identifiers with valid checksums in sentences of our own, and order numbers beside them."""
    random = Random(SEED)
    examples = [identifier(random) for _ in range(3000)]
    recall, precision, n = scored(examples, set(VALUES))
    yield Row("made structured identifiers: recall", recall, 0.995, n)
    yield Row("made structured identifiers: precision", precision, 0.98, n)
    from voc.privacy import find

    orders = [order(random) for _ in range(2000)]
    kept = sum(not any(s.start < b and a < s.end for s in find(t)) for t, a, b in orders)
    yield Row("ten-digit order numbers kept", kept / len(orders), 0.99, len(orders))


_SAYS = {
    "PHONE": ("Ring me on {} after six.", "My mobile is {}", "{} is the best number for me", "They never called {}."),
    "EMAIL": ("Write to {} please", "my e-mail: {}", "I used {} to sign up"),
    "NHS_NUMBER": ("NHS number {}", "My NHS no. is {} and they lost my notes", "patient, NHS {}"),
    "POSTCODE": ("We live at {}", "postcode {}", "The clinic near {} closed"),
    "CARD": ("Card {} was charged twice", "I paid with {}", "my card number is {}."),
    "IBAN": ("Refund to IBAN {} please", "pay {}"),
    "NI_NUMBER": ("National insurance number {}", "NI {}"),
    "SSN": ("my SSN is {}", "social security {}"),
    "MRN": ("MRN {}", "hospital number {}"),
    "IP": ("from the address {}", "IP: {} was blocked"),
}
_ORDER = (
    "order {}",
    "My order number is {}",
    "order no. {} never came",
    "invoice {}",
    "ref {}",
    "parcel {} is lost",
    "ticket #{}",
)


def identifier(random: Random) -> Item:
    kind = random.choice(list(_SAYS))
    value = VALUES[kind](random)
    before, after = random.choice(_SAYS[kind]).split("{}")
    return before + value + after, [(len(before), len(before) + len(value))]


def order(random: Random) -> tuple[str, int, int]:
    # Half of them pass the check of an NHS number, which is what makes this hard.
    value = nhs(random) if random.random() < 0.5 else str(random.randrange(10**9, 10**10))
    before, after = random.choice(_ORDER).split("{}")
    return before + value + after, len(before), len(before) + len(value)


def digits(random: Random, n: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(n))


def nhs(random: Random) -> str:
    while True:
        head = random.choice("46") + digits(random, 8)
        check = 11 - sum(int(c) * w for c, w in zip(head, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return head + str(check % 11)


def spaced_nhs(random: Random) -> str:
    value = nhs(random)
    return random.choice((value, f"{value[:3]} {value[3:6]} {value[6:]}"))


def card(random: Random) -> str:
    from voc.privacy.checks import luhn

    head = random.choice(("4", "51", "37"))
    body = head + digits(random, (14 if head == "37" else 15) - len(head))
    value = next(body + d for d in "0123456789" if luhn(body + d))
    spaced = random.random() < 0.5 and len(value) == 16
    return " ".join(value[i : i + 4] for i in range(0, 16, 4)) if spaced else value


def iban(random: Random) -> str:
    body = "NWBK" + digits(random, 14)
    rest = int("".join(str(int(c, 36)) for c in f"{body}GB00")) % 97
    value = f"GB{98 - rest:02d}{body}"
    return " ".join(value[i : i + 4] for i in range(0, 22, 4)) if random.random() < 0.5 else value


def phone(random: Random) -> str:
    return random.choice(
        (f"07{digits(random, 3)} {digits(random, 6)}", f"+44 7{digits(random, 9)}", f"0113 496 {digits(random, 4)}")
    )


def email(random: Random) -> str:
    return (
        f"{random.choice(('jo', 'ana.k', 'x_77'))}{digits(random, 2)}@{random.choice(('example.com', 'a.example.org'))}"
    )


def postcode(random: Random) -> str:
    area, end = random.choice(("LS", "M", "SW", "NE", "B")), random.choice(("AB", "QT", "XY"))
    return f"{area}{random.randrange(1, 20)} {random.randrange(1, 10)}{end}"


def national_insurance(random: Random) -> str:
    pairs = " ".join(digits(random, 2) for _ in range(3))
    return f"{random.choice(('AB', 'JG', 'PX'))} {pairs} {random.choice('ABCD')}"


VALUES: dict[str, Callable[[Random], str]] = {
    "PHONE": phone,
    "EMAIL": email,
    "NHS_NUMBER": spaced_nhs,
    "POSTCODE": postcode,
    "CARD": card,
    "IBAN": iban,
    "NI_NUMBER": national_insurance,
    "SSN": lambda r: f"{r.randrange(100, 600)}-{r.randrange(10, 99)}-{r.randrange(1000, 9999)}",
    "MRN": lambda r: r.choice(("", "H")) + digits(r, 7),
    "IP": lambda r: ".".join(str(r.randrange(1, 255)) for _ in range(4)),
}


def hostile_row() -> Row:
    from voc.privacy import find, mask

    items = [json.loads(line) for line in lines("hostile.jsonl")]
    missed = [i["text"] for i in items if i["secret"] in mask(i["text"], find(i["text"]))]
    for text in missed:
        print("  not caught:", ascii(text), file=sys.stderr)
    return Row("hostile spellings caught", 1 - len(missed) / len(items), 0.80, len(items))


def natural_rows() -> Iterator[Row]:
    """Sentences as people write them; they were written while the rules were made, so this is no recall on others'."""
    import re

    from voc.privacy import find, mask

    items = [json.loads(line) for line in lines("natural.jsonl")]
    masked = [(mask(i["text"], find(i["text"])), i) for i in items]
    gone = [not any(w in m for w in re.findall(r"[^\W_]{3,}", s) or [s]) for m, i in masked for s in i["secrets"]]
    stay = [kept in m for m, i in masked for kept in i["kept"]]
    yield Row("natural sentences of our own: personal data gone", sum(gone) / len(gone), None, len(gone))
    yield Row("natural sentences of our own: drugs, brands, orders kept", sum(stay) / len(stay), None, len(stay))


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
    texts = nhs_texts(data, ("dev",))
    marked = redact(texts.to_frame())["redactions"].list.len() > 0
    yield Row("NHS comments (dev) with any redaction", float(marked.mean()), 0.015, len(texts), below=True)
    everything = nhs_texts(data)
    marked = redact(everything.to_frame())["redactions"].list.len() > 0
    yield Row(
        "NHS comments (dev and train) with any redaction", float(marked.mean()), 0.015, len(everything), below=True
    )
    share = float(((signs(everything) & NAMES) > 0).mean())
    yield Row("NHS comments that the gate lets through to the names", share, None, len(everything))


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
    print(f"{'what':58} {'value':>10} {'floor':>10} {'n':>7}")
    for row in rows:
        mark = {None: "", True: "ok", False: "FALLS SHORT"}[row.met]
        floor = "" if row.floor is None else f"{'<' if row.below else '>'}{row.floor:g}"
        print(f"{row.what:58} {row.value:10,.4g} {floor:>10} {row.n or '':>7} {mark}")


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
    figures = [{"name": r.what, "value": round(r.value, 4), "baseline": r.floor, "n": r.n, "met": r.met} for r in rows]
    write("privacy", figures, "python benchmarks/privacy.py --data FOLDER", redaction_version=REDACTION_VERSION)


if __name__ == "__main__":
    main()
