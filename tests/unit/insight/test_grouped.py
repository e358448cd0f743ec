"""Cells and persons by number, against polars' own grouping."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from voc.insight import grouped
from voc.insight.grouped import cells_of


def frame(rows):
    rng = np.random.default_rng(rows)
    return pl.DataFrame(
        {
            "site": pl.Series(rng.choice(["N", "S", "W"], rows)).replace({"W": None}),
            "period": pl.Series([dt.date(2026, 1, 5) + dt.timedelta(weeks=int(w)) for w in rng.integers(0, 4, rows)]),
            "unit": pl.Series(rng.integers(0, rows // 3 + 1, rows)).cast(pl.String),
            "x": rng.normal(size=rows),
        },
        schema_overrides={"period": pl.Date},
    )


@pytest.mark.parametrize("room", [grouped._ROOM, 3])
@pytest.mark.parametrize("keys", [(), ("site",), ("site", "period")])
def test_sums_by_cell_and_by_person_are_those_of_a_group_by(keys, room, monkeypatch):
    monkeypatch.setattr(grouped, "_ROOM", room)
    rows = frame(200)
    cells = cells_of(rows, keys, "unit")
    x = rows["x"].to_numpy()
    sums = pl.DataFrame({"s": cells.sums(x), "persons": cells.sums_of_persons(cells.of_persons(x) ** 2)})
    mine = pl.concat([cells.table, sums], how="horizontal")
    groups = rows.with_columns(one=0).group_by("one", *keys)
    several = rows.with_columns(one=0).group_by("one", *keys, "unit").agg(pl.col("x").sum(), n=pl.len())
    several = several.filter(pl.col("n") > 1).group_by("one", *keys).agg(persons=(pl.col("x") ** 2).sum())
    theirs = groups.agg(s=pl.col("x").sum()).join(several, on=["one", *keys], how="left", nulls_equal=True)
    order = [*keys, "s", "persons"]
    expected = theirs.select(order).with_columns(pl.col("persons").fill_null(0.0)).sort("s")
    assert mine.select(order).sort("s").rows() == [pytest.approx(row, abs=1e-9) for row in expected.rows()]


def test_no_rows_are_no_cells():
    cells = cells_of(frame(0), ["site"], "unit")
    assert (cells.n, cells.table.height, len(cells.several)) == (0, 0, 0)
