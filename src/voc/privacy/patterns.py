"""Recognisers for everything that has a shape of its own: e-mails, links, codes with letters, plates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voc.privacy import checks, cues
from voc.privacy.words import COMMON, UPPER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.privacy.shadow import Shadow

Found = tuple[str, int, int]

_TOP = (
    "com|co|org|net|edu|gov|uk|us|io|info|me|biz|nhs|ac|ltd|plc|app|dev|online|email|eu|de|fr|es|it|nl|be|ch|at"
    "|ie|pl|pt|se|no|dk"
    "|fi|cz|hu|ro|gr|ru|ua|in|cn|jp|au|nz|ca|za|br|mx|tr|il|ae|sg|hk"
)
_LOCAL = r"(?<![\w.+\-])[\w.+\-]{1,64}"
# The host may hold any script; each part is bounded so that no start costs more than a few hundred steps.
_EMAIL = re.compile(rf"{_LOCAL}@{{1,2}}[\w\-]{{1,63}}(?:\.[\w\-]{{1,63}}){{1,6}}")
# What people put around "at" and "dot": brackets, quotation marks, dashes, stars.
_OPEN, _SHUT = r"[(\[{<\"'*_~\-]", r"[)\]}>\"'*_~\-]"
_AT = (
    rf"(?:[ \t]{{0,3}}(?:@|{_OPEN}{{1,2}}[ ]?(?:at|@)[ ]?{_SHUT}{{1,2}})[ \t]{{0,3}}"
    r"|[ \t]{1,3}at(?: the rate|[ \-]sign)?[ \t]{1,3})"
)
_DOT = (
    rf"(?:[ \t]{{0,3}}(?:\.|{_OPEN}{{1,2}}[ ]?(?:dot|\.)[ ]?{_SHUT}{{1,2}}|,(?=com\b))[ \t]{{0,3}}"
    r"|[ \t]{1,3}(?:dot|point)[ \t]{1,3})"
)
_SPELT_EMAIL = re.compile(
    rf"(?<![\w.+\-])[\w.+\-]{{1,64}}?(?:{_DOT}[\w+\-]{{1,32}}?){{0,2}}{_AT}[a-z0-9\-]{{1,40}}?"
    rf"(?:{_DOT}[a-z0-9\-]{{2,20}}?){{0,2}}{_DOT}(?:{_TOP})(?![\w@])",
    re.IGNORECASE,
)
_PROVIDER_EMAIL = re.compile(
    rf"{_LOCAL}(?:@|[ \t]{{1,2}}(?:@|at|\(at\))[ \t]{{1,2}})(?:g ?mail|hot ?mail|yahoo|outlook|icloud|btinternet"
    rf"|protonmail|live|aol|googlemail)\b",
    re.IGNORECASE,
)
# "jane gmail com", and a host that was torn: "jane@exa mple.com".
_BARE_EMAIL = re.compile(
    r"(?<![\w.+\-])(?=[\w.+\-]{0,60}(?:\d|[._+]|[a-z]{5}))[\w.+\-]{3,64}[ ](?:at[ ])?(?:gmail|hotmail|yahoo|outlook"
    r"|icloud|btinternet)[ ](?:dot[ ])?(?:com|co[ ]uk)(?!\w)"
    r"|(?<![\w.+\-])(?=[\w.+\-]{0,60}[\d._+])[\w.+\-]{3,64}[ ]\((?:gmail|hotmail|yahoo|outlook|icloud)\)"
    # Written backwards.
    r"|(?<!\w)(?:moc|ku\.oc|gro|ten|ku\.shn)\.[\w.\-]{2,60}@[\w.\-]{2,64}",
    re.IGNORECASE,
)
_TORN_EMAIL = re.compile(
    rf"{_LOCAL}@[\w\-]{{1,30}}[ ][\w\-]{{1,30}}\.(?:com|co\.uk|org|net|edu|uk|nhs)(?!\w)", re.IGNORECASE
)
_SPACED_EMAIL = re.compile(r"(?<!\S)(?:[\w.+\-] ){3,40}@(?: [\w.\-]){3,40}(?!\S)")
_DOT_WORD = re.compile(r"\bdot\b|_dot_|\bpoint\b|\.|,com\b", re.IGNORECASE)
_URL = re.compile(
    r"(?<!\w)(?:h(?:tt|xx)ps?|ftp)[ ]?:[ ]?//[^\s\x00<>\"]{1,2000}|(?<![\w.@])www\d?\.[^\s\x00<>\"]{2,2000}",
    re.IGNORECASE,
)
_LINK = re.compile(
    rf"(?<![\w.@\-])(?:[\w\-]{{1,63}}\.){{1,5}}(?:{_TOP}|ly|gl|gd|gg|link|page|xyz|tv|shop|store|site)/[^\s\x00<>\"]{{2,2000}}",
    re.IGNORECASE,
)
# An address that is read out, or written with gaps; its words are few, for sentences go on after it.
_SPOKEN_URL = re.compile(
    rf"(?<![\w.])[\w\-]{{2,40}}(?:[ ]dot[ ][\w\-]{{2,20}}){{1,4}}(?:[ ](?:forward )?slash[ ][\w\-]{{1,40}}){{1,6}}"
    r"|(?<!\w)www[ ]?\.[ ]?[\w\-]{1,40}(?:[ ]?\.[ ]?[\w\-]{2,20}){1,4}(?:[ ]?/[ ]?[\w\-?=&]{1,60}){1,6}"
    rf"|(?<![\w.])(?:[\w\-]{{1,40}}\[\.\]){{1,4}}(?:{_TOP})/[^\s\x00<>\"]{{1,200}}",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@.+/\-])@[A-Za-z_][\w.]{1,38}\w(?![\w@]|\.[a-z]{2,3}\b)")
_SOCIAL = re.compile(
    r"(?<!\w)(?:insta(?:gram)?|twitter|tik ?tok|snap(?:chat)?|facebook|fb|discord|telegram|username|user name|handle)"
    r"(?: (?:handle|name|id|account|username|user))?(?: is|:| -| as| at| =|@)[: ]{1,2}@?[ ]?"
    r"((?=[\w.]{0,30}[\d_.])[\w.]{3,32}\w)"
    r"|(?:I'm|I am|me|as|add|follow|find|search)[ ]@?((?=[\w.]{0,30}[\d_])[A-Za-z][\w.]{2,30}\w)[ ]on[ ]"
    r"(?:insta(?:gram)?|twitter|tik ?tok|snap(?:chat)?|facebook|fb|discord|telegram)\b"
    r"|(?<!\w)(?:insta(?:gram)?|twitter|tik ?tok|snap(?:chat)?|facebook|discord|telegram)[ ]?(?:,|➡|→|->)[ ]{1,2}@?"
    r"((?=[\w.]{0,30}[\d_])[A-Za-z][\w.]{2,30}\w)"
    r"|(?<![\w/])/?u/((?=[\w\-]{0,20}[\d_])[A-Za-z][\w\-]{2,20})(?![\w/])",
    re.IGNORECASE,
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])(?=[\da-f:]{0,40}\d)(?:[\da-f]{1,4}:{1,2}){2,7}[\da-f]{0,4}(?![\w:])", re.IGNORECASE)
_VERSION = re.compile(r"(?:version|release|build|firmware|v)[ .:]{0,2}$", re.IGNORECASE)
_POSTCODE = re.compile(
    r"(?<![^\W_])([A-Z]{1,2})(\d{1,2}|\d[A-Z])([ \t.\-]{0,3})(\d[ABD-HJLNP-UW-Z]{2})(?![^\W_])|"
    r"(?<![^\W_])GIR ?0AA(?![^\W_])",
    re.IGNORECASE,
)
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT"
    "|V[AT]|W[AIVY]|A[AEP]"
)
_STATE_ZIP = re.compile(
    rf"(?<!\w)(?:{_STATES})[ ,\t]{{1,2}}\d{{5}}(?:-\d{{4}})?(?![\w\-])"
    rf"|(?<![\w\-])\d{{5}}(?:-\d{{4}})?[ ](?:{_STATES})(?=[.,;)\n]|$)"
)
# Eircodes and Canadian codes, in capitals and with their gap: other codes are hardly ever written so.
_OTHER_POSTCODES = re.compile(
    r"(?<![^\W_])(?:[AC-FHKNPRTV-Y]\d[\dW][ ][AC-FHKNPRTV-Y\d]{4}|[ABCEGHJ-NPR-TVXY]\d[A-Z][ ]\d[A-Z]\d)(?![^\W_])"
)
_ZIP_FOUR = re.compile(r"(?<![\w\-.#])\d{5}-\d{4}(?![\w\-])")
_ZIP_AFTER = re.compile(
    r"(?<![\w\-.#])\d{5}(?=[ ]is[ ](?:my|our|the)[ ](?:zip|postal|post)[ ]?code|[ ]is[ ](?:my|our|the)[ ]zip)", re.I
)
_ACCOUNT_SORT = re.compile(
    r"\bacc(?:oun)?t(?: ?(?:number|num|no))?\.?(?: is)?[ .:#]{1,3}(\d{6,8})(?=[ ,.;]{0,3}(?:and |my |the )?sort ?code)",
    re.I,
)
_ZIP_CUED = re.compile(
    r"(?<!\w)(?:post ?code|postal code|zip ?code|zip)(?:'?s)?(?: (?:is|was|number|of))?[ :=\-]{1,3}("
    r"[A-Z]{1,2}[ ]\d{1,2}[A-Z]?[ ]?\d[A-Z]{2}|(?=[\w\-]{0,9}\d)[\w\-]{2,10}(?:[ ]\d[A-Z]{2})?)(?!\w)",
    re.IGNORECASE,
)
# "in Bjert 6091": a town and its code; a year after a town is none.
_TOWN_CODE = re.compile(
    rf"(?<!\w)in[ ](?:[{UPPER}][^\W\d_]{{0,20}}[ ](?:(?:de|da|of|la|les)[ ])?){{1,4}}((?!(?:19|20)\d\d(?!\d))"
    rf"(?:\d{{3}}[ ]\d{{2}}|\d{{4,6}}(?:-\d{{3,4}})?))(?=[ ]in\b|[,.]|$)"
)
_NI = re.compile(r"(?<![^\W_])([A-Z][ ]?[A-Z])([ \-.]{0,2}\d[ ]?\d){3}[ \-.]{0,2}[A-D](?![^\W_])", re.IGNORECASE)
_IBAN = re.compile(r"(?<![^\W_])[A-Z][ ]?[A-Z][ \-.]?\d[ ]?\d(?:[ \-.\n]?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE)
_PLATE = re.compile(r"(?<![^\W_])[A-HJ-PR-Y][A-HJ-PR-Y](?:[0-2567]\d)[ \-]?[A-HJ-PR-Z]{3}(?![^\W_])")
_PLATE_CUED = re.compile(
    r"(?<!\w)(?:reg(?:istration)?(?: (?:number|plate|no))?|number ?plates?|plates?|vrm|car|van|vehicle|taxi)(?: "
    r"(?:is|was|reg|number|plate))?[ .:]{1,3}"
    r"((?=[A-Z0-9]{0,6}\d)(?=[A-Z0-9]{0,6}[A-Z])[A-Z0-9]{2,4}[ \-]?[A-Z0-9]{3})(?!\w)",
    re.IGNORECASE,
)
# Small letters prove little: they need a vehicle nearby where they have a gap.
_PLATE_LOW = re.compile(r"(?<![^\W_])[a-hj-pr-y]{2}[0-2567]\d([ ]?)[a-hj-pr-z]{3}(?![^\W_])")
_VEHICLE = re.compile(
    r"\b(?:cars?|vans?|park(?:ed|ing)|dr(?:iv(?:e|es|ing)|ove)|taxi|plates?|reg|lorry|bus|vehicle|driveway)\b",
    re.IGNORECASE,
)
_CODE = r"((?=[A-Za-z0-9\-/ ]{0,19}\d)[A-Za-z0-9](?:[\-/ ]?[A-Za-z0-9]){3,18})(?![A-Za-z0-9])"
_IS = r"(?: ?(?:number|numbers|num|no|id|ref|card|details))?(?: ?(?:is|was|=|#))?[ .:#'(\-]{1,4}"
_CODED = {
    "MRN": r"mrn|medical record|hosp(?:ital)? (?:number|no|num|id|ref)|patient (?:number|no|num|id|ref)",
    "PASSPORT": r"passport",
    "LICENCE": r"driv(?:er'?s?|ing) ?licen[cs]e|dl number",
    "ACCOUNT": r"sort code|bank account|routing",
    "NI_NUMBER": r"national insurance|nino|ni(?= (?:number|no)\b)",
    "IBAN": r"iban",
}
_CODED_PATTERNS = {kind: re.compile(rf"(?<!\w)(?:{cue}){_IS}{_CODE}", re.IGNORECASE) for kind, cue in _CODED.items()}


# What the costlier patterns cannot do without.
_PROVIDERS = ("mail", "yahoo", "outlook", "icloud", "btinternet", "live", "aol")
_NETWORKS = ("insta", "twitter", "tik", "snap", "face", "fb", "discord", "telegram", "user", "handle", "u/")


def links(shadow: Shadow) -> Iterator[Found]:
    """Yield web addresses; a bare shop name such as example.com is no personal data and stays."""
    for pattern in (_URL, _LINK, *((_SPOKEN_URL,) if shadow.has(("slash", "www", "[.]")) else ())):
        for match in pattern.finditer(shadow.text):
            yield "URL", match.start(), match.start() + len(match[0].rstrip(".,;:!?)'"))


def emails(shadow: Shadow) -> Iterator[Found]:
    """Yield e-mail addresses, also those spelt "name at host dot com" or with spaces between the letters."""
    patterns: tuple[re.Pattern[str], ...] = (_EMAIL, _TORN_EMAIL, _SPACED_EMAIL) if "@" in shadow.text else ()
    patterns += (_PROVIDER_EMAIL, _BARE_EMAIL) if shadow.has((*_PROVIDERS, "@")) else ()
    for pattern in patterns:
        for match in pattern.finditer(shadow.text):
            yield "EMAIL", match.start(), match.start() + len(match[0].rstrip("."))
    if _DOT_WORD.search(shadow.text):
        for match in _SPELT_EMAIL.finditer(shadow.text):
            if _is_address(match[0]):
                yield "EMAIL", match.start(), match.end()


def _is_address(spelt: str) -> bool:
    """Whether what was found is one address; "at home. It was" and "at noon.Me too" have the parts, but are none."""
    if re.search(r"@|[(\[{<]|\bdot\b|_dot_|\bat[ \-]sign\b", spelt, re.IGNORECASE):
        return True
    if re.search(r"\bpoint[ ](?:com|net|org|uk|edu|gov|de|fr|eu)$", spelt, re.IGNORECASE):
        return True
    return (
        re.search(r"\bat [\w\-]+(?:\.[\w\-]+)*\.(?:com|net|org|uk|edu|gov|de|fr|eu)$", spelt, re.IGNORECASE) is not None
    )


def handles(shadow: Shadow) -> Iterator[Found]:
    """Yield social handles: @name, and names after the name of a network."""
    for match in _HANDLE.finditer(shadow.text):
        yield "HANDLE", match.start(), match.end()
    for match in _SOCIAL.finditer(shadow.text) if shadow.has(_NETWORKS) else ():
        yield "HANDLE", *match.span(match.lastindex or 0)


def addresses_ip(shadow: Shadow) -> Iterator[Found]:
    """Yield IP addresses of both versions; a version number such as "v 1.2.3.4" is none."""
    for match in _IPV4.finditer(shadow.text):
        if checks.ipv4(match[0]) and not _VERSION.search(shadow.text, max(0, match.start() - 12), match.start()):
            yield "IP", match.start(), match.end()
    for match in _IPV6.finditer(shadow.text):
        if match[0].count(":") >= 4 or "::" in match[0]:
            yield "IP", match.start(), match.end()


def postcodes(shadow: Shadow) -> Iterator[Found]:
    """Yield UK postcodes of real areas, US state and zip, and whatever a text calls its zip code."""
    for match in _POSTCODE.finditer(shadow.text):
        if _is_postcode(match) and not cues.kept(shadow.text, match.start()):
            yield "POSTCODE", match.start(), match.end()
    for match in _STATE_ZIP.finditer(shadow.text):
        yield "POSTCODE", match.start(), match.end()
    for pattern in (_ZIP_CUED, _TOWN_CODE):
        yield from _first_group(pattern, shadow.text)
    for pattern in (_OTHER_POSTCODES, _ZIP_FOUR, _ZIP_AFTER):
        for match in pattern.finditer(shadow.text):
            if not cues.kept(shadow.text, match.start()):
                yield "POSTCODE", match.start(), match.end()


def _first_group(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for match in pattern.finditer(text):
        yield "POSTCODE", match.start(1), match.end(1)


def _is_postcode(match: re.Match[str]) -> bool:
    if match[1] is None:
        return True
    # "e1 2nd" and "m2 3rd" are not postcodes; capitals, or a single gap, make one of the rest.
    ordinal = match[4].lower() in ("1st", "2nd", "3rd") and not match[4].isupper()
    return checks.postcode_area(match[1]) and not ordinal


def codes(shadow: Shadow) -> Iterator[Found]:
    """Yield identifiers of letters and digits: NI numbers, IBANs, plates, and codes after their own name."""
    text = shadow.text
    if sum(map(str.isdigit, text)) >= 4:
        yield from _long_codes(text)
    for match in _PLATE.finditer(text):
        if not cues.kept(text, match.start()):
            yield "PLATE", match.start(), match.end()
    for match in _PLATE_LOW.finditer(text):
        near = text[max(0, match.start() - 60) : match.end() + 60]
        if not cues.kept(text, match.start()) and (not match[1] or _VEHICLE.search(near)):
            yield "PLATE", match.start(), match.end()
    for match in _PLATE_CUED.finditer(text):
        yield "PLATE", match.start(1), match.end(1)


def _long_codes(text: str) -> Iterator[Found]:
    for match in _NI.finditer(text):
        named = cues.cue(text, match.start(), match.end())
        sure = " " not in match[1] and checks.ni_prefix(match[1])
        if named == "NI_NUMBER" or (sure and named != "KEEP"):
            yield "NI_NUMBER", match.start(), match.end()
    for match in _IBAN.finditer(text):
        end = _iban_end(match)
        if end:
            yield "IBAN", match.start(), end
    yield from _coded(text)


def _iban_end(match: re.Match[str]) -> int:
    """Where the IBAN ends, or 0: its country says how long it is, so words after it are not taken with it."""
    length = checks.IBAN_LENGTHS.get(match[0].replace(" ", "")[:2].upper(), 0)
    compact = ""
    for index, char in enumerate(match[0]):
        compact += char.upper() if char.isalnum() else ""
        if length and len(compact) == length:
            return match.start() + index + 1 if checks.iban(compact) else 0
    return 0


def _coded(text: str) -> Iterator[Found]:
    for match in _ACCOUNT_SORT.finditer(text):
        yield "ACCOUNT", match.start(1), match.end(1)
    for kind, pattern in _CODED_PATTERNS.items():
        for match in pattern.finditer(text):
            code = _first_code(match[1])
            if code:
                yield kind, match.start(1), match.start(1) + len(code)


def _first_code(run: str) -> str:
    """The code in "A1234567 and my": the first word that holds a digit, with the groups of digits around it."""
    groups: list[str] = []
    for word in run.split(" "):
        holds_digit = any(c.isdigit() for c in word)
        if not holds_digit and (groups or len(word) > 2 or word in COMMON):
            break
        groups.append(word)
    while groups and not any(c.isdigit() for c in groups[-1]):
        groups.pop()
    code = " ".join(groups)
    return code if sum(c.isdigit() for c in code) >= 4 else ""
