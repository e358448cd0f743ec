"""Who is let in, and how the app is started; signing in itself is driven in a browser, see tests/live."""

import stat
import subprocess
import tomllib

import pytest
import streamlit as st
from app_sample import page, sample, texts, titles

import voc
from voc.app import ready, serve, who
from voc.config import Config
from voc.configaccess import Access, Grant, SignIn
from voc.errors import ConfigError

SIGN_IN = """
[access.sign_in]
server_metadata_url = "https://login.example/.well-known/openid-configuration"
client_id = "voc"
redirect_uri = "https://voc.example/oauth2callback"
secret_env = "VOC_TEST_SECRET"
"""


@pytest.fixture
def started(monkeypatch):
    """What `voc app` would run: its arguments and its environment."""
    runs = []

    def run(command, *, env, cwd, check):
        runs.append((command, env))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(serve.subprocess, "run", run)
    return runs


@pytest.fixture
def folder(tmp_path):
    with voc.init(tmp_path / "acme"):
        return tmp_path / "acme"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "voc.example", ""])
def test_others_are_not_served_without_a_sign_in(folder, started, address):
    with pytest.raises(ConfigError, match="nobody would have to sign in"):
        serve.serve(folder, 8501, address)
    assert started == []


def test_it_listens_on_this_machine_and_is_protected_whatever_the_environment_says(folder, started, monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION", "false")
    serve.serve(folder, 8600)
    command, environment = started[0]
    assert {"--server.address=localhost", "--server.port=8600", "--server.enableXsrfProtection=true",
            "--server.enableCORS=true", "--client.showErrorDetails=none"} <= set(command)  # fmt: skip
    assert environment[ready.SWITCH], "nobody waits for what a night has brought"
    secret = (folder / "cookie.key").read_text().strip()
    assert environment["STREAMLIT_SERVER_COOKIE_SECRET"] == secret
    assert secret not in " ".join(command)
    assert stat.S_IMODE((folder / "cookie.key").stat().st_mode) == 0o600
    assert serve.cookie_secret(folder) == secret, "sessions outlive a restart"


def test_with_a_sign_in_others_are_served_and_secrets_stay_in_private_files(folder, started, monkeypatch):
    with (folder / "voc.toml").open("a") as file:
        file.write(SIGN_IN)
    with pytest.raises(ConfigError, match="VOC_TEST_SECRET is not set"):
        serve.serve(folder, 8501, "0.0.0.0")
    monkeypatch.setenv("VOC_TEST_SECRET", 'a "quoted" secret')
    serve.serve(folder, 8501, "0.0.0.0")
    command, _ = started[0]
    path = folder / "sign-in.toml"
    assert f"--secrets.files={path}" in command
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert tomllib.loads(path.read_text())["auth"]["client_secret"] == 'a "quoted" secret'
    assert "quoted" not in " ".join(command)


def test_a_secret_that_others_can_read_is_refused(folder, started):
    with (folder / "voc.toml").open("a") as file:
        file.write(SIGN_IN.replace('secret_env = "VOC_TEST_SECRET"', 'secret_file = "oidc.secret"'))
    with pytest.raises(ConfigError, match="cannot be read"):
        serve.serve(folder, 8501)
    (folder / "oidc.secret").write_text("x")
    (folder / "oidc.secret").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod it to 600"):
        serve.serve(folder, 8501)
    (folder / "cookie.key").chmod(0o640)
    with pytest.raises(ConfigError, match="chmod it to 600"):
        serve.cookie_secret(folder)


# --- pages


def people(**more):
    ws = sample()
    ws.config = Config(name="Test clinic", owners=ws.config.owners, access=Access(**more))
    return ws


def test_a_page_that_listens_for_others_shows_nothing_without_a_sign_in(use, monkeypatch):
    use(sample())
    monkeypatch.setattr(who, "exposed", lambda: "It listens on 0.0.0.0.")
    at = page("cases")
    assert titles(at) == ["This app is not for other machines"]
    assert "It listens on 0.0.0.0." in texts(at)
    assert not at.dataframe


@pytest.mark.parametrize(
    ("address", "host", "shown"),
    [
        ("localhost", "localhost:8501", True),
        ("127.0.0.1", "[::1]:8501", True),
        ("localhost", "voc.example", False),
        ("0.0.0.0", "localhost:8501", False),
        (None, "localhost", False),
    ],
)
def test_exposed_sees_the_address_and_the_name_it_was_asked_for(monkeypatch, address, host, shown):
    monkeypatch.setattr(st, "get_option", lambda _name: address)
    monkeypatch.setattr(type(st.context), "headers", property(lambda _self: {"Host": host}))
    assert (who.exposed() == "") is shown


def test_a_workspace_that_asks_for_a_sign_in_is_not_shown_without_one(use):
    use(people(sign_in=SignIn("https://login.example", "voc", "https://voc.example/oauth2callback", "X")))
    at = page("today")
    assert titles(at) == ["This app asks people to sign in, and was started without it"]


def signed_in(monkeypatch, **claims):
    monkeypatch.setattr(who, "configured", lambda: True)
    user = type("User", (), {"is_logged_in": bool(claims), "to_dict": lambda _self: claims})()
    monkeypatch.setattr(st, "user", user)


@pytest.mark.parametrize("name", ["today", "themes", "cases"])
def test_without_signing_in_a_page_shows_a_button_and_nothing_else(use, monkeypatch, name):
    use(people())
    signed_in(monkeypatch)
    at = page(name)
    assert titles(at) == ["Sign in to see what customers say"]
    assert [button.label for button in at.button] == ["Sign in"]
    assert not at.dataframe


def test_a_role_decides_which_moves_are_shown(use, monkeypatch):
    grants = tuple(Grant(f"{role}@x", role, name=role) for role in ("viewer", "care", "owner"))
    shown = {}
    for role in ("viewer", "care", "owner"):
        use(people(users=grants))
        signed_in(monkeypatch, email=f"{role}@x", email_verified=True)
        at = page("cases", case="C-1")
        assert role in [text.value for text in at.sidebar.text]
        shown[role] = at.radio[0].options if at.radio else []
    assert shown["viewer"] == []
    assert "Comment" in shown["care"]
    assert "Take it" not in shown["care"]
    assert "Take it" in shown["owner"]
