"""What every test gets: no network, fresh caches, and workspaces to work on."""

import logging
import os
import secrets
import shutil
import sys

import pytest
import pytest_socket
from pytest_socket import disable_socket, enable_socket

import voc
from clinic import DAY, make_clinic
from voc.demo import make_demo, voc_toml


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Block the network before any fixture runs, for voc never goes online by itself; a live test starts servers."""
    if item.get_closest_marker("live"):
        enable_socket()
    else:
        disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _clean_process(monkeypatch):
    """No setting of the developer's own, no page's cache and no log handler reaches the next test."""
    for name in ("VOC_WORKSPACE", "VOC_ACTOR", "VOC_KEY", "VOC_QUARANTINE_KEY", "VOC_FAULT", "VOC_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    yield
    logger = logging.getLogger("voc")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)
    if "streamlit" in sys.modules:
        import streamlit as st

        st.cache_data.clear()
        st.cache_resource.clear()


@pytest.fixture
def new_database():
    """Make an empty database on the PostgreSQL server that .ci/postgres has started; gives its URL."""
    import sqlalchemy as sa

    engine = sa.create_engine(
        sa.make_url(os.environ["VOC_TEST_POSTGRES"]).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.pool.NullPool,  # a test restarts the server
    )
    made = []

    def make():
        made.append(f"voc_{secrets.token_hex(6)}")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {made[-1]}"))
        return engine.url.set(drivername="postgresql", database=made[-1]).render_as_string(hide_password=False)

    yield make
    with engine.connect() as connection:
        for name in made:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", *(["postgresql"] if os.environ.get("VOC_TEST_POSTGRES") else [])])
def register_url(request, tmp_path):
    """An empty register: in SQLite, and on PostgreSQL too where .ci/postgres has started one."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/register.db"
    return request.getfixturevalue("new_database")()


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory):
    """The demo workspace after one night: its folder and the night's record. Tests only read it."""
    root = tmp_path_factory.mktemp("demo_run") / "demo"
    with voc.init(root, settings=voc_toml()) as ws:
        make_demo(root, end=DAY)
        return root, ws.nightly(DAY)


@pytest.fixture(scope="session")
def clinic_template(tmp_path_factory):
    """A small workspace with its feeds, before its first night: copy it."""
    return make_clinic(tmp_path_factory.mktemp("template") / "clinic")


@pytest.fixture(scope="session")
def clinic_done(tmp_path_factory, clinic_template):
    """The same after its first night, nobody having disturbed it: copy it, or only read it."""
    root = shutil.copytree(clinic_template, tmp_path_factory.mktemp("done") / "clinic")
    with voc.open(root) as ws:
        ws.nightly(DAY)
    return root


@pytest.fixture
def clinic(clinic_template, tmp_path):
    """A copy of the small workspace, before its first night."""
    return shutil.copytree(clinic_template, tmp_path / "clinic")


@pytest.fixture
def clinic_after(clinic_done, tmp_path):
    """A copy of the small workspace, after its first night."""
    return shutil.copytree(clinic_done, tmp_path / "clinic")


@pytest.fixture
def loopback():
    """This machine only: what the code under test may talk to is what the test has started."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost", "::1"])
    yield
    pytest_socket.disable_socket(allow_unix_socket=True)
