"""A language model may word new labels: it is sent redacted words only, and what does not fit is not taken."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from voc.config import parse
from voc.model import Theme
from voc.steps import phrasing
from voc.store import Register

SHOWN = [
    "I waited two hours for patient transport after my appointment.",
    "Patient transport came so late that I missed my scan.",
    "No transport was there to bring me home.",
]
THEME = Theme("t-1", "transport came late", "", "accepted", "problem", ("transport", "late", "waited"))


@pytest.fixture
def model(loopback, monkeypatch):
    """An endpoint that speaks OpenAI's chat protocol and answers what it is told to, or with a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.posts.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(server.status)
            if server.status == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            content = {"choices": [{"message": {"role": "assistant", "content": server.answer}}]}
            self.wfile.write(json.dumps(content).encode() if server.status == 200 else server.answer.encode())

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.posts, server.status, server.answer = [], 200, "Waiting for patient transport"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(phrasing.KEY, "s3cret")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def worded(model, tmp_path):
    register = Register(f"sqlite:///{tmp_path}/register.db")
    register.migrate()
    url = f"http://127.0.0.1:{model.server_port}/v1/chat/completions"

    def ask(**workspace):
        config = parse({"workspace": workspace, "themes": {"wording_url": url, "wording_model": "small"}})
        ctx = SimpleNamespace(config=config, register=register)
        return phrasing.worded(ctx, SimpleNamespace(exemplars={"t-1": SHOWN}), [THEME])[0].label

    return ask


def test_an_answer_that_names_the_theme_is_its_label_and_is_asked_for_once(worded, model):
    assert worded() == worded() == "Waiting for patient transport"
    ((key, body),) = model.posts
    assert key == "Bearer s3cret"
    assert (body["model"], body["temperature"]) == ("small", 0)
    assert all(text in body["messages"][1]["content"] for text in SHOWN)


@pytest.mark.parametrize(
    "answer",
    [
        "Billing and invoices",  # about something else
        "Transport",  # a word is no phrase
        "transport " * 30,
        "[NAME_1] and transport",
        "<script>transport late</script>",
        "Waiting for transport at 07700 900123!",
        "",
    ],
)
def test_an_answer_that_does_not_fit_is_neither_taken_nor_kept(worded, model, answer):
    model.answer = answer
    assert worded() == worded() == THEME.label
    assert len(model.posts) == 1


@pytest.mark.parametrize("status", [302, 401, 500])
def test_an_endpoint_that_fails_costs_a_line_in_the_log_and_no_label(worded, model, status, caplog):
    model.status, model.answer = status, "your text was: I waited two hours"
    assert worded() == THEME.label
    assert [record.message for record in caplog.records] == ["wording"]
    assert "two hours" not in str(caplog.records[0].__dict__)
    model.status, model.answer = 200, "Waiting for patient transport"
    assert worded() == "Waiting for patient transport", "a failure is not kept: the next discovery asks again"


def test_nothing_is_sent_where_nothing_may_leave_the_machine_or_no_endpoint_is_named(worded, model, tmp_path):
    assert worded(external="none") == THEME.label
    ctx = SimpleNamespace(config=parse({}), register=None)
    assert phrasing.worded(ctx, SimpleNamespace(exemplars={}), [THEME]) == [THEME]
    assert model.posts == []
