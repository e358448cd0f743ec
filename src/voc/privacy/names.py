"""Names of people that a title, a role, an introduction or a signature gives away, and well-known given names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voc.privacy.people import load
from voc.privacy.words import BEFORE_THINGS, COMMON, GIVEN, LOWER, NEVER_NAMES, THINGS, UPPER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.privacy.lexicon import Lexicon
    from voc.privacy.shadow import Shadow

Found = tuple[str, int, int]

_LETTER = rf"{UPPER}{LOWER}"
CAP = rf"[{UPPER}](?:['\-]?[{_LETTER}]){{1,24}}"
MIXED = rf"[{UPPER}](?:['\-]?[{UPPER}])?(?:['\-]?[{LOWER}]+){{1,3}}(?:['\-]?[{UPPER}]?[{LOWER}]+){{0,2}}"
_INITIAL = rf"[{UPPER}](?:\.[ ]?|[ ])"
_ANY = rf"[{_LETTER}](?:['\-.]?[{_LETTER}]){{0,24}}"
_PARTICLE = r"(?:(?:van|von|de|der|den|del|della|di|da|dos|la|le|bin|ibn|al|el|ter|O'|Mc|Mac)[ ]?){1,2}"
GAP = r"[ \t]{1,2}"
# A name of one to four parts; initials may come first or between.
_FULL = rf"(?:{_INITIAL}){{0,3}}{CAP}(?:{GAP}(?:{_INITIAL})?(?:{_PARTICLE})?{CAP}){{0,3}}"
TITLE = r"Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Rev|Reverend|Sir|Dame|Madame|Señor|Herr|Frau|Sgt|Capt|Cllr"
_TITLED = re.compile(rf"(?<![\w.])(?:{TITLE})(?:\.{GAP}|[.]|{GAP})(?:and{GAP}Mrs\.?{GAP})?({_FULL})", re.IGNORECASE)
_TITLE_CAP = re.compile(rf"(?<![\w.])(?:{TITLE}|{TITLE.upper()})(?:\.{GAP}|[.]|{GAP})({_FULL})")
_TITLE_LOW = re.compile(
    rf"(?<![\w.])(?:mr|mrs|dr|mister"
    rf"|prof)\.?{GAP}((?:[{LOWER}]\.?{GAP}){{0,2}}[{LOWER}][{LOWER}'\-]{{2,24}})(?![\w'])",
    re.IGNORECASE,
)
# Mr and Mrs tell of sex and marriage, so they go with the name; Dr and Nurse say which staff it was, so they stay.
_COURTESY = re.compile(r"(?:Mr|Mrs|Ms|Miss|Mx|Mister|Señor|Herr|Frau|Madame)\b", re.IGNORECASE)
ROLE = (
    "nurse|sister|matron|midwife|doctor|consultant|surgeon|physio|physiotherapist|paramedic|receptionist"
    "|secretary|driver|courier"
    "|postman|technician|engineer|therapist|counsellor|psychologist|psychiatrist|dentist|hygienist|pharmacist"
    "|carer|careworker"
    "|support worker|social worker|hca|manager|supervisor|adviser|advisor|agent|rep|representative|assistant"
    "|colleague|teammate"
    "|operator|volunteer|porter|cleaner|radiographer|sonographer|registrar|anaesthetist|phlebotomist"
    "|health visitor|key ?worker"
    "|husband|wife|son|daughter|mother|father|mum|dad|mom|brother|partner|friend|neighbour|fiance|fiancee|aunt"
    "|uncle|nan|baby"
    "|kid|child|grandson|granddaughter|grandmother|grandfather|granny|grandad|niece|nephew|cousin|boss|boyfriend"
    "|girlfriend|roommate|tutor|teacher|lady|gentleman|guy|man|woman|girl|bloke|employee|staff member|member of staff"
)
_ROLED = re.compile(
    rf"(?<!\w)(?:(?i:{ROLE}))(?:(?:,|:|[ ](?:was|is))?{GAP}|[ ]\(|,[ ])((?:{MIXED})(?:{GAP}"
    rf"(?:{_INITIAL})?{MIXED}){{0,2}})(?![\w])"
)
# After these a word in small letters that no list knows is a surname or a given name: "nurse oyelaran".
ROLE_LOW = (
    "nurse|sister|matron|midwife|doctor|consultant|surgeon|physio|receptionist|paramedic|hca|anaesthetist|gp"
    "|pharmacist|dentist|therapist|porter"
)
_ROLED_LOW = re.compile(
    rf"(?<!\w)(?i:{ROLE_LOW})(?:,)?[ ]([{LOWER}]{{3,20}}(?:-[{LOWER}]{{2,20}})?"
    rf"|[{LOWER}]{{2}}-[{LOWER}]{{2,20}})(?![\w'])"
)
_SURNAME_LOW = re.compile(rf"[ ]([{LOWER}]{{3,20}}(?:-[{LOWER}]{{2,20}})?)(?![\w'])")
CALLED = (
    "(?:was|is|were|are|someone|nurse|doctor|lady|man|agent|person|assistant|receptionist|driver"
    "|member of staff) called|named|known as|name of|by the name|spoke (?:to|with)|speak (?:to|with)|speaking "
    "(?:to|with)|spoken to|talked (?:to|with)"
    "|talk to|ask(?:ed)? for|served by|seen by|treated by|helped by|cared for by|looked after by|dealt with by"
    "|answered by|handled by"
    "|directed by|written by|starring|thanks? (?:you )?(?:so much |very much |again )?to|thank you|thank|thanks"
    "|shout ?out to"
    "|credit to|kudos to|praise for|grateful to|compliments to|assigned to|met|attn:?|c/o|dear|hi|hello|hey"
    "|dearest|regards to|love to|under the name|maybe it's under|tribute to"
)
_CALLED = re.compile(
    rf"(?<!\w)(?i:{CALLED})(?:{GAP}|[:,][ \t]{{1,8}})((?:{_INITIAL})?{MIXED}(?:{GAP}(?:{_INITIAL})?"
    rf"(?:{_PARTICLE})?{MIXED}){{0,2}})(?![\w])"
)
_ALSO = re.compile(
    rf"(?:,{GAP}|{GAP}(?:and|&|\+){GAP}|,{GAP}and{GAP})((?:{_INITIAL})?{MIXED}(?:{GAP}{MIXED}){{0,1}})(?![\w'])"
)
_INTRO = re.compile(
    rf"(?<!\w)(?i:my (?:full |first |last |maiden |sur|user|middle )?name(?:'s| is| was)?|(?:her|his|their"
    rf"|the patient'?s?|the customer'?s?)"
    rf" (?:maiden |full |first |last )?name (?:is|was)|name is|signed(?: by)?|(?:full|first|last|patient"
    rf"|customer|contact|maiden|account|family)[ _]?name"
    rf"|surname|forename|name on (?:the )?(?:card|account|order)(?: is)?|i am called|i'm called|name)"
    rf"(?:{GAP}(?:is|was))?[ \t]{{0,2}}[:,=\-]?[ \t]{{0,8}}((?:{_ANY}\.?{GAP}){{0,3}}{_ANY})(?!\w)"
)
# As forms and labels write it: "Patient: DOE Jane".
_LABELLED = re.compile(
    rf"(?<!\w)(?i:patient|pt|client|customer|passenger|guest|resident|carer)[ ]?:[ ]{{1,2}}"
    rf"((?:[{UPPER}][{UPPER}'\-]{{1,20}}),?[ ]{MIXED}|{MIXED},?[ ][{UPPER}][{UPPER}'\-]{{1,20}})(?!\w)"
)
_ANSWER = re.compile(
    rf"\bname(?: on[ ]\w{{2,4}}[ ]\w{{2,12}}| please)?\?\s{{1,3}}(?:\w{{2,12}}:\s{{1,3}})?(?!\w{{2,12}}:)"
    rf"({_FULL}|{_ANY}{GAP}{_ANY})",
    re.IGNORECASE,
)
_BLOCKED_NAME = re.compile(
    r"(?:product|file|shop|brand|hospital|ward|site|service|company|user|team|project|domain|store|street|item"
    r"|model|drug|medication"
    r"|brand|business|trade|event|film|book|road|town|city|place|same|by|in|the|a|no|good|bad|big|household"
    r"|pet)[ _\-]$",
    re.IGNORECASE,
)
_I_AM = re.compile(
    rf"(?<!\w)(?:I am|I'm|I was|This is|this is|It's|it's|It is){GAP}({MIXED}{GAP}(?:{_INITIAL})?"
    rf"(?:{_PARTICLE})?{MIXED})(?![\w])"
)
# Names that are words or months: only a sentence about a person makes names of them.
WORDED = (
    "Grace|Hope|Joy|Faith|Will|Mark|Rose|Lily|April|June|May|Summer|Autumn|Dawn|Iris|Ivy|Holly|Heather|Hazel|Violet"
    "|Ruby|Pearl|Amber|Crystal|Jade|Jasmine|Olive|Poppy|Daisy|Rich|Bill|Pat|Sue|Jack|Frank|Grant|Drew|Miles|Dean|Gene"
    "|Guy|Jay|Lance|Max|Nick|Ray|Rob|Ted|Eve|Gail|Ginger|Sandy|Penny|Melody|Harmony|Patience|Comfort|Blessing"
    "|Precious|Charity|Constance|Mercy|Angel|Destiny|Trinity|Christian|Victor|Jo|Al|Bev|Kit|Don|Bella|Gift|Favour"
    "|Innocent|Prince|Princess|Star|Victoria|Paris|Chelsea|Florence|Savannah|Brooklyn|India|China|Georgia"
)
_MANNER = (
    "kind|lovely|helpful|friendly|caring|rude|patient|attentive|professional|reassuring|polite|thoughtful|gentle"
    "|compassionate|abrupt|dismissive|sweet|supportive|understanding|knowledgeable|efficient|welcoming|cheerful"
    "|unhelpful|condescending|approachable|fantastic with|great with|brilliant with|so good with|my|our"
)
WORDED_PERSON = (
    rf"(?:{WORDED})(?:[ ](?:was|is|were|has been)[ ](?:so |very |really |extremely |always |such a |absolutely |both )*"
    rf"(?:{_MANNER})\b"
    r"|[ ](?:in|on|at|from)[ ](?:the )?(?:front desk|desk|reception|pharmacy|billing|customer|maternity|radiology"
    r"|x-?ray"
    r"|outpatients|theatre|phones?|live chat|chat|till|checkout|returns|support|housekeeping|transport|triage"
    r"|switchboard)\b"
    rf"|,[ ](?:the|my|our|a)[ ](?:{ROLE})\b"
    r"|[ ](?:helped|served|looked after|treated|examined|explained|listened|answered|phoned|rang|called|sorted|promised"
    r"|refused|shouted|smiled|reassured|held|took)[ ](?:me|us|my|our|it|everything|that|to|at|the|back)\b)"
)
_WORDED = re.compile(rf"(?<![\w'@/.\-])(?=(?:{WORDED_PERSON}))({WORDED})(?![\w\-])")
CLOSING = (
    "(?:kind(?:est)?|best|warm(?:est)?|many|with|kindly)?[ ]?regards|(?:yours[ ])?(?:sincerely|faithfully|truly)"
    "|best wishes"
    "|all the best|many thanks|thanks(?: again| in advance)?|thank you|cheers|love|sincerely yours|yours|signed"
)
_CLOSING = re.compile(
    rf"(?<!\w)(?i:{CLOSING})[ \t]{{0,2}}[,.!:\-]?(?:[ \t]{{0,3}}\n){{0,3}}[> \t\-]{{0,4}}"
    rf"((?:(?:{_INITIAL})?{CAP}\.?)(?:{GAP}(?:{_INITIAL})?{CAP}){{0,3}})[ \t]{{0,3}}[.!]?[ \t]{{0,2}}(?=\n|$"
    rf"|[x ]{{1,6}}$|\()"
)
# "J.P. Thistlewaite": two initials and a surname.
_INITIALS = re.compile(rf"(?<![\w'@/.\-])((?:[{UPPER}]\.[ ]?){{2,3}}({MIXED}))(?![\w@])")
_NO_INITIALS = frozenset(
    ("us", "uk", "ps", "nhs", "gp", "it", "am", "pm", "tv", "eu", "un", "bp", "id", "po", "qr", "ot", "ae")
)
# "Vide A. Persson": two words no text uses otherwise with an initial between them.
_MIDDLE = re.compile(rf"(?<![\w'@/.\-])({MIXED}){GAP}[{UPPER}]\.?{GAP}({MIXED})(?![\w@])")
_LONE = re.compile(rf"[ \t](?!I[ \t])[{UPPER}]\.?[ \t]")
_OWNED = re.compile(
    rf"(?<![\w'@/.\-])([{LOWER}]{{3,20}})(?='s[ ](?:daughter|son|mum|mother|mom|dad|father|wife|husband|sister"
    rf"|brother|carer"
    r"|partner|nan|baby)\b)"
)
_GIVEN_SHAPE = re.compile(
    rf"(?<![\w'@/.\-])({MIXED})(?:{GAP}(?:{_INITIAL})?(?:{_PARTICLE})?({MIXED})(?:{GAP}({MIXED}))?)?(?![\w@])"
)
_PAIR_CAPS = re.compile(rf"(?<![\w'@/.\-])([{UPPER}]{{3,20}}){GAP}([{UPPER}][{UPPER}'\-]{{2,20}})(?![\w@])")
# What names end in less often than words that feedback misspells or uses once.
_ENDS_A_WORD = re.compile(r"(?:ing|ed|ly|s|tion|ment|ness|er|or|ist|ity|ful|less|able|al|ive|ous|ant|ent)$")
_WORD_AFTER = re.compile(rf"(?:'s|s')?{GAP}([{_LETTER}]{{2,20}})")
_WORD_BEFORE = re.compile(rf"([{_LETTER}.]{{2,20}})[: \t]{{1,3}}$")
_WORD = re.compile(r"\S+")
# As they are written with a capital: "Van der Merwe", "De Souza", "Al Fayed".
_PARTICLES = frozenset("van von de der den del della di da do dos la le al el bin ter ten ap".split())
WEEK = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?$|(?:january|february|april|june|july|august|september|october"
    r"|november|december)$"
)


# "o'connor" is a name in any case, "#JaneDoe" one where Jane is.
_IRISH = re.compile(r"(?<![\w'])[oO]'(?!clock|er\b)[a-zA-Z]{4,12}(?![\w'])")
_HASHTAG = re.compile(r"(?<!\w)#([A-Z][a-z]{2,14})([A-Z][a-z]{2,14})(?!\w)")


def names(shadow: Shadow) -> Iterator[Found]:
    """Yield people's names: the name alone, so that title and role stay readable."""
    text = shadow.text
    capitals = _shouting(text)
    yield from _titled(text, capitals)
    yield from _introduced(text)
    if not capitals:
        yield from _cued(text)
        yield from _given(text)
        yield from _worded(text)
        yield from _roled_low(text)
        yield from _with_initial(text)
    else:
        yield from _given_in_capitals(text)
    for match in _IRISH.finditer(text) if "'" in text else ():
        yield "NAME", match.start(), match.end()
    for match in _HASHTAG.finditer(text) if "#" in text else ():
        if match[1].lower() in GIVEN:
            yield "NAME", match.start(1), match.end()


