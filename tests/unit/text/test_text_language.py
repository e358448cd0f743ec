"""Which language a text is in, and when it is too short to say."""

import pytest

from voc.text.language import SUPPORTED, detect, supported

ENGLISH = "The nurses were kind and the waiting room was clean"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ENGLISH, "en"),
        ("staff friendly, parking terrible, would not return again", "en"),
        ("Pielęgniarka była bardzo miła i wszystko wyjaśniła", "pl"),
        ("La tetera pierde agua y nadie contesta mis correos", "es"),
        ("Livraison rapide et le sac est magnifique, merci beaucoup", "fr"),
        ("Die Lieferung kam zwei Wochen zu spät und war beschädigt", "de"),
        ("ڈاکٹر نے بہت توجہ سے بات سنی", "ur"),
        ("Медсестра была очень добрая", "ru"),
        ("护士非常友好", "zh"),
        ("Very good", "und"),
        ("Ok merci", "und"),
        ("", "und"),
        ("12345 67890 !!! ???", "und"),
        ("👍👍👍", "und"),
    ],
)
def test_detects(text, code):
    assert detect(text) == code


def test_placeholders_addresses_and_links_say_nothing_about_the_language():
    polish = "Pielęgniarka [NAME] była bardzo miła, zobacz https://example.org/the/and/was/were"
    assert detect(polish) == "pl"
    assert detect("[NAME] [PHONE] [ADDRESS] [NHS_NUMBER]") == "und"


def test_line_breaks_do_not_hide_a_language():
    assert detect("Die Lieferung\nkam zwei Wochen\r\nzu spät und war beschädigt") == "de"


def test_the_undecided_are_tried_and_other_languages_are_not():
    assert supported("en")
    assert supported("und")
    assert not supported("pl")
    assert {"en"} == SUPPORTED


def test_case_does_not_change_the_language():
    assert detect(ENGLISH.upper()) == "en"
