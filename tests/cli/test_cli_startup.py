"""What a command loads, and that it never goes online: each in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from clinic import DAY
from voc.testing import sample_feedback

HEAVY = {"torch", "transformers", "bertopic", "umap", "numba", "pandas", "hdbscan", "streamlit", "onnxscript"}
# What `voc --help` must not wait for.
SLOW = HEAVY | {
    "polars",
    "numpy",
    "sklearn",
    "scipy",
    "sqlalchemy",
    "alembic",
    "deltalake",
    "onnxruntime",
    "tokenizers",
}

# An audit hook sees what Python code does to sockets, whatever library does it.
CODE = """
import json, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        print("ONLINE", event, file=sys.stderr)
        raise RuntimeError(f"voc went online: {event}")
sys.addaudithook(watch)
from voc import cli
code = cli.run(sys.argv[1:])
print(json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]))
"""


def loaded(*arguments, cwd=None):
    """Exit code, and the packages that a command has imported when it ends."""
    command = [sys.executable, "-c", CODE, *map(str, arguments)]
    env = {**os.environ, "HF_HUB_OFFLINE": "0", "http_proxy": "", "https_proxy": ""}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=env, cwd=cwd)
    assert "ONLINE" not in done.stderr
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    "arguments", [("--help",), ("tag", "--help"), ("cases", "--help"), ("no-such-command",)], ids=str
)
def test_help_and_mistakes_load_nothing_slow(arguments):
    code, modules = loaded(*arguments)
    assert code == (2 if arguments[0] == "no-such-command" else 0)
    assert modules & SLOW == set()


def test_tagging_a_file_loads_nothing_heavy(tmp_path):
    sample_feedback(8).write_csv(tmp_path / "in.csv")
    code, modules = loaded("tag", tmp_path / "in.csv", "--tier", "fast", "--out", tmp_path / "out.parquet")
    assert code == 0
    assert modules & HEAVY == set()
    assert modules & {"sqlalchemy", "deltalake", "onnxruntime"} == set(), (
        "the fast tier needs neither store nor encoder"
    )


def test_redacting_a_file_loads_no_model(tmp_path):
    sample_feedback(8).write_csv(tmp_path / "in.csv")
    code, modules = loaded("redact", tmp_path / "in.csv", "--out", tmp_path / "out.parquet")
    assert code == 0
    assert modules & (HEAVY | {"sqlalchemy", "deltalake"}) == set()


def test_a_night_loads_nothing_heavy(clinic):
    code, modules = loaded("-w", clinic, "nightly", "--date", DAY, "--json")
    assert code == 0
    assert modules & HEAVY == set()


def test_the_watch_itself_sees_a_connection():
    code = CODE.replace("from voc import cli", "import socket; socket.create_connection(('127.0.0.1', 9))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "ONLINE" in done.stderr


def test_importing_voc_loads_no_part_of_it():
    code = "import sys, voc; print(sorted(n for n in sys.modules if n.startswith(('voc', 'polars', 'numpy'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "['voc']"


def test_the_module_and_the_script_are_the_same_command():
    for command in ([sys.executable, "-m", "voc"], [os.path.join(os.path.dirname(sys.executable), "voc")]):  # noqa: PTH118, PTH120
        done = subprocess.run([*command, "themes"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "Usage" in done.stdout + done.stderr