def _shouting(text: str) -> bool:
    """Whether capitals carry no information, because nearly every letter is one."""
    upper = sum(map(str.isupper, text))
    return upper >= 8 and upper >= 0.7 * sum(map(str.isalpha, text))


def _trim(text: str, start: int, end: int, *, capitals: bool) -> int:
    """Return where a name that begins at ``start`` ends: before the first word that is no part of a name; 0 if none."""
    stop = 0
    after_initial = False
    for word in _WORD.finditer(text, start, end):
        bare = word[0].rstrip(".,;:!?")
        plain = re.sub(r"'s$", "", bare).lower()
        dotted = word[0].endswith(".")
        initial = len(bare) == 1 and bare.isalpha() and (dotted if bare == "I" or bare.islower() else True)
        if bare.istitle() and plain in _PARTICLES and word.end() < end:
            continue
        # After an initial any capitalised word is a surname: "A. Customer".
        if not (initial or (after_initial and bare[:1].isupper())) and (
            plain in COMMON or plain in NEVER_NAMES or WEEK.fullmatch(plain) or len(bare) < 2
        ):
            break
        if not (
            initial or capitals or bare[0].isupper() or re.fullmatch(r"(?:v[ao]n|de[rnl]?|d[ai]|la|bin|al|el)", bare)
        ):
            break
        after_initial = initial
        if not initial:
            stop = word.start() + len(re.sub(r"'s$", "", bare))
        if word[0][-1] in ",;:!?" or (word[0][-1] == "." and not initial):
            break
    return stop


