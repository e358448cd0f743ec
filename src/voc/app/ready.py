"""Having the lake in numbers before somebody asks: after a night, the first visitor would wait for it."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from voc.errors import VocError

if TYPE_CHECKING:
    from voc.workspace import Workspace

# ``voc app`` sets it; a test or a script that draws one page wants no thread beside it.
SWITCH = "VOC_APP_KEEP_READY"
EVERY_S = 20.0


def start(workspace: Workspace) -> None:
    """Begin to keep a workspace ready, for as long as this server lives."""
    if os.environ.get(SWITCH):
        threading.Thread(target=_keep, args=(workspace,), name="voc-ready", daemon=True).start()


def _keep(workspace: Workspace) -> None:
    while True:
        once(workspace)
        time.sleep(EVERY_S)


def once(workspace: Workspace) -> bool:
    """Read what has come in since the last time; whether it worked."""
    try:
        if not workspace.running():
            workspace.catalogue()
    except VocError:
        # Whoever opens a page is told what is wrong.
        return False
    return True
