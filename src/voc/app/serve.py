"""Starting the app: Streamlit for one workspace, on this machine, or for everybody who signs in."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from voc import config as configuration
from voc import secretfile
from voc.app import ready
from voc.errors import ConfigError

if TYPE_CHECKING:
    from voc.configaccess import SignIn

ENTRY = Path(__file__).with_name("main.py")
# Where .streamlit/config.toml lies: beside the app in an installed voc, at the root of the repository otherwise.
SETTINGS = next(folder for folder in (ENTRY.parent, ENTRY.parents[3]) if (folder / ".streamlit").is_dir())
LOOPBACK = ("localhost", "127.0.0.1", "::1")
COOKIE_KEY, SIGN_IN = "cookie.key", "sign-in.toml"
# Said on the command line, which beats every file and variable: what protects against forged requests, and what could
# show words or secrets.
FIXED = ("--server.enableXsrfProtection=true", "--server.enableCORS=true", "--client.showErrorDetails=none",
         "--browser.gatherUsageStats=false", "--server.fileWatcherType=none")  # fmt: skip


def serve(folder: Path, port: int, address: str = "localhost") -> int:
    """Run the app for the workspace in ``folder`` until it is stopped; returns Streamlit's exit code.

    Raises:
        ConfigError: ``address`` can be reached by others and nobody would have to sign in, or a secret is missing or
            can be read by others.
    """
    sign_in = _sign_in(folder)
    given = folder / ".streamlit" / "secrets.toml"
    if address not in LOOPBACK and sign_in is None and not given.is_file():
        raise ConfigError(
            f"address {address!r} can be reached by others, and nobody would have to sign in: set [access.sign_in] in "
            "voc.toml (docs/access.md), or leave --address out to serve this machine alone"
        )
    command = [sys.executable, "-m", "streamlit", "run", str(ENTRY), f"--server.port={port}",
               f"--server.address={address}", *FIXED]  # fmt: skip
    environment = {**os.environ, "VOC_WORKSPACE": str(folder), ready.SWITCH: "1"}
    if sign_in is not None:
        command.append(f"--secrets.files={_written(folder, sign_in)}")
    elif given.is_file():
        secretfile.from_file(given, given.name, str(given.parent))
        command.append(f"--secrets.files={given}")
    if (folder / configuration.CONFIG_FILE).is_file():
        environment["STREAMLIT_SERVER_COOKIE_SECRET"] = cookie_secret(folder)
    print(f"voc: http://{'localhost' if address in LOOPBACK else address}:{port} (stop with Ctrl-C)", flush=True)  # noqa: T201 -- where to look
    try:
        return subprocess.run(command, env=environment, cwd=SETTINGS, check=False).returncode  # noqa: S603 -- our own words
    except KeyboardInterrupt:
        return 0


def _sign_in(folder: Path) -> SignIn | None:
    """Where people sign in; None for a folder that is no workspace yet."""
    if not (folder / configuration.CONFIG_FILE).is_file():
        return None
    return configuration.load(folder).access.sign_in


def cookie_secret(folder: Path) -> str:
    """What signs the sessions' cookies: made on the first call, kept in a private file of the workspace.

    Raises:
        ConfigError: the file can be read by others, or is empty.
    """
    path = folder / COOKIE_KEY
    if not path.exists():
        _write(path, secrets.token_urlsafe(48) + "\n")
    return secretfile.from_file(path, COOKIE_KEY, str(folder))


def client_secret(folder: Path, sign_in: SignIn) -> str:
    """What voc proves itself with to the sign-in server, from a variable or a private file.

    Raises:
        ConfigError: the variable is not set, or the file is absent, empty or can be read by others.
    """
    if sign_in.secret_env:
        return secretfile.from_variable(sign_in.secret_env, "[access.sign_in]")
    return secretfile.from_file(folder / sign_in.secret_file, sign_in.secret_file, "[access.sign_in]")


def _written(folder: Path, sign_in: SignIn) -> Path:
    """Streamlit's file of secrets, private, made anew at every start."""
    body = {
        "redirect_uri": sign_in.redirect_uri,
        "cookie_secret": cookie_secret(folder),
        "client_id": sign_in.client_id,
        "client_secret": client_secret(folder, sign_in),
        "server_metadata_url": sign_in.server_metadata_url,
    }
    path = folder / SIGN_IN
    path.unlink(missing_ok=True)
    # JSON's strings are TOML's.
    lines = [f"{key} = {json.dumps(value)}" for key, value in body.items()]
    _write(path, "\n".join(["# Made by voc at every start; do not edit.", "[auth]", *lines]) + "\n")
    return path


def _write(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 -- private from the start
        file.write(text)
