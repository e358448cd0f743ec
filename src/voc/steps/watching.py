"""What a night leaves for those who watch it: a text file in Prometheus's format, replaced as a whole, and a ping.

The file is for the textfile collector of node_exporter
(https://prometheus.io/docs/instrumenting/exposition_formats/). It holds counts and times, never words.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from voc import endpoint
from voc.errors import StoreError, VocError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voc.steps.context import Context

logger = logging.getLogger(__name__)

FILE = "metrics.prom"
PING, PING_PRIVATE = "VOC_PING_URL", "VOC_PING_PRIVATE"
_HELP = {
    "voc_last_run_timestamp_seconds": "When the last run ended.",
    "voc_last_success_timestamp_seconds": "When the last run that ended well did.",
    "voc_last_run_ok": "1 if the last run ended well, else 0.",
    "voc_last_run_seconds": "How long the last run took.",
    "voc_last_run_count": "The counts of the last run.",
    "voc_runs_interrupted": "Runs in a row that were killed before the last one.",
    "voc_deliveries_dead": "Notifications that were given up.",
}


def tell(ctx: Context, *, ok: bool, seconds: float, counts: Mapping[str, Any]) -> None:
    """Write the file, and ping the watcher of ``VOC_PING_URL`` (with ``/fail`` after it, if the run failed).

    A watcher that cannot be told is a warning in the log: the run is what it is.
    """
    try:
        write(ctx, ok=ok, seconds=seconds, counts=counts)
    except VocError:
        logger.warning("metrics not written")
    url = os.environ.get(PING, "").strip()
    if not url or ctx.config.external == "none":
        return
    try:
        private = os.environ.get(PING_PRIVATE, "") == "yes"
        endpoint.ping(url if ok else f"{url.rstrip('/')}/fail", external=ctx.config.external, private=private)
    except VocError:
        # Not even why: a library's message may hold the address, which is a secret.
        logger.warning("watcher not told")


def write(ctx: Context, *, ok: bool, seconds: float, counts: Mapping[str, Any]) -> None:
    """Replace the file in the workspace; a success before this run stays known.

    Raises:
        StoreError: the disk refuses.
    """
    from voc.store.durable import durable_file, sync_folder  # see voc.store

    ended = ctx.present.timestamp()
    runs = ctx.register.runs(50)
    good = [run.finished_at for run in runs if run.state == "ok" and run.finished_at]
    killed = next((n for n, run in enumerate(runs[1:]) if run.state != "interrupted"), len(runs[1:]))
    values: dict[str, list[tuple[str, float]]] = {
        "voc_last_run_timestamp_seconds": [("", ended)],
        "voc_last_success_timestamp_seconds": [("", ended if ok else good[0].timestamp())] if ok or good else [],
        "voc_last_run_ok": [("", int(ok))],
        "voc_last_run_seconds": [("", round(seconds, 3))],
        "voc_last_run_count": [(f'{{of="{k}"}}', v) for k, v in sorted(counts.items()) if isinstance(v, int)],
        "voc_runs_interrupted": [("", killed)],
        "voc_deliveries_dead": [("", len(ctx.register.deliveries("dead")))],
    }
    lines = []
    for name, found in values.items():
        lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
        lines += [f"{name}{labels} {value}" for labels, value in found]
    path = ctx.root / FILE
    draft = path.with_name(f".{FILE}")
    try:
        draft.unlink(missing_ok=True)
        with durable_file(draft) as file:
            file.write(("\n".join(lines) + "\n").encode())
        draft.replace(path)
        sync_folder(ctx.root)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; free the disk or fix its permissions, then run again") from error
