"""Safety of the parts: whatever a file holds, it ends as rows or as one line, and nothing in it is executed.

A few hundred inputs each time; `make fuzz` tries 20,000 of each.
"""

import ast
import io
import os
import stat
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import voc
from voc import config
from voc.errors import ConfigError, InputError, VocError
from voc.ingest import load_profile
from voc.ingest.archive import check_workbook
from voc.ingest.profile import parse_profile
from voc.tagging.packs import load_pack

EXAMPLES = int(os.environ.get("VOC_FUZZ", "150"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ROOT = Path(voc.__file__).parents[2]
ODD = [
    "",
    '"',
    '""',
    '"\n',
    "\x00",
    "\ufeff",
    "=1+1",
    "2026-13-45",
    "1e999",
    "🙂",
    "a" * 5000,
    "\u202e",
    "NaN",
    "-",
    "\r",
]
HEADER = ("record_id", "respondent", "date", "channel", "site", "question", "text", "nps")
CELL = st.sampled_from(ODD) | st.text(max_size=30)
ROWS = st.lists(st.lists(CELL, max_size=10), max_size=8)
JOIN = st.sampled_from([",", ";", "\t", "|", "", ",,"])
END = st.sampled_from(["\n", "\r\n", "\r", "\n\n", ""])


def one_line(error):
    assert len(str(error).splitlines()) == 1, error


@st.composite
def csv_files(draw):
    """Bytes that are nearly, or not at all, a csv file."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=400))
    join, end = draw(JOIN), draw(END)
    header = join.join(draw(st.permutations(HEADER))[: draw(st.integers(0, 8))])
    body = end.join([header, *(join.join(row) for row in draw(ROWS))])
    return body.encode(draw(st.sampled_from(["utf-8", "utf-16", "cp1252", "latin-1"])), "replace")


@given(csv_files())
@FUZZ
def test_a_csv_file_of_any_content_becomes_rows_or_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    path.write_bytes(content)
    try:
        batch = voc.read(path, profile="generic")
    except VocError as error:
        one_line(error)
    else:
        assert batch.summary["read"] == batch.summary["accepted"] + batch.summary["rejected"]


KEY = st.sampled_from(
    ["workspace", "sources", "owners", "routes", "channels", "privacy", "name", "path", "profile", "id", "sla", "words",
     "register_url", "external", "tier", "retention_days", "url_env", "quiet_hours", "themes", "signals", "calendars"]
)  # fmt: skip
LEAF = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.just("22:00-06:00")
)
TREE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(KEY, TREE, max_size=6))
@FUZZ
def test_settings_of_any_content_are_settings_or_one_line(raw):
    for parse in (config.parse, lambda tree: parse_profile(tree, "fuzzed")):
        try:
            parse(raw)
        except VocError as error:
            one_line(error)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
@FUZZ
def test_a_toml_file_of_any_text_is_settings_or_one_line(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()
    (folder / "voc.toml").write_text(text, encoding="utf-8", errors="replace")
    (folder / "profile.toml").write_text(text, encoding="utf-8", errors="replace")
    for load in (lambda: config.load(folder), lambda: load_profile(folder / "profile.toml")):
        try:
            load()
        except VocError as error:
            one_line(error)


DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * DEEP + "]" * DEEP,
        "a = " + "{a=" * DEEP + "1" + "}" * DEEP,
        "a." * DEEP + "a = 1",
        "[" + "a." * DEEP + "a]",
        "a = " + "9" * DEEP,
        "a = 1\n" * 2_000_000,
    ],
    ids=["lists", "tables", "dotted key", "dotted header", "number", "long"],
)
def test_settings_that_nest_or_go_on_beyond_reason_are_one_line_and_no_hang(tmp_path, text):
    path = tmp_path / "voc.toml"
    path.write_text(text)
    for load in (lambda: config.load(tmp_path), lambda: load_profile(path), lambda: load_pack(str(path))):
        with pytest.raises(ConfigError, match=r"voc\.toml: .*(not valid TOML|dots|characters)") as caught:
            load()
        one_line(caught.value)


@pytest.mark.parametrize("name", ["deep.json", "deep.jsonl"])
def test_records_that_nest_beyond_reason_are_one_line(tmp_path, name):
    (tmp_path / name).write_text('{"text":' * DEEP + "1" + "}" * DEEP + "\n")
    with pytest.raises(InputError, match=name) as caught:
        voc.read(tmp_path / name, profile="generic")
    one_line(caught.value)


def bomb(path, *, size, lie=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * size)
    if lie is not None:
        body = path.read_bytes()
        path.write_bytes(body.replace(size.to_bytes(4, "little"), lie.to_bytes(4, "little")))


def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path):
    bomb(tmp_path / "bomb.xlsx", size=50 * 1024**2)
    for use in (check_workbook, lambda path: voc.read(path, profile="generic")):
        with pytest.raises(InputError, match=r"unpacked it would have 52,428,800 bytes"):
            use(tmp_path / "bomb.xlsx")


def test_a_workbook_that_lies_about_its_size_is_refused(tmp_path):
    bomb(tmp_path / "lies.xlsx", size=3_000_000, lie=1000)
    with pytest.raises(InputError, match="not a readable xlsx file"):
        check_workbook(tmp_path / "lies.xlsx")


def test_an_honest_workbook_passes(tmp_path):
    body = io.BytesIO()
    pl.DataFrame({"text": ["Nobody answers"] * 2000}).write_excel(body)
    (tmp_path / "fine.xlsx").write_bytes(body.getvalue())
    check_workbook(tmp_path / "fine.xlsx")


def test_nothing_that_voc_reads_can_execute():
    forbidden = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
    calls = {"eval", "exec", "compile"}
    found = []
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [(node.module or "").split(".")[0]]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls:
                found.append(f"{path.name}: {node.func.id}")
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                found.append(f"{path.name}: allow_pickle")
            found += [f"{path.name}: {name}" for name in names if name in forbidden]
    assert found == []


def test_models_are_data_and_not_programs():
    kinds = {p.suffix for p in (ROOT / "models").rglob("*") if p.is_file()}
    assert kinds <= {".safetensors", ".onnx", ".json", ".md", ".toml", ".txt", ".ftz", ".gz", ".csv"}, kinds


def test_everything_a_night_writes_is_private(clinic_after):
    # What the sources put into the inbox is theirs.
    ours = [p for p in clinic_after.rglob("*") if p.relative_to(clinic_after).parts[:1] != ("inbox",)]
    modes = {p.relative_to(clinic_after): (p.is_dir(), stat.S_IMODE(p.stat().st_mode)) for p in (clinic_after, *ours)}
    loose = {str(name): oct(mode) for name, (folder, mode) in modes.items() if mode != (0o700 if folder else 0o600)}
    assert loose == {}


def test_documents_name_tests_that_exist():
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = [cell for line in page.splitlines() for cell in line.split("`") if cell.startswith("tests/")]
    assert len(named) > 12
    for name in named:
        file, _, test = name.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8")
        assert not test or f"def {test}(" in text, name
