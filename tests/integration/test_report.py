"""The monthly review of the demo: whole, self-contained, every number with a receipt that gives the same again."""

import datetime as dt
import re
import shutil

import pytest
from test_receipts import add_late

import voc
from voc.errors import InputError
from voc.model import Filter
from voc.report.blocks import Chart, Num, Table, Words
from voc.report.html import html
from voc.report.markdown import markdown
from voc.report.monthly import monthly

FEBRUARY = dt.date(2026, 2, 1)
AGENDA = [
    "At a glance", "Which metrics moved, and why", "Recurring issues, and who owns them", "What goes with the score",
    "What shipped, and did it work", "Decisions to revisit", "Suggestions from the team", "Friction points",
    "Coaching topics", "Knowledge-base gaps", "Still unanswered",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo(demo_run, tmp_path_factory):
    """A copy, for a report writes its receipts."""
    root = shutil.copytree(demo_run[0], tmp_path_factory.mktemp("report") / "demo")
    toml = root / "voc.toml"
    target = '\n[targets.nps]\nvalue = 30\nset_by = "board"\nset_on = 2026-01-01\n'
    toml.write_text(toml.read_text(encoding="utf-8") + target, encoding="utf-8")
    with voc.open(root) as ws:
        yield ws


@pytest.fixture(scope="module")
def review(demo):
    return monthly(demo, FEBRUARY)


def numbers(review):
    """The receipt of every number that is shown or drawn."""
    for section in review.sections:
        for block in section.blocks:
            lines = (
                block.rows if isinstance(block, Table) else [block.parts if isinstance(block, Words) else block.says]
            )
            yield from (cell.receipt for line in lines for cell in line if isinstance(cell, Num))
            yield from block.receipts if isinstance(block, Chart) else ()


def test_it_has_the_agenda_of_the_meeting(review):
    assert [section.title for section in review.sections] == AGENDA
    assert all(section.blocks for section in review.sections)


def test_every_receipt_gives_the_same_number_again(demo, review):
    shown = set(numbers(review))
    assert shown == set(review.figures)
    assert len(shown) > 60
    again = demo.recompute(list(review.figures))
    assert [r.receipt.receipt_id for r in again if not r.same] == []


def test_the_page_needs_nothing_from_outside(review):
    page = html(review)
    assert not re.findall(r"<script|https?://|src=|@import|url\(", page)
    assert page.count('<svg class="chart"') >= 3
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
    assert set(review.figures) <= targets


def test_the_markdown_says_the_same(review):
    text = markdown(review)
    assert [line[3:].split(". ", 1)[1] for line in text.splitlines() if re.match(r"## \d", line)] == AGENDA
    assert set(re.findall(r"`(r-[0-9a-f]{12})`", text)) == set(review.figures)


def test_a_missed_target_is_said_with_who_set_it(review):
    text = markdown(review)
    assert re.search(r"Net promoter score: target 30 points \(set by board, 2026-01-01\); .*: missed\.", text)


def test_a_label_cannot_become_markup(demo):
    february = Filter(FEBRUARY, dt.date(2026, 3, 1))
    largest = next(f for f in demo.figures("themes", february) if f.facts["pool"] == "problem")
    demo.edit_theme(largest.key.split("|")[1], "renamed", actor="ann", label="<img src=x> [a](b) | c")
    fresh = monthly(demo, FEBRUARY, dt.datetime.now(dt.UTC))
    assert "<img" not in html(fresh)
    assert "\\<img src=x\\> \\[a\\](b) \\| c" in markdown(fresh)


def test_a_past_month_stays_as_it_was_known_after_late_answers_moves_compaction_and_vacuum(clinic_after):
    with voc.open(clinic_after) as ws:
        before = monthly(ws, dt.date(2026, 2, 1))
        assert "C-0001 open" in markdown(before)
        add_late(ws.root, 20)
        ws.ingest("survey")
        ws.tag()
        for case in ws.cases():
            ws.move_case(case.case_id, "decline", actor="Jo", reason="too dear", revisit_on=dt.date(2027, 6, 1))
        ws.raise_observation("Patients ring twice about one letter", actor="Ana")
        ws.lake.compact()
        ws.lake.vacuum(0)
        after = monthly(ws, dt.date(2026, 2, 1))
        assert markdown(after) == markdown(before)
        march = monthly(ws, dt.date(2026, 3, 1))
        assert march.as_of > before.as_of or march.sections != before.sections


def test_a_month_that_lies_ahead_and_an_empty_workspace_are_refused(demo, clinic):
    with pytest.raises(InputError, match="2099-01 lies after"):
        monthly(demo, dt.date(2099, 1, 1))
    with voc.open(clinic) as empty, pytest.raises(InputError, match="nothing is stored yet"):
        monthly(empty, FEBRUARY)
