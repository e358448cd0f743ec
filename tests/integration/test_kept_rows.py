"""Quarantined rows that are kept: encrypted, for some days, gone with the person, and of use when the file is gone."""

import logging
from datetime import datetime, timedelta

import polars as pl
import pytest
from cryptography.fernet import Fernet

import voc
from clinic import N_BAD, found_on_disk
from voc.doctor import examine
from voc.errors import ConfigError, InputError, PrivacyError
from voc.privacy import frames
from voc.privacy.keys import load_row_key
from voc.store import Vault
from voc.workspace import Workspace

KEY = Fernet.generate_key().decode()
ROWS = (
    "record_id,respondent,text,room\n"
    "R-1,pat-1,The lift is broken again says Marigold,Kestrelroom\n"
    "R-2,pat-2,The tea was cold,Wrenroom\n"
    "R-3,pat-3,No lift at all,Heronroom\n"
)
SECRET = ("The lift is broken again says Marigold", "Marigold", "No lift at all", "pat-1", "pat-3", "Kestrelroom")


def break_redactor(patch):
    """Let the redactor fail on every text with "lift" in it."""
    real = frames.find

    def find(text, **kwargs):
        if "lift" in text:
            raise PrivacyError("the search took too long")
        return real(text, **kwargs)

    patch.setattr(frames, "find", find)
    patch.setattr(frames, "signs", lambda texts: pl.select(pl.repeat(1, len(texts), dtype=pl.Int32)).to_series())


@pytest.fixture
def broken(monkeypatch):
    """A redactor that fails on lifts until ``undo``, and the key that rows are kept by."""
    monkeypatch.setenv("VOC_QUARANTINE_KEY", KEY)
    with pytest.MonkeyPatch.context() as patch:
        break_redactor(patch)
        yield patch


def keeping(root, more=""):
    toml = root / "voc.toml"
    toml.write_text(f"[privacy]\nkeep_quarantined_rows = true\n{more}\n" + toml.read_text())
    return root


@pytest.fixture
def kept(clinic, broken):
    """A workspace that kept two rows of a file that is gone, and then had its redactor mended."""
    path = keeping(clinic) / "by-hand.csv"
    path.write_text(ROWS)
    with voc.open(clinic) as ws:
        assert ws.ingest(path, "generic").quarantined == 2
    path.unlink()
    broken.undo()
    return clinic


def sealed(root):
    return [row.row for row in Vault(root / "quarantine").sealed()]


def test_a_kept_row_is_taken_in_when_its_file_is_gone_and_then_let_go(kept):
    assert sealed(kept) == [1, 3]
    with voc.open(kept) as ws:
        report = ws.replay()
        assert (report["waiting"], report["stored"], report["missing"]) == (2, 2, 0)
        assert [file["state"] for file in report["files"]] == ["kept"]
        assert "No lift at all" in ws.lake.read("feedback")["text"].to_list()
        assert ws.quarantined().is_empty()
        assert ws.lake.read("feedback")["respondent"].n_unique() == 3
    assert sealed(kept) == []
    assert list((kept / "quarantine").iterdir()) == []


def test_a_row_that_came_from_the_vault_is_the_one_its_file_holds(kept):
    with voc.open(kept) as ws:
        ws.replay()
        (kept / "again.csv").write_text(ROWS)
        books = ws.ingest(kept / "again.csv", "generic")
        assert (books.duplicate, books.stored, books.quarantined) == (3, 0, 0)


def test_no_plain_text_of_a_kept_row_is_anywhere(kept, caplog):
    assert found_on_disk(kept, SECRET) == []
    [path] = (kept / "quarantine").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEY not in path.read_text()
    assert not any(value in caplog.text for value in SECRET)


def test_with_another_key_nothing_opens_and_the_rows_wait(kept, monkeypatch, caplog):
    monkeypatch.setenv("VOC_QUARANTINE_KEY", Fernet.generate_key().decode())
    with voc.open(kept) as ws, caplog.at_level(logging.WARNING, "voc"):
        report = ws.replay()
    assert (report["stored"], report["missing"], report["files"][0]["state"]) == (0, 2, "gone")
    assert "2 kept rows were made with another key" in caplog.text
    assert sealed(kept) == [1, 3]


@pytest.mark.parametrize("key", [None, "short", "no Fernet key but long enough"])
def test_without_a_fit_key_nothing_is_kept_and_it_is_said(clinic, broken, monkeypatch, caplog, key):
    if key is None:
        monkeypatch.delenv("VOC_QUARANTINE_KEY")
    else:
        monkeypatch.setenv("VOC_QUARANTINE_KEY", key)
    path = keeping(clinic) / "by-hand.csv"
    path.write_text(ROWS)
    with voc.open(clinic) as ws, caplog.at_level(logging.WARNING, "voc"):
        assert ws.ingest(path, "generic").quarantined == 2
    assert "none of 2 quarantined rows is kept" in caplog.text
    assert sealed(clinic) == []
    path.unlink()
    assert found_on_disk(clinic, SECRET) == []
    [finding] = [f for f in examine(clinic) if f.what.startswith("quarantined rows")]
    assert not finding.ok
    assert key is None or key not in finding.remedy


def test_nothing_is_kept_unless_asked_for(clinic, broken):
    (clinic / "by-hand.csv").write_text(ROWS)
    with voc.open(clinic) as ws:
        ws.ingest(clinic / "by-hand.csv", "generic")
    assert not (clinic / "quarantine").exists()


