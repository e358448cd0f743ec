"""Context words: what the words around a number say that it is."""

from __future__ import annotations

import re

_BEFORE = 56
_AFTER = 24
# Alternatives are tried in this order at one place; of several cues the last before the number decides.
_GROUPS = {
    "KEEP": r"orders?|purchase|invoices?|receipt|tickets?|incident|parcels?|packages?|tracking|track|shipment"
    r"|consignment"
    r"|delivery (?:number|no|id|note)|dispatch|refs?|references?|quot(?:e|ing)|booking|reservation|confirmation|case"
    r"|claim|complaint (?:number|no|id|ref)|transaction|products?|item|sku|model|serial|part|article|asin|isbn|barcode"
    r"|ean|upc|version|batch|lot|rma|returns?(?: (?:number|no|id|label))?|voucher|coupon|promo|job|request|catalogue"
    r"|po (?:number|no)|p\.o\. (?:number|no)|awb|waybill|policy|membership|loyalty|account (?:number|no|id)"
    r"|customer (?:number|no|id)",
    "NHS_NUMBER": r"n\.?[ ]?h\.?[ ]?s\.?(?: ?(?:number|num|no\.?|id|#))?",
    "MRN": r"mrn|medical record(?: number)?|hospital (?:number|no|num|id)|patient (?:number|no|num|id|ref)"
    r"|chart (?:number|no)"
    r"|unit number|record number|hospital ref",
    "SSN": r"ssn|social security|soc sec|ss number|ssan|social",
    "LICENCE": r"driv(?:er'?s?|ing) licen[cs]e|licen[cs]e (?:number|no)|dl number",
    "PASSPORT": r"passport",
    "ACCOUNT": r"sort code(?:[ :.\d\-,\x00]{0,20}(?:and )?acc(?:oun)?t(?: number| no)?)?|bank account"
    r"|bank details|routing number|aba number",
    "CARD": r"(?:credit|debit|bank|visa|charge|payment)? ?cards?(?: number)?|visa|master ?card|amex"
    r"|american express|maestro|pan|cc(?=[ ]?[#:])",
    "IBAN": r"iban",
    "POSTCODE": r"post ?code|postal code|zip(?: ?code)?",
    "DOB": r"d[./]? ?o[./]? ?b\.?|date of birth|birth ?(?:date|day)?|bday|born",
    "PHONE": r"(?:tele)?phones?|phoned|tel|mob|mobiles?|cell(?:phone)?|landline|call(?:ed|ing)?(?: me)?|ring"
    r"|rang|text(?:ed)?(?: me)?|sms"
    r"|fax|whats ?app|dial(?:led)?|contact(?:ed)?|reach(?:ed)?|hotline|helpline|desk|office|answering at|my "
    r"(?:number|no)|ph|extension"
    r"|message me",
    "NI_NUMBER": r"national insurance(?: number)?|nino|ni (?:number|no)|ni(?=[ ]?[:#=])|n\.i\.",
}
KEEP = _GROUPS["KEEP"]
_CUES = re.compile(
    r"(?<![^\W_])(?:" + "|".join(f"(?P<{name}>{body})" for name, body in _GROUPS.items()) + r")(?![^\W\d_])",
    re.IGNORECASE,
)
_PHONE_AFTER = re.compile(
    r"[ \t)]{0,2}(?:\(?(?:office|fax|mobile|mob|cell|home|work|desk|tel|whatsapp)\b|is (?:my|our|the best|her"
    r"|his) (?:\w{1,8} )?(?:number|phone|mobile|mob|cell|landline|contact|tel)\b)",
    re.I,
)
_KEEP_AFTER = re.compile(
    r"[ \t)]{0,2}(?:is (?:my|the) (?:order|invoice|ticket|booking|tracking|ref)|\((?:order|invoice|ticket)\b)", re.I
)
_HEALTH = re.compile(
    r"\b(?:nhs|patients?|hospital|gp|surgery|clinic|ward|appointments?|medical|doctor|referral)\b", re.IGNORECASE
)
_LETTER = re.compile(r"[^\W\d_]")
_JOINED = re.compile(r"([^\W\d_]{1,12})[#:/_\-]?$|[^\W_]([#_])$")


def cue(text: str, start: int, end: int) -> str | None:
    """Return the kind that the words nearest to ``text[start:end]`` name, "KEEP" for a business reference, or None."""
    return with_after(before(text, start), text, end)


def before(text: str, start: int) -> str | None:
    """Return the kind that the last cue before ``start`` names; letters joined to the number make it a reference."""
    window = text[max(0, start - _BEFORE) : start]
    if _LETTER.search(window) is None and not window.endswith(("#", "_")):
        return None
    named = None
    for match in _CUES.finditer(window):
        named = match.lastgroup
    joined = _JOINED.search(window)
    if joined and named is None and not _CUES.search(joined[0]):
        return "KEEP"
    return named


def with_after(named: str | None, text: str, end: int) -> str | None:
    """Return ``named``, or what the words after ``end`` say where those before leave room for it."""
    if named in (None, "KEEP", "CARD") and _PHONE_AFTER.match(text, end, end + _AFTER):
        return "PHONE"
    if named is None and _KEEP_AFTER.match(text, end, end + _AFTER):
        return "KEEP"
    return named


def about_health(text: str, start: int, end: int) -> bool:
    """Whether the words within a hundred characters are those of a hospital or a surgery."""
    return _HEALTH.search(text, max(0, start - 100), end + 100) is not None


def numbered(text: str, start: int) -> bool:
    """Whether what follows is called a business reference's number outright: "order no is", "booking ref:"."""
    window = text[max(0, start - 32) : start]
    return (
        kept(text, start)
        and re.search(r"\b(?:number|no|num|id|ref|reference|code)\b|#", window, re.IGNORECASE) is not None
    )


def kept(text: str, start: int) -> bool:
    """Whether a business reference is named right before ``start``: "order AB12 CDE", "ref. no: ..."."""
    window = text[max(0, start - 28) : start]
    last = None
    for match in _CUES.finditer(window):
        last = match
    if last is None or last.lastgroup != "KEEP":
        return False
    between = window[last.end() :]
    return (
        re.fullmatch(r"[ .:#]{0,3}(?:(?:number|no|num|id|code|ref|is|was)?[ .:#'\"]{0,3}){0,3}", between, re.IGNORECASE)
        is not None
    )
