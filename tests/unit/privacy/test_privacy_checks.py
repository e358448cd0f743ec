"""Checksums against published examples, and one wrong digit against each."""

import pytest

from voc.privacy import checks


@pytest.mark.parametrize(
    ("digits", "good"), [("4111111111111111", True), ("4111111111111112", False), ("378282246310005", True)]
)
def test_luhn(digits, good):
    assert checks.luhn(digits) is good


@pytest.mark.parametrize(
    ("digits", "good"),
    [("9434765919", True), ("9434765918", False), ("4010232137", True), ("1111111111", False), ("943476591", False)],
)
def test_nhs_number(digits, good):
    assert checks.nhs_number(digits) is good


def test_one_wrong_digit_never_passes_mod_11():
    number = "9434765919"
    for place in range(10):
        for digit in set("0123456789") - {number[place]}:
            assert not checks.nhs_number(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize(
    ("code", "good"), [("GB82WEST12345698765432", True), ("GB82WEST12345698765433", False), ("ÄÖ", False)]
)
def test_iban(code, good):
    assert checks.iban(code) is good


@pytest.mark.parametrize(
    ("digits", "good"),
    [
        ("123456789", True),
        ("000123456", False),
        ("666123456", False),
        ("900123456", False),
        ("123006789", False),
        ("123450000", False),
    ],
)
def test_ssn(digits, good):
    assert checks.ssn(digits) is good


@pytest.mark.parametrize(("prefix", "good"), [("AB", True), ("ab", True), ("QQ", False), ("GB", False), ("AO", False)])
def test_ni_prefix(prefix, good):
    assert checks.ni_prefix(prefix) is good


@pytest.mark.parametrize(
    ("text", "good"), [("10.0.0.1", True), ("256.1.1.1", False), ("1.02.3.4", False), ("8.8.8.8", True)]
)
def test_ipv4(text, good):
    assert checks.ipv4(text) is good


@pytest.mark.parametrize(
    ("raw", "good"),
    [
        ("12/03/1980", True),
        ("2024-02-29", True),
        ("31.12.99", True),
        ("32/13/1980", False),
        ("07700 900123", False),
        ("12/03-1980", False),
    ],
)
def test_is_date(raw, good):
    assert checks.is_date(raw) is good


@pytest.mark.parametrize(
    ("raw", "good"), [("3.14", True), ("1,250,000.00", True), ("07700,900", False), ("12,34", False)]
)
def test_is_amount(raw, good):
    assert checks.is_amount(raw) is good
