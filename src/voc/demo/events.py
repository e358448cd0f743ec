"""Orders and appointments: what people did, as the exposure behind what they said."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from voc.demo.people import person_id
from voc.demo.rows import moment, stamp
from voc.demo.schedule import WEEKS

if TYPE_CHECKING:
    from datetime import date, datetime

    from voc.demo.rows import Row

EVENT_COLUMNS = (
    "event_id", "kind", "date", "respondent", "organisation", "site", "service", "product", "market", "status",
    "value", "unit",
)  # fmt: skip
_N_PATIENTS, _N_CUSTOMERS = 900, 1_200
_ATTENDED = (("attended", 84), ("did not attend", 8), ("cancelled late", 5), ("cancelled", 3))
_ORDERED = (("delivered", 86), ("returned", 9), ("cancelled", 5))
_PRICES = {
    "Fenn lamp": 68.0, "Loch mugs": 32.0, "Drift duvet": 95.0, "Skerry backpack": 79.0, "Tarn boots": 110.0,
    "Gale raincoat": 85.0, "Brae kettle": 49.0, "Alder shelf": 120.0, "Otter night light": 24.0,
}  # fmt: skip


def appointments(end: date, config: dict[str, Any], seed: int) -> list[Row]:
    """Appointments of 26 weeks, none on Sundays; ``value`` is the wait in minutes of those who came."""
    rng = random.Random(f"{seed}:appointments")
    rows: list[Row] = []
    for days_ago in range(WEEKS * 7 - 1, -1, -1):
        n_booked = rng.randrange(12, 19)
        if (end - timedelta(days=days_ago)).weekday() == 6:
            continue
        for minute in sorted(rng.randrange(8 * 60, 18 * 60) for _ in range(n_booked)):
            status = _drawn(_ATTENDED, rng) if days_ago else "booked"
            row = _event("appointment", f"APT-{len(rows) + 1:06d}", moment(end, days_ago, minute), status)
            row |= {"organisation": config["clinic"]["brand"], "site": rng.choice(config["clinic"]["sites"])}
            row["respondent"] = person_id("clinic", rng.randrange(_N_PATIENTS))
            row["service"] = rng.choice(config["clinic"]["service"]["usual"])
            if status == "attended":
                row |= {"value": round(rng.gammavariate(2.0, 9.0)), "unit": "minutes waited"}
            rows.append(row)
    return rows


def orders(end: date, config: dict[str, Any], seed: int) -> list[Row]:
    """Orders of 26 weeks, with ten-digit numbers; ``value`` is the price in pounds."""
    rng = random.Random(f"{seed}:orders")
    rows: list[Row] = []
    number = 4_003_100_000
    for days_ago in range(WEEKS * 7 - 1, -1, -1):
        latest = 22 * 60 if days_ago else 5 * 60
        for minute in sorted(rng.randrange(1, latest) for _ in range(rng.randrange(10, 19))):
            number += rng.randrange(1, 20)
            product = rng.choice(tuple(_PRICES))
            status = _drawn(_ORDERED, rng) if days_ago > 5 else "placed"
            row = _event("order", str(number), moment(end, days_ago, minute), status)
            row |= {
                "organisation": config["shop"]["brand"],
                "product": product,
                "value": _PRICES[product],
                "unit": "GBP",
            }
            row["respondent"] = person_id("shop", rng.randrange(_N_CUSTOMERS))
            row["market"] = "US" if rng.random() < 0.12 else "UK"
            rows.append(row)
    return rows


def _event(kind: str, event_id: str, at: datetime, status: str) -> Row:
    row: Row = dict.fromkeys(EVENT_COLUMNS)
    return row | {"event_id": event_id, "kind": kind, "date": stamp(at), "status": status}


def _drawn(weighted: tuple[tuple[str, int], ...], rng: random.Random) -> str:
    names, weights = zip(*weighted, strict=True)
    return str(rng.choices(names, weights)[0])
