"""The independent detector: what it lists, and that it is independent of what redaction knows."""

import pytest

from voc.privacy.audit import Auditor

ORDINARY = [
    "The staff were kind and the ward was clean.",
    "We waited in Leeds, then in Leeds again, and Leeds was full.",
    "Everything at Leeds went well. Thank you all.",
    "I like Leeds. The parking is poor.",
]


def kinds(text, texts=ORDINARY):
    return [(s.kind, text[s.start : s.end]) for s in Auditor([*texts, text]).suspects(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jo at jo@example.com", "EMAIL"),
        ("ring 07700 900123 please", "NUMBER"),
        ("she lives near LS6 2AB now", "POSTCODE"),
        ("born 3/4/51 in town", "BIRTH"),
        ("we asked Dr Oyelaran about it", "TITLED"),
        ("the nurse, Xiaoling, was kind", "NAME"),
    ],
)
def test_what_got_through_is_listed(text, kind):
    assert kind in [found for found, _ in kinds(text)]


@pytest.mark.parametrize(
    "text", ["[NAME_1] rang [PHONE_1] for [STAFF: Ward 7].", "We went to Leeds by bus.", "GREAT SERVICE FROM EVERYBODY"]
)
def test_placeholders_common_places_and_shouting_are_not(text):
    assert kinds(text) == []


def test_a_word_that_is_also_written_small_is_nobody():
    assert kinds("the Reception was busy", [*ORDINARY, "the reception desk"]) == []


def test_presidio_is_asked_where_it_is_installed():
    pytest.importorskip("presidio_analyzer")
    from voc.privacy.presidio import presidio_suspects

    found = presidio_suspects("my card 4111 1111 1111 1111 was charged")
    assert [s.kind for s in found] == ["CREDIT_CARD"]
