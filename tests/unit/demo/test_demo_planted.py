"""What planted.toml lists is what stands in the generated files."""

from __future__ import annotations

import copy
import re
import tomllib
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from voc.config import parse
from voc.demo import planted, voc_toml
from voc.demo.plants import plant
from voc.demo.schedule import make_responses
from voc.demo.texts import load_texts
from voc.errors import ConfigError

FACTS = planted()


def weekly(items, topic):
    counts = Counter(row["week"] for row in items if row["topic"] == topic)
    return [counts[week] for week in range(1, 27)]


def fix(*, worked):
    return next(fix for fix in FACTS["fixes"] if fix["worked"] is worked)


def test_the_emergent_issue_is_absent_before_its_week_and_grows_after(items):
    emergent = FACTS["emergent"]
    counts = weekly(items, emergent["topic"])
    assert counts == emergent["weekly"]
    assert emergent["week"] == 20
    assert counts[:19] == [0] * 19
    assert counts[19] > 0
    assert sum(counts[23:]) >= 2 * sum(counts[19:22])
    people = {row["respondent"] for row in items if row["topic"] == emergent["topic"]}
    assert len(people) == sum(counts)


def test_no_other_topic_looks_as_if_it_emerged(items):
    background = {row["topic"] for row in items} - {None, FACTS["emergent"]["topic"], fix(worked=True)["topic"]}
    for topic in background:
        counts = weekly(items, topic)
        if sum(counts) >= 10:
            assert sum(counts[13:]) <= 0.7 * sum(counts), topic


def test_the_fix_that_worked_halves_its_topic_and_more(items):
    plan = fix(worked=True)
    counts = weekly(items, plan["topic"])
    assert counts == plan["weekly"]
    before, after = counts[: plan["week"] - 1], counts[plan["week"] - 1 :]
    assert sum(after) / len(after) < 0.25 * sum(before) / len(before)


def test_the_fix_that_failed_changes_nothing(items):
    plan = fix(worked=False)
    counts = weekly(items, plan["topic"])
    assert counts == plan["weekly"]
    before, after = counts[: plan["week"] - 1], counts[plan["week"] - 1 :]
    assert 0.8 < (sum(after) / len(after)) / (sum(before) / len(before)) < 1.25


def test_nobody_speaks_of_the_new_form_before_it_exists(items):
    plan = fix(worked=False)
    weeks = [r["week"] for r in items if r["topic"] == plan["topic"] and re.search(plan["after"], r["answer"])]
    assert len(weeks) >= 5
    assert min(weeks) > plan["week"]


def test_praise_runs_through_all_the_weeks(items):
    counts = weekly(items, FACTS["praise"]["topic"])
    assert sum(counts) >= 25
    assert sum(n > 0 for n in counts) >= 20


@pytest.mark.parametrize("entry", [*FACTS["personal_data"], *FACTS["survivors"]], ids=lambda e: f"{e['kind']}")
def test_personal_data_stand_where_they_are_listed(files, entry):
    cells = [row[entry["column"]] or "" for row in files[entry["file"]]]
    assert any(entry["value"] in cell for cell in cells)


def test_personal_data_are_of_every_kind_and_in_many_columns():
    kinds = {entry["kind"] for entry in FACTS["personal_data"]}
    assert kinds == {
        "name", "address", "postcode", "zip_code", "phone", "email", "nhs_number", "mrn", "card", "iban", "ni_number",
        "ssn", "birth_date", "ip_address", "plate", "handle",
    }  # fmt: skip
    columns = {entry["column"] for entry in FACTS["personal_data"]}
    assert columns >= {"answer", "subject", "tags", "custom_note", "agent_notes", "respondent", "product", "service"}


def values(kind):
    return [entry["value"] for entry in FACTS["personal_data"] if entry["kind"] == kind]


def passes_nhs(number):
    digits = number.replace(" ", "")
    return sum(int(d) * w for d, w in zip(digits, range(10, 0, -1), strict=True)) % 11 == 0


def passes_luhn(number):
    digits = [int(d) for d in number if d.isdigit()]
    doubled = [d * 2 - 9 * (d > 4) if i % 2 else d for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def passes_iban(number):
    turned = number.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in turned[4:] + turned[:4])) % 97 == 1


