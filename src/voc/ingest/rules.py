"""What a profile says of files that are no plain table: nested records, threads of messages, many questions."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from voc.errors import ConfigError
from voc.ingest.checks import known, pattern, strings, typed

# The column that the messages of a thread are joined into, and what is counted beside it.
JOINED = "messages"
FIRST_REPLY = "messages.first_reply_at"
N_CUSTOMER = "messages.n_customer"
CUSTOMER = "messages.customer"
# What agents wrote to the customer, as a JSON list: kept apart, never a field of a profile.
REPLIES = "messages.replies"
MADE = (JOINED, FIRST_REPLY, N_CUSTOMER, CUSTOMER, REPLIES)
_YES = ("true", "1", "yes", "y", "t")
_CUSTOMERS = (
    "customer", "user", "end-user", "end user", "enduser", "end_user", "visitor", "caller", "client", "patient",
    "guest", "contact", "lead", "requester", "member", "buyer", "shopper", "carer",
)  # fmt: skip
_AGENTS = (
    "agent", "admin", "operator", "advisor", "adviser", "staff", "representative", "rep", "support", "team",
    "teammate", "employee", "nurse", "receptionist", "seller",
)  # fmt: skip
_BOTS = ("bot", "assistant", "system", "ivr", "chatbot", "automation", "answer bot", "answerbot", "virtual assistant")


@dataclass(frozen=True, slots=True)
class QuestionRules:
    """Which columns of a wide survey are open questions: a rule, since every survey has others.

    A column is one if ``match`` finds its header row number ``header`` (0: its name), or, with ``detect``, if it is
    no other field and its cells are free text. ``wording`` is the header row with the question (0: the name).
    """

    header: int = 0
    match: str = ""
    wording: int = 0
    detect: bool = False
    ignore: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JsonRules:
    """Where records stand in a JSON document, and where the answers stand in a record; paths have dots."""

    records: tuple[str, ...] = ()
    answers: str = ""
    question: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class MessageRules:
    """How the messages of a thread are found and whose they are.

    They are a list inside each record (``path``), the rows of a second file (``file``: patterns of its name), or the
    rows of the file itself. ``key`` is the record's id that ``thread`` of the message names. A message is the
    customer's if its ``speaker`` is one of ``customer``, or its ``author`` is the record's ``customer_id``. The
    record's own ``subject`` and text (``opening``) stand before its messages, if they are the customer's.
    """

    path: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    thread: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    speaker: tuple[str, ...] = ()
    customer: tuple[str, ...] = _CUSTOMERS
    agent: tuple[str, ...] = _AGENTS
    bot: tuple[str, ...] = _BOTS
    customer_id: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    private_is: tuple[str, ...] = _YES
    subject: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    opening_author: tuple[str, ...] = ()
    opening_speaker: tuple[str, ...] = ()


_FOLDED = ("customer", "agent", "bot", "private_is")


def question_rules(raw: dict[str, Any], where: str) -> QuestionRules | None:
    """Read ``[questions]``; None without it.

    Raises:
        ConfigError: a key or value that voc does not know.
    """
    if "questions" not in raw:
        return None
    body = raw["questions"]
    known(body, tuple(f.name for f in fields(QuestionRules)), where)
    n_rows = raw.get("header_rows", 1)
    for name in ("header", "wording"):
        row = typed(body, name, int, 0, where)
        if not 0 <= row <= n_rows:
            raise ConfigError(f"{where}: {name} = {row!r} should be 0 (the column's name) to {n_rows} (header_rows)")
    names = body.get("names", {})
    known(names, tuple(names), f"{where}: names")
    if not body.get("match") and not body.get("detect"):
        raise ConfigError(f"{where}: set match to a regular expression, or detect = true")
    return QuestionRules(
        header=body.get("header", 0),
        match=pattern(typed(body, "match", str, "", where), f"{where}: match"),
        wording=body.get("wording", 0),
        detect=typed(body, "detect", bool, False, where),
        ignore=tuple(strings(body.get("ignore", []), f"{where}: ignore")),
        names={key: strings(value, f"{where}: names {key}")[0] for key, value in names.items()},
    )


def json_rules(raw: dict[str, Any], where: str) -> JsonRules:
    """Read ``[json]``.

    Raises:
        ConfigError: a key or value that voc does not know.
    """
    known(raw, tuple(f.name for f in fields(JsonRules)), where)
    paths = [typed(raw, name, str, "", where) for name in ("answers", "question", "text")]
    if any(paths) and not all(paths):
        raise ConfigError(f"{where}: answers, question and text go together")
    return JsonRules(tuple(strings(raw.get("records", []), f"{where}: records")), *paths)


def message_rules(raw: dict[str, Any], where: str) -> MessageRules | None:
    """Read ``[messages]``; None without it.

    Raises:
        ConfigError: a key or value that voc does not know, or no rule that tells customers from agents.
    """
    if "messages" not in raw:
        return None
    body = raw["messages"]
    known(body, tuple(f.name for f in fields(MessageRules)), where)
    values = {name: tuple(strings(value, f"{where} {name}")) for name, value in body.items()}
    for name in _FOLDED:
        if name in values:
            values[name] = tuple(value.strip().lower() for value in values[name])
    rules = MessageRules(**values)
    if not rules.text:
        raise ConfigError(f"{where}: missing text, the column or key that holds a message's words")
    if not rules.speaker and not (rules.author and rules.customer_id):
        raise ConfigError(f"{where}: missing speaker (or author and customer_id): nothing tells customers from agents")
    if not rules.path and not rules.thread:
        raise ConfigError(f"{where}: missing thread, the column that names a message's thread (or path, a list in it)")
    return rules