def _titled(text: str, capitals: bool) -> Iterator[Found]:
    for match in _TITLE_CAP.finditer(text):
        end = _trim(text, match.start(1), match.end(1), capitals=capitals)
        # In capitals only one word is sure: "DR SMITH WAS LATE"; a second is taken when it is no common word.
        if end:
            yield "NAME", _from(match), end
    for match in _TITLED.finditer(text):
        if match[1][0].isupper():
            end = _trim(text, match.start(1), match.end(1), capitals=capitals)
            if end and not match[0].lower().startswith(("miss ", "sir ", "ms ", "rev ")):
                yield "NAME", _from(match), end
    for match in _TITLE_LOW.finditer(text):
        last = match[1].lower().split()[-1]
        if last not in COMMON and not last.endswith(("ing", "ed", "ly")):
            yield "NAME", _from(match), match.end(1)


def _from(match: re.Match[str]) -> int:
    """Where the span of a titled name begins: at a courtesy title, after a title that is a role."""
    return match.start() if _COURTESY.match(match[0]) else match.start(1)


def _introduced(text: str) -> Iterator[Found]:
    for match in _INTRO.finditer(text):
        if _BLOCKED_NAME.search(text, max(0, match.start() - 14), match.start()):
            continue
        # Bare "name" or "signed" needs a colon, "is" or a capital; "name is not on the list" is stopped by its words.
        sure = re.search(r"is|was|'s|:|=", text[match.start() : match.start(1)], re.IGNORECASE) is not None
        cased = match[1][0].isupper()
        end = _trim(text, match.start(1), match.end(1), capitals=sure)
        if end and (cased or (sure and not match[1].split()[0].endswith(("ed", "ing", "ly")))):
            yield "NAME", match.start(1), end if cased else _two_words(text, match.start(1), end)
    for match in _ANSWER.finditer(text):
        cased = match[1][0].isupper()
        end = _trim(text, match.start(1), match.end(1), capitals=not cased)
        if end:
            yield "NAME", match.start(1), end if cased else _two_words(text, match.start(1), end)
    for match in _LABELLED.finditer(text):
        words = re.split(r",?[ ]", match[1].lower())
        if not COMMON.intersection(words) and not load().lexicon.plain.intersection(words):
            yield "NAME", match.start(1), match.end(1)
    for match in _CLOSING.finditer(text):
        end = _trim(text, match.start(1), match.end(1), capitals=True)
        if end and end >= match.end(1) - 1:
            yield "NAME", match.start(1), end


