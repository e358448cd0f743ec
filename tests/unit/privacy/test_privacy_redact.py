"""Frames: every column masked, ids keyed, failures closed, no row lost."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from voc.errors import InputError, PrivacyError
from voc.privacy import REDACTION_VERSION, frames, redact, redact_all
from voc.privacy.gate import signs
from voc.schema import REDACTIONS

KEY = b"a key for tests, thirty-two bytes"


def patched_find(monkeypatch, trigger, error):
    """Make the search fail on texts that hold ``trigger``."""
    real = frames.find

    def find(text, **options):
        if trigger in text:
            raise error
        return real(text, **options)

    monkeypatch.setattr(frames, "find", find)


def ingested(**columns):
    base = {
        "record_key": ["r1", "r2", "r2"],
        "response_key": ["s1", "s2", "s2"],
        "respondent": ["jane@example.com", "7", None],
        "content": ["Jane said", "b", "c"],
        "source": ["survey", "survey", "shop"],
        "channel": ["survey"] * 3,
        "grain": ["day"] * 3,
        "record_ref": ["4010232137", "A-17", None],
        "question": ["What was good?"] * 3,
        "text": ["Dr Patel rang 07700 900123", "Nothing", None],
        "row": [1, 2, 3],
    }
    return pl.DataFrame({**base, **columns})


def test_text_is_masked_and_spans_are_of_the_original():
    out = redact(pl.DataFrame({"text": ["Call me on 07700 900123, signed A. Customer", "Lovely", None]}))
    assert out["text"].to_list() == ["Call me on [PHONE], signed [NAME]", "Lovely", None]
    assert out["redactions"].to_list() == [
        [{"kind": "PHONE", "start": 11, "end": 23}, {"kind": "NAME", "start": 32, "end": 43}],
        [],
        [],
    ]
    assert out.schema["redactions"] == REDACTIONS
    assert out["redaction_version"].unique().to_list() == [REDACTION_VERSION]
    assert out["redaction_error"].to_list() == [None] * 3
    assert out.columns == ["text", "redactions", "redaction_version", "redaction_error"]


def test_every_text_column_is_masked_and_columns_keep_their_order():
    frame = pl.DataFrame(
        {"n": [1], "subject": ["from jane@example.com"], "text": ["ok"], "tags": [["call 07700 900123", None]]}
    )
    out = redact(frame)
    assert out.columns[:4] == ["n", "subject", "text", "tags"]
    assert out["subject"][0] == "from [EMAIL]"
    assert out["tags"].to_list() == [["call [PHONE]", None]]


def test_categories_are_masked_too():
    frame = pl.DataFrame({"text": ["ok"], "site": pl.Series(["jane@example.com"], dtype=pl.Categorical)})
    assert redact(frame)["site"].to_list() == ["[EMAIL]"]


def test_a_stateless_file_is_masked_in_columns_that_ingest_would_vouch_for():
    frame = pl.DataFrame(
        {name: ["mail jane@example.com"] for name in ("source", "channel", "respondent", "content", "kind")}
    )
    assert "jane" not in str(redact(frame).to_dicts())


def test_keep_passes_a_column_as_it_is():
    frame = pl.DataFrame({"text": ["ok"], "agent": ["jane@example.com"]})
    assert redact(frame, keep=["agent"])["agent"][0] == "jane@example.com"


def test_text_columns_names_all_that_is_masked():
    frame = pl.DataFrame({"text": ["jane@example.com"], "other": ["jane@example.com"]})
    assert redact(frame, text_columns=["text"]).row(0)[:2] == ("[EMAIL]", "jane@example.com")


def test_the_name_of_a_column_says_what_its_values_are():
    frame = pl.DataFrame(
        {"Customer name": ["jane doe"], "phone": ["9472 7916"], "order_id": ["9434765919"], "dob": ["1/2/1980"]}
    )
    out = redact(frame)
    assert out.row(0)[:4] == ("[NAME]", "[PHONE]", "9434765919", "[DOB]")


def test_spans_may_be_those_of_another_column():
    out = redact(pl.DataFrame({"body": ["call 07700 900123"]}), text_column="body")
    assert out["redactions"].to_list() == [[{"kind": "PHONE", "start": 5, "end": 17}]]


def test_raw_identity_becomes_keyed_ids_in_place():
    out = redact(ingested(), key=KEY)
    assert out.columns[:4] == ["feedback_id", "response_id", "respondent", "content_key"]
    ids = out["feedback_id"].to_list()
    assert ids[1] == ids[2] != ids[0]
    assert all(len(i) == 24 for i in ids)
    assert out["respondent"].null_count() == 1
    assert not {"record_key", "response_key", "content"} & set(out.columns)
    assert "Jane" not in str(out.to_dicts())
    assert "jane" not in str(out.to_dicts())


def test_ids_depend_on_the_key_and_not_on_the_batch():
    frame = ingested()
    whole, again = redact(frame, key=KEY), redact(frame[1:2], key=KEY)
    assert whole["feedback_id"][1] == again["feedback_id"][0]
    assert whole["respondent"][1] == again["respondent"][0]
    assert redact(frame, key=b"another key of enough characters")["feedback_id"][1] != again["feedback_id"][0]


def test_a_respondent_is_one_within_a_namespace_only():
    same = redact(ingested(respondent=["7", "7", "7"]), key=KEY)["respondent"].to_list()
    assert same[0] == same[1] != same[2]
    joined = redact(ingested(respondent=["7", " 7", "7"], namespace=["crm"] * 3), key=KEY)["respondent"].to_list()
    assert len(set(joined)) == 1


def test_an_empty_respondent_is_nobody():
    assert redact(ingested(respondent=["", " ", "7"]), key=KEY)["respondent"].null_count() == 2


def test_a_plain_record_ref_is_kept_and_a_telling_one_is_not():
    out = redact(ingested(record_ref=["9434765919", "jane@example.com", "07700 900123"]), key=KEY)
    assert out["record_ref"].to_list() == ["9434765919", "[EMAIL]", "[PHONE]"]


def test_events_have_ids_and_no_text():
    frame = pl.DataFrame(
        {"event_key": ["e1"], "kind": ["order"], "status": ["cancelled by jane@example.com"], "value": [2.5]}
    )
    out = redact(frame, key=KEY)
    assert out["kind"][0] == "order"
    assert out["status"][0] == "cancelled by [EMAIL]"
    assert len(out["event_id"][0]) == 24


def test_without_a_key_ids_agree_within_the_process():
    assert redact(ingested())["feedback_id"].to_list() == redact(ingested())["feedback_id"].to_list()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("jane's secret"), "text: the search failed: ValueError"),
        (PrivacyError("the search took too long"), "text: the search took too long"),
    ],
)
def test_a_failure_keeps_the_row_without_its_text(monkeypatch, error, reason):
    patched_find(monkeypatch, "07700", error)
    out = redact(ingested(), key=KEY)
    assert out.height == 3
    assert out["text"].to_list() == [None, "Nothing", None]
    assert out["redactions"].to_list() == [None, [], []]
    assert out["redaction_error"].to_list() == [reason, None, None]
    assert out["question"].null_count() == 0


def test_a_failure_in_another_column_empties_it_and_the_text(monkeypatch):
    patched_find(monkeypatch, "@", RuntimeError("no"))
    frame = pl.DataFrame({"text": ["fine", "fine", "good"], "site": ["a@b", "Leeds", "a@b"]})
    out = redact(frame)
    assert out["site"].to_list() == [None, "Leeds", None]
    assert out["text"].to_list() == [None, "fine", None]
    assert out["redaction_error"].to_list() == [
        "site: the search failed: RuntimeError",
        None,
        "site: the search failed: RuntimeError",
    ]


def test_a_failure_in_a_list_empties_the_list(monkeypatch):
    patched_find(monkeypatch, "@", RuntimeError("no"))
    out = redact(pl.DataFrame({"text": ["fine", "good"], "tags": [["a@b", "c"], ["d"]]}))
    assert out["tags"].to_list() == [None, ["d"]]
    assert out["redaction_error"][0] == "tags: the search failed: RuntimeError"


def test_a_text_over_the_limit_fails_closed():
    out = redact(pl.DataFrame({"text": ["x" * 100_001, "x" * 100_000]}))
    assert out["text"].is_null().to_list() == [True, False]
    assert out["redaction_error"][0] == "text: longer than 100000 characters"


@pytest.mark.parametrize(
    "column",
    [pl.Series("x", [b"jane"]), pl.Series("x", [{"name": "jane"}]), pl.Series("x", [object()], dtype=pl.Object)],
)
def test_a_type_that_cannot_be_searched_is_refused(column):
    with pytest.raises(PrivacyError, match="column 'x' has type"):
        redact(pl.DataFrame([column]))


@pytest.mark.parametrize("options", [{"keep": ["nope"]}, {"text_columns": ["nope"]}, {"text_column": "nope"}])
def test_an_unknown_column_is_told(options):
    with pytest.raises(InputError, match="no column 'nope'"):
        redact(pl.DataFrame({"text": ["a"]}), **options)


def test_a_false_stamp_is_overwritten():
    frame = pl.DataFrame({"text": ["jane@example.com"], "redaction_version": ["mine"], "redactions": ["none"]})
    out = redact(frame)
    assert out["redaction_version"][0] == REDACTION_VERSION
    assert out["redactions"].to_list()[0][0]["kind"] == "EMAIL"


@pytest.mark.parametrize(
    "frame", [pl.DataFrame({"text": []}, schema={"text": pl.String}), ingested().clear(), pl.DataFrame({"n": [1]})]
)
def test_frames_without_rows_or_text(frame):
    out = redact(frame, key=KEY)
    assert out.height == frame.height
    assert out.schema["redactions"] == REDACTIONS


def test_redacting_twice_changes_no_text():
    once = redact(pl.DataFrame({"text": ["Dr Patel, order 4010232137, 07700 900123"], "site": ["jane@example.com"]}))
    assert redact(once).select("text", "site").equals(once.select("text", "site"))


def test_the_sieve_lets_nothing_through_that_it_should_hold():
    texts = pl.Series(["Lovely staff", "", None, "nothing at all. Thanks"])
    assert signs(texts).to_list() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "kept", "masked"),
    [
        ("order 4010232137 never came", "order 4010232137 never came", "order [REFERENCE] never came"),
        (
            "My ticket number is INV-20931, ring 07700 900123",
            "ticket number is INV-20931",
            "ticket number is [REFERENCE], ring [PHONE]",
        ),
        ("we waited 4010 minutes for an order", "4010 minutes", "4010 minutes"),
    ],
)
def test_numbers_of_orders_stay_unless_they_are_to_go(text, kept, masked):
    frame = pl.DataFrame({"text": [text], "record_ref": ["order 4010232137"]})
    assert kept in redact(frame)["text"][0]
    done = redact(frame, references=True)
    assert masked in done["text"][0]
    assert done["record_ref"][0] == "order 4010232137"


def test_tables_of_the_same_records_get_the_ids_that_each_alone_would_get():
    raw = {"source": ["s"] * 3, "response_key": ["a", None, "b"], "respondent": ["p", " ", "q"], "content": ["x"] * 3}
    frames = {
        "feedback": pl.DataFrame({**raw, "record_key": ["1", "2", "3"], "text": ["Call 07700 900123", "Fine.", None]}),
        "responses": pl.DataFrame({**raw, "response_key": ["b", None, "a"]}),
    }
    together = redact_all(frames, key=KEY)
    for table, frame in frames.items():
        assert_frame_equal(together[table], redact(frame, key=KEY))
    assert together["responses"]["response_id"].to_list() == together["feedback"]["response_id"].to_list()[::-1]


def test_people_of_several_namespaces_are_told_apart_row_by_row():
    frame = pl.DataFrame(
        {"namespace": ["a", "b", None, "a"], "respondent": ["1", "1", "1", "1"], "record_key": ["x"] * 4}
    )
    ids = redact(frame, key=KEY)["respondent"].to_list()
    assert ids[0] == ids[3]
    assert len(set(ids)) == 3
