"""Every verb on a workspace: what it prints, the keys of its JSON, and the code it ends with."""

import json
import stat
from dataclasses import fields

import pytest
from command import Command

import voc
from clinic import DAY, N_BAD, N_ROWS, lake_rows
from voc.app import serve
from voc.cli.story import case_of, first_day
from voc.demo import planted
from voc.model import Books
from voc.steps.verifying import verdict_event
from voc.store import writer_lock

NIGHTLY = {
    "run_id", "state", "read", "stored", "duplicate", "quarantined", "verbatims", "waiting_before", "tagged",
    "low_information", "unsupported_language", "failed", "waiting_after", "cases_opened",
}  # fmt: skip


def test_init_makes_a_private_workspace_with_owners_of_two_functions(voc_command, tmp_path):
    root = tmp_path / "acme"
    out = voc_command.ok("init", root, "--pack", "healthcare")
    assert str(root) in out
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "key").stat().st_mode) == 0o600
    with voc.open(root) as ws:
        assert len({owner.function for owner in ws.config.owners}) >= 2
        assert ws.config.routes


def test_init_takes_several_packs_and_refuses_a_second_time(voc_command, tmp_path):
    voc_command.ok("init", tmp_path / "w", "--pack", "healthcare", "--pack", "ecommerce")
    key = (tmp_path / "w" / "key").read_bytes()
    assert "is a workspace already" in voc_command.fails(1, "init", tmp_path / "w")
    assert (tmp_path / "w" / "key").read_bytes() == key
    assert "astrology" in voc_command.fails(1, "init", tmp_path / "x", "--pack", "astrology")
    assert not (tmp_path / "x" / "voc.toml").exists()


def test_doctor_finds_a_good_workspace_well_and_says_what_to_do_about_a_bad_one(acme, capsys):
    assert acme.json("doctor")["ok"] is True
    (acme.root / "key").chmod(0o644)
    code, out, _ = acme.run("doctor", "--json")
    assert code == 1
    (fault,) = [finding for finding in json.loads(out)["findings"] if not finding["ok"]]
    assert "chmod 600" in fault["remedy"]


def test_doctor_names_an_owner_who_is_gone(acme):
    settings = acme.root / "voc.toml"
    settings.write_text(
        settings.read_text()
        .replace('id = "estates"', 'id = "estates2"')
        .replace('owner = "estates"', 'owner = "estates2"')
    )
    code, out, _ = acme.run("doctor", "--json")
    assert code == 1
    assert "cases belong to estates, who is not in voc.toml" in out


def test_doctor_names_a_lost_data_file(acme):
    next((acme.root / "lake" / "feedback").glob("*.parquet")).unlink()
    code, out, _ = acme.run("doctor", "--json")
    assert code == 1
    assert "feedback" in out
    assert "backup" in out


def test_ingest_gives_the_books_as_json(acme):
    books = acme.json("ingest", "survey", "calls")
    assert books.keys() == {field.name for field in fields(Books)}
    assert books == {
        "read": N_ROWS,
        "stored": 0,
        "duplicate": N_ROWS - N_BAD,
        "quarantined": N_BAD,
        "verbatims": 0,
        "undated": 0,
    }
    table = acme.ok("ingest", "survey")
    assert "quarantined" in table


def test_ingest_takes_files_by_a_profile_of_ones_own(acme, tmp_path):
    (tmp_path / "mine.toml").write_text('[columns]\ntext = "Said"\n[constants]\nchannel = "chat"\n', encoding="utf-8")
    (tmp_path / "chats.csv").write_text("Said,Secret\nHello there friend,x\n", encoding="utf-8")
    assert acme.json("ingest", tmp_path / "chats.csv", "--profile", tmp_path / "mine.toml")["stored"] == 1
    with voc.open(acme.root) as ws:
        assert "chat" in ws.lake.read("feedback")["channel"].to_list()


