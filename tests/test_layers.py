"""The import rule of docs/architecture.md, the fences around heavy libraries, and the sizes that keep voc readable."""

import ast
from pathlib import Path

import pytest

import voc

SRC = Path(voc.__file__).parent
FILES = {path.relative_to(SRC).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in SRC.rglob("*.py")}

LEAVES = {
    "errors",
    "schema",
    "model",
    "records",
    "themelife",
    "ids",
    "faults",
    "config",
    "configbuild",
    "configloop",
    "configaccess",
    "access",
    "outside",
    "secretfile",
    "modelstore",
    "pool",
    "engines",
    "daftpool",
    "text",
}
PARTS = {"ingest", "privacy", "tagging", "themes", "insight", "loop", "store", "demo", "delivery", "endpoint", "search"}
# Lowest first; a unit imports from the layers below its own, and from itself.
LAYERS = [
    LEAVES,
    PARTS,
    {"queries", "setup"},
    {"steps"},
    {"nightly", "voicing", "curation", "finding", "personal", "overseeing", "acting", "reviewing", "upkeep"},
    {"closing"},
    {"library", "workspace"},
    {"voc"},
    # The command line and the app both write reviews.
    {"report"},
]
EDGES = {"cli", "app", "doctor", "__main__"}
# Fakes for tests: they need the leaves' types and nothing else, and nothing needs them.
TESTING = "testing"
RANK = {unit: rank for rank, layer in enumerate([*LAYERS, EDGES]) for unit in layer} | {TESTING: 1}
# What may import its own kind: leaves build on each other, and the command line starts the app and the doctor.
SOCIABLE = {RANK["errors"], RANK["cli"]}
# The starter voc.toml is written from packs and from nothing else that a part offers.
NARROW = {"setup": ("voc.errors", "voc.model", "voc.tagging.packs")}

# Library -> the only places that may import it.
FENCES = {
    "presidio_analyzer": ("privacy/presidio.py",),
    "spacy": ("privacy/presidio.py",),
    "tldextract": ("privacy/presidio.py",),
    "torch": ("tagging/train/", "tagging/adapter.py"),
    "transformers": ("tagging/train/", "tagging/adapter.py"),
    "onnxscript": ("tagging/train/",),
    "deltalake": ("store/",),
    "obstore": ("store/remote.py",),
    "daft": ("daftpool.py",),
    "ray": ("daftpool.py",),
    "sqlalchemy": ("store/",),
    "alembic": ("store/",),
    "apprise": ("delivery.py",),
    "streamlit": ("app/",),
    "typer": ("cli/",),
    "click": (),
    "rich": ("cli/",),
    "pandas": (),
    "pickle": (),
    "joblib": (),
    "dill": (),
    "shelve": (),
    "umap": (),
    "numba": (),
    "hdbscan": (),
    "bertopic": ("themes/bertopic.py",),
    "requests": (),
    "httpx": (),
    "urllib": ("endpoint.py", "outside.py"),
    "http": (),
    "socket": ("outside.py",),
}
# It tells the user where the app listens.
SAYS_WHERE = "app/serve.py"


def unit(file):
    """The top-level name that a file of src belongs to; the package's own ``__init__`` is "voc"."""
    top = Path(file).parts[0].removesuffix(".py")
    return "voc" if top == "__init__" else top


