"""A lake that is not on this disk: its words, and where its credentials come from."""

import os

import pytest

from voc.errors import ConfigError, StoreError
from voc.store import Lake
from voc.store.remote import Remote, load_environment


def test_a_prefix_is_named_as_a_folder_is():
    folder = Remote("s3://bucket/voc/") / "tags"
    assert (str(folder), folder.name, str(folder / "a.parquet")) == (
        "s3://bucket/voc/tags",
        "tags",
        "s3://bucket/voc/tags/a.parquet",
    )


def test_credentials_of_a_private_file_stand_back_behind_the_environment(tmp_path, monkeypatch):
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_REGION", "here")
    path = tmp_path / "lake.env"
    path.write_text("# of the store\n\nAWS_REGION=there\nAWS_ACCESS_KEY_ID=a=b\n")
    path.chmod(0o600)
    load_environment(path)
    assert (os.environ["AWS_REGION"], os.environ["AWS_ACCESS_KEY_ID"]) == ("here", "a=b")


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ("AWS_REGION=x\n", 0o640, "others can read it; chmod it to 600"),
        ("AWS_REGION=x\nsecret\n", 0o600, "line 2: write AWS_NAME=value"),
        ("PATH=/tmp\n", 0o600, "line 1: write AWS_NAME=value"),
    ],
)
def test_a_file_of_credentials_that_cannot_be_used_says_why_and_not_what_is_in_it(tmp_path, text, mode, says):
    path = tmp_path / "lake.env"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=says) as failure:
        load_environment(path)
    assert "secret" not in str(failure.value)
    with pytest.raises(ConfigError, match="cannot be read; see lake_env"):
        load_environment(tmp_path / "none.env")


def test_a_lake_opened_by_a_worker_has_no_locks_and_says_so():
    with pytest.raises(StoreError, match="only staging is possible"):
        Lake("s3://bucket/voc").settle()
