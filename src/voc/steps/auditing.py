"""The leak report: a sample of what is stored, looked at by a detector that knows nothing of the recognisers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.insight.metrics import wilson
from voc.privacy.audit import Auditor
from voc.queries import latest

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.privacy.audit import Suspect
    from voc.steps.context import Context

DETECTORS = ("shapes", "presidio")
# Texts from which the detector learns how this company writes its words.
_LEARNT = 50_000
_SEED = 20_260


def leaks(ctx: Context, *, sample: int = 1000, detector: str = "shapes", seed: int = _SEED) -> dict[str, Any]:
    """Sample stored texts and list what may have got through redaction.

    Args:
        ctx: the workspace.
        sample: how many texts are looked at, drawn at random from the newest revisions.
        detector: "shapes", or "presidio" where `voc[presidio]` is installed.
        seed: the same seed and texts give the same report.

    Returns:
        ``detector``, ``texts`` (stored), ``sampled``, ``flagged``, their ``share`` with a 95 % interval (``low``,
        ``high``; None without texts), ``kinds`` (how many of each), and ``found``: of each suspect ``feedback_id`` (of
        an agent's reply: its ``reply_id``),
        ``source``, ``record_ref``, ``kind``, ``start``, ``end`` and the ``words`` themselves. The detector errs on
        the strict side: what it lists is for a person to judge, not a count of leaks.

    Raises:
        InputError: no such detector, or it is not installed.
    """
    if detector not in DETECTORS:
        raise InputError(f"no detector {detector!r}; use one of {', '.join(DETECTORS)}")
    stored = latest(ctx.lake.scan("feedback")).filter(pl.col("text").is_not_null())
    columns = ("source", "record_ref", "text")
    replies = latest(ctx.lake.scan("replies"), "reply_id").filter(pl.col("text").is_not_null())
    told = (stored.select("feedback_id", *columns), replies.select(pl.col("reply_id").alias("feedback_id"), *columns))
    texts = pl.concat(told).sort("feedback_id").collect()
    drawn = texts.sample(min(sample, texts.height), seed=seed)
    look = _detector(detector, texts)
    found = [
        {**{k: row[k] for k in ("feedback_id", "source", "record_ref")}, **_said(row["text"], suspect)}
        for row in drawn.iter_rows(named=True)
        for suspect in look(row["text"])
    ]
    flagged = len({one["feedback_id"] for one in found})
    low, high = wilson(flagged, drawn.height) if drawn.height else (None, None)
    share = flagged / drawn.height if drawn.height else None
    counts = {"texts": texts.height, "sampled": drawn.height, "flagged": flagged}
    kinds = dict(sorted(Counter(one["kind"] for one in found).items()))
    return {"detector": detector, **counts, "share": share, "low": low, "high": high, "kinds": kinds, "found": found}


def _detector(name: str, texts: pl.DataFrame) -> Callable[[str], list[Suspect]]:
    if name == "presidio":
        from voc.privacy.presidio import presidio_suspects

        return presidio_suspects
    return Auditor(texts["text"].head(_LEARNT).to_list()).suspects


def _said(text: str, suspect: Suspect) -> dict[str, Any]:
    return {
        "kind": suspect.kind,
        "start": suspect.start,
        "end": suspect.end,
        "words": text[suspect.start : suspect.end],
    }