def test_a_dry_run_shows_redacted_rows_and_what_is_dropped_and_stores_nothing(
    voc_command, clinic, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (preview,) = voc_command.json("ingest", clinic / "inbox" / "survey.csv", "--dry-run", "--profile", "generic")
    assert preview["read"] == preview["accepted"] + preview["rejected"]
    assert preview["columns"]["text"] == "text"
    assert len(preview["rows"]) == 10
    assert {row["column"] for row in preview["quarantine"]} == {"nps"}
    (clinic / "inbox" / "x.csv").write_text("text,notes\nring 07700 900123,private\n", encoding="utf-8")
    (preview,) = voc_command.json("ingest", clinic / "inbox" / "x.csv", "--dry-run")
    assert preview["dropped_columns"] == ["notes"]
    assert preview["rows"][0]["text"] == "ring [PHONE]"
    assert "private" not in str(preview)
    with voc.open(clinic) as ws:
        assert ws.lake.count("feedback") == 0
    table = voc_command.ok("ingest", clinic / "inbox" / "x.csv", "--dry-run")
    assert "notes" in table
    assert "900123" not in table


def test_a_night_gives_its_record_as_json_and_a_second_changes_nothing(capsys, clinic):
    acme = Command(capsys, clinic)
    first = acme.json("nightly", "--date", DAY)
    assert first.keys() >= NIGHTLY
    assert (first["state"], first["read"], first["waiting_after"]) == ("ok", N_ROWS, 0)
    assert first["cases_opened"] >= 2
    before = lake_rows(clinic)
    second = acme.json("nightly", "--date", DAY)
    news = ("stored", "tagged", "themes_born", "cases_opened", "cases_grown", "messages_sent")
    assert [second[key] for key in news] == [0] * len(news)
    assert lake_rows(clinic) == before


def test_a_night_logs_one_json_line_for_each_step(acme):
    code, _, err = acme.run("nightly", "--date", DAY, "--json")
    assert code == 0
    steps = [json.loads(line) for line in err.splitlines()]
    assert [line["step"] for line in steps] == [
        "ingest", "tag", "lanes", "discover", "assign", "residual", "index", "signals", "route", "verify",
        "promises", "deliver", "purge",
    ]  # fmt: skip
    assert all(line["level"] == "info" and "seconds" in line and line["run_id"] for line in steps)


def test_a_dry_night_says_what_waits_and_changes_nothing(capsys, clinic):
    acme = Command(capsys, clinic)
    assert acme.json("nightly", "--dry-run") == {"files": 2, "waiting_before": 0, "messages_waiting": 0}
    assert not (clinic / "lake").exists()


def test_a_busy_workspace_is_code_75_and_reading_goes_on(acme):
    with writer_lock(acme.root):
        for verb in (("nightly",), ("ingest", "survey"), ("tag",), ("route",), ("themes", "discover")):
            assert "another run holds the workspace" in acme.fails(75, *verb)
        for verb in (
            ("cases", "list"),
            ("themes", "list"),
            ("metrics", "list"),
            ("runs", "list"),
            ("route", "--dry-run"),
        ):
            assert acme.json(*verb)


def test_a_night_that_is_stopped_by_hand_is_code_130_and_the_next_one_repairs_it(acme, monkeypatch):
    def stopped(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("voc.nightly.laning.watch", stopped)
    code, _, err = acme.run("nightly", "--date", DAY)
    assert (code, err.splitlines()[-1]) == (130, "voc: stopped; run it again: it repairs what was cut short")
    monkeypatch.undo()
    assert acme.json("nightly", "--date", DAY)["state"] == "ok"
    assert [run["state"] for run in acme.json("runs", "list")].count("interrupted") == 1


def test_runs_are_listed_and_shown_step_by_step(acme):
    (run,) = acme.json("runs", "list")
    assert (run["state"], run["kind"], run["books"]["read"]) == ("ok", "nightly", N_ROWS)
    shown = acme.json("runs", "show", run["run_id"])
    assert shown["steps"][0]["step"] == "ingest"
    assert "deliver" in acme.ok("runs", "show", run["run_id"])
    assert "no run 'nothing'" in acme.fails(1, "runs", "show", "nothing")


def test_quarantine_lists_where_and_why(acme):
    rows = acme.json("quarantine", "list")
    assert len(rows) == N_BAD
    assert {(row["file"], row["column"]) for row in rows} == {("survey.csv", "nps")}
    assert "nps out of range 0..10" in acme.ok("quarantine", "list")


def test_metrics_come_with_interval_and_n(acme, capsys, tmp_path):
    metrics = acme.json("metrics", "list")
    assert all({"name", "value", "low", "high", "n"} <= metric.keys() for metric in metrics)
    nps = next(metric for metric in metrics if metric["name"].lower() == "nps")
    assert nps["low"] < nps["value"] < nps["high"]
    with voc.init(tmp_path / "empty"):
        pass
    assert "no figure can be computed" in Command(capsys, tmp_path / "empty").fails(1, "metrics", "list")


def test_themes_are_listed_shown_named_and_retired_with_their_history(acme):
    themes = acme.json("themes", "list")
    assert all({"theme_id", "label", "status", "n_people", "n_mentions"} <= theme.keys() for theme in themes)
    first, second, third = (theme["theme_id"] for theme in themes[:3])
    shown = acme.json("themes", "show", first)
    assert shown["exemplars"]
    assert [event["kind"] for event in shown["lineage"]] == ["born"]
    acme.ok("themes", "rename", first, "Getting through by phone", "--by", "jo")
    acme.ok("themes", "dismiss", second, "--by", "jo")
    acme.ok("themes", "retire", third, "--by", "jo")
    acme.ok("themes", "accept", third, "--by", "jo")
    after = {theme["theme_id"]: theme for theme in acme.json("themes", "list")}
    assert after[first]["label"] == "Getting through by phone"
    assert [after[t]["status"] for t in (second, third)] == ["dismissed", "accepted"]
    kinds = {t: [event["kind"] for event in acme.json("themes", "lineage", t)] for t in (first, third)}
    assert kinds == {first: ["born", "renamed"], third: ["born", "retired", "accepted"]}
    assert "0 themes were born" in acme.ok("themes", "discover")


def test_a_person_s_name_for_a_theme_survives_the_next_night(acme):
    theme = acme.json("themes", "list")[0]["theme_id"]
    acme.ok("themes", "rename", theme, "Parking at the clinic", "--by", "jo")
    acme.ok("nightly", "--date", DAY)
    labels = {row["theme_id"]: row["label"] for row in acme.json("themes", "list")}
    assert labels[theme] == "Parking at the clinic"


def test_a_theme_s_new_name_is_redacted_and_its_own(acme):
    one, two = (theme["theme_id"] for theme in acme.json("themes", "list")[:2])
    acme.ok("themes", "rename", one, "Complaints of Mrs Ollerenshaw 07700 900123", "--by", "jo")
    label = acme.json("themes", "show", one)["label"]
    assert label == "Complaints of [NAME] [PHONE]"
    assert "has that label already" in acme.fails(1, "themes", "rename", two, label.upper(), "--by", "jo")
    assert "cannot be empty" in acme.fails(1, "themes", "rename", two, "  ", "--by", "jo")
    assert "no theme 'ghost'" in acme.fails(1, "themes", "show", "ghost")
    assert "say who you are" in acme.fails(1, "themes", "accept", one)


def test_a_dismissed_theme_opens_no_case(capsys, clinic):
    acme = Command(capsys, clinic)
    for source in ("survey", "calls"):
        acme.ok("ingest", source)
    acme.ok("tag")
    assert "themes were born" in acme.ok("themes", "discover")
    with voc.open(clinic) as ws:
        from voc.steps import theming

        theming.assign_waiting(ws.context(DAY))
    worst = acme.json("themes", "list")[0]
    acme.ok("themes", "dismiss", worst["theme_id"], "--by", "jo")
    outcomes = {d["theme_id"]: d["outcome"] for d in acme.json("route")}
    assert outcomes.get(worst["theme_id"]) != "open"
    assert "open" in outcomes.values()
    assert worst["theme_id"] not in {case["theme_id"] for case in acme.json("cases", "list")}
    assert acme.json("cases", "list")


def test_a_dry_route_explains_and_opens_nothing(acme):
    before = acme.json("cases", "list")
    decisions = acme.json("route", "--dry-run")
    assert {d["outcome"] for d in decisions} >= {"joined"}
    assert all(d["reasons"] for d in decisions)
    acme.ok("route")
    assert acme.json("cases", "list") == before


def test_tag_in_a_workspace_tags_what_waits(capsys, clinic):
    acme = Command(capsys, clinic)
    acme.ok("ingest", "survey")
    counts = acme.json("tag")
    assert counts.keys() == {"tagged", "low_information", "unsupported_language", "failed"}
    assert sum(counts.values()) > 50
    assert sum(acme.json("tag").values()) == 0


def test_models_verify_says_of_each_file_that_it_is_whole(voc_command):
    found = voc_command.json("models", "verify")
    assert len(found) >= 4
    assert set(found.values()) == {"ok"}


def test_train_says_what_it_can_make_and_what_it_needs(voc_command):
    said = voc_command.fails(1, "train", "astrology")
    assert "use one of encoder, static, tags, heads, patient-experience, acts" in said
    assert "--data FILE.csv" in voc_command.fails(1, "train", "patient-experience")


def test_the_workspace_may_be_named_by_the_environment(voc_command, clinic_after, monkeypatch):
    monkeypatch.setenv("VOC_WORKSPACE", str(clinic_after))
    assert voc_command.json("cases", "list")
    monkeypatch.delenv("VOC_WORKSPACE")
    monkeypatch.chdir(clinic_after)
    assert voc_command.json("cases", "list")


def test_app_serves_the_workspace_on_the_port(acme, monkeypatch):
    started = []
    monkeypatch.setattr(serve, "serve", lambda folder, port, address="": started.append((folder, port)) or 0)
    acme.ok("app", "--port", "8599")
    assert started == [(acme.root.resolve(), 8599)]
    assert "--port" in acme.fails(2, "app", "--port", "99999")


def test_demo_plays_its_nights_and_says_who_is_late(voc_command, tmp_path):
    out = voc_command.ok("demo", tmp_path / "demo", "--date", DAY)
    assert "5 duplicate, 6 quarantined" in out
    assert "cases by owner" in out
    with voc.open(tmp_path / "demo") as ws:
        assert {case.state for case in ws.cases()} == {"open", "acknowledged", "planned", "verified"}
        assert any(case.late(ws.now()) for case in ws.cases())
        assert len(ws.register.runs()) == 4
        fixes, issue = planted()["fixes"], planted()["emergent"]
        for fix in fixes:
            case = case_of(ws, fix["topic"])
            events = ws.case_events(case.case_id)
            moves = [event.move for event in events if event.move in ("take", "plan", "declare", "ship", "verify")]
            assert moves == ["take", "plan", "declare", "ship", "verify"]
            at = {event.move: event.at.date() for event in events}
            shipped = first_day(DAY, fix["week"])
            assert at["declare"] < at["ship"] == shipped < at["verify"]
            assert (
                next(e for e in events if e.move == "ship").details["test_hash"] == ws.declared_test(case.case_id).hash
            )
            verdict = verdict_event(events).details["result"]["verdict"]
            # What changed nothing may be too little talked of to be told apart from what changed a little.
            assert verdict in (("improved",) if fix["worked"] else ("no_change", "cannot_tell")), fix["topic"]
        grown = case_of(ws, issue["topic"])
        after = grown.opened_at.date() - first_day(DAY, issue["week"])
        assert (grown.owner, 0 <= after.days <= 14) == ("clinic-operations", True)
        assert ws.register.verify_history()[0]
    assert "Did it work?" in out
    assert "fewer people per 1,000" in " ".join(out.split())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    assert "is not empty and no demo" in voc_command.fails(1, "demo", tmp_path / "mine")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no-such-verb",), "no-such-verb"),
        (("cases", "no-such-verb"), "no-such-verb"),
        (("tag", "--no-such-option"), "no-such-option"),
        (("init",), "folder"),
        (("ingest",), "SOURCE"),
        (("cases", "take"), "case_id"),
        (("app", "--port", "many"), "--port"),
    ],
    ids=str,
)
def test_bad_usage_is_code_2_and_one_plain_line(voc_command, arguments, says):
    assert says in voc_command.fails(2, *arguments)


