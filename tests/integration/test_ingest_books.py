"""Files become rows of the lake: each record has one end, and the same thing twice is stored once."""

import polars as pl
import pytest

import voc
from clinic import DAY, N_BAD, N_ROWS, ODD_ROWS, everything_on_disk, lake_rows, make_clinic
from voc.errors import ConfigError, InputError
from voc.model import Books

HEADER = "record_id,respondent,date,question,text,nps"
IMPROVE = "What could we do better?"


@pytest.fixture
def ws(tmp_path):
    with voc.init(tmp_path / "ws") as opened:
        yield opened


def put(ws, *rows, name="survey.csv", header=HEADER):
    path = ws.root / "inbox" / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def row(number, text="The queue was long", nps="3", person=None):
    return f"R-{number},p{person or number},2026-03-01,{IMPROVE},{text},{nps}"


def texts(ws):
    return sorted(ws.lake.read("feedback")["text"].drop_nulls())


def test_the_same_file_twice_stores_nothing(ws):
    path = put(ws, row(1), row(2), row(3, nps="eleven"))
    assert ws.ingest(path, "generic") == Books(read=3, stored=2, quarantined=1, verbatims=2)
    before = lake_rows(ws.root)
    assert ws.ingest(path, "generic") == Books(read=3, duplicate=2, quarantined=1)
    assert lake_rows(ws.root) == before


def test_the_same_rows_under_another_file_name_store_nothing(ws):
    ws.ingest(put(ws, row(1), row(2)), "generic")
    again = ws.ingest(put(ws, row(2), row(1), name="copy.csv"), "generic")
    assert again == Books(read=2, duplicate=2)
    assert ws.lake.count("feedback") == ws.lake.count("responses") == 2


def test_an_overlapping_file_stores_only_what_is_new(ws):
    ws.ingest(put(ws, row(1), row(2), row(3)), "generic")
    books = ws.ingest(put(ws, row(2), row(3), row(4), name="later.csv"), "generic")
    assert books == Books(read=3, stored=1, duplicate=2, verbatims=1)
    assert ws.lake.count("feedback") == 4


def test_changed_text_under_one_id_is_a_revision_and_the_older_text_seen_again_is_no_news(ws):
    ws.ingest(put(ws, row(1, "Too cold")), "generic")
    books = ws.ingest(put(ws, row(1, "Too cold and too dark"), name="later.csv"), "generic")
    assert books == Books(read=1, stored=1, verbatims=1)
    revisions = ws.lake.read("feedback").sort("revision").select("feedback_id", "revision", "text")
    assert revisions["feedback_id"].n_unique() == 1
    assert revisions.select("revision", "text").rows() == [(0, "Too cold"), (1, "Too cold and too dark")]
    assert ws.lake.count("responses") == 1, "the score did not change"
    assert ws.ingest(put(ws, row(1, "Too cold"), name="third.csv"), "generic") == Books(read=1, duplicate=1)


def test_two_versions_in_one_file_are_two_revisions_in_the_file_s_order(ws):
    books = ws.ingest(put(ws, row(1, "First"), row(1, "Second")), "generic")
    assert books == Books(read=2, stored=2, verbatims=2)
    assert ws.lake.read("feedback").sort("revision")["text"].to_list() == ["First", "Second"]


def test_two_people_who_write_nothing_without_ids_are_two_items_and_stay_two(ws):
    bare = "text,question,date"
    path = put(ws, f"Nothing,{IMPROVE},2026-03-01", f"Nothing,{IMPROVE},2026-03-01", header=bare)
    assert ws.ingest(path, "generic") == Books(read=2, stored=2, verbatims=2)
    assert ws.lake.read("feedback")["feedback_id"].n_unique() == 2
    longer = put(ws, *[f"Nothing,{IMPROVE},2026-03-01"] * 3, name="longer.csv", header=bare)
    assert ws.ingest(longer, "generic") == Books(read=3, stored=1, duplicate=2, verbatims=1)


def test_a_score_without_text_counts_and_is_a_verbatim_that_says_nothing(ws):
    assert ws.ingest(put(ws, row(1, text="", nps="9"), row(2, nps="0")), "generic").stored == 2
    assert sorted(ws.lake.read("responses")["nps"]) == [0, 9]
    ws.tag()
    states = ws.lake.read("tags").join(ws.lake.read("feedback", ("feedback_id", "text")), on="feedback_id")
    assert set(states.select("text", "state").rows()) == {(None, "low_information"), ("The queue was long", "tagged")}


def test_a_response_with_two_questions_has_one_score(ws):
    header = "record_id,response_id,respondent,question,text,nps"
    path = put(ws, "1,S-1,p1,What was good?,Kind,9", "2,S-1,p1,What was bad?,Slow,9", header=header)
    assert ws.ingest(path, "generic") == Books(read=2, stored=2, verbatims=2, undated=2)
    assert ws.lake.read("responses")["nps"].to_list() == [9]
    assert ws.lake.read("feedback")["response_id"].n_unique() == 1


