"""Cleaning: markup, quoted mail and broken encodings go; the customer's own words stay, all of them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.ingest.clean import AUTOMATIC, mend, own_words, plain, tidy, unbroken


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("Line<br>break<br/>again", "Line\nbreak\nagain"),
        ("<div>Mine</div><div class='gmail_quote'>Theirs <div>deeper</div> still</div>", "Mine"),
        ("<div>Mine</div><blockquote>Theirs<blockquote>older</blockquote></blockquote>after", "Mine\n\nafter"),
        ("<style>p {color: red}</style><script>x()</script>Seen", "Seen"),
        ("<ul><li>late</li><li>rude</li></ul>", "late\n\nrude"),
        ("never <b>closed <p>but read", "never closed\nbut read"),
        ("a&nbsp;b &#39;c&#39; &lt;3", "a b 'c' <3"),
        ("<img class='gmail_quote' src=x>kept", "kept"),
    ],
)
def test_markup_becomes_text(markup, text):
    assert plain(markup) == text


def test_what_is_no_markup_is_left_alone():
    texts = pl.Series("t", ["5 < 6 and 7 > 3", "a <3 b", "me & you", "use <key> here", None])
    assert tidy(texts, frozenset({"html"})).to_list() == texts.to_list()


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        ("Still broken.\n\nOn Wed, Dec 20, 2023 at 13:37, Help <h@x.example> wrote:\n> Tried it?\n", "Still broken."),
        ("Still broken.\n\n-----Original Message-----\nFrom: Help\nSent: Monday\nTo: me\n\nOld", "Still broken."),
        ("Toujours en panne.\n\nLe lun. 3 mars 2024 à 10:00, Aide <a@b.example> a écrit :\n> bonjour\n",
         "Toujours en panne."),
        ("The portal lost my booking.\n\nKind regards,\nJane\nTel 0123", "The portal lost my booking."),
        ("It works now.\nSent from my iPhone", "It works now."),
        ("> what broke?\nThe lift broke.\n> when?\nMonday.", "The lift broke.\nMonday."),
        ("Two things:\n- late\n- rude\nPlease fix both.", "Two things:\n- late\n- rude\nPlease fix both."),
        ("Thanks\nbut I still have no refund", "Thanks\nbut I still have no refund"),
        ("One line, no mail at all", "One line, no mail at all"),
    ],
)  # fmt: skip
def test_only_what_the_sender_wrote_is_kept(mail, words):
    assert own_words(mail) == words


def test_a_long_tail_is_no_signature():
    story = "First.\n\nKind regards are not what I received.\n" + "They shouted at me again and again. " * 40
    assert own_words(story).endswith("again and again.")
    huge = "word\n" * 20_000
    assert own_words(huge) == huge


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("cafÃ©", "café"),
        ("itâ€™s", "it’s"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "привет"),
        ("ðŸ˜€ fine", "😀 fine"),
        ("Â£5", "£5"),
        ("café naïve Ünal Ærø", "café naïve Ünal Ærø"),
        ("São Ângelo â", "São Ângelo â"),
    ],
)
def test_mojibake_is_repaired_and_accents_are_left(broken, right):
    assert unbroken(broken) == right


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_what_was_broken_once_comes_back(text):
    broken = "".join(bytes([b]).decode("cp1252", "replace") if b not in _UNDEFINED else chr(b) for b in text.encode())
    if not any(character in text for character in _SUSPECT):
        assert unbroken(broken) == text


_UNDEFINED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
# Texts that hold what looks like broken UTF-8 cannot be told from broken ones.
_SUSPECT = [chr(c) for c in range(0x80, 0x100)] + list("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ")


def test_null_bytes_go_and_nothing_else_changes():
    frame = pl.DataFrame({"a": ["x\x00y", None], "b": ["z", "=1+1"]})
    assert mend(frame).to_dict(as_series=False) == {"a": ["xy", None], "b": ["z", "=1+1"]}


@pytest.mark.parametrize(
    ("text", "automatic"),
    [
        ("Automatic reply: Your order", True),
        ("Out of Office", True),
        ("Abwesenheitsnotiz: bin im Urlaub", True),
        ("Hello, I am currently out of the office until Monday.", True),
        ("This is an automated message, please do not reply.", True),
        ("I waited out of the office for an hour.", False),
        ("The automatic door hit me.", False),
        ("I got an automatic reply and then nothing.", False),
    ],
)
def test_automatic_replies_are_told_from_words_about_them(text, automatic):
    assert pl.Series([text]).str.contains(AUTOMATIC).item() is automatic
