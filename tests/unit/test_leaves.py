"""The small leaves: ids that never change, fault points, schemas and types."""

import dataclasses
import os
import signal
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc import errors, faults, schema
from voc.ids import file_sha256, stable_id
from voc.model import Books, CaseEvent

PARTS = st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=4)


def test_an_id_is_the_same_for_ever():
    # Written down: a change of these would orphan everything that is stored.
    assert stable_id("a", "b") == "253f4b97d21843498d591ee4"
    assert len({stable_id(), stable_id(""), stable_id(None)}) == 3


@given(PARTS, PARTS)
def test_ids_differ_where_parts_do(a, b):
    assert (stable_id(*a) == stable_id(*b)) == (a == b)


@pytest.mark.parametrize(("a", "b"), [(("ab", "c"), ("a", "bc")), (("a", None), ("a", "")), (("a",), ("a", None))])
def test_parts_cannot_run_into_each_other(a, b):
    assert stable_id(*a) != stable_id(*b)


def test_half_a_character_has_an_id_too():
    assert len(stable_id("\ud800")) == 24


def test_a_file_s_digest_is_its_content_s(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == file_sha256(tmp_path / "b")
    assert file_sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(FileNotFoundError):
        file_sha256(tmp_path / "c")


def test_fault_points_do_nothing_unless_named():
    for name in faults.POINTS:
        faults.point(name)
    with pytest.raises(ValueError, match="unknown fault point 'elsewhere'"):
        faults.point("elsewhere")


@pytest.mark.faults
@pytest.mark.parametrize(
    ("wanted", "passages", "dies"),
    [
        ("ledger.before", 1, True),
        ("ledger.before:3", 2, False),
        ("ledger.before:3", 3, True),
        ("ledger.after", 5, False),
    ],
)
def test_a_fault_kills_at_its_passage(wanted, passages, dies):
    code = f"from voc import faults\nfor _ in range({passages}): faults.point('ledger.before')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "VOC_FAULT": wanted}, timeout=60, check=False
    )
    assert done.returncode == (-signal.SIGKILL if dies else 0)


def test_every_table_can_say_what_identifies_a_row_and_that_it_was_redacted():
    assert schema.TABLES.keys() == schema.KEYS.keys()
    for table, columns in schema.TABLES.items():
        assert set(schema.KEYS[table]) <= columns.keys(), table
        assert "redaction_version" in columns, table


def test_no_column_is_named_twice_with_two_types():
    types = {}
    for table, columns in schema.TABLES.items():
        for name, dtype in columns.items():
            assert types.setdefault(name, dtype) == dtype, f"{table}.{name}"


def test_conform_orders_fills_and_drops():
    frame = pl.DataFrame({"extra": [1], "value": ["2.5"], "kind": ["order"]})
    made = schema.conform(frame, {"kind": pl.String(), "value": pl.Float64(), "site": pl.String()})
    assert made.rows() == [("order", 2.5, None)]
    assert made.columns == ["kind", "value", "site"]
    with pytest.raises(pl.exceptions.InvalidOperationError):
        schema.conform(pl.DataFrame({"value": ["x"]}), {"value": pl.Float64()})


def test_names_of_columns_keep_their_promise_about_type():
    for table, columns in schema.TABLES.items():
        for name, dtype in columns.items():
            if name.endswith("_at"):
                assert dtype == schema.UTC_TIME, f"{table}.{name}"
            if name.startswith("n_"):
                assert dtype.is_integer(), f"{table}.{name}"


@given(st.lists(st.integers(0, 99), min_size=6, max_size=6), st.lists(st.integers(0, 99), min_size=6, max_size=6))
def test_books_add_up_field_by_field(a, b):
    total = Books(*a) + Books(*b)
    assert dataclasses.astuple(total) == tuple(x + y for x, y in zip(a, b, strict=True))
    assert total.balanced == (total.read == total.stored + total.duplicate + total.quarantined)


def test_a_sealed_event_shows_any_change():
    from datetime import UTC, datetime

    event = CaseEvent("C-1", "take", "jo", datetime(2026, 3, 1, tzinfo=UTC), "open", "acknowledged").chained(
        1, "0" * 64
    )
    assert event.hash == event.digest()
    for change in ({"actor": "jim"}, {"reason": "x"}, {"seq": 2}, {"prev_hash": "1" * 64}, {"details": {"a": 1}}):
        assert dataclasses.replace(event, **change).digest() != event.hash


def test_every_error_is_a_voc_error_with_an_exit_code():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(kinds) >= 10
    assert all(issubclass(kind, errors.VocError) for kind in kinds)
    assert {kind.__name__: kind.exit_code for kind in kinds if kind.exit_code != 1} == {"BusyError": 75}
    assert all(kind.__name__ in errors.__doc__ for kind in kinds), "the tree in the docstring is complete"
