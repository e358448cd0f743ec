"""``external = "none"`` beats whatever else is set: one gate, which everything that contacts another machine passes."""

import ast
from pathlib import Path

import pytest

import voc
from voc import delivery, endpoint
from voc.errors import DeliveryError
from voc.outside import gate
from voc.tagging.adapter import OwnModel

SRC = Path(voc.__file__).parent
# What can reach another machine, and where it is allowed to be imported. Signing in is Streamlit's own, see docs.
REACHING = {"apprise", "urllib", "requests", "httpx", "socket", "http", "aiohttp", "smtplib", "transformers"}


def emitters():
    """Functions of src that import or use what can reach another machine: (file, function)."""
    for path in SRC.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if "train" in path.parts or path.name == "spread.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and any(_reaches(inner) for inner in ast.walk(node)):
                yield path.relative_to(SRC).as_posix(), node
    assert SRC


def _reaches(node):
    if isinstance(node, ast.Import):
        return any(alias.name.split(".")[0] in REACHING for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in REACHING
    return isinstance(node, ast.Name) and node.id in ("build_opener", "urlopen", "Request")


def test_every_function_that_can_reach_another_machine_passes_the_gate():
    found = list(emitters())
    assert {file for file, _ in found} >= {"delivery.py", "endpoint.py", "tagging/adapter.py"}
    open_ = [
        f"{file}:{node.name}"
        for file, node in found
        if not any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "gate" for n in ast.walk(node))
    ]
    assert open_ == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: delivery.send("json://127.0.0.1:9/x", "t", "b", external="none"),
        lambda: delivery.send("mailto://127.0.0.1:9/?to=a@b", "t", "b", external="none"),
        lambda: endpoint.chat("http://127.0.0.1:9/v1", "{}", external="none", key_name="X"),
        lambda: OwnModel.load("m", "acme/some-model", hub=True, external="none"),
    ],
    ids=["webhook", "mail", "wording", "hub"],
)
def test_nothing_gets_out_when_it_is_shut(call, monkeypatch):
    with pytest.raises(DeliveryError, match="nothing leaves this machine"):
        call()


def test_a_switch_that_is_neither_is_shut():
    gate("all", "x")
    for odd in ("none", "", "ALL"):
        with pytest.raises(DeliveryError):
            gate(odd, "x")