def later(monkeypatch, days):
    now = datetime.now().astimezone() + timedelta(days=days)
    monkeypatch.setattr(Workspace, "now", lambda _: now)


def test_a_kept_row_goes_after_its_days(kept, monkeypatch):
    later(monkeypatch, 29)
    with voc.open(kept) as ws:
        assert ws.purge()["kept_rows"] == 0
        later(monkeypatch, 31)
        assert ws.replay()["stored"] == 0, "over its time it is not opened, even before a night removes it"
        assert ws.purge(dry_run=True)["kept_rows"] == 2
        assert ws.purge()["kept_rows"] == 2
    assert sealed(kept) == []


def test_reading_the_file_again_does_not_make_its_rows_younger(kept):
    before = [row.kept_at for row in Vault(kept / "quarantine").sealed()]
    first = next(Vault(kept / "quarantine").sealed())
    digest, source = first.file_hash, first.source
    added = Vault(kept / "quarantine").keep(
        source, digest, [(1, {}), (2, {})], space="s", key=KEY.encode(), now=datetime.now().astimezone()
    )
    assert added == 1
    assert [row.kept_at for row in Vault(kept / "quarantine").sealed()][:2] == before


def test_once_keeping_is_turned_off_all_goes(kept):
    toml = kept / "voc.toml"
    toml.write_text(toml.read_text().replace("keep_quarantined_rows = true", "keep_quarantined_rows = false"))
    with voc.open(kept) as ws:
        assert ws.purge()["kept_rows"] == 2


def test_a_person_s_kept_rows_go_with_her_and_others_stay(kept):
    with voc.open(kept) as ws:
        assert ws.erase("pat-1")["kept_rows"] == 1, "all that is held of her was kept out"
        assert sealed(kept) == [3]
        report = ws.replay()
    assert (report["stored"], report["missing"]) == (1, 1)


def test_without_the_key_an_erasure_removes_every_kept_row(kept, monkeypatch):
    monkeypatch.setenv("VOC_QUARANTINE_KEY", Fernet.generate_key().decode())
    with voc.open(kept) as ws:
        assert ws.erase("pat-2")["kept_rows"] == 2, "rows that cannot be searched may be hers"
    assert sealed(kept) == []


def test_an_erased_person_s_row_is_not_kept_whatever_it_is_refused_for(kept, broken):
    with voc.open(kept) as ws:
        ws.erase("pat-1")
    break_redactor(broken)
    (kept / "next.csv").write_text(ROWS + "R-4,pat-4,A lift too,x\n")
    with voc.open(kept) as ws:
        assert ws.ingest(kept / "next.csv", "generic").quarantined == 3
    digests = {row.file_hash for row in Vault(kept / "quarantine").sealed()}
    assert len(digests) == 2
    assert sorted(sealed(kept)) == [3, 3, 4]


def test_a_rejected_row_comes_in_by_a_corrected_profile_after_its_file_has_gone(clinic, monkeypatch):
    monkeypatch.setenv("VOC_QUARANTINE_KEY", KEY)
    with voc.open(keeping(clinic)) as ws:
        assert ws.ingest("survey").quarantined == N_BAD
        (clinic / "inbox" / "survey.csv").unlink()
        assert sorted(sealed(clinic)) == sorted(ws.quarantined()["row"])
    (clinic / "survey.toml").write_text(
        'description = "survey"\nrequired = []\n[columns]\nrecord_id = "record_id"\ntext = "text"\nnps = "nps"\n'
        '[constants]\nchannel = "survey"\n[scores.nps]\nmap = { "eleven" = 10 }\n'
    )
    toml = clinic / "voc.toml"
    first, rest = toml.read_text().split('profile = "generic"', 1)
    toml.write_text(first + 'profile = "survey.toml"' + rest)
    with voc.open(clinic) as ws:
        report = ws.replay()
        assert (report["stored"], report["quarantined"], report["missing"]) == (1, N_BAD - 1, 0)
        assert "The clock is slow" in ws.lake.read("feedback")["text"].to_list()
    assert len(sealed(clinic)) == N_BAD - 1


def test_the_key_stands_outside_the_workspace_in_a_private_file(tmp_path):
    root = tmp_path / "ws"
    root.mkdir()
    inside, outside = root / "rows.key", tmp_path / "rows.key"
    for path in (inside, outside):
        path.write_text(KEY)
        path.chmod(0o600)
    (tmp_path / "link").symlink_to(inside)
    assert load_row_key(root, str(outside)) == KEY.encode()
    for wrong in (str(inside), str(tmp_path / "link"), "rows.key", str(tmp_path / "ws" / ".." / "ws" / "rows.key")):
        with pytest.raises(PrivacyError, match="outside the workspace"):
            load_row_key(root, wrong)
    outside.chmod(0o640)
    with pytest.raises(PrivacyError, match="others may read"):
        load_row_key(root, str(outside))
    with pytest.raises(PrivacyError, match="no key file"):
        load_row_key(root, str(tmp_path / "none"))


def test_days_are_finite(clinic):
    keeping(clinic, "quarantine_days = 0")
    with pytest.raises(ConfigError, match="quarantine_days should be 1 or more"):
        voc.open(clinic)


def test_a_person_whom_nobody_knows_is_still_refused(kept):
    with voc.open(kept) as ws, pytest.raises(InputError, match="nobody is stored"):
        ws.erase("pat-99")
