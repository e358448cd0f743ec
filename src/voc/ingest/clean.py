"""What is left of a text when markup, quoted replies, signatures and broken encodings are gone.

Python runs only on the cells that a column expression has found to need it.
"""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKUP = (
    r"(?i)<(?:/?(?:p|div|br|span|a|b|i|u|em|strong|ul|ol|li|table|tr|td|html|body|blockquote|font|h[1-6]|pre|hr)\b|"
    r"!doctype|!--)|&(?:nbsp|amp|lt|gt|quot|#\d+|#x[0-9a-f]+);"
)
_BLOCKS = frozenset("p div br li tr table ul ol blockquote h1 h2 h3 h4 h5 h6 hr pre".split())
_HIDDEN = frozenset(("script", "style", "head", "title", "blockquote"))
_VOID = frozenset("br hr img input meta link area base col embed source track wbr".split())
_QUOTES = re.compile(
    r"gmail_quote|gmail_signature|yahoo_quoted|moz-cite-prefix|moz-signature|divRplyFwdMsg|protonmail_quote"
)
_LANGUAGES = ("en", "de", "fr", "it", "es", "nl", "pl", "sv", "da")
# A longer "signature" is more likely a letter that goes on after "Thanks,": it is kept.
_SIGNATURE_LIMIT = 600
# The library's patterns take time that grows with the square of the text.
_MAIL_LIMIT = 50_000
# Letters that UTF-8 becomes when it is read as Windows-1252: a first byte, then a continuation byte.
_BROKEN = "[ÂÃâðÐÑÅÄ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_RUN = re.compile("[\u0080-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{2,}")
AUTOMATIC = (
    r"(?i)^\s*(?:\W{0,3}(?:automatic(?:ally generated)? (?:reply|response)|auto[- ]?(?:reply|response|generated)|"
    r"out of (?:the )?office|automatische antwort|abwesenheitsnotiz|réponse automatique|respuesta automática)\b|"
    r"(?:hi|hello|thank you for your (?:e-?mail|message))?[^\n.]{0,40}\bI am (?:currently )?out of (?:the )?office\b|"
    r"this is an automat(?:ed|ic)(?:ally generated)? (?:e-?mail|message|reply|response)\b)"
)


def mend(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop null bytes from all string columns, and repair cells of UTF-8 that somebody read as Windows-1252."""
    broken = frame.select(
        *(pl.col(c).str.contains("\x00", literal=True).any().alias(f"0{c}") for c in frame.columns),
        *(pl.col(c).str.contains(_BROKEN).any().alias(f"1{c}") for c in frame.columns),
    ).row(0, named=True)
    for column in frame.columns:
        cells = frame[column]
        if broken[f"0{column}"]:
            cells = cells.str.replace_all("\x00", "", literal=True)
        if broken[f"1{column}"]:
            cells = _where(cells, cells.str.contains(_BROKEN), unbroken)
        frame = frame.with_columns(cells.alias(column))
    return frame


def unbroken(text: str) -> str:
    """Undo UTF-8 read as Windows-1252; a run of characters that is none stays as it is."""
    return _RUN.sub(_decoded, text)


def _decoded(match: re.Match[str]) -> str:
    run = match.group()
    try:
        return b"".join(_byte(character) for character in run).decode()
    except UnicodeError:
        return run


def _byte(character: str) -> bytes:
    """The byte that Windows-1252 shows as this character; it has none for five, which come through as they are."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def tidy(texts: pl.Series, ways: frozenset[str]) -> pl.Series:
    """Texts without markup ("html") and without quoted replies and signatures ("mail"); null where nothing is left."""
    if "html" in ways:
        texts = _where(texts, texts.str.contains(_MARKUP), plain)
    if "mail" in ways:
        texts = _where(texts, texts.str.contains(r"\n|(?i)^\s*(?:sent from|get outlook)"), own_words)
    texts = texts.str.strip_chars()
    return texts.to_frame("t").select(pl.when(pl.col("t") != "").then(pl.col("t"))).to_series()


def _where(texts: pl.Series, needed: pl.Series, change: Callable[[str], str]) -> pl.Series:
    places = needed.fill_null(False).arg_true()
    if places.is_empty():
        return texts
    return texts.scatter(places, pl.Series([change(text) for text in texts.gather(places)], dtype=pl.String))


def plain(markup: str) -> str:
    """The text of HTML, one line per block; quoted replies and signatures of the common mail programs are left out."""
    parser = _Plain()
    parser.feed(markup)
    parser.close()
    text = "".join(parser.parts).replace("\xa0", " ")
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r"[ \t]+", " ", text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Plain(HTMLParser):
    """Collects text; ``_hidden`` is how many open elements deep it is within one that is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = " ".join(value or "" for key, value in attrs if key in {"class", "id"})
        if self._hidden:
            # Only the same element nested in itself moves the end; others may be left unclosed.
            if tag == self._hidden[0]:
                self._hidden.append(tag)
        elif tag in _HIDDEN or (_QUOTES.search(names) and tag not in _VOID):
            self._hidden.append(tag)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[0]:
            self._hidden.pop()
        if tag in _BLOCKS - _VOID:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data) if "\n" not in data else data)


def own_words(text: str) -> str:
    """What the sender of a mail wrote himself: no quoted mail, no lines starting with ">", no signature."""
    if len(text) > _MAIL_LIMIT:
        return text
    replies = _message()(text=text, languages=list(_LANGUAGES), keep_hyphen_lists=True).read().replies
    first = next((reply for reply in replies if reply.content), None)
    if first is None:
        return ""
    body = first.body if len(first.signatures) <= _SIGNATURE_LIMIT else first.full_body
    lines = [line for line in str(body).split("\n") if not line.lstrip().startswith(">")]
    return "\n".join(lines).strip()


@cache
def _message() -> Callable[..., Any]:
    from mailparser_reply.parser import EmailMessage

    parser: Callable[..., Any] = EmailMessage
    return parser
