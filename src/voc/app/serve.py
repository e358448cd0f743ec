"""Starting the app: Streamlit on localhost, for one workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENTRY = Path(__file__).with_name("main.py")
# Where .streamlit/config.toml lies: beside the app in an installed voc, at the root of the repository otherwise.
SETTINGS = next(folder for folder in (ENTRY.parent, ENTRY.parents[3]) if (folder / ".streamlit").is_dir())


def serve(folder: Path, port: int) -> int:
    """Run the app for the workspace in ``folder`` until it is stopped; returns Streamlit's exit code.

    It listens on localhost only, for there is no sign-in yet: that and the theme are in .streamlit/config.toml, which
    Streamlit reads from the folder it is started in.
    """
    command = [sys.executable, "-m", "streamlit", "run", str(ENTRY), f"--server.port={port}"]
    environment = {**os.environ, "VOC_WORKSPACE": str(folder)}
    print(f"voc: http://localhost:{port} (stop with Ctrl-C)", flush=True)  # noqa: T201 -- where to look
    try:
        return subprocess.run(command, env=environment, cwd=SETTINGS, check=False).returncode  # noqa: S603 -- our own words
    except KeyboardInterrupt:
        return 0
