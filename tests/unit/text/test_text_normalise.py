"""What says nothing on its own, and what a question asks for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.schema import QUESTION_KINDS
from voc.text.normalise import is_low_information, question_kind

EMPTY = [
    None, "", "   ", ".", "...", "-", "?", "n", "x", "xxx", "0", "10", "👍", "😀😀",
    "Nothing", "nothing.", "NOTHING!!", " Nothing ", "None", "no", "No.", "nope", "Nil", "n/a", "N/A", "NA", "na.",
    "Not applicable", "No comment", "No comments.", "nothing really", "Nothing comes to mind",
    "I can't think of anything",
    "I can\u2019t think of anything", "Can't think of anything at the moment", "Nothing I can think of", "don't know",
    "Dont know", "Not sure", "unsure", "No complaints", "no improvements needed", "Nothing to improve", "Yes", "ok",
    "test", "As above", "same", "[NAME]", "[NAME] [PHONE]", "[NHS_NUMBER].", "did not answer", "no idea",
    "Nothing at all, thank you",
]  # fmt: skip
SAYING = [
    "Lovely", "Rude", "Parking", "Everything", "All good", "Good", "Excellent service", "The wait",
    "Nothing was explained", "No parking", "No one answered the phone", "Nobody called back", "Not clean",
    "No communication at all", "Never again", "Not happy", "The food was cold", "More chairs", "Staff",
    "Nothing, the nurses were wonderful", "Don't know why I had to wait three hours", "n/a the doctor was late",
    "10/10 would recommend", "Thank you [NAME]", "can't fault the staff", "5 stars",
]  # fmt: skip


@pytest.mark.parametrize("text", EMPTY)
def test_says_nothing_on_its_own(text):
    assert is_low_information(text)


@pytest.mark.parametrize("text", SAYING)
def test_says_something(text):
    assert not is_low_information(text)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_never_raises_and_outer_space_and_case_change_nothing(text):
    # Some letters have no partner in the other case, and some partners are two letters long.
    if text.isascii():
        assert is_low_information(f"  {text.upper()}\n") == is_low_information(text.lower())
    is_low_information(text)


def test_a_long_text_says_something_however_it_begins():
    assert not is_low_information("no " * 200)


QUESTIONS = {
    "improve": [
        "What could we do better?", "What could be better?", "How can we improve?", "What should we improve?",
        "What did you dislike?", "What went wrong?", "What did not go well?", "What could have been done differently?",
        "Is there anything that we could change?", "What was the most disappointing part?", "What did you like least?",
        "WHAT COULD WE DO BETTER", "Please tell us about anything we could have done better",
    ],
    "good": [
        "What was good?", "What did we do well?", "What did you like about shopping with us?", "What went well?",
        "What was the best thing about your visit?", "What did you enjoy?",
    ],
    "open": [
        "Please tell us why you gave that score.", "Any other comments?", "What was good and what could be better?",
        "What is the main reason for your score?", "Why?", "Thinking about your visit, how was it?",
    ],
    "none": [None, "", "   ", "\n"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "question"), [(kind, q) for kind, qs in QUESTIONS.items() for q in qs])
def test_what_a_question_asks_for(kind, question):
    assert question_kind(question) == kind


@settings(deadline=None)
@given(st.one_of(st.none(), st.text(max_size=200)))
def test_every_question_has_one_kind_whatever_its_case(question):
    assert question_kind(question) in QUESTION_KINDS
    if question is not None and question.isascii():
        assert question_kind(question.upper()) == question_kind(question.lower())
