"""What the command line says of rules, of notifications, and of themes that nobody answers for."""

import json

import voc
from voc.loop.cases import open_case
from voc.model import Evidence
from voc.steps import delivering

CHANNEL = '\n[channels.chat]\nurl_env = "ACME_CHAT"\nprivate = true\n'
RULE = '\n[[routes]]\nname = "couriers"\nowner = "front-desk"\nwords = ["courier"]\n'


def reset(acme, change):
    path = acme.root / "voc.toml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def doctor(acme):
    code, out, _ = acme.run("doctor", "--json")
    return code, {f["what"]: f for f in json.loads(out)["findings"]}


def test_rules_that_hide_or_overlap_are_reported_and_the_doctor_finds_the_hidden(acme):
    reset(acme, lambda text: text + RULE)
    reports = {r["name"]: r for r in acme.json("route", "--check")}
    assert reports["buildings"]["n_taken"] >= 1
    assert reports["couriers"]["hidden_by"] == "parcels"
    assert "couriers" in acme.ok("route", "--check")
    code, found = doctor(acme)
    assert code == 1
    assert "'couriers' (after 'parcels')" in found["every route can fire"]["remedy"]


def test_a_night_that_leaves_themes_with_nobody_is_a_failed_one_that_did_all_else(acme):
    reset(acme, lambda text: text.replace("default = true\n", "").replace("[[routes]]", "[[routes]]\nfan_out = true"))
    with voc.open(acme.root) as ws:
        for case in ws.cases():
            if case.owner == "front-desk":
                ws.move_case(case.case_id, "decline", actor="jo", reason="no", revisit_people=500)
    says = acme.fails(1, "nightly", "--date", "2026-03-19")
    assert "themes have nobody to go to: no route takes them and no owner has default = true" in says
    with voc.open(acme.root) as ws:
        run = ws.last_run()
    assert (run.state, run.books["themes_without_owner"] > 0) == ("failed", True)
    assert run.steps[-1].step == "purge"
    code, found = doctor(acme)
    assert code == 1
    assert "no owner with default = true" in found["somebody is there to route to"]["remedy"]


def test_the_doctor_says_which_lanes_end_in_the_outbox(acme):
    what = "lanes reach their teams beyond the outbox"
    assert "no channel beyond the outbox for safety, formal_complaint" in doctor(acme)[1][what]["remedy"]
    reset(acme, lambda text: text.replace("default = true", 'default = true\nchannels = ["chat"]') + CHANNEL)
    assert doctor(acme)[1][what] == {"what": what, "ok": True, "remedy": ""}


def test_what_could_not_be_sent_is_listed_shown_by_the_doctor_and_sent_when_revived(acme, monkeypatch):
    went_out = []
    monkeypatch.setattr(delivering, "send", lambda _url, title, body, *, delivery_id, **_: went_out.append(delivery_id))
    add = 'channels = ["chat"]\nfunction = "care"'
    reset(acme, lambda text: text.replace('function = "care"', add) + CHANNEL + "[notifications]\nattempts = 1\n")
    with voc.open(acme.root) as ws:
        made = open_case(
            Evidence("t9", "x", "problem", "accepted", 9, 9, 9, 9), ws.config.owners[0], None, now=ws.now()
        )
        ws.register.open_case(made[0], made[1], [made[2]])
    acme.json("nightly")
    all_dead = acme.json("notifications", "list", "--state", "dead")
    # Items in lanes may go out beside the digest.
    (dead,) = (found for found in all_dead if found["kind"] == "digest")
    assert dead["error"] == "channel 'chat': the variable ACME_CHAT is not set"
    assert "dead" in acme.ok("notifications", "list")
    code, found = doctor(acme)
    assert code == 1
    assert f"{len(all_dead)} notifications could not be sent" in found["owners can be reached"]["remedy"]
    monkeypatch.setenv("ACME_CHAT", "json://127.0.0.1:9")
    for again in all_dead:
        acme.ok("notifications", "retry", again["delivery_id"])
    sent = {"deliveries_sent": len(all_dead), "deliveries_failed": 0, "deliveries_dead": 0}
    assert acme.json("notifications", "send") == sent
    assert sorted(went_out) == sorted(again["delivery_id"] for again in all_dead)
    assert doctor(acme)[1]["owners can be reached"]["ok"]
    assert "no channel 'fax'" in acme.fails(1, "notifications", "test", "fax")


def test_a_declined_case_comes_back_on_its_day_with_its_history(acme):
    case_id = acme.json("cases", "list")[0]["case_id"]
    with voc.open(acme.root) as ws:
        ws.now = lambda: ws.case(case_id).opened_at
        day = ws.now().date()
        ws.move_case(case_id, "decline", actor="jo", reason="no", revisit_on=day.replace(day=25))
        n = len(ws.cases())
    assert acme.json("nightly", "--date", "2026-03-24")["cases_revisited"] == 0
    assert acme.json("nightly", "--date", "2026-03-25")["cases_revisited"] == 1
    assert acme.json("nightly", "--date", "2026-03-25")["cases_revisited"] == 0
    shown = acme.json("cases", "show", case_id)
    assert (shown["state"], shown["revisit_on"]) == ("open", None)
    assert [e["move"] for e in shown["history"] if e["move"] in ("decline", "reopen")] == ["decline", "reopen"]
    assert shown["history"][-1]["actor"] == "voc"
    assert len(acme.json("cases", "list")) == n
