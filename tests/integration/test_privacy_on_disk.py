"""Personal data of every kind, put into every column of a file and into its name, is then nowhere on the disk."""

import csv
import itertools
import string

import pytest

import voc
from clinic import DAY, found_on_disk
from voc.privacy import KINDS, checks
from voc.testing import sample_feedback

TOML = """
[workspace]
name = "planted"

[sources.feed]
path = "inbox/*.csv"
profile = "generic"

[[owners]]
id = "care"
name = "Care"
function = "care"
default = true
"""
# One of the names by which the profile knows each of its columns, and two that it does not know.
COLUMNS = (
    "Record ID", "Response ID", "Respondent", "Date", "Channel", "Question", "Text", "Subject", "On behalf of",
    "May contact", "May publish", "Site", "Service", "Ward", "Product", "Version", "Market", "Plan", "Brand", "NPS",
    "CSAT", "CES", "FFT", "First response at", "Resolved at", "Reopens", "Contacts", "Agent notes", "Extra",
)  # fmt: skip
EVENT_COLUMNS = (
    "event_id", "kind", "respondent", "date", "status", "value", "organisation", "site", "service", "product", "market",
)  # fmt: skip
GIVEN = (
    "Margaret",
    "Philippa",
    "Tobias",
    "Anjali",
    "Gwendolen",
    "Rosalind",
    "Callum",
    "Bridget",
    "Marguerite",
    "Hamish",
)
STREETS = ("Kittiwake Terrace", "Dunlin Close", "Linnet Way", "Plover Court", "Curlew Crescent", "Teal Avenue")
LETTERS = string.ascii_uppercase.replace("I", "").replace("Q", "").replace("O", "").replace("Z", "")


def numbered(check, digits):
    """Numbers of ``digits`` digits that pass ``check``, one after another."""
    start = 4 * 10 ** (digits - 1) + 123_457
    return (str(n) for n in itertools.count(start, 7919) if check(str(n)))


def ibans():
    for n in itertools.count(31_926_819):
        for check in range(2, 99):
            if checks.iban(candidate := f"GB{check:02}WEST123456{n}"):
                yield candidate
                break


