"""Checksums and shapes: what tells an identifier from any other number of the same length."""

from __future__ import annotations

import re

_AREA_TABLE = (
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK "
    "FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG "
    "NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR "
    "TS TW UB W WA WC WD WF WN WR WS WV YO ZE BX"
)
_AREAS = frozenset(_AREA_TABLE.split())
_IBAN_TABLE = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 "
    "FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 "
    "LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 "
    "SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBAN_TABLE.split()}
_NO_NI = frozenset(("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"))
_DATE = re.compile(r"(\d{1,4})([/.\- ])(\d{1,2})\2(\d{1,4})")


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check of payment cards."""
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def nhs_number(digits: str) -> bool:
    """Whether ten digits pass the modulus 11 check of NHS numbers."""
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(int(c) * w for c, w in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == int(digits[9])


def iban(compact: str) -> bool:
    """Whether an upper-case IBAN without spaces passes ISO 7064 mod 97-10."""
    moved = compact[4:] + compact[:4]
    return moved.isascii() and moved.isalnum() and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def ssn(digits: str) -> bool:
    """Whether nine digits can be a US social security number: no part is zero, area is neither 666 nor 9xx."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def ni_prefix(prefix: str) -> bool:
    """Whether two letters may begin a UK National Insurance number: not every pair is issued."""
    letters = prefix.upper()
    return not set(letters) & set("DFIQUV") and letters[1] != "O" and letters not in _NO_NI


def postcode_area(area: str) -> bool:
    """Whether letters are a UK postcode area, such as LS or SW."""
    return area.upper() in _AREAS


def ipv4(text: str) -> bool:
    """Whether dotted text is an IPv4 address: four octets, none above 255 or padded with zeros."""
    parts = text.split(".")
    return len(parts) == 4 and all(p == "0" or (p[0] != "0" and int(p) <= 255) for p in parts)


def is_date(raw: str) -> bool:
    """Whether digits with separators read as a calendar date, in any order of day, month and year."""
    match = _DATE.fullmatch(raw.strip())
    if match is None:
        return False
    first, middle, last = match[1], match[3], match[4]
    if len(first) == 4:
        return len(last) <= 2 and 1 <= int(middle) <= 12 and 1 <= int(last) <= 31
    if len(first) > 2 or len(last) not in (2, 4):
        return False
    low, high = sorted((int(first), int(middle)))
    return 1 <= low <= 12 and high <= 31


def is_amount(raw: str) -> bool:
    """Whether digits with separators read as a decimal or as a number with thousands: 3.14159265, 1,250,000.00."""
    return re.fullmatch(r"\d+\.\d+|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", raw) is not None
