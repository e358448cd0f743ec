"""Profiles: those that ship load, and a wrong one is refused by file and key."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from voc.errors import ConfigError, InputError
from voc.ingest import load_profile, parse_profile, profile_names, read

GOOD = {"constants": {"channel": "survey"}, "columns": {"text": "Comment"}}


def test_every_shipped_profile_loads_and_has_a_description():
    names = profile_names()
    assert {"generic", "nhs-fft"} <= set(names)
    for name in names:
        profile = load_profile(name)
        assert profile.name == name
        assert profile.description


def test_the_format_is_documented_key_by_key():
    text = (resources.files("voc.ingest") / "profiles" / "README.md").read_text(encoding="utf-8")
    for name in profile_names():
        raw = tomllib.loads((resources.files("voc.ingest") / "profiles" / f"{name}.toml").read_text(encoding="utf-8"))
        for key in raw:
            assert f"`{key}`" in text or f"[{key}" in text, key


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"no profile 'zendisk'; known are .*generic.*nhs-fft"):
        load_profile("zendisk")


def test_a_profile_of_ones_own_is_read_from_its_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[constants]\nchannel = "chat"\n[columns]\ntext = "Said"\n', encoding="utf-8")
    profile = load_profile(path)
    assert (profile.name, profile.kind, profile.columns) == ("mine", "feedback", {"text": ("Said",)})
    path.write_text("columns = [", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.toml: not valid TOML"):
        load_profile(path)
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot read"):
        load_profile(tmp_path / "gone.toml")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colums": {}}, "unknown key 'colums'; known are description"),
        ({"kind": "tickets"}, "kind = 'tickets'; use one of feedback, events"),
        ({"columns": {}}, r"\[columns\] is empty"),
        ({"columns": {"txt": "x"}}, r"\[columns\]: unknown key 'txt'; known are record_id"),
        ({"columns": {"text": 3}}, "text = 3 should be a string or a list of strings"),
        ({"columns": "text"}, r"\[columns\] should be a table"),
        ({"constants": {}}, "channel is not set"),
        ({"constants": {"channel": "fax"}}, "channel = 'fax'; use one of survey"),
        ({"constants": {"channel": "survey", "text": "x"}}, "unknown key 'text'"),
        ({"constants": {"channel": 1}}, "channel = 1 should be a string"),
        ({"required": ["nps"]}, "required: unknown key 'nps'"),
        ({"dates": {"order": "ymd"}}, r"\[dates\]: order = 'ymd'; use one of dmy, mdy, iso"),
        ({"dates": {"grain": "hour"}}, "grain = 'hour'; use one of time, day"),
        ({"dates": {"timezone": "Europe/Nowhere"}}, "timezone 'Europe/Nowhere' is unknown"),
        ({"dates": {"earliest": "2001"}}, "earliest = '2001' should be a date"),
        ({"dates": {"zone": "UTC"}}, "unknown key 'zone'"),
        ({"scores": {"nps": {}}}, r"\[scores.nps\] has no column"),
        ({"columns": {"nps": "x"}, "scores": {"nps": {"range": [5]}}}, r"range = \[5\] should be \[low, high\]"),
        ({"columns": {"nps": "x"}, "scores": {"nps": {"others": "keep"}}}, "others = 'keep'; use one of"),
        ({"columns": {"nps": "x"}, "scores": {"nps": {"map": {"ok": "7"}}}}, "map 'ok' = '7' should be a number"),
        ({"verbatims": [{"question": "Why?"}]}, "verbatim 1: missing column"),
        ({"no_text": [1]}, "no_text"),
        ({"prepend_subject": "yes"}, "prepend_subject = 'yes' should be a bool"),
        ({"values": {"channel": {"web": 1}}}, r"\[values.channel\] 'web' = 1 should be a string"),
        ({"kind": "events", "constants": {}, "columns": {"record_id": "x"}}, "kind is not set"),
        ({"kind": "events", "constants": {"kind": "order"}}, r"\[columns\]: unknown key 'text'"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_key_and_what_is_known(change, message):
    with pytest.raises(ConfigError, match=rf"p\.toml.*{message}"):
        parse_profile({**GOOD, **change}, "p", "p.toml")


def test_a_file_without_a_needed_column_is_refused_with_the_columns_it_has(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Id,Remark\n1,hello\n", encoding="utf-8")
    message = (
        r"x\.csv: no column 'Comment ID', which profile 'nhs-fft' reads as record_id; the file has 'Id', 'Remark'; "
    )
    with pytest.raises(InputError, match=message):
        read(path, "nhs-fft")
    wide = parse_profile({**GOOD, "columns": {}, "verbatims": [{"column": "Q9"}]}, "wide")
    with pytest.raises(InputError, match="no column 'Q9', which profile 'wide' reads as verbatim"):
        read(path, wide)
    by = parse_profile({**GOOD, "columns": {"text": "Remark"}, "dates": {"grain_by": "Ward"}}, "by")
    with pytest.raises(InputError, match="no column 'Ward', which profile 'by' reads as grain_by"):
        read(path, by)


def test_a_name_as_spelt_wins_over_one_that_only_looks_alike(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("TEXT,text,Customer_ID\nno,yes,c1\n", encoding="utf-8")
    batch = read(path)
    assert batch.accepted["text"].to_list() == ["yes"]
    assert batch.summary["columns"]["respondent"] == "Customer_ID"
    assert batch.summary["dropped_columns"] == ["TEXT"]
