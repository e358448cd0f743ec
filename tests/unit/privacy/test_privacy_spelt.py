"""Identifiers pulled apart by words or gaps, or written out, are masked after their cue, and their likes are kept."""

import pytest

from voc.privacy import find, mask


def masked(text):
    return mask(text, find(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("post code L S 6 2 A B", "post code [POSTCODE]"),
        ("number plate: A B 1 2 C D E was towed", "number plate: [PLATE] was towed"),
        ("NHS number is 401, then 023, then 2137", "NHS number is [NHS_NUMBER]"),
        ("last four of my social 6789", "last four of my social [SSN]"),
        ("account number 55779911 sort 200000", "account number [ACCOUNT] sort [ACCOUNT]"),
        ("DL: D1234567 (CA)", "DL: [LICENCE] (CA)"),
        ("ip 192 168 1 44 was blocked", "ip [IP] was blocked"),
        ("192.168.1[.]44", "[IP]"),
        ("date of birth third of march nineteen fifty one", "date of birth [DOB]"),
        ("born on the twenty-first of May two thousand and four", "born on [DOB]"),
        ("find me on twitter as maureenb51", "find me on twitter as [HANDLE]"),
        ("J. P. Thistlewaite signed it", "[NAME] signed it"),
        ("J.P.T. Blenkinsop rang", "[NAME] rang"),
        ("Blenkinsop, Maureen (daughter)", "[NAME], [NAME] (daughter)"),
        ("name=Maureen+Blenkinsop&x=1", "name=[NAME]&x=1"),
        ("<b>Maureen</b> <i>Blenkinsop</i> rang", "<b>[NAME]</i> rang"),
        ("nurse jo-anne okonkwo never came back", "nurse [NAME] never came back"),
        ("ring 202/555/0147", "ring [PHONE]"),
        ("Hosp no. RX7654321", "Hosp no. [MRN]"),
        ("philippa at the rate gmail dot com", "[EMAIL]"),
    ],
)
def test_what_is_pulled_apart_is_masked_whole(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "NHS waits: 401 people, 023 beds, 2138 calls",  # fails the check
        "the plate was A1 and cold",
        "post code of practice and a b c",
        "born in the twenty first century",
        "U.S. customs held it",
        "P.S. Thanks",
        "G.P. Surgery was closed",
        "Unfortunately, Maureen Ward was closed",
        "nurse at hand was kind",
        "last four days my social life suffered",
        "sort it out by 2030",
        "IP ward had 4 5 of us",
    ],
)
def test_what_only_looks_like_it_is_kept(text):
    assert masked(text) == text