def test_what_failed_is_code_1_and_one_plain_line(voc_command, acme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "is no workspace" in voc_command.fails(1, "cases", "list")
    assert "is no date" in acme.fails(1, "nightly", "--date", "tomorrow")
    assert "neither a file nor a source" in acme.fails(1, "ingest", "ghost")
    assert "no such file" in acme.fails(1, "ingest", "ghost.csv", "--profile", "generic")
    (acme.root / "voc.toml").write_text("[workspace\n", encoding="utf-8")
    assert "not valid TOML" in acme.fails(1, "cases", "list")


def test_a_bug_is_one_line_too_and_its_traceback_is_for_those_who_ask(acme, monkeypatch):
    def broken(self):
        raise ZeroDivisionError("a customer said: ring 07700 900123")

    monkeypatch.setattr(voc.Workspace, "cases", broken)
    says = acme.fails(1, "cases", "list")
    assert "ZeroDivisionError" in says
    assert "900123" not in says, "what an exception says could be a customer's words"
    monkeypatch.setenv("VOC_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        acme.run("cases", "list")


def test_a_damaged_register_is_one_plain_line(acme):
    for leftover in acme.root.glob("register.db*"):
        leftover.unlink()
    (acme.root / "register.db").write_bytes(b"this is no database at all, not even nearly" * 100)
    assert "register" in acme.fails(1, "cases", "list")
