"""Observations, changes, briefs, notices and call-backs on a stored workspace, by the command line."""

import datetime as dt
import json

import polars as pl
import pytest

from voc import cli
from voc.loop.cases import open_case
from voc.model import Evidence, Owner, Theme
from voc.workspace import init

UTC = dt.UTC
DAY = dt.datetime(2026, 3, 2, 10, tzinfo=UTC)
WORDS = "I waited forty minutes to get through on the phone."


def rows(n, *, service="GP", contact=True, publish=True, start=0):
    """``n`` people of a service who waited."""
    ids = [f"{service}-{start + i}" for i in range(n)]
    base = pl.DataFrame({"feedback_id": ids, "revision": pl.Series([0] * n, dtype=pl.Int32)}).with_columns(
        pl.lit("1").alias("redaction_version")
    )
    said = base.with_columns(
        respondent=pl.lit("p-") + pl.col("feedback_id"), event_at=pl.lit(DAY), grain=pl.lit("day"), text=pl.lit(WORDS),
        source=pl.lit("survey"), channel=pl.lit("survey"), service=pl.lit(service), may_contact=pl.lit(contact),
        may_publish=pl.lit(publish), record_ref=pl.lit("R-") + pl.col("feedback_id"),
    )  # fmt: skip
    by = {"tagger_version": pl.lit("v1"), "tagged_at": pl.lit(DAY)}
    tags = base.with_columns(**by, state=pl.lit("tagged"), sentiment=pl.lit("negative"))
    mentions = base.with_columns(
        **by, mention=pl.lit(0, pl.Int16), problem=pl.lit(value=True), start=pl.lit(0), end=pl.lit(len(WORDS))
    )
    assigned = base.with_columns(
        mention=pl.lit(0, pl.Int16), pool=pl.lit("problem"), theme_id=pl.lit("t-wait"), theme_version=pl.lit("m1"),
        assigned_at=pl.lit(DAY),
    )  # fmt: skip
    return {"feedback": said, "tags": tags, "mentions": mentions, "theme_assignments": assigned}


@pytest.fixture
def ws(tmp_path):
    """Seven people of GP and three of Dental waited; the case of it has shipped."""
    with init(tmp_path / "w", ["healthcare"]) as made:
        parts = [rows(6), rows(1, contact=False, publish=False, start=6), rows(3, service="Dental", publish=False)]
        for table in parts[0]:
            made.lake.append(table, pl.concat([part[table] for part in parts]))
        made.register.put_themes([Theme("t-wait", "Waiting on the phone", "People wait.", "accepted", "problem")])
        made.register.set_setting("theme_version", "m1")
        evidence = Evidence("t-wait", "Waiting on the phone", "problem", "accepted", 10, 10, 10, 10)
        owner = made.config.owners[0]
        made.register.open_case(*open_case(evidence, Owner(owner.id, owner.name, owner.function), None, now=DAY)[:2])
        for move, more in (
            ("take", {}),
            ("plan", {"action": "A second phone line", "root_cause": "staffing"}),
            ("ship", {}),
        ):
            made.move_case("C-0001", move, actor=owner.id, **more)
        yield made


def call(ws, capsys, *words):
    code = cli.run(["-w", str(ws.root), *words])
    out = capsys.readouterr()
    assert code == 0, out.err
    return out.out


def test_what_is_raised_gets_an_id_an_owner_company_and_an_answer(ws, capsys):
    text = "Patients on 07700 900123 ring twice about the same letter"
    made = json.loads(call(ws, capsys, "raise", text, "--team", "North", "--by", "ana", "--json"))
    assert made["observation_id"] == "O-0001"
    assert "07700" not in made["text"]
    assert made["owner"] == next(o.id for o in ws.config.owners if o.default)
    assert any(m.owner == made["owner"] and "O-0001" in m.subject for m in ws.register.pending_messages())
    again = call(ws, capsys, "raise", "They ring twice about one letter", "--by", "bo")
    assert "Perhaps the same: O-0001" in again
    assert json.loads(call(ws, capsys, "observations", "seen", "O-0001", "--by", "cy", "--json"))["new"]
    assert not json.loads(call(ws, capsys, "observations", "seen", "O-0001", "--by", "cy", "--json"))["new"]
    call(ws, capsys, "observations", "answer", "O-0001", "The letter is changed.", "--by", "jo")
    listed = json.loads(call(ws, capsys, "observations", "list", "--team", "north", "--json"))
    assert [(o["seen_by"], o["answer"]) for o in listed] == [(["cy"], "The letter is changed.")]