def test_numbers_with_a_checksum_pass_it():
    assert all(map(passes_nhs, values("nhs_number")))
    assert all(map(passes_luhn, values("card")))
    assert all(map(passes_iban, values("iban")))


def test_an_order_number_that_must_survive_passes_the_nhs_checksum():
    orders = {entry["value"] for entry in FACTS["survivors"]}
    assert all(len(number) == 10 and number.isdigit() for number in orders)
    assert any(map(passes_nhs, orders))
    assert not all(map(passes_nhs, orders))


def test_safety_reports_and_other_languages_stand_in_their_files(files):
    assert len(FACTS["languages"]) == 4
    for entry in (*FACTS["safety"], *FACTS["languages"]):
        assert sum(entry["words"] in (row["answer"] or "") for row in files[entry["file"]]) == 1


def test_nothing_answers_both_kinds_of_question(items):
    for brand in ("Harbour Clinics", "Wren & Tiller"):
        asked = {row["question"] for row in items if row["organisation"] == brand and row["answer"] == "Nothing"}
        assert len(asked) == 2


def by_id(files):
    found = defaultdict(list)
    for name in sorted(files):
        for row in files[name]:
            if "record_id" in row:
                found[row["record_id"]].append(row)
    return found


def test_records_come_twice_only_where_planted(files):
    twice = [rows for rows in by_id(files).values() if len(rows) > 1]
    same = [rows for rows in twice if all(a == b for a, b in pairwise(rows))]
    changed = [rows for rows in twice if rows not in same]
    assert sorted(rows[0]["answer"] for rows in same) == sorted(entry["answer"] for entry in FACTS["duplicates"])
    assert sorted((rows[0]["answer"], rows[1]["answer"]) for rows in changed) == sorted(
        (entry["answer"], entry["revised"]) for entry in FACTS["revisions"]
    )
    for first, second in changed:
        assert {**first, "answer": ""} == {**second, "answer": ""}


@pytest.mark.parametrize("entry", [*FACTS["malformed"], *FACTS["undated"]], ids=lambda e: e["record_id"])
def test_spoilt_rows_stand_once_in_their_files(demo_paths, files, entry):
    lines = demo_paths[entry["file"]].read_text(encoding="utf-8").splitlines()
    held = [line for line in lines if entry["record_id"] in line]
    assert len(held) == 1
    if "column" in entry:
        row = next(row for row in files[entry["file"]] if row["record_id"] == entry["record_id"])
        assert row[entry["column"]] == entry["value"]
    elif entry["shape"] == "broken":
        assert not held[0].endswith("}")
    else:
        tabs = entry["file"].endswith(".tsv")
        assert held[0].count("\t" if tabs else ",") != lines[0].count("\t" if tabs else ",")


def test_a_plan_for_another_number_of_texts_is_refused():
    texts = [text for text in load_texts() if text.organisation == "clinic"]
    facts = copy.deepcopy(FACTS)
    facts["emergent"]["weekly"][25] += 1
    with pytest.raises(ConfigError, match=r"phone_menu.* 43 .* 42"):
        make_responses(texts, facts, 0, 2)


def test_a_plant_on_a_text_that_nobody_wrote_is_refused(files):
    facts = {**FACTS, "cells": [{"file": "shop_survey.csv", "answer": "No such text", "column": "tags", "text": "x"}]}
    with pytest.raises(ConfigError, match=r"cells.*shop_survey\.csv"):
        plant(copy.deepcopy(files), facts)


def test_the_workspace_file_is_valid_and_names_every_file(demo_paths):
    config = parse(tomllib.loads(voc_toml()))
    folder = next(iter(demo_paths.values())).parents[1]
    named = [path.name for source in config.sources for path in folder.glob(source.path)]
    assert sorted(named) == sorted(demo_paths)
    assert {owner.function for owner in config.owners} >= {"product", "operations", "clinical", "care"}
    assert sum(owner.default for owner in config.owners) == 1
    used = {route.owner for route in config.routes}
    assert used == {owner.id for owner in config.owners}
