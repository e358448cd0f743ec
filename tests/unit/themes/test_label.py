import pytest
from toy import PROBLEMS, ToyEncoder

from voc.themes.graph import quantise
from voc.themes.keywords import keywords, segments, stem
from voc.themes.label import centre_of, define, exemplars, name_themes
from voc.themes.wording import names_trouble, readable


def named(groups, fixed=None):
    encoder = ToyEncoder()
    centres = [centre_of(quantise(encoder.encode(texts))) for texts in groups]
    return name_themes(groups, centres, encoder, fixed or [None] * len(groups), [True] * len(groups))


def test_a_label_is_a_phrase_of_the_members():
    groups = list(PROBLEMS.values())
    for label, texts in zip(named(groups), groups, strict=True):
        assert any(label in text.lower() for text in texts)
        assert 2 <= len(label.split()) <= 5


def test_labels_differ_even_for_the_same_texts():
    texts = ["nobody answered the phone"] * 3
    labels = named([texts] * 5)
    assert len(set(labels)) == 5


def test_a_pair_of_things_is_no_label_of_a_problem():
    pair = ["communication between staff and patients fails", "poor communication between staff and patients"] * 2
    others = ["the phone is never answered", "nobody answered the phone"]
    assert "communication" in named([pair, others])[0].split()


def test_a_fixed_label_stays_and_is_not_given_twice():
    texts = PROBLEMS["phone"]
    free = named([texts])[0]
    assert named([texts, texts], [None, free])[1] == free
    assert named([texts, texts], [None, free])[0] != free


@pytest.mark.parametrize(
    "words",
    [
        "the food",
        "food was",
        "to be seen",
        "staff and",
        "2 hours",
        "food food",
        "patient asked",
        "more off ward",
        "staff look",
        "day and finally",
        "overall staff",
        "fault the service",
        "entered the hospital",
        "activities by ward",
        "not fault",
    ],
)
def test_scraps_are_no_labels(words):
    assert not readable(tuple(words.split()))


@pytest.mark.parametrize(
    "words",
    [
        "waiting for patient transport",
        "more staff",
        "no parking",
        "hours for an ambulance",
        "cold food",
        "poorly trained staff",
    ],
)
def test_names_are(words):
    assert readable(tuple(words.split()))


def test_placeholders_are_never_part_of_a_label():
    texts = ["nurse [NAME] was late", "nurse [NAME] was very late", "late nurse [NAME]"] * 3
    assert "name" not in named([texts])[0].lower()
    assert list(segments("ask [NAME] about it")) == [["ask"], ["about", "it"]]


def test_a_theme_without_words_still_has_a_label():
    assert named([["!!!", "??"], ["..."]]) == ["other", "other (2)"]


@pytest.mark.parametrize(
    "forms",
    [("wait", "waiting", "waits", "waited"), ("appointment", "appointments"), ("cancel", "cancelled", "cancelling")],
)
def test_forms_of_a_word_count_together(forms):
    assert len({stem(form) for form in forms}) == 1


def test_words_that_only_look_alike_do_not():
    assert stem("caring") != stem("car")
    assert stem("staff") != stem("stay")


def test_keywords_set_groups_apart():
    found = keywords([["cold food", "food was cold", "the ward"], ["phone rang out", "the phone", "the ward"]])
    assert found[0][0] in {"cold", "food"}
    assert found[1][0] == "phone"
    assert "the" not in found[0]


def test_exemplars_are_central_and_varied():
    texts = [
        "the food was cold today",
        "the food was cold today again",
        "cold meals in the evening",
        "the moon is far away",
    ]
    vectors = quantise(ToyEncoder().encode(texts))
    chosen = exemplars(texts, vectors, centre_of(vectors[:3]))
    assert len(set(chosen)) == 3
    assert chosen[0].startswith("the food was cold")
    assert "cold meals in the evening" in chosen


def test_a_definition_is_one_short_sentence():
    said = define(("phone", "hold"), "word " * 100)
    assert said.startswith("Comments about phone and hold, such as")
    assert len(said) < 230
    assert "\n" not in define(("a", "b"), "one\ntwo")


def test_problems_are_named_by_what_is_wrong():
    assert names_trouble("waiting for transport")
    assert names_trouble("no parking")
    assert not names_trouble("patient transport")
