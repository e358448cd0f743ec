"""How much harm the safety model finds, and how much of everything it flags; ``--fit`` trains it anew.

``labels/safety_a.tsv``, ``safety_c.tsv`` and ``safety_read.csv`` are what it was fitted on: figures of a and c are of
cases that it has seen, but for ``held_out_*``, which ``--fit`` works out by folds. ``labels/safety_b.tsv`` was written
before any model and is read here only. ``gold_*`` are real comments that were labelled twice (see ``acts.py``). The
flagged shares are of comments that nothing was fitted on. The baseline is the urgency rule.
"""

from __future__ import annotations

import argparse
import csv
import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from acts import read as read_gold
from record import RESULTS, ROOT, show, write
from scipy.stats import binomtest

from voc import modelstore
from voc.tagging.head import save
from voc.tagging.lane_cues import LANE_RULES
from voc.tagging.lanes import SAFETY, load_detector
from voc.tagging.safety import FILE
from voc.tagging.train.acts import WRITTEN as SENTENCES
from voc.tagging.train.safety import READ, UNREAD, WRITTEN, Cases
from voc.tagging.train.safety import fit as fit_heads
from voc.tagging.train.weak import BITEXT, CLOTHING, CRITICALITY, CUREKART, FFT, sha256, table, text_and_question
from voc.tagging.urgency import is_urgent

