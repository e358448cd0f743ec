"""The register on PostgreSQL: every released version's data migrates, a night runs, and a restart costs nothing."""

import os
import random
import shlex
import shutil
import subprocess
import sys
import time

import pytest

import voc
from clinic import DAY, VOC_TOML, lake_rows, make_clinic, server_rows
from voc.errors import StoreError
from voc.store import Register

pytestmark = pytest.mark.live


@pytest.fixture
def server(request):
    if not os.environ.get("VOC_TEST_POSTGRES"):
        assert os.environ.get("CI") != "true", "run by .ci/postgres"
        pytest.skip("no PostgreSQL: run by .ci/postgres")
    return request.getfixturevalue("new_database")


def rows(url):
    with Register(url) as register:
        return server_rows(register)


def clinic_on(root, url):
    return make_clinic(root, settings=VOC_TOML.replace("[workspace]\n", f'[workspace]\nregister_url = "{url}"\n'))


def night(root):
    return [sys.executable, "-m", "voc", "-w", str(root), "nightly", "--date", str(DAY), "--json"]


def test_a_night_is_the_same_as_with_sqlite_and_a_restart_in_its_middle_costs_nothing(server, tmp_path):
    url, other = server(), server()
    calm = clinic_on(tmp_path / "calm", url)
    shaken = shutil.copytree(calm, tmp_path / "shaken")
    (shaken / "voc.toml").write_text((calm / "voc.toml").read_text().replace(url, other))
    with voc.open(shaken):
        pass
    began = time.monotonic()
    assert subprocess.run(night(calm), check=False, capture_output=True).returncode == 0
    took = time.monotonic() - began
    plain = make_clinic(tmp_path / "plain")
    with voc.open(plain) as ws:
        ws.nightly(DAY)
        url_of_plain = ws.register.url
    assert {t: len(r) for t, r in rows(url).items()} == {t: len(r) for t, r in rows(url_of_plain).items()}
    restart = [*shlex.split(os.environ["VOC_TEST_POSTGRES_CTL"]), "-m", "immediate", "restart"]
    codes = []
    for moment in (random.uniform(0.4, 0.9), 0.6, None):
        with subprocess.Popen(night(shaken), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as run:
            if moment:
                time.sleep(moment * took)
                subprocess.run(restart, check=True, stdout=subprocess.DEVNULL)
            told = run.communicate()[1].splitlines()
        codes.append(run.returncode)
        assert run.returncode in (0, 1)
        assert run.returncode == 0 or "try again" in told[-1], told[-1]
    assert codes[-1] == 0, told
    assert rows(other) == rows(url)
    assert lake_rows(shaken) == lake_rows(calm)
    with Register(other) as register:
        assert register.verify_history()[0]


def test_a_server_that_is_gone_is_told_in_one_line_without_its_password():
    url = "postgresql://voc:secret@/none?host=/nonexistent-voc"
    with Register(url) as register, pytest.raises(StoreError, match=r"register: .*try again") as caught:
        register.cases()
    assert "secret" not in str(caught.value)
