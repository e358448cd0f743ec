"""The program of one worker of ``privacy.pool``: frames come in, and go out redacted, until the input is closed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from voc.errors import VocError
from voc.pool import receive, send
from voc.privacy.frames import redact_all
from voc.privacy.roster import load_roster


def main() -> None:
    """Serve until the input ends; an interrupt from the keyboard is for the program that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not get among the frames.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    setting, _ = receive(sys.stdin.buffer)
    key, style = bytes.fromhex(setting["key"]), setting["style"]
    roster = None
    while True:
        try:
            _, frames = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            if setting["roster"] and roster is None:
                roster = load_roster(Path(setting["roster"]))
            safe = redact_all(frames, key=key, roster=roster, **style)
        except VocError as error:
            send(pipe, {"error": str(error)}, {})
        except Exception as error:  # noqa: BLE001 - its message could quote a text
            send(pipe, {"error": f"redaction failed in a worker: {type(error).__name__}; nothing is stored"}, {})
        else:
            send(pipe, {}, safe)


if __name__ == "__main__":
    main()
