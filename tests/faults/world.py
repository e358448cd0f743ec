"""What a trial works with: a forked warm interpreter for each run of voc, a template, and the state that is right."""

import contextlib
import importlib
import itertools
import json
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import disk

import voc.cli
from clinic import DAY, VOC_TOML, make_clinic, state

# Loaded before the first fork: what a night would load in each child. None of them may start a thread that works.
WARM = (
    "numpy", "scipy.sparse", "scipy.stats", "sklearn.feature_extraction.text", "sklearn.linear_model", "polars",
    "deltalake", "sqlalchemy.dialects.sqlite", "alembic.command", "onnxruntime", "tokenizers", "safetensors.numpy",
    "graspologic_native", "apprise", "voc.workspace", "voc.nightly", "voc.queries", "voc.doctor", "voc.store.register",
    "voc.store.migrations", "voc.themes.discover", "voc.tagging.tagger", "voc.testing", "pydantic",
    "sentencex", "fasttext", "polars._utils.parquet", "typer._click.decorators",
    *(["psycopg"] if os.environ.get("VOC_TEST_POSTGRES") else []),
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code (or minus the signal), what it said, and how long it took in seconds."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def message(self):
        """The one line of an error."""
        lines = [line for line in self.err.splitlines() if line.startswith("voc: ")]
        return lines[-1] if lines else ""


@dataclass
class Child:
    """A forked process at work."""

    pid: int
    began: float
    said: Path

    def wait(self, *, kill_after=None):
        """Wait for its end, or kill it after so many seconds."""
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        out, err = (self.said.with_suffix(kind).read_text(errors="replace") for kind in (".out", ".err"))
        for kind in (".out", ".err"):
            self.said.with_suffix(kind).unlink()
        return Ended(os.waitstatus_to_exitcode(status), out, err, time.time() - self.began)


def warm():
    """Load what the children will need; no polars query, for its threads would not live through a fork."""
    for name in WARM:
        importlib.import_module(name)
    from voc.tagging.tagger import Tagger
    from voc.text import encode, language

    encode.load_static()
    encode.load_encoder()
    encode._pieces()
    encode._tokenizer_special()
    language.detect("Nobody answers the phone")
    Tagger.load()


@dataclass
class World:
    """Where trials happen, and what is right.

    Attributes:
        folder: everything lies below it.
        templates: a workspace before its first night, by name.
        right: the state after an undisturbed run, by name of the template.
        told: what a well receiver was told, by its kind.
        calls: how often an undisturbed night changes something on the disk.
        seconds: how long it takes.
        passages: how often it passes each named point.
    """

    folder: Path
    templates: dict[str, Path] = field(default_factory=dict)
    right: dict[str, dict] = field(default_factory=dict)
    told: dict[str, set] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0.0
    passages: dict[str, int] = field(default_factory=dict)
    _names: itertools.count = field(default_factory=itertools.count)

    def start(self, work, *arguments):
        """Fork, and call ``work`` in the child; what it returns is the exit code."""
        said = self.folder / f"said-{next(self._names)}"
        pid = os.fork()
        if pid:
            return Child(pid, time.time(), said)
        try:
            for number, kind in ((1, ".out"), (2, ".err")):
                os.dup2(os.open(said.with_suffix(kind), os.O_WRONLY | os.O_CREAT, 0o600), number)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            code = work(*arguments)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
            os._exit(99)
        os._exit(code if isinstance(code, int) else 0)

    def run(self, work, *arguments):
        """``start``, and wait for the end."""
        return self.start(work, *arguments).wait()

    def fresh(self, template="plain"):
        """A copy of a template to break."""
        root = self.folder / f"trial-{next(self._names)}"
        return shutil.copytree(self.templates[template], root)

    def state(self, root):
        """All that a night leaves behind, by kind and table, as text; and whether the history is unbroken."""
        target = self.folder / f"state-{next(self._names)}.json"
        ended = self.run(_write_state, root, target)
        if ended.code:
            raise AssertionError(f"the state cannot be read: {ended.err[-2000:]}")
        return self.taken(target)

    @staticmethod
    def taken(target):
        """What a child has written into ``target`` for us."""
        found = json.loads(target.read_text())
        target.unlink()
        return found


def night(root, day=DAY, arm=None, env=None):
    """Run the night as the command line does, in a child."""
    os.environ.update(env or {})
    if arm:
        disk.arm(root, *arm[0], **arm[1])
    return voc.cli.run(["-w", str(root), "nightly", "--date", str(day), "--json"])


def _write_state(root, target):
    with voc.open(root) as ws:
        ok, n, fault = ws.register.verify_history()
    found = {kind: {name: repr(content) for name, content in parts.items()} for kind, parts in state(root).items()}
    target.write_text(json.dumps(found | {"history": {"unbroken": f"{ok} {n} {fault}"}}))


def counted_night(root, target):
    """An undisturbed night that counts what it passes, and tells in ``target``."""
    from voc import faults

    passages = {}
    real = faults.point

    def count(name):
        passages[name] = passages.get(name, 0) + 1
        real(name)

    faults.point = count
    disk.arm(root)
    code = voc.cli.run(["-w", str(root), "nightly", "--date", str(DAY), "--json"])
    target.write_text(json.dumps({"calls": disk.passed(), "passages": passages}))
    return code


def make(folder):
    """Make the templates and run the undisturbed nights."""
    world = World(folder)
    world.templates["plain"] = folder / "plain"
    assert world.run(lambda: make_clinic(world.templates["plain"]) and 0).code == 0
    root, told = world.fresh(), folder / "counted.json"
    ended = world.run(counted_night, root, told)
    assert ended.code == 0, ended.err
    counted = json.loads(told.read_text())
    world.calls, world.passages = counted["calls"], counted["passages"]
    world.right["plain"] = world.state(root)
    world.templates["done"] = root
    again = world.fresh()
    world.seconds = world.run(night, again).seconds
    assert world.state(again) == world.right["plain"], "two undisturbed nights differ"
    shutil.rmtree(again)
    return world


def with_channel(world, name, settings):
    """A template whose owners are told by a channel; its right state is that after two nights."""
    if name not in world.templates:
        root = world.fresh()
        text = VOC_TOML.replace('function = "', 'channels = ["out"]\nfunction = "') + settings
        (root / "voc.toml").write_text(text, encoding="utf-8")
        world.templates[name] = root
    return world.fresh(name)


NEXT_DAY = DAY + timedelta(days=1)
