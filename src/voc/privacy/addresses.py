"""Postal addresses: a number and a street, boxes and military mail, and what a text itself calls an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voc.privacy.words import COMMON, LOWER, UPPER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.privacy.shadow import Shadow

Found = tuple[str, int, int]

_CAP = rf"[{UPPER}][{UPPER}{LOWER}'.\-]{{0,24}}"
_PARTICLE = r"(?:of|the|and|de|da|do|la|le|del|van|von|on|upon|in|st)"
_WORD = rf"(?:{_CAP}|{_PARTICLE})"
STREET_SURE = (
    "street|road|avenue|lane|crescent|terrace|boulevard|rd|ave|blvd|gardens|gdns|mews|parkway|highway"
    "|turnpike|freeway|expressway"
)
_STREET_CAP = (
    "St|Dr|Drive|Close|Cl|Tce|Terr|Cottages|Buildings|Bldgs|Mansions|Wynd|Brae|Croft|Chase|Garth|Cresent|Court|Ct"
    "|Way|Place|Pl|Square|Squares|Sq|Grove|Hill|Rise|Row|Walk|View|Green|Park|Parade"
    "|Path|Ln|Cres|Hwy|Pkwy"
    "|Circle|Cir|Trail|Trl|Loop|Pike|Plaza|Point|Ridge|Run|Crossing|Alley|Mount|Vale|Wharf|Quay|Broadway|Station"
    "|Stravenue|Estates?"
    "|Bridge|Bypass|Causeway|Center|Centers|Common|Corner|Cove|Extension|Fields?|Flats?|Forges?|Glen|Harbors?"
    "|Heights|Island|Isle"
    "|Junction|Keys?|Knolls?|Landing|Manor|Meadows?|Mills?|Mountain|Orchard|Oval|Passage|Pines?|Plains?|Port"
    "|Prairie|Ramp|Ranch"
    "|Rapids|River|Roads|Route|Shoals?|Shores?|Spring|Springs|Spurs?|Stream|Streets|Summit|Track|Tunnel|Union"
    "|Valley|Village|Ville"
    "|Vista|Wells?|Bluffs?|Branch|Brooks?|Burgs?|Camp|Canyon|Cape|Cliffs?|Club|Creek|Crest|Curve|Dale|Dam|Divide"
    "|Falls?|Ferry"
    "|Fork|Fort|Gateway|Haven|Hollow|Inlet|Lakes?|Light|Lock|Lodge|Neck|Overpass|Parks|Stra(?:ß|ss)e|STREET|ROAD"
    "|AVENUE|LANE|DRIVE|CLOSE"
)
STREETS = f"{STREET_SURE}|{_STREET_CAP}"
# Common words of which streets are made.
_STREET_WORDS = frozenset(
    ("high", "main", "new", "old", "park", "church", "school", "hospital", "north", "south", "east", "west", "long")
)
_PLACE_WORDS = frozenset(("st", "place", "court", "park", "hill", "road", "street", "suite", "flat", "unit", "apt."))
_NUMBER = r"(?<![\w£$€.,:/\-])(?:no\.? ?)?\d{1,5}(?:[ ]?[a-zA-Z](?![\w'])|[/\-]\d{1,4})?"
_FLAT = r"(?:(?:flat|apt\.?|apartment|unit|suite|ste|room|floor|house)[ ]?(?:no\.? ?)?#?[ ]?\d{1,5}[a-z]?[ ,]{1,2})?"
_STREET = re.compile(
    rf"(?<!\w)(?i:{_FLAT}){_NUMBER},?[ \n](?:\d{{1,4}}[ ])?(?:(?:{_CAP}|{_PARTICLE}|\d{{1,3}}(?:st|nd|rd"
    rf"|th))[ ]){{1,4}}"
    rf"(?:(?i:{STREET_SURE})|{_STREET_CAP})(?![\w'])\.?(?:[ ](?:{_CAP})(?=,|\n|$)|[ ](?:North|South|East|West|NW"
    rf"|NE|SW|SE|N|S|E|W)\b)?"
)
_STREET_LOWER = re.compile(
    rf"(?<!\w)(?i:{_FLAT}{_NUMBER},?[ ]((?:[a-z'\-]{{2,20}}[ ]){{1,3}})(?:{STREET_SURE}))(?![\w'])"
)
# Houses that have a name and no number: sure after "I live at", and only the most homely kinds after "sent to".
_HOME = "Cottage|Cottages|Farm|Farmhouse|Vicarage|Rectory|Bungalow|Barn|Croft|Granary|Stables|Smithy|Coach House|Forge"
_HOUSE = rf"{_HOME}|House|Lodge|Manor|Court|Hall|Villa|Mill|Grange|Towers?|Heights|Mansions|Place|Gardens|Mews|View"
_HOUSE_CUES = (
    r"\b(?:I|we|she|he|they|who|mum|dad)(?:'m| am|'re| are|'s| is)?[ ](?:lives?|living|lived|reside[sd]?|residing"
    r"|stay|stays"
    r"|staying)[ ](?:at|in)[ ]|\b(?:my|our|his|her|their|the|home|new|old|postal|delivery|correct"
    r"|full)[ ](?:home[ ])?address"
    r"(?:[ ](?:is|was)|:| -)[ ]{1,2}|^address[ ]?[:\-][ ]{0,3}"
)
_HOME_CUES = (
    r"\b(?:moved|deliver(?:ed)?|sent|went|came|come|send(?: it| them| this)?|post(?:ed)?(?: it)?|home"
    r"|addressed)[ ](?:to|at)[ ]"
    r"|\b(?:I'm|I am|we're|we are|based|living|live)[ ](?:at|in)[ ]"
)
_COUNTED = (
    "(?:[Nn]umber[ ])?(?:[Tt]wenty|[Tt]hirty|[Ff]orty|[Ff]ifty|[Ss]ixty|[Ss]eventy|[Ee]ighty|[Nn]inety|[Oo]ne|[Tt]wo"
    "|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|[Ee]leven|[Tt]welve|[Tt]hirteen|[Ff]ourteen|[Ff]ifteen"
    "|[Ss]ixteen|[Ss]eventeen|[Ee]ighteen|[Nn]ineteen)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?[ ]"
)
_NAMED_HOUSE = re.compile(
    rf"(?im:{_HOUSE_CUES})({_COUNTED}(?:{_CAP}[ ]){{1,3}}(?:(?i:{STREET_SURE})|{_STREET_CAP})(?![\w'])"
    rf"|(?:[Tt]he[ ])?(?:(?:{_CAP}|{_PARTICLE})[ ]){{0,3}}(?:(?:{_HOUSE})(?![\w'])"
    rf"|{_CAP}(?=,[ ]?\n?[A-Z])))"
)
_NAMED_HOME = re.compile(
    rf"(?im:{_HOME_CUES})({_COUNTED}(?:{_CAP}[ ]){{1,3}}(?:(?i:{STREET_SURE})|{_STREET_CAP})(?![\w'])"
    rf"|(?:[Tt]he[ ])?(?:{_CAP}[ ]){{1,3}}(?:{_HOME})(?![\w'])(?![ ](?:Hospital|Ward|Clinic"
    rf"|Unit|Surgery|Shop)))"
)
_STREET_LOW_KINDS = (
    f"{STREET_SURE}|drive|close|court|way|place|square|grove|hill|rise|row|walk|view|green|park|parade|croft"
    f"|chase|mount"
    "|vale|wharf|quay|meadow|meadows|fields|cottages|buildings|house|lodge"
)
_STREET_SHORT = re.compile(
    r"(?<![\w£$.,])\d{1,4}[a-z]?,?[ ](?:high|main|church|station|queen|king|market|bridge)[ ]st(?!\w)", re.I
)
# "14 rue de la Paix": the kind comes first, and the number before it.
_STREET_FIRST = re.compile(
    rf"{_NUMBER},?[ ](?i:bis[ ])?(?i:rue|avenue|boulevard|chemin|impasse|all[ée]e|calle|avenida|rua|piazza|viale|corso)"
    rf"(?:[ ]{_WORD}|[ ](?:de[ ]la|de[ ]l'|des|du|dos|della)(?=[ ])){{1,5}}"
)
_FIRST = (
    "rue", "avenue", "boulevard", "chemin", "impasse", "all", "calle", "avenida", "rua", "piazza", "viale", "corso"
)  # fmt: skip
_CUED_LOW = re.compile(
    rf"\b(?i:live|lives|lived|living|addr(?:ess|y)(?: is|:)?|addy:?|send|sent|send it|deliver|delivered|post|posted"
    rf"|come|came|went|gone|moved"
    rf"|home)[ ](?i:to[ ]|at[ ]|on[ ]|is[ ])?((?:flat|apt"
    rf"|unit)?[ ]?\d{{1,4}}[a-z]?,?[ ]((?:[a-z'\-]{{2,20}}[ ]){{1,3}})"
    rf"(?:{_STREET_LOW_KINDS}))(?![\w'])",
    re.IGNORECASE,
)
# "7 The Paddocks, Wimborne": a street without a word for it.
_THE = re.compile(rf"{_NUMBER}[ ]The[ ]{_CAP}(?=,|\n)")
THE_SIGN = r"\d[a-zA-Z]? The \p{Lu}\p{L}+[,\n]"
HOUSE_SIGNS = rf"(?m)(?:(?i:{_HOUSE_CUES})|(?i:{_HOME_CUES}))(?:[Tt]he |{_COUNTED})?\p{{Lu}}"
_BOX = re.compile(
    r"(?<!\w)(?:P\.?[ ]?O\.?[ ]?Box|Post Office Box)[ #]{0,3}\d{1,7}(?!\w)"
    r"|(?<!\w)(?:PSC|CMR|Unit)[ ]\d{1,6},?[ ]Box[ ]\d{1,6}(?:[\n, ]{1,3}(?:[AFD]PO[ ]A[AEP][ ]\d{5}(?:-\d{4})?))?"
    rf"|(?<!\w)US(?:NS|CGC|S|NV|NR)[ ]{_CAP}[\n, ]{{1,3}}[AFD]PO[ ]A[AEP][ ]\d{{5}}(?:-\d{{4}})?"
    r"|(?<!\w)[AFD]PO[ ]A[AEP][ ]\d{5}(?:-\d{4})?",
    re.IGNORECASE,
)
# European streets carry their kind within the word, or before the name, and the number last.
_STREET_EUROPE = re.compile(
    rf"(?<!\w)(?:\d{{1,5}}[ ])?(?:(?:{_CAP}[ ]){{0,2}}{_CAP}?(?i:stra(?:ss|ß)e|str\.|vej|gade|gata|gatan|katu"
    rf"|weg|laan|straat|utca|utja)"
    rf"|(?:Rue|Via|Viale|Vicolo|Piazza|Calle|Avenida|Rua|R[uú]a|Ulica|ul\.)"
    rf"(?:[ ]{_WORD}){{1,4}})[ ]\d{{1,5}}[a-z]?(?!\w)\.?"
)
# A number and a name prove nothing alone; with a suite, or a town and its code, they are an address.
_HEAD = re.compile(
    rf"{_NUMBER}[ ](?:(?:{_CAP}|{_PARTICLE}|[{LOWER}]\.|\d{{1,5}}[a-z]?)\.?[ ]){{0,5}}(?:{_CAP}"
    rf"|[{LOWER}{UPPER}]{{1,20}}\.?|\d{{1,5}})\.?(?=[ ,\n])"
)
_SUITE_NEXT = re.compile(r"[ ,]{0,2}\n?[> \t]{0,3}(?:suite|ste|apt|apartment)\b\.?[ #]{0,2}\w{1,6}", re.IGNORECASE)
_AFTER_SUITE = re.compile(
    rf"(?:[ ]{_CAP}){{1,3}}(?:[ ][A-Z]{{0,2}}[ ]?\d{{3,6}})?(?=[ \t]*(?:[?.!,;\n]|$|for\b|last\b|and\b))"
)
_CORNER = re.compile(
    rf"(?:the[ ])?corner[ ]of[ ]{_CAP}\.?(?:[ ][^\s,;\x00]{{1,20}}){{0,4}}?[ ]and(?:[ ]{_WORD}){{0,3}}[ ]{_CAP}"
    rf"(?:[ ]\d{{1,4}}(?!\d))?",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"^[>?\-]{0,3}[> \t]{0,6}((?=[^\n]{0,60}\d)[^\n\x00:]{4,70}(?<![.:])\n[>?]{0,3}[> \t]{0,6}"
    r"(?:suite|apt\.?|unit|flat)[ ]\d{1,5})(?![ ]?\w)",
    re.IGNORECASE | re.MULTILINE,
)
_SUITE_FIRST = re.compile(r"(?<!\w)((?:suite|apt\.?)[ ]\d{1,5}[ ]\d{1,5}[ ][^\n\x00,;?!]{3,50})", re.IGNORECASE)
_TAIL = re.compile(
    rf"(?:[ \t]{{0,2}}\n{{2}}[>? \t]{{0,4}}(?=(?:{_CAP}[ ]){{1,5}}\d{{4,6}}(?!\d))"
    rf"|[ \t]{{0,2}},[ \t]{{0,2}}\n?[>? \t]{{0,4}}|[ \t]{{0,2}}\n[>? \t]{{0,4}}"
    rf"|[ ](?=(?i:suite|apt|unit|ste|flat|floor)\b))"
    rf"(?:(?i:suite|ste|apt\.?|apartment|unit|flat|floor)[ #]{{0,2}}\w{{1,6}}"
    rf"|(?:{_CAP}(?:[ ]{_WORD}){{0,3}})(?:[ ]{{1,2}}[A-Z]{{0,2}}[\- ]?\d{{3,6}}(?:-\d{{2,4}})?"
    rf"|[ ]\d{{1,3}}[ ]?\d{{2}})?"
    rf"|[A-Z]{{1,2}}\d[A-Z\d]?[ ]?\d[A-Z]{{2}}|\d{{4,6}}(?:-\d{{3,4}})?)(?=[ \t]*(?:[,.;?!\n)]|$|for\b|and\b))"
)
CUES = (
    r"address[^.?!\n\x00]{0,48}?(?:[ ]?(?:\bis|\bwas|\bto|:|=)[ :\n]{1,9})+"
    r"|(?:lives?|living|lived|reside[sd]?|residing|stay(?:s|ing)?)[ ](?:at|on)[ ]|(?:office|house|home"
    r"|shop)[ ]is[ ](?:located[ ])?at[ ]"
    r"|(?:sent|send[ ]it|deliver(?:ed)?|ship(?:ped)?|mail(?:ed)?|post(?:ed)?|moved|new[ ]one|forward"
    r"(?:ed)?|taxi|credit[ ]card)[ ]to[ ]|(?:located|arrived|meet(?:ing)?[ ]me)[ ]at[ ]|it['’]?s[ ]in[ ]"
    r"|here[ ]they[ ]are:[ ]"
    r"|be[ ]sent[ ]to[?][ ](?:user:[ ])?"
)
_IBAN = re.compile(r"(?:my[ ]|the[ ])?(?:IBAN|account|acct|card)\b|[A-Z]{2}\d{2}[ ]?[A-Z0-9]{4}", re.IGNORECASE)
_DWELLING = re.compile(rf"\b(?:apt|suite|unit|flat|box|{STREET_SURE})\b", re.IGNORECASE)
_CUED = re.compile(rf"(?<!\w)(?:{CUES})", re.IGNORECASE)
_CHUNK = re.compile(
    r"[> \t\n]{0,9}((?=[^\x00?!;]{0,60}\d)[^\s\x00?!;][^\x00?!;]{4,140}?)"
    r"(?=[?!;\x00]|$|(?<![ ][Aa]pt)(?<![ ]APT)(?<![ ][Ss]te)(?<![ ]ul)(?<![ ]u)\.(?:[ ](?!\d)|\n(?=\n)|$)"
    r"|[ ](?:for|because|but|which|who|where|please|thanks|can|could|is|was|has|and[ ]"
    r"(?:I|we|my|the|it|they|he|she))\b|\n\n)"
)


def addresses(shadow: Shadow) -> Iterator[Found]:
    """Yield addresses; a street without a number ("in Station Road") names a place, not a home, and stays."""
    text = shadow.text
    for match in _STREET.finditer(text):
        if _names_street(match[0]):
            yield "ADDRESS", match.start(), _tail(text, match.end())
    for match in _STREET_LOWER.finditer(text):
        if not (COMMON - _STREET_WORDS).intersection(match[1].lower().split()):
            yield "ADDRESS", match.start(), match.end()
    for match in _CUED_LOW.finditer(text):
        if not (COMMON - _STREET_WORDS - {"the"}).intersection(match[2].lower().split()):
            yield "ADDRESS", match.start(1), match.end(1)
    for pattern in _by_their_words(shadow):
        yield from (("ADDRESS", match.start(), _tail(text, match.end())) for match in pattern.finditer(text))
    yield from _with_suite(text)
    yield from _blocks(shadow)
    for match in _CORNER.finditer(text) if shadow.has(("corner",)) else ():
        yield "ADDRESS", match.start(), match.end()
    for match in _BOX.finditer(text) if shadow.has(("box", "po ")) else ():
        yield "ADDRESS", match.start(), _tail(text, match.end())
    yield from _cued(text)


def houses(shadow: Shadow) -> Iterator[Found]:
    """Yield homes that have a name and no number: "I live at Elm Cottage, Wetherby"."""
    text = shadow.text
    for pattern in (_NAMED_HOUSE, _NAMED_HOME):
        for match in pattern.finditer(text):
            words = [w.lower() for w in re.findall(r"[^\W\d_]{3,}", match[1])]
            if (
                words
                and not set(words[:-1]) & COMMON - _STREET_WORDS - {"the", "old", "new"}
                and words[-1] not in ("home",)
            ):
                yield "ADDRESS", match.start(1), _tail(text, match.end())


def _by_their_words(shadow: Shadow) -> Iterator[re.Pattern[str]]:
    """The patterns of streets that a text can have by the words in it."""
    yield from (_STREET_EUROPE, _THE)
    if shadow.has(_FIRST):
        yield _STREET_FIRST
    if shadow.has((" st",)):
        yield _STREET_SHORT


def _blocks(shadow: Shadow) -> Iterator[Found]:
    """Yield a line with a number above a line with a suite, and a suite with a number and a street after it."""
    text = shadow.text
    if not shadow.has(("suite", "apt", "unit", "flat")):
        return
    for pattern in (_BLOCK, _SUITE_FIRST):
        for match in pattern.finditer(text):
            if not (COMMON - _STREET_WORDS - _PLACE_WORDS).intersection(match[1].lower().split()):
                yield "ADDRESS", match.start(1), _tail(text, match.end())


def _with_suite(text: str) -> Iterator[Found]:
    """Yield what begins as an address may and goes on with a suite or with a town and a postal code."""
    for match in _HEAD.finditer(text):
        words = {w.lower() for w in re.findall(r"[^\W\d_]{3,}", match[0])}
        if not words or words & COMMON - _PLACE_WORDS:
            continue
        suite = _SUITE_NEXT.match(text, match.end())
        end = _tail(text, suite.end() if suite else match.end())
        if suite or re.search(r"[^\W\d_][ \-]\d{4,6}$", text[match.end() : end]):
            yield "ADDRESS", match.start(), end


def _names_street(found: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", found)[:-1]
    return not COMMON.intersection(w.lower() for w in words if w[0].islower()) - {
        "of",
        "the",
        "and",
        "on",
        "in",
    } and any(w[0].isupper() and w.lower() not in COMMON - _STREET_WORDS for w in words)


def _tail(text: str, end: int) -> int:
    """Extend an address over the parts that follow it: suite, town, county, country, code; at most five."""
    for _ in range(5):
        match = _TAIL.match(text, end) or _AFTER_SUITE.match(text, end) or _SUITE_NEXT.match(text, end)
        if match is None:
            break
        end = match.end()
    return end


def _cued(text: str) -> Iterator[Found]:
    for cue in _CUED.finditer(text):
        chunk = _CHUNK.match(text, cue.end())
        if chunk and _looks_like_address(chunk[1]):
            yield "ADDRESS", chunk.start(1), chunk.start(1) + len(chunk[1].rstrip(" ,\t\n>"))


def _looks_like_address(chunk: str) -> bool:
    """Whether a chunk after an address cue holds a number, and capitals, and reads as no clause."""
    words = re.findall(r"[^\W\d_]{2,}", chunk)
    capitals = sum(w[0].isupper() for w in words)
    clause = sum(w.islower() and w in COMMON for w in words)
    if "@" in chunk or "//" in chunk or _IBAN.match(chunk):
        return False
    if capitals == 0:
        # In small letters two numbers and a kind of dwelling or street must do.
        return _DWELLING.search(chunk) is not None and len(re.findall(r"\d+", chunk)) >= 2
    return bool(capitals >= 2 * clause and capitals * 2 >= len(words))