def _two_words(text: str, start: int, end: int) -> int:
    """A name in small letters is taken to have two words at most: "my name is jane doe thankyou so"."""
    words = list(_WORD.finditer(text, start, end))
    return min(end, words[min(1, len(words) - 1)].end())


def _cued(text: str) -> Iterator[Found]:
    for pattern in (_ROLED, _CALLED, _I_AM):
        for match in pattern.finditer(text):
            end = _trim(text, match.start(1), match.end(1), capitals=False)
            if end and not _is_thing(text, match.start(1), end):
                yield "NAME", match.start(1), end
                yield from _and_others(text, end)


def _and_others(text: str, end: int) -> Iterator[Found]:
    """Yield the names that follow one: "thanks to Ama, Kofi and Esi"."""
    for _ in range(8):
        match = _ALSO.match(text, end)
        if match is None:
            return
        end = _trim(text, match.start(1), match.end(1), capitals=False)
        if not end or _is_thing(text, match.start(1), end):
            return
        yield "NAME", match.start(1), end


def _worded(text: str) -> Iterator[Found]:
    """Yield names that are words, where the sentence is about a person: "Grace was so kind", "Will in the pharmacy"."""
    for match in _WORDED.finditer(text):
        before = _WORD_BEFORE.search(text, max(0, match.start() - 24), match.start())
        if before is None or before[1].lower() not in BEFORE_THINGS:
            yield "NAME", match.start(), match.end()
            yield from _and_others(text, match.end())