LABELS = Path(__file__).parent / "labels"
# Of the items of each training part that may be flagged: 3 %, with a little to spare.
ALLOWED = 0.027
# Ordinary texts taken of each training part.
SAMPLES = {FFT: None, CRITICALITY: None, CLOTHING: 4_000, CUREKART: None, BITEXT: 600}
TSV = ("safety_a.tsv", "safety_c.tsv")
HELD_OUT = (
    "nhs-fft/dev.csv",
    "nhs-criticality/dev.csv",
    "clothing-reviews/dev.parquet",
    "shop-intents/curekart_test.csv",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--fit", action="store_true", help="train the head and choose its threshold first")
    given = parser.parse_args()
    folds = fit(given.data) if given.fit else kept_folds()
    detector = load_detector()
    figures = []
    for part in ("a", "b", "c"):
        rows = cases(f"safety_{part}.tsv")
        for label, name in ((1, "recall"), (0, "decoys")):
            texts = [text for found, text in rows if found == label]
            hits = [SAFETY in reading.lanes for reading in detector.read(texts)]
            figures.append(figure(f"{name}_{part}", hits, [is_urgent(text) for text in texts]))
    figures += folds
    gold = read_gold(given.data, LABELS / "gold.csv")
    marked, rule = flags(detector, gold.texts), np.array([is_urgent(text) for text in gold.texts])
    figures.append(figure("gold_recall", marked[gold.safety].tolist(), rule[gold.safety].tolist()))
    figures.append(figure("gold_precision", gold.safety[marked].tolist(), gold.safety[rule].tolist()))
    everything = {name: ordinary(given.data, name) for name in HELD_OUT}
    found = {name: flags(detector, texts).tolist() for name, texts in everything.items()}
    urgent = {name: [is_urgent(text) for text in texts] for name, texts in everything.items()}
    for name, hits in found.items():
        figures.append(figure(f"flagged_{name}", hits, urgent[name]))
    pooled = [hit for hits in found.values() for hit in hits]
    figures.append(figure("flagged_all", pooled, [hit for hits in urgent.values() for hit in hits]))
    figures += other_lanes(detector)
    write("safety", figures, "make bench-safety", detector=detector.version)
    show(figures)


def flags(detector: Any, texts: list[str]) -> np.ndarray:
    return np.array([SAFETY in reading.lanes for reading in detector.read(texts)])


def kept_folds() -> list[dict[str, Any]]:
    """What the last ``--fit`` found by folds: nothing else can say it."""
    path = RESULTS / "safety.json"
    known = json.loads(path.read_text(encoding="utf-8"))["figures"] if path.is_file() else []
    return [one for one in known if one["name"].startswith("held_out_")]


def fit(data: Path) -> list[dict[str, Any]]:
    """Train on everything but part b and the held-out sets; figures by folds."""
    learnt = training(data)
    heads, scores = fit_heads(learnt, share=ALLOWED)
    save(modelstore.models_dir() / FILE, heads, {})
    n_read = learnt.kinds.count(READ)
    facts = {
        "name": "safety model",
        "licence": "Apache-2.0",
        "data": f"{learnt.kinds.count(WRITTEN)} written cases, {n_read} comments read for voc and ordinary ones of the "
        "train parts of nhs-fft, nhs-criticality (MIT), clothing-reviews (CC0), curekart (ODbL 1.0), bitext "
        "(CDLA-Sharing 1.0)",
    }
    modelstore.write_manifest(modelstore.models_dir(), {FILE: facts})
    over = scores >= heads[-1].thresholds[0]
    groups = [
        (f"held_out_{name}_{part[7]}", [k for k, s in enumerate(learnt.sets) if s == part and learnt.harm[k] is harm])
        for part in TSV
        for name, harm in (("recall", True), ("decoys", False))
    ]
    real = [k for k, kind in enumerate(learnt.kinds) if kind == READ and learnt.harm[k]]
    groups.append(("held_out_recall_read", real))
    return [figure(name, over[r].tolist(), [is_urgent(learnt.texts[k]) for k in r]) for name, r in groups]


def training(data: Path) -> Cases:
    said = [(text, bool(label), WRITTEN, name, 1) for name in TSV for label, text in cases(name)]
    written = tomllib.loads(SENTENCES.read_text(encoding="utf-8"))
    for key, harm in (("safety", True), ("not_safety", False), ("not_urgent", False)):
        said += [(line, harm, WRITTEN, SENTENCES.name, 1) for line in written[key].strip().splitlines()]
    labels = read_labels()
    # What is held out, too, teaches nothing, but it counts: "Nothing" is a good part of all items.
    held_out = {sha256(text) for name in HELD_OUT for text in ordinary(data, name)}
    held_out |= {row["text_sha256"] for row in _csv("gold.csv")}
    seen: set[str] = set()
    for name, most in SAMPLES.items():
        copies = Counter(ordinary(data, name))
        n = 0
        for text, times in copies.items():
            key = sha256(text)
            if key in seen:
                continue
            seen.add(key)
            label = "" if key in held_out else labels.get(key, "0")
            said.append((text, None if label == "" else label == "1", READ if key in labels else UNREAD, name, times))
            n += 1
            if n == most:
                break
    return Cases(*(list(column) for column in zip(*said, strict=True)))


def read_labels() -> dict[str, str]:
    """Safety of the comments that were read, by content: "1", "0", or "" where the reader would not say."""
    return {row["text_sha256"]: row["safety"] for name in ("read.csv", "safety_read.csv") for row in _csv(name)}


def _csv(name: str) -> list[dict[str, str]]:
    with (LABELS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cases(name: str) -> list[tuple[int, str]]:
    with (LABELS / name).open(encoding="utf-8", newline="") as file:
        return [
            (int(row["label"]), row["text"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def ordinary(data: Path, name: str) -> list[str]:
    found = (text_and_question(name, row)[0] for row in table(data, name).iter_rows(named=True))
    return [text for text in found if text and text.strip()]


def other_lanes(detector) -> list[dict]:  # noqa: ANN001 -- the shipped detector
    with (LABELS / "lanes.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    names = {"complaint": "formal_complaint", "data": "data_protection"}
    readings = detector.read([row["text"] for row in rows])
    found = []
    for lane in LANE_RULES:
        mine = [names.get(row["lane"], row["lane"]) == lane for row in rows]
        hits = [lane in r.lanes for r, own in zip(readings, mine, strict=True) if own]
        found.append(figure(f"rule_{lane}", hits, [False] * len(hits)))
    return found


def figure(name: str, hits: list[bool], baseline: list[bool]) -> dict[str, float | str | int]:
    interval = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    value, other = sum(hits) / len(hits), sum(baseline) / len(baseline)
    bounds = {"low": round(interval.low, 4), "high": round(interval.high, 4)}
    return {"name": name, "value": round(value, 4), **bounds, "baseline": round(other, 4), "n": len(hits)}


if __name__ == "__main__":
    main()
