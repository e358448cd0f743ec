"""Signing in at a real OpenID Connect server, in a real browser: what each role sees and may do."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys

import pytest
from oidc import CLIENT, SECRET, Provider
from playwright.sync_api import expect
from terminal import voc

from conftest import _wait_for

pytestmark = pytest.mark.live
expect.set_options(timeout=60_000)
PEOPLE = {
    "vera@clinic.example": {},
    "cara@clinic.example": {},
    "ada@clinic.example": {"name": "Not A Manager"},
    "stranger@clinic.example": {"name": "ada@clinic.example"},
    "faker@clinic.example": {"email": "ada@clinic.example", "email_verified": False},
}
ACCESS = """
[access]
log = true

[access.users."vera@clinic.example"]
role = "viewer"

[access.users."cara@clinic.example"]
role = "care"

[access.users."ada@clinic.example"]
role = "admin"

[access.sign_in]
server_metadata_url = "{issuer}/.well-known/openid-configuration"
client_id = "{client}"
redirect_uri = "{redirect}"
secret_file = "oidc.secret"
"""


@pytest.fixture(scope="module")
def signed(demo, tmp_path_factory):
    """The demo with a sign-in, served to all addresses: its folder, address and provider."""
    root = shutil.copytree(demo, tmp_path_factory.mktemp("signed") / "demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    with Provider(f"{url}/oauth2callback", PEOPLE) as provider:
        settings = ACCESS.format(issuer=provider.issuer, client=CLIENT, redirect=provider.redirect_uri)
        (root / "voc.toml").write_text((root / "voc.toml").read_text(encoding="utf-8") + settings, encoding="utf-8")
        (root / "oidc.secret").write_text(SECRET)
        (root / "oidc.secret").chmod(0o600)
        command = [sys.executable, "-m", "voc", "-w", str(root), "app", "--port", str(port), "--address", "0.0.0.0"]
        quiet = subprocess.DEVNULL
        server = subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)
        try:
            _wait_for(f"{url}/_stcore/health", server)
            yield root, url, provider
        finally:
            os.killpg(server.pid, 15)
            server.wait(timeout=20)


def sign_in(page, url, email, path=""):
    page.goto(f"{url}/{path}")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=60_000)


def open_case(root):
    cases = json.loads(voc("-w", str(root), "cases", "list", "--json"))
    return next(c["case_id"] for c in cases if c["state"] == "open")


def test_without_signing_in_nothing_is_shown(page, signed):
    _, url, _ = signed
    page.goto(f"{url}/themes")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in to see what customers say"
    assert not page.get_by_test_id("stDataFrame").count()


def test_a_viewer_reads_and_has_no_button_that_moves(page, signed):
    root, url, provider = signed
    sign_in(page, url, "vera@clinic.example")
    expect(page.get_by_text("vera (clinic.example)")).to_be_visible()
    page.goto(f"{url}/cases?case={open_case(root)}")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    assert not page.get_by_role("button", name="Take it", exact=True).count()
    assert {"/.well-known/openid-configuration", "/authorize", "/token", "/jwks"} <= set(provider.asked)


def test_an_administrator_moves_and_the_history_has_her_own_name(page, signed):
    root, url, _ = signed
    case = open_case(root)
    sign_in(page, url, "ada@clinic.example")
    page.goto(f"{url}/cases?case={case}")
    page.get_by_role("button", name="Take it", exact=True).click()
    expect(page.get_by_text(re.compile("Done: .* is taken"))).to_be_visible()
    shown = json.loads(voc("-w", str(root), "cases", "show", case, "--json"))
    assert shown["history"][-1]["actor"] == "ada (clinic.example)"


@pytest.mark.parametrize("email", ["stranger@clinic.example", "faker@clinic.example"])
def test_who_is_named_nowhere_or_proved_nothing_sees_nothing(page, signed, email):
    _, url, _ = signed
    sign_in(page, url, email)
    assert page.get_by_role("heading", level=1).inner_text() == "You have no role here yet"


def test_care_raises_and_reading_comments_is_noted(page, signed):
    root, url, _ = signed
    sign_in(page, url, "cara@clinic.example")
    theme = json.loads(voc("-w", str(root), "cases", "list", "--json"))[0]["theme_id"]
    page.goto(f"{url}/themes?theme={theme}")
    expect(page.locator("mark").first).to_be_visible()
    lines = json.loads(voc("-w", str(root), "access", "log", "--person", "cara@clinic.example", "--json"))
    assert any(line["role"] == "care" and line["n"] for line in lines)


def test_no_secret_is_in_a_page_or_readable_by_others(page, signed):
    root, url, _ = signed
    sign_in(page, url, "vera@clinic.example")
    cookie_key = (root / "cookie.key").read_text().strip()
    page.goto(url)
    sources = [page.content(), page.request.get(url).text(), page.request.get(f"{url}/_stcore/health").text()]
    sources.append(json.dumps(page.evaluate("() => ({...window.localStorage, ...window.sessionStorage})")))
    assert not [s for s in (SECRET, cookie_key) if any(s in source for source in sources)]
    assert not [c["name"] for c in page.context.cookies() if SECRET in c["value"] or cookie_key in c["value"]]
    for name in ("cookie.key", "sign-in.toml", "oidc.secret"):
        assert stat.S_IMODE((root / name).stat().st_mode) == 0o600, name


def test_a_request_from_another_site_is_refused(page, signed):
    _, url, _ = signed
    answer = page.request.put(f"{url}/_stcore/upload_file/x/y", headers={"Origin": "http://evil.example"}, data="x")
    assert answer.status in (400, 403, 404)
    shown = page.request.get(f"{url}/_stcore/health", headers={"Origin": "http://evil.example"})
    assert shown.headers.get("access-control-allow-origin") not in ("*", "http://evil.example")


def test_signing_out_ends_the_session(page, signed):
    _, url, _ = signed
    sign_in(page, url, "vera@clinic.example")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def comments(root, case):
    shown = json.loads(voc("-w", str(root), "cases", "show", case, "--json"))
    return [event for event in shown["history"] if event["move"] == "comment"]


def test_a_forged_message_moves_a_case_for_an_administrator_and_not_for_a_viewer(browser, signed):
    """An administrator's message, byte for byte, over a viewer's connection: what a crafted request would be."""
    root, url, _ = signed
    case = open_case(root)
    admin, sent = forger(browser), []

    def keep(frame):
        sent.append(frame)

    admin.on("websocket", lambda ws: ws.on("framesent", keep))
    sign_in(admin, url, "ada@clinic.example")
    admin.goto(f"{url}/cases?case={case}")
    expect(admin.get_by_role("heading", name="History")).to_be_visible()
    admin.get_by_role("radiogroup").get_by_text("Comment", exact=True).click()
    expect(admin.get_by_role("button", name="Comment", exact=True)).to_be_visible()
    admin.get_by_label("Reason", exact=True).fill("Seen twice")
    admin.get_by_role("button", name="Comment", exact=True).click()
    expect(admin.get_by_text(re.compile("Done:"))).to_be_visible()
    assert len(comments(root, case)) == 1
    message = max((frame for frame in sent[-6:] if isinstance(frame, bytes) and b"Seen twice" in frame), key=len)
    forge(admin, message)
    assert len(comments(root, case)) == 2, "the forgery works: else the rest of this test proves nothing"
    viewer = forger(browser)
    sign_in(viewer, url, "vera@clinic.example")
    viewer.goto(f"{url}/cases?case={case}")
    expect(viewer.get_by_role("heading", name="History")).to_be_visible()
    forge(viewer, message)
    assert len(comments(root, case)) == 2
    for page in (admin, viewer):
        page.context.close()


def forger(browser):
    """A page that keeps its connection where a script can write to it."""
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    keep = "super(...given); (window.sockets ??= []).push(this)"
    page.add_init_script(f"window.WebSocket = class extends WebSocket {{ constructor(...given) {{ {keep} }} }}")
    return page


def forge(page, message):
    page.evaluate("bytes => window.sockets.at(-1).send(new Uint8Array(bytes))", list(message))
    page.wait_for_timeout(6_000)


def test_an_owner_takes_plans_declares_ships_and_gives_her_verdict(page, signed):
    root, url, _ = signed
    case = open_case(root)
    sign_in(page, url, "ada@clinic.example")
    page.goto(f"{url}/cases?case={case}")
    move(page, "Take it")
    page.get_by_label(re.compile("What will be done")).fill("A second line on Mondays")
    page.get_by_role("combobox", name=re.compile("Root cause")).click()
    page.get_by_role("option", name=re.compile("staffing", re.IGNORECASE)).click()
    move(page, "Plan")
    expect(page.get_by_text(re.compile("weeks? after shipping show|will show a change"))).to_be_visible()
    page.get_by_role("button", name="Write this test down").click()
    expect(page.get_by_text("The test is written down")).to_be_visible()
    move(page, "Start work")
    move(page, "Mark as shipped")
    page.get_by_role("radiogroup").get_by_text("Record the verdict", exact=True).click()
    page.get_by_role("combobox", name=re.compile("Verdict")).click()
    page.get_by_role("option", name=re.compile("cannot tell", re.IGNORECASE)).click()
    move(page, "Record the verdict")
    shown = json.loads(voc("-w", str(root), "cases", "show", case, "--json"))
    assert [event["move"] for event in shown["history"]][-6:] == ["take", "plan", "declare", "start", "ship", "verify"]
    assert json.loads(voc("-w", str(root), "cases", "verify-history", "--json"))["ok"]


def move(page, name):
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text(re.compile("Done:"))).to_be_visible()
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
