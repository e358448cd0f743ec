"""The command line, as a user runs it."""

from __future__ import annotations

import subprocess
import sys


def voc(*arguments: str) -> str:
    """Run voc and return what it printed; a failure is an error."""
    return subprocess.run([sys.executable, "-m", "voc", *arguments], check=True, capture_output=True, text=True).stdout
