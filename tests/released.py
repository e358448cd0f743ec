"""Data of each released version of the register: what its tables held, written as that version wrote it."""

from datetime import UTC, datetime

import sqlalchemy as sa

from voc.model import CaseEvent

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def fill(connection, revision):
    """One theme, case, event, message, run, file, cursor and setting, and what later versions added."""
    meta = sa.MetaData()
    meta.reflect(connection)
    # SQLite keeps no zone, and voc has always written UTC there.
    at = _AT.replace(tzinfo=None) if connection.dialect.name == "sqlite" else _AT

    def put(table, **values):
        known = meta.tables[table]
        connection.execute(sa.insert(known).values(**{k: v for k, v in values.items() if k in known.c}))

    put(
        "themes", theme_id="t1", label="parking", definition="where to park", status="accepted", pool="problem",
        keywords=["parking"], born_at=at, theme_version="v1", named_by=None,
    )  # fmt: skip
    put("lineage", event_id="e1", theme_id="t1", kind="born", at=at, actor="voc", details={})
    put(
        "cases", case_id="C-0001", number=1, theme_id="t1", title="parking", owner="estates", function="operations",
        state="open", version=1, opened_at=at, acknowledge_due_at=at, plan_due_at=at, ship_due_at=at, route="buildings",
        reason="", action="", root_cause="", revisit_on=None, n_problem_people=3, n_people=4, n_mentions=5,
        evidence=[],
    )  # fmt: skip
    blank = CaseEvent(
        case_id="C-0001", move="open", actor="voc", at=_AT, from_state="", to_state="open", reason="",
        details={"owner": "estates"},
    )  # fmt: skip
    sealed = blank.chained(1, "")
    put(
        "case_events", seq=1, case_id="C-0001", move="open", actor="voc", at=at, from_state="", to_state="open",
        reason="", details={"owner": "estates"}, prev_hash="", hash=sealed.hash,
    )  # fmt: skip
    put("outbox", message_id="m1", owner="estates", case_id="C-0001", subject="news", body="", created_at=at)
    put("runs", run_id="r1", kind="nightly", state="ok", started_at=at, finished_at=at, books={"read": 1})
    put("run_steps", run_id="r1", step="ingest", details={"read": 1}, seconds=1.0, at=at)
    put("ingested_files", batch_id="b1", source="s", file="f.csv", sha256="0" * 64, books={}, at=at)
    put("cursors", name="source:s", value="2026-03-01")
    put("settings", name="theme_version", value="v1")
    if revision >= "0002":
        put("erasures", respondent="0" * 24, at=at)
    if revision >= "0003":
        put(
            "receipts", receipt_id="x1", ask={}, key="nps", value=1.0, low=0.0, high=2.0, n=3, digest=4, made_at=at,
            versions={},
        )  # fmt: skip
