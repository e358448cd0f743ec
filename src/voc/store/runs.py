"""The run ledger: what each run did, step by step, in counts and never in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.errors import InputError
from voc.store import tables
from voc.store.database import Database, put

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RUNNING = "running"
INTERRUPTED = "interrupted"
_RUNS, _STEPS = tables.runs, tables.run_steps


@dataclass(frozen=True, slots=True)
class RunStep:
    """One finished step of a run."""

    step: str
    details: dict[str, int | str]
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run; ``state`` is running, interrupted (its process died) or what ``finish_run`` was told."""

    run_id: str
    kind: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    books: dict[str, int | str]
    steps: tuple[RunStep, ...] = ()


class RunRows(Database):
    """Runs follow one another: the writer's lock makes sure that a run still running here has died."""

    def start_run(self, run_id: str, kind: str, at: datetime) -> None:
        """Begin a run, or begin ``run_id`` again; whatever was still running is marked interrupted.

        Call it under ``writer_lock``.

        Raises:
            StoreError: the database fails.
        """
        row = {"run_id": run_id, "kind": kind, "state": RUNNING, "started_at": at, "finished_at": None, "books": {}}
        with self.writing() as connection:
            connection.execute(sa.update(_RUNS).where(_RUNS.c.state == RUNNING).values(state=INTERRUPTED))
            put(connection, _RUNS, [row], "run_id")

    def record_step(
        self, run_id: str, step: str, details: Mapping[str, int | str], seconds: float, at: datetime
    ) -> None:
        """Note that a step ended: its counts, and how many seconds it took.

        Raises:
            StoreError: there is no such run, or the database fails.
        """
        row = {"run_id": run_id, "step": step, "details": dict(details), "seconds": seconds, "at": at}
        with self.writing() as connection:
            connection.execute(sa.insert(_STEPS), [row])

    def finish_run(self, run_id: str, state: str, books: Mapping[str, int | str], at: datetime) -> None:
        """Close a run with its state, such as ``done`` or ``failed``, and its books.

        Raises:
            InputError: there is no such run.
            StoreError: the database fails.
        """
        query = sa.update(_RUNS).where(_RUNS.c.run_id == run_id)
        with self.writing() as connection:
            if not connection.execute(query.values(state=state, books=dict(books), finished_at=at)).rowcount:
                raise InputError(f"no run {run_id!r}; 'voc runs list' shows them")

    def runs(self, limit: int = 50) -> list[Run]:
        """The newest ``limit`` runs, newest first, without their steps.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(_RUNS).order_by(_RUNS.c.started_at.desc(), _RUNS.c.run_id.desc()).limit(limit)
        with self.reading() as connection:
            return [Run(**row) for row in connection.execute(query).mappings()]

    def run(self, run_id: str) -> Run:
        """One run with its steps, in their order.

        Raises:
            InputError: there is no such run.
            StoreError: the database fails.
        """
        steps = sa.select(_STEPS.c.step, _STEPS.c.details, _STEPS.c.seconds, _STEPS.c.at)
        with self.reading() as connection:
            row = connection.execute(sa.select(_RUNS).where(_RUNS.c.run_id == run_id)).mappings().first()
            if row is None:
                raise InputError(f"no run {run_id!r}; 'voc runs list' shows them")
            found = connection.execute(steps.where(_STEPS.c.run_id == run_id).order_by(_STEPS.c.seq)).mappings()
            return Run(**row, steps=tuple(RunStep(**step) for step in found))