def _roled_low(text: str) -> Iterator[Found]:
    """Yield names in small letters after a role; a word that feedback knows is none."""
    lexicon = load().lexicon
    for match in _ROLED_LOW.finditer(text):
        if small_name(match[1], lexicon):
            surname = _SURNAME_LOW.match(text, match.end(1))
            more = surname is not None and small_name(surname[1], lexicon)
            yield "NAME", match.start(1), surname.end(1) if surname and more else match.end(1)
    for match in _OWNED.finditer(text):
        if match[1] in lexicon.telling:
            yield "NAME", match.start(1), match.end(1)


def _with_initial(text: str) -> Iterator[Found]:
    """Yield a name with an initial in its middle."""
    lexicon = load().lexicon
    for match in _INITIALS.finditer(text):
        word, initials = match[2].lower(), re.sub(r"[^A-Za-z]", "", match[1][: match.start(2) - match.start()]).lower()
        if initials not in _NO_INITIALS and not (word in COMMON or word in THINGS or word in lexicon.common):
            yield "NAME", match.start(), match.end()
    if _LONE.search(text) is None:
        return
    for match in _MIDDLE.finditer(text):
        words = (match[1].lower(), match[2].lower())
        if not any(w in COMMON or w in THINGS or w in lexicon.common or WEEK.fullmatch(w) for w in words):
            yield "NAME", match.start(), match.end()


