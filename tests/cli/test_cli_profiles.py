"""An export that nobody described: guessed, shown, written as a profile, taken in, and refused where it is unclear."""

import json

import pytest

SENTENCES = (
    "The waiting room was cold and nobody told us anything",
    "My parcel came late and the box was open",
    "Ring me on 07700 900123 about the lost letter",
    "Very kind staff who explained every step of it",
)
FIXTURES = "tests/fixtures"


def export(folder, name, dates):
    rows = [f'{i},{day},"{text}"' for i, (day, text) in enumerate(zip(dates, SENTENCES, strict=True))]
    path = folder / name
    path.write_text("Ticket,Sent on,What happened?\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "profile"), [("zendesk.csv", "zendesk"), ("qualtrics.csv", "qualtrics"), ("call.vtt", "chat")]
)
def test_a_dry_run_says_which_profile_it_guessed_and_why(voc_command, request, name, profile):
    (shown,) = voc_command.json("ingest", request.config.rootpath / FIXTURES / name, "--dry-run")
    assert (shown["profile"], shown["to_decide"]) == (profile, [])
    assert shown["confidence"] > 0.8
    assert shown["why"]["file"]
    assert shown["rows"]


def test_a_guessed_file_is_taken_in_once_and_its_next_export_is_known(acme, tmp_path):
    days = ["2026-01-13", "2026-01-14", "2026-01-15", "2026-02-01"]
    assert acme.json("ingest", export(tmp_path, "letters-2026-01.csv", days))["stored"] == 4
    assert acme.json("ingest", export(tmp_path, "letters-2026-02.csv", days))["duplicate"] == 4


def test_dates_that_could_be_two_days_are_refused_and_the_profile_settles_it(acme, tmp_path):
    path = export(tmp_path, "letters.csv", ["1/2/2026", "3/4/2026", "5/6/2026", "7/8/2026"])
    assert "dmy" in acme.fails(1, "ingest", path)
    said = acme.ok("profile", "new", path, "--out", tmp_path / "ours.toml")
    assert "to decide" in said
    text = (tmp_path / "ours.toml").read_text(encoding="utf-8")
    (tmp_path / "ours.toml").write_text(text.replace("dmy or mdy?", "dmy"), encoding="utf-8")
    assert acme.json("ingest", path, "--profile", tmp_path / "ours.toml")["stored"] == 4
    assert "exists already" in acme.fails(1, "profile", "new", path, "--out", tmp_path / "ours.toml")


def test_a_profile_is_printed_without_a_cell_of_the_file(voc_command, tmp_path):
    printed = voc_command.ok("profile", "new", export(tmp_path, "l.csv", ["2026-01-13"] * 4))
    assert "What happened?" in printed
    assert not [text for text in SENTENCES if text in printed]


def test_every_shipped_profile_is_listed(voc_command):
    listed = {row["name"] for row in json.loads(voc_command.ok("profile", "list", "--json"))}
    assert {"generic", "zendesk", "nhs-fft", "cfpb"} <= listed


def test_new_comments_beside_the_same_tickets_are_read(acme, request, tmp_path):
    for name in ("zendesk.csv", "zendesk_comments.csv"):
        (tmp_path / name).write_bytes((request.config.rootpath / FIXTURES / name).read_bytes())
    first = acme.json("ingest", tmp_path / "zendesk.csv")
    assert acme.json("ingest", tmp_path / "zendesk.csv")["stored"] == 0
    comments = tmp_path / "zendesk_comments.csv"
    comments.write_text(comments.read_text(encoding="utf-8").replace("parcel", "package"), encoding="utf-8")
    again = acme.json("ingest", tmp_path / "zendesk.csv")
    assert first["stored"] == again["read"]
    assert again["stored"] > 0
