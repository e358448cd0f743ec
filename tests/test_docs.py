"""The documentation names every verb, option and key there is, none that there is not, and figures as measured."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
import typer

import voc
from voc import cli, config
from voc.model import Owner, Route, Sla
from voc.testing import sample_feedback

ROOT = Path(voc.__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
KEYS = [
    (f"{table}.{field.name}", field.name)
    for table, kind in (
        ("workspace", config.Config),
        ("privacy", config.Privacy),
        ("lanes", config.Lanes),
        ("themes", config.Themes),
        ("signals", config.Signals),
        ("sources", config.Source),
        ("owners", Owner),
        ("targets", config.Target),
        ("routes", Route),
        ("sla", Sla),
        ("channels", config.Channel),
        ("notifications", config.Notifications),
        ("permissions", config.Permissions),
    )
    for field in dataclasses.fields(kind)
    # A source's name is the name of its table, as a channel's is; a permission's key is the move.
    if (table, field.name)
    not in {("sources", "name"), ("channels", "name"), ("targets", "name"), ("permissions", "moves")}
]


def commands(group, path=()):
    """Every command below ``group``: its words and the click command that has its options."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


VERBS = dict(commands(typer.main.get_command(cli.app)))
OPTIONS = sorted(
    {
        option
        for command in [*VERBS.values(), typer.main.get_command(cli.app)]
        for parameter in command.params
        for option in getattr(parameter, "opts", ())
        if option.startswith("--")
    }
)


def test_the_walk_finds_the_command_line():
    assert {"nightly", "tag", "themes list", "cases hand-over", "models verify"} <= VERBS.keys()
    assert {"--json", "--dry-run", "--text-column", "--workspace"} <= set(OPTIONS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_docs(verb):
    assert re.search(rf"(voc (-w \S+ )?|`){re.escape(verb)}\b(?!-)", TEXT), f"no page names {verb!r}"


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_in_the_docs(option):
    assert re.search(rf"{re.escape(option)}\b(?!-)", TEXT), f"no page names {option}"


@pytest.mark.parametrize(("place", "key"), KEYS, ids=[place for place, _ in KEYS])
def test_every_key_of_voc_toml_is_in_the_docs(place, key):
    assert re.search(rf"`{key}`|\b{key} = |\[\[?{key}\b", TEXT), f"no page names {place}"


@pytest.mark.parametrize("name", ["VOC_WORKSPACE", "VOC_KEY", "VOC_ACTOR", "VOC_MODELS", "VOC_DEBUG"])
def test_every_variable_is_in_the_docs(name):
    assert f"`{name}`" in TEXT or f"${name}" in TEXT


def code_in(text):
    """Code spans, fenced blocks and lines set in by four spaces."""
    yield from re.findall(r"`([^`\n]+)`", text)
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    yield from (line for block in fenced for line in block.splitlines())
    yield from re.findall(r"^    (.+)$", text, re.MULTILINE)


def calls(page):
    """What a page tells the reader to type after ``voc``, options of ``voc`` itself apart."""
    for code in code_in(page.read_text(encoding="utf-8")):
        for said in re.findall(
            r"(?:^|[\s/&])voc((?: (?:-w|--workspace)[ =]\S+)*) ([a-z][\w-]*)(?: ([a-z][\w-]*))?", code
        ):
            yield said[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_verb_that_does_not_exist(page):
    first = {verb.split()[0] for verb in VERBS}
    groups = {verb.split()[0] for verb in VERBS if " " in verb}
    for word, second in calls(page):
        assert word in first, f"{page.name}: voc {word}"
        if word in groups and second:
            assert f"{word} {second}" in VERBS, f"{page.name}: voc {word} {second}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    lost = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_place_on_the_machine_it_was_written_on(page):
    assert re.findall(r"/(?:work|tmp|home|root)/\S*", page.read_text(encoding="utf-8")) == []


FIGURES = re.compile(r"<!-- figures:([\w-]+) -->\n(.*?)<!-- /figures -->", re.DOTALL)
PAGES_WITH_FIGURES = (README, *(ROOT / "docs" / f"{name}.md" for name in ("figures", "metrics", "privacy", "sources")))
BLOCKS = [
    (page.name, *block) for page in PAGES_WITH_FIGURES for block in FIGURES.findall(page.read_text(encoding="utf-8"))
]
RESULTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))["figures"]
    for path in (ROOT / "benchmarks" / "results").glob("*.json")
}


def rows_of(block):
    """The cells of a markdown table, without its head and rule."""
    lines = [line.strip().strip("|").split("|") for line in block.splitlines() if line.strip().startswith("|")]
    return [[cell.strip() for cell in cells] for cells in lines[2:]]


def shown(cell):
    """The numbers of a cell as (value, decimals, is a percentage)."""
    for number, percent in re.findall(r"(?<![\w.])(-?\d[\d,]*(?:\.\d+)?)\s?(%?)", cell):
        bare = number.replace(",", "")
        yield float(bare), len(bare.partition(".")[2]), bool(percent)


def matches(number, figure):
    value, decimals, percent = number
    beside = figure.get("baseline")
    numbers = [*figure.values(), *(beside.values() if isinstance(beside, dict) else ())]
    measured = [v * (100 if percent else 1) for v in numbers if isinstance(v, int | float)]
    return any(abs(v - value) <= 0.5 * 10**-decimals + 1e-9 for v in measured)


def test_the_pages_quote_figures():
    quoted = {(page, name) for page, name, _ in BLOCKS}
    asked = {("README.md", "chosen"), ("privacy.md", "privacy"), ("sources.md", "ingest"), ("metrics.md", "intervals")}
    assert quoted >= asked
    renew = "renew the pages: python benchmarks/readme.py"
    assert {name for page, name in quoted if page == "figures.md"} == RESULTS.keys(), renew
    assert [name for _, name, block in BLOCKS if not rows_of(block)] == [], "blocks without a table"


@pytest.mark.parametrize(("page", "name", "block"), BLOCKS, ids=[f"{page}-{name}" for page, name, _ in BLOCKS])
def test_every_quoted_figure_is_as_measured(page, name, block):
    # A row is one figure of benchmarks/results/NAME.json: what it is called, then numbers that are all that figure's.
    figures = RESULTS[name] if name != "chosen" else [figure for result in RESULTS.values() for figure in result]
    for first, *cells in rows_of(block):
        numbers = [number for cell in cells for number in shown(cell)]
        assert numbers, f"{name}: {first}: no number"
        assert any(all(matches(number, figure) for number in numbers) for figure in figures), (
            f"{name}: {first}: {cells}; renew the pages: python benchmarks/readme.py"
        )


def test_the_comparison_of_figures_sees_a_wrong_one():
    figure = {"name": "acc5", "value": 0.6757, "low": 0.6439, "high": 0.7051, "n": 1175}
    assert all(matches(number, figure) for number in shown("67.6 % (0.64 to 0.705), n 1,175"))
    for wrong in ("0.686", "67.7 %", "0.65", "1174", "0.69 to 0.71"):
        assert not all(matches(number, figure) for number in shown(wrong)), wrong


def test_the_readme_s_python_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sample_feedback(8).write_csv("export.csv")
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 -- our own page
    assert capsys.readouterr().out.startswith("[")