def small_name(word: str, lexicon: Lexicon) -> bool:
    """Whether a word in small letters after a role is a name: a given name that is no word, or no word at all."""
    parts = word.split("-")
    if all(part in lexicon.given and part not in COMMON for part in parts):
        return word not in lexicon.common and (len(parts) > 1 or parts[0] not in lexicon.worded)
    if word in lexicon.common or word in lexicon.things or word in COMMON or word in THINGS:
        return False
    return word in lexicon.family or _ENDS_A_WORD.search(word) is None


def _given(text: str) -> Iterator[Found]:
    for match in _GIVEN_SHAPE.finditer(text):
        for group in (1, 2):
            word = match[group]
            if word and _is_given(word):
                end = _trim(text, match.start(group), match.end(), capitals=False)
                if end and not _is_thing(text, match.start(group), end):
                    yield "NAME", match.start(group), end
                    yield from _and_others(text, end)
                break


def _is_given(word: str) -> bool:
    return re.sub(r"'s$", "", word).lower() in GIVEN


def _given_in_capitals(text: str) -> Iterator[Found]:
    for match in _PAIR_CAPS.finditer(text):
        first, second = match[1].lower(), match[2].lower()
        if (
            first in GIVEN
            and second not in COMMON
            and second not in THINGS
            and not _is_thing(text, match.start(), match.end())
        ):
            yield "NAME", match.start(), match.end()


def _is_thing(text: str, start: int, end: int) -> bool:
    """Whether a name belongs to a place, a shop or an institution: "St Mary's Hospital", "Elizabeth ward"."""
    before = _WORD_BEFORE.search(text, max(0, start - 24), start)
    if before and before[1].lower() in BEFORE_THINGS and " " not in text[start:end]:
        return True
    if any(re.sub(r"'s$", "", w).lower().strip(".,") in THINGS for w in text[start:end].split()[1:]):
        return True
    after = _WORD_AFTER.match(text, end)
    return (
        after is not None
        and after[1].lower() in THINGS
        and (after[1][0].isupper() or after[1].lower() in ("ward", "hospital", "unit", "clinic"))
    )
