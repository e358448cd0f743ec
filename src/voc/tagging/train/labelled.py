"""Reading labelled comments in the layout of the public NHS Friends and Family Test set (pxtextmining)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TEXT, QUESTION, RESPONDENT, SENTIMENT = "FFT answer", "FFT question", "Respondent ID", "Comment sentiment"
# Source columns that a category is made of, where they are not simply its own name.
MERGED: dict[str, tuple[str, ...]] = {
    "Staffing levels & responsiveness": ("Number & deployment of staff", "Staff responsiveness"),
    "Continuity of care": (
        "Referals & continuity of care",
        "Staff continuity",
        "Care plans",
        "Admission",
        "Diagnosis & triage",
        "Patient records",
        "Impact of treatment/ care",
    ),
    "Environment, facilities & equipment": ("Provision of medical equipment", "Environment & Facilities"),
}


@dataclass(frozen=True)
class Labelled:
    """n comments with their labels.

    Attributes:
        texts: n texts, none empty.
        questions: n questions.
        groups: (n,) respondent of each, so that folds never split a person.
        sentiment: (n,) 0 very negative .. 4 very positive, -1 unlabelled.
        categories: (n, k) 0/1; a row without any is unlabelled.
    """

    texts: list[str]
    questions: list[str]
    groups: NDArray[np.str_]
    sentiment: NDArray[np.int64]
    categories: NDArray[np.bool_]


def read(paths: Sequence[Path], categories: Sequence[str]) -> Labelled:
    """Read labelled comments; rows without text are left out.

    Raises:
        InputError: a file is absent, or has not the columns of the layout.
    """
    frames = [_table(path, categories) for path in paths]
    frame = pl.concat(frames, how="diagonal").filter(pl.col(TEXT).fill_null("").str.strip_chars() != "")
    score = frame[SENTIMENT].cast(pl.Int64, strict=False)
    labels = [
        frame.select(
            pl.any_horizontal(
                pl.col(c).cast(pl.Float64, strict=False).fill_null(0) == 1 for c in MERGED.get(name, (name,))
            )
        )
        .to_series()
        .to_numpy()
        for name in categories
    ]
    return Labelled(
        frame[TEXT].to_list(),
        frame[QUESTION].fill_null("").to_list(),
        frame[RESPONDENT].to_numpy().astype(str),
        np.where(score.is_null().to_numpy(), -1, 5 - score.fill_null(5).to_numpy()),
        np.stack(labels, axis=1),
    )


def _table(path: Path, categories: Sequence[str]) -> pl.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; give --data a labelled CSV")
    frame = pl.read_csv(path, infer_schema_length=0)
    wanted = [TEXT, QUESTION, RESPONDENT, SENTIMENT, *(c for name in categories for c in MERGED.get(name, (name,)))]
    absent = [column for column in wanted if column not in frame.columns]
    if absent:
        raise InputError(f"{path}: no column {absent[0]!r}; training needs the columns of the labelled FFT layout")
    return frame.select(wanted)