def test_the_same_record_in_two_feeds_is_two_items(ws):
    path = put(ws, row(1))
    ws.ingest(path, "generic")
    (ws.root / "voc.toml").write_text('[sources.other]\npath = "inbox/*.csv"\nprofile = "generic"\n', encoding="utf-8")
    with voc.open(ws.root) as other:
        assert other.ingest("other").stored == 1
        assert other.lake.count("feedback") == 2


def test_quarantine_names_file_row_column_and_reason_and_holds_no_cell(ws):
    secret = "elevenish and my secret"
    ws.ingest(put(ws, row(1), row(2, nps=secret), row(3, nps="47"), "R-4,p4,2026-03-01,why,what,5,too,many"), "generic")
    kept_out = ws.lake.read("quarantine").sort("row")
    assert kept_out.select("file", "row", "column", "reason").rows() == [
        ("survey.csv", 2, "nps", "nps is not a number"),
        ("survey.csv", 3, "nps", "nps out of range 0..10"),
        ("survey.csv", 4, None, "8 fields where the header has 6"),
    ]
    assert [where for where, text in everything_on_disk(ws.root) if "my secret" in text] == []


def test_a_date_that_cannot_be_read_is_none_and_counted_never_guessed(ws):
    made = put(ws, row(1), row(2).replace("2026-03-01", "31/02/26"), row(3).replace("2026-03-01", "Tuesday"))
    assert ws.ingest(made, "generic") == Books(read=3, stored=3, verbatims=3, undated=2)
    assert ws.lake.read("feedback")["event_at"].null_count() == 2


def break_redaction(monkeypatch, on):
    """Let the redactor fail on every text that holds ``on``."""
    from voc.privacy import frames

    real = frames.find

    def failing(text, **options):
        if on in text:
            raise RuntimeError(f"could not read {text}")
        return real(text, **options)

    monkeypatch.setattr(frames, "find", failing)


def test_a_row_whose_redaction_fails_is_kept_out_and_the_books_balance(ws, monkeypatch):
    break_redaction(monkeypatch, "07700")
    books = ws.ingest(put(ws, row(1), row(2, "ring 07700 900123"), row(3)), "generic")
    assert books == Books(read=3, stored=2, quarantined=1, verbatims=2)
    assert books.balanced
    assert texts(ws) == ["The queue was long"] * 2
    assert ws.lake.count("responses") == 2, "its score is kept out with it: the row waits for a person"
    (kept_out,) = ws.lake.read("quarantine").select("row", "column").rows()
    assert kept_out == (2, "text")
    assert [where for where, text in everything_on_disk(ws.root) if "900123" in text] == []


def test_a_row_whose_redaction_fails_in_another_column_is_kept_out_whole(ws, monkeypatch):
    break_redaction(monkeypatch, "Ward 07700")
    header = "record_id,text,ward"
    books = ws.ingest(put(ws, "1,Fine,North", "2,Also fine,Ward 07700 900123", header=header), "generic")
    assert (books.stored, books.quarantined) == (1, 1)
    assert texts(ws) == ["Fine"]
    assert ws.lake.read("quarantine")["column"].to_list() == ["ward"]


def test_text_is_stored_redacted_with_its_spans_and_version(ws):
    ws.ingest(put(ws, row(1, "Ring me on 07700 900123 or else")), "generic")
    stored = ws.lake.read("feedback").row(0, named=True)
    assert stored["text"] == "Ring me on [PHONE_1] or else"
    assert stored["redactions"] == [{"kind": "PHONE", "start": 11, "end": 23}]
    assert stored["redaction_version"]
    assert stored["respondent"] not in (None, "p1", "generic:p1")


def test_people_are_the_same_in_files_of_one_feed_and_others_in_another_workspace(ws, tmp_path):
    ws.ingest(put(ws, row(1, person="x")), "generic")
    ws.ingest(put(ws, row(2, person="x"), row(3, person="y"), name="b.csv"), "generic")
    assert ws.lake.read("feedback")["respondent"].n_unique() == 2
    with voc.init(tmp_path / "second") as second:
        second.ingest(put(second, row(1, person="x")), "generic")
        other = set(second.lake.read("feedback")["respondent"])
    assert other.isdisjoint(ws.lake.read("feedback")["respondent"])


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet", "xlsx"])
def test_every_format_gives_the_same_items(tmp_path, ending):
    frame = pl.DataFrame({"id": ["1", "2", "3"], "text": ["Too cold", None, "Zoë's naïve café ☕"], "nps": [3, 9, 10]})
    path = tmp_path / f"feed.{ending}"
    {
        "csv": frame.write_csv,
        "tsv": lambda p: frame.write_csv(p, separator="\t"),
        "jsonl": frame.write_ndjson,
        "parquet": frame.write_parquet,
        "xlsx": frame.write_excel,
    }[ending](path)
    with voc.init(tmp_path / "ws") as ws:
        assert ws.ingest(path, "generic") == Books(read=3, stored=3, verbatims=3, undated=3)
        assert texts(ws) == sorted(frame["text"].drop_nulls())
        assert sorted(ws.lake.read("responses")["nps"]) == [3, 9, 10]