def imports(file, tree):
    """Absolute names of every module that a file imports anywhere, lazily and for type checking included."""
    package = ["voc", *Path(file).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # "from voc import faults" names a module, not an attribute.
            yield from (f"{module}.{alias.name}" if module == "voc" else module for alias in node.names)


def breaches(file, tree):
    """What a file imports against the rule, one sentence each."""
    mine = unit(file)
    for name in imports(file, tree):
        parts = name.split(".")
        if parts[0] != "voc":
            continue
        theirs = parts[1] if len(parts) > 1 and parts[1] in RANK else "voc"
        same_layer = RANK[theirs] == RANK[mine] and RANK[mine] not in SOCIABLE
        if theirs != mine and (RANK[theirs] > RANK[mine] or same_layer or theirs == TESTING):
            yield f"{file} imports {name}"
        if mine in NARROW and theirs != mine and not name.startswith(NARROW[mine]):
            yield f"{file} imports {name}"


def test_every_module_has_a_layer():
    assert {unit(file) for file in FILES} <= RANK.keys()


def test_imports_go_one_way():
    assert [breach for file, tree in FILES.items() for breach in breaches(file, tree)] == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("ingest/x.py", "from voc.store import Lake"),
        ("ingest/x.py", "def f():\n    from voc.tagging.tagger import Tagger"),
        ("store/x.py", "import voc.cli"),
        ("store/x.py", "from voc import nightly"),
        ("text/x.py", "from voc.privacy import find"),
        ("text/x.py", "from ..privacy import find"),
        ("queries/x.py", "from voc.steps import routing"),
        ("steps/x.py", "from voc.workspace import init"),
        ("nightly.py", "from voc.workspace import init"),
        ("workspace.py", "from voc.library import tag"),
        ("setup.py", "from voc.tagging.tagger import Tagger"),
        ("cli/x.py", "from voc.testing import ToyEncoder"),
        ("loop/x.py", "import voc"),
    ],
)
def test_the_rule_sees_a_breach(file, line):
    assert list(breaches(file, ast.parse(line))), f"{file}: {line}"


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("config.py", "from voc.model import Sla"),
        ("ingest/x.py", "from voc.text.split import split_mentions"),
        ("ingest/x.py", "from .files import table"),
        ("queries/x.py", "from voc.insight.metrics import nps"),
        ("steps/x.py", "from voc import faults"),
        ("cli/x.py", "from voc.doctor import examine"),
        ("app/x.py", "import voc"),
    ],
)
def test_the_rule_lets_the_legal_pass(file, line):
    assert list(breaches(file, ast.parse(line))) == []


def test_modules_are_loaded_by_name_only_in_packages_that_put_it_off():
    # import_module would slip past the rule; an __init__ uses it for its own modules and the public names, and a worker
    # for the one function that whoever started it has named.
    calls = [file for file, tree in FILES.items() if "importlib.import_module" in names_used(file, tree)]
    assert [file for file in calls if Path(file).name != "__init__.py"] == ["pool.py"]


def names_used(file, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "importlib":
            yield from (f"importlib.{alias.name}" for alias in node.names)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            yield "importlib.import_module"


@pytest.mark.parametrize("library", FENCES)
def test_a_library_stays_behind_its_fence(library):
    outside = [
        file
        for file, tree in FILES.items()
        if library in {name.split(".")[0] for name in imports(file, tree)} and not file.startswith(FENCES[library])
    ]
    assert outside == []


def test_no_file_is_longer_than_400_lines():
    lengths = {file: len((SRC / file).read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {file: n for file, n in lengths.items() if n > 400} == {}


def test_no_function_is_longer_than_40_lines():
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = {
        f"{file}:{node.name}": node.end_lineno - node.lineno + 1
        for file, tree in FILES.items()
        for node in ast.walk(tree)
        if isinstance(node, functions) and node.end_lineno - node.lineno >= 40
    }
    assert long == {}


def test_only_the_command_line_prints():
    printing = {
        file
        for file, tree in FILES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert {file for file in printing if not file.startswith("cli/")} <= {SAYS_WHERE}


def test_every_module_says_what_it_is_for():
    assert [file for file, tree in FILES.items() if not ast.get_docstring(tree)] == []


def test_only_the_command_line_configures_logging():
    owners = {"basicConfig", "addHandler", "setLevel", "StreamHandler", "FileHandler"}
    found = {
        file
        for file, tree in FILES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in owners
    }
    assert {file for file in found if not file.startswith("cli/")} == set()


def test_the_root_app_is_a_router_and_nothing_more():
    app = SRC.parents[1] / "app.py"
    assert len(app.read_text(encoding="utf-8").splitlines()) <= 25
