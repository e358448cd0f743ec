import os
import stat

import pytest

from voc.store.durable import durable_file, make_folder, sync_file


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_folders_and_files_are_private_whatever_the_umask(tmp_path):
    make_folder(tmp_path / "a" / "b")
    with durable_file(tmp_path / "a" / "b" / "f") as handle:
        handle.write(b"x")
    (tmp_path / "loose").write_text("x")
    sync_file(tmp_path / "loose")
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*")}
    assert modes == {"a": 0o700, "b": 0o700, "f": 0o600, "loose": 0o600}


def test_an_existing_file_is_never_overwritten(tmp_path):
    (tmp_path / "f").write_text("kept")
    with pytest.raises(FileExistsError), durable_file(tmp_path / "f") as handle:
        handle.write(b"lost")
    assert (tmp_path / "f").read_text() == "kept"


def test_a_folder_over_a_file_is_refused(tmp_path):
    (tmp_path / "f").write_text("")
    with pytest.raises(OSError, match="f"):
        make_folder(tmp_path / "f" / "g")