def test_a_file_of_one_format_after_another_brings_no_doubles(tmp_path):
    frame = pl.DataFrame({"id": ["1", "2"], "text": ["Too cold", "Too dark"], "nps": [3, 9]})
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "b.parquet")
    with voc.init(tmp_path / "ws") as ws:
        ws.ingest(tmp_path / "a.csv", "generic")
        assert ws.ingest(tmp_path / "b.parquet", "generic") == Books(read=2, duplicate=2, undated=2)


def test_a_file_with_a_header_alone_is_no_fault(ws):
    assert ws.ingest(put(ws), "generic") == Books()


@pytest.mark.parametrize(
    ("source", "profile", "error", "says"),
    [
        ("nothing.csv", None, InputError, "neither a file nor a source of voc.toml"),
        ("nothing.csv", "generic", InputError, "no such file"),
        ("inbox/bare.csv", "generic", InputError, "text"),
        ("inbox/bare.csv", "no-such-profile", ConfigError, "no-such-profile"),
        ("inbox/empty.csv", "generic", InputError, "empty"),
        ("inbox/odd.docx", "generic", InputError, "csv, tsv, jsonl, json, parquet, xlsx, vtt"),
    ],
)
def test_what_cannot_be_read_says_why(ws, monkeypatch, source, profile, error, says):
    monkeypatch.chdir(ws.root)
    put(ws, "1,2", name="bare.csv", header="a,b")
    (ws.root / "inbox" / "empty.csv").touch()
    (ws.root / "inbox" / "odd.docx").write_text("x")
    with pytest.raises(error, match=says) as failure:
        ws.ingest(source, profile)
    assert "\n" not in str(failure.value)
    assert ws.lake.count("feedback") == 0


def test_a_night_brings_in_every_feed_and_says_what_it_did(clinic):
    with voc.open(clinic) as ws:
        record = ws.nightly(DAY)
        assert record["read"] == N_ROWS == record["stored"] + N_BAD
        assert record["quarantined"] == N_BAD
        assert record["undated"] == 1
        assert set(ws.lake.read("feedback")["source"]) == {"survey", "calls"}
        assert set(ws.lake.read("feedback")["channel"]) == {"survey", "call"}


def test_a_file_that_cannot_be_read_holds_up_nothing_else_and_fails_the_night(clinic):
    (clinic / "inbox" / "calls-2.jsonl").write_bytes(b"")
    (clinic / "inbox" / "survey-2.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with voc.open(clinic) as ws:
        with pytest.raises(InputError, match=r"calls-2.jsonl.*survey-2.csv|survey-2.csv.*calls-2.jsonl"):
            ws.nightly(DAY)
        assert ws.lake.count("tags") == N_ROWS - N_BAD, "the good files were taken in and tagged"
        assert ws.cases(), "and routed"
        assert ws.last_run().state == "failed"


def test_nothing_of_the_odd_rows_is_lost(tmp_path):
    root = make_clinic(tmp_path / "ws")
    with voc.open(root) as ws:
        ws.nightly(DAY)
        feedback = ws.lake.read("feedback").join(
            ws.lake.read("tags", ("feedback_id", "state", "urgent")), on="feedback_id"
        )
    odd = feedback.filter(pl.col("record_ref").str.starts_with("O-")).sort("record_ref")
    assert odd["record_ref"].to_list() == [r[0] for r in ODD_ROWS if r[0].startswith("O-")]
    silent, foreign = "low_information", "unsupported_language"
    assert odd["state"].to_list() == [silent, silent, silent, foreign, "tagged", "tagged", "tagged"]
    assert odd["urgent"].to_list()[4] is True
    assert odd["text"].to_list()[5] == "Ring me on [PHONE_1], [NAME_1]"


def test_staff_of_the_roster_are_stored_as_their_team_and_patients_as_names(clinic):
    toml = clinic / "voc.toml"
    toml.write_text(toml.read_text() + '\n[privacy]\nroster = "staff.csv"\n')
    (clinic / "staff.csv").write_text("name,team\nPhilippa Garside,Ward 7\n")
    path = clinic / "praise.csv"
    path.write_text(
        "record_id,text,ward\n"
        "R-1,PHILIPPA GARSIDE sat with Margaret Ollerenshaw and Margaret slept,Ward 7\n"
        "R-2,sister Garside was kind,Ward 7\n"
    )
    with voc.open(clinic) as ws:
        ws.ingest(path, "generic")
        stored = ws.lake.read("feedback").sort("row")
    assert stored["text"].to_list() == [
        "[STAFF: Ward 7] sat with [NAME_1] and [NAME_1] slept",
        "sister [STAFF: Ward 7] was kind",
    ]
    assert [r["kind"] for r in stored["redactions"][0]] == ["STAFF", "NAME", "NAME"]
