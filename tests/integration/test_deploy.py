"""The files for systemd and cron: valid, and they call what there is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import voc
from voc import cli

DEPLOY = Path(voc.__file__).parents[2] / "deploy"


def test_what_they_call_exists():
    verbs = set(typer.main.get_command(cli.app).commands)
    for path in DEPLOY.iterdir():
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        called = re.findall(r"/voc -w \S+ (\w+)", "\n".join(lines))
        assert set(called) <= verbs, path.name
    assert "nightly" in (DEPLOY / "voc.cron").read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    for path in DEPLOY.glob("*@.*"):
        text = path.read_text().replace("/opt/voc/.venv/bin/voc", sys.executable)
        (tmp_path / path.name.replace("@", "@acme")).write_text(text)
    units = sorted(map(str, tmp_path.iterdir()))
    ended = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    told = [line for line in ended.stderr.splitlines() if "acme" in line]
    assert told == []