def test_a_brief_is_one_page_and_is_read_by_name(ws, capsys, tmp_path):
    call(ws, capsys, "raise", "The form <b>asks</b> twice", "--team", "North", "--by", "ana")
    today = dt.datetime.now(UTC).date().isoformat()
    call(ws, capsys, "changes", "add", "New opening hours", "--on", today, "--say", "We open at seven.", "--by", "jo")
    more = ("--known-issue", "--workaround", "pay by phone")
    call(ws, capsys, "changes", "add", "Card reader down", "--on", today, *more, "--by", "jo")
    words = ("brief", "--team", "North", "--date", today)
    text = call(ws, capsys, *words)
    for part in ("The form", "A second phone line", "We open at seven.", "pay by phone", "Waiting on the phone"):
        assert part in text
    call(ws, capsys, *words, "--read", "--by", "ana")
    page = tmp_path / "brief.html"
    call(ws, capsys, *words, "--out", str(page))
    html = page.read_text(encoding="utf-8")
    assert "<b>asks" not in html
    assert "Read by 1: ana" in html
    call(ws, capsys, "changes", "end", "P-0002", "--on", today)
    assert "pay by phone" not in call(ws, capsys, *words)


def test_releases_of_a_tracker_are_imported_once(ws, capsys, tmp_path):
    file = tmp_path / "releases.json"
    entries = [
        {
            "name": "v2.1",
            "published_at": "2026-03-01T10:00:00Z",
            "body": "Faster login\nmore",
            "html_url": "https://x/1",
        },
        {"name": "v2.2", "draft": True, "published_at": None},
        {"name": "2026.3", "releaseDate": "2026-03-04", "released": True, "self": "https://y/2"},
    ]
    file.write_text(json.dumps(entries), encoding="utf-8")
    first = json.loads(call(ws, capsys, "changes", "import", str(file), "--by", "jo", "--json"))
    assert [(c["what"], c["starts_on"]) for c in first] == [
        ("v2.1: Faster login", "2026-03-01"),
        ("2026.3", "2026-03-04"),
    ]
    assert json.loads(call(ws, capsys, "changes", "import", str(file), "--by", "jo", "--json")) == []


def test_a_poster_shows_five_or_more_and_only_words_that_may_be_published(ws, capsys, tmp_path):
    folder = tmp_path / "posters"
    today = dt.datetime.now(UTC).date().isoformat()
    call(
        ws,
        capsys,
        "brief",
        "--public",
        "--date",
        today,
        "--out",
        str(folder),
        "--publish",
        "--by",
        ws.config.owners[0].id,
    )
    assert sorted(p.name for p in folder.iterdir()) == ["all.html", "all.txt", "gp.html", "gp.txt"]
    text = (folder / "gp.txt").read_text(encoding="utf-8")
    assert "You said (7 people): Waiting on the phone" in text
    assert WORDS in text
    assert ws.case("C-0001").told_at is not None
    held = json.loads(call(ws, capsys, "brief", "--public", "--service", "Dental", "--date", today, "--json"))
    assert [(n["items"], n["held_back"]) for n in held] == [([], 1)]


def test_call_backs_list_only_who_agreed_and_remember_who_was_told(ws, capsys):
    listed = json.loads(call(ws, capsys, "callbacks", "list", "C-0001", "--json"))
    assert len(listed) == 9  # one of the ten said nothing about being contacted
    assert listed[0]["record_ref"].startswith("R-")
    assert "A second phone line" in listed[0]["message"]
    one = listed[0]["feedback_id"]
    call(ws, capsys, "callbacks", "told", "C-0001", one, "--by", ws.config.owners[0].id)
    assert json.loads(call(ws, capsys, "callbacks", "told", "C-0001", "--by", "ana", "--json"))["told"] == 8
    found = json.loads(call(ws, capsys, "callbacks", "figures", "--json"))
    assert (found["n_may_contact"], found["share_told"]) == (9, 1.0)
    assert found["days_to_tell"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("raise", "  ", "--by", "ana"), "needs words"),
        (("raise", "Something", "--by", ""), "say who you are"),
        (("raise", "Something", "--case", "C-9", "--by", "ana"), "C-9"),
        (("observations", "seen", "O-9", "--by", "ana"), "O-9"),
        (("changes", "end", "P-9", "--on", "2026-01-01"), "P-9"),
        (("changes", "import", "nowhere.json", "--by", "jo"), "nowhere.json"),
        (("brief",), "say for whom"),
        (("brief", "--public", "--service", "Nowhere"), "Nowhere"),
        (("callbacks", "told", "C-0001", "nobody", "--by", "jo"), "not on the call-back list"),
    ],
)
def test_what_cannot_be_done_says_why(ws, capsys, words, message):
    assert cli.run(["-w", str(ws.root), *words]) == 1
    assert message in capsys.readouterr().err


def test_an_erased_person_is_on_no_call_back_list(ws):
    ws.told("C-0001", actor=ws.config.owners[0].id)
    assert ws.register.forget_told(["GP-0"]) == 1
    assert "GP-0" not in {t.feedback_id for t in ws.register.tellings()}
