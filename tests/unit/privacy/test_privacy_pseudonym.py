"""The key, who may read it, and the ids made with it."""

import polars as pl
import pytest

from voc.errors import PrivacyError
from voc.privacy import load_key, make_key, pseudonym
from voc.privacy.keys import process_key, pseudonyms

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch):
    monkeypatch.delenv("VOC_KEY", raising=False)


def test_made_key_is_private_and_loads_again(tmp_path):
    key = make_key(tmp_path)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert len(key) >= 32
    assert load_key(tmp_path) == key


def test_a_key_is_never_replaced(tmp_path):
    assert make_key(tmp_path) == make_key(tmp_path)


def test_two_folders_have_two_keys(tmp_path):
    (tmp_path / "other").mkdir()
    assert make_key(tmp_path) != make_key(tmp_path / "other")


def test_absent_key_is_told_with_the_remedy(tmp_path):
    with pytest.raises(PrivacyError, match="VOC_KEY"):
        load_key(tmp_path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    make_key(tmp_path)
    (tmp_path / "key").chmod(mode)
    with pytest.raises(PrivacyError, match="chmod 600"):
        load_key(tmp_path)


def test_a_short_key_file_is_refused(tmp_path):
    path = tmp_path / "key"
    path.write_text("short")
    path.chmod(0o600)
    with pytest.raises(PrivacyError, match="16 is the least"):
        load_key(tmp_path)


def test_a_folder_called_key_is_refused(tmp_path):
    (tmp_path / "key").mkdir()
    with pytest.raises(PrivacyError, match="plain file"):
        load_key(tmp_path)


def test_a_key_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "key").write_bytes(b"\xff" * 40)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(PrivacyError, match="cannot be read"):
        load_key(tmp_path)


def test_a_folder_that_is_absent_is_told(tmp_path):
    with pytest.raises(PrivacyError, match="cannot be written"):
        make_key(tmp_path / "nowhere")


def test_environment_goes_before_the_file(tmp_path, monkeypatch):
    make_key(tmp_path)
    monkeypatch.setenv("VOC_KEY", "environment-key-of-32-characters")
    assert load_key(tmp_path) == b"environment-key-of-32-characters"
    assert process_key() == b"environment-key-of-32-characters"


@pytest.mark.parametrize("value", ["", "fifteen chars.."])
def test_a_short_key_in_the_environment_is_refused(tmp_path, monkeypatch, value):
    make_key(tmp_path)
    monkeypatch.setenv("VOC_KEY", value)
    with pytest.raises(PrivacyError, match="VOC_KEY"):
        load_key(tmp_path)


def test_messages_never_hold_the_key(tmp_path, monkeypatch):
    monkeypatch.setenv("VOC_KEY", "s3cret")
    with pytest.raises(PrivacyError) as raised:
        load_key(tmp_path)
    assert "s3cret" not in str(raised.value)


def test_pseudonyms_depend_on_key_namespace_and_value():
    made = {
        pseudonym(KEY, "a", "jane"),
        pseudonym(KEY, "a", "john"),
        pseudonym(KEY, "b", "jane"),
        pseudonym(b"other key" * 8, "a", "jane"),
        pseudonym(KEY, "aj", "ane"),
    }
    assert len(made) == 5
    assert all(len(i) == 24 and int(i, 16) >= 0 for i in made)


def test_the_id_is_stable_across_versions():
    # A change here makes every stored id of every workspace an orphan.
    assert pseudonym(KEY, "survey", "jane") == pseudonyms(KEY, "survey", pl.Series(["jane"]))[0] == EXPECTED


def test_null_has_no_pseudonym():
    assert pseudonyms(KEY, "a", pl.Series("x", [None, "jane"])).to_list() == [None, pseudonym(KEY, "a", "jane")]


EXPECTED = "39cbc9477c5364afdfe5f213"