def surname(n):
    return "Oller" + "".join(LETTERS[n // 20**k % 20] for k in range(3)).lower() + "shaw"


CARDS, NHS, IBANS = numbered(checks.luhn, 16), numbered(checks.nhs_number, 10), ibans()
# kind -> (the n-th value, and how people write it)
MAKERS = {
    "EMAIL": lambda n: (f"person{n}.doe@example.com", "write to {}"),
    "URL": lambda n: (f"https://example.org/u/{n}?id=77{n}", "see {}"),
    "IBAN": lambda _: (next(IBANS), "IBAN {}"),
    "NHS_NUMBER": lambda _: (next(NHS), "NHS number {}"),
    "NI_NUMBER": lambda n: (f"AB{123_000 + n}C", "NI number {}"),
    "SSN": lambda n: (f"219-09-{9000 + n}", "SSN {}"),
    "MRN": lambda n: (f"{7_731_000 + n}", "MRN {}"),
    "PASSPORT": lambda n: (f"{533_380_000 + n}", "passport number {}"),
    "LICENCE": lambda n: (f"MORGA{657_000 + n}SM9IJ", "driving licence number {}"),
    "ACCOUNT": lambda n: (f"{31_920_000 + n}", "bank account {}"),
    "DOB": lambda n: (f"{n % 28 + 1:02}/{n // 28 % 12 + 1:02}/{1940 + n // 336}", "date of birth {}"),
    "CARD": lambda _: (next(CARDS), "card number {}"),
    "IP": lambda n: (f"203.0.{n // 250 + 113}.{n % 250 + 1}", "from {}"),
    "PHONE": lambda n: (f"07700 {900_000 + n}", "ring me on {}"),
    "ADDRESS": lambda n: (f"{n + 14} {STREETS[n % len(STREETS)]}", "I live at {}"),
    "POSTCODE": lambda n: (f"BN{n // 400 + 1} {n % 9 + 1}{LETTERS[n // 20 % 20]}{LETTERS[n % 20]}", "postcode {}"),
    "PLATE": lambda n: (f"BD51 {LETTERS[n // 400]}{LETTERS[n // 20 % 20]}{LETTERS[n % 20]}", "my reg is {}"),
    "HANDLE": lambda n: (f"@megs_makes_things_{n}", "follow {}"),
    "NAME": lambda n: (f"{GIVEN[n % 10]} {surname(n)}", "my name is {}"),
}  # fmt: skip
NAMED = "ring Philippa Garside on 07700 900461 or nadia.elmasri@example.com (2)"
IN_THE_NAME = ("Garside", "07700 900461", "nadia.elmasri@example.com")


TEXTS = sample_feedback(12)["text"].to_list()


def feedback_row(n):
    text = TEXTS[n % len(TEXTS)]
    return {"Record ID": f"R-{n:05}", "Respondent": f"p{n}", "Date": "2026-03-02", "Text": text}


def event_row(n):
    return {"event_id": f"E-{n:05}", "kind": "order", "respondent": f"p{n}", "date": "2026-03-02"}


def rows(columns, harmless, first=0):
    """One row for each kind and column, with that kind's value in that column; and the values, by (kind, column)."""
    planted, made = {}, []
    for n, (kind, column) in enumerate(itertools.product(MAKERS, columns), first):
        value, words = MAKERS[kind](n)
        planted[kind, column] = value
        made.append({**harmless(n), column: words.format(value)})
    return made, planted


def write(path, columns, made):
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(made)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A workspace after a night on the planted files, the values, and the books of both files."""
    root = tmp_path_factory.mktemp("planted") / "ws"
    with voc.init(root, settings=TOML) as ws:
        feedback, values = rows(COLUMNS, feedback_row)
        write(root / "inbox" / f"{NAMED}.csv", COLUMNS, feedback)
        events, event_values = rows(EVENT_COLUMNS, event_row, len(feedback))
        write(root / "inbox" / "events.tmp", EVENT_COLUMNS, events)
        (root / "inbox" / "events.tmp").rename(events_file := root.parent / "events.csv")
        books = [ws.nightly(DAY), ws.ingest(events_file, "demo-events")]
        assert len(ws.themes()) > 0, "themes keep exemplars: without one the search would miss a place"
    return root, {**values, **{(kind, f"event's {column}"): v for (kind, column), v in event_values.items()}}, books


def test_every_kind_of_personal_data_is_tried():
    # References are masked on request only.
    assert set(MAKERS) == set(KINDS) - {"REFERENCE"}


def test_values_differ_so_that_a_leak_names_its_column(planted):
    _, values, _ = planted
    assert len(set(values.values())) == len(values) == len(MAKERS) * (len(COLUMNS) + len(EVENT_COLUMNS))


def test_none_of_it_is_anywhere_on_the_disk(planted):
    root, values, _ = planted
    places = {value: place for place, value in values.items()}
    leaks = found_on_disk(root, list(places))
    assert sorted({(*places[value], where) for value, where in leaks}) == []


def test_the_name_of_the_file_is_masked(planted):
    root, _, _ = planted
    assert found_on_disk(root, IN_THE_NAME) == []
    with voc.open(root) as ws:
        names = set(ws.lake.read("quarantine", ("file",))["file"])
    assert names == {"ring [NAME] on [PHONE] or [EMAIL] (2).csv", "events.csv"}


def test_the_search_finds_each_value_in_the_files_it_came_in(planted):
    root, values, _ = planted
    feedback = {value for (_, column), value in values.items() if not column.startswith("event's")}
    assert {value for value, _ in found_on_disk(root, feedback, but="nothing")} == feedback


def test_rows_with_personal_data_are_kept_where_the_column_can_hold_words(planted):
    _, _, (night, events) = planted
    # Seven numeric columns and the channel take no words: their rows are kept out, one for each kind.
    assert night["quarantined"] == 7 * len(MAKERS)
    assert night["read"] == len(MAKERS) * len(COLUMNS) == night["stored"] + night["quarantined"]
    assert events.quarantined == len(MAKERS), "an event's value is a number"
