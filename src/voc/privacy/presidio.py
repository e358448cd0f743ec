"""Presidio's recognisers as a second opinion: an optional adapter (`voc[presidio]`), offline, with no language model.

Presidio alone misses what hospitals write (docs/privacy.md has the figures), so it redacts nothing here: the leak
report asks it, and the benchmark runs beside it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from voc.errors import InputError
from voc.privacy.audit import Suspect

# Shops' own pages and days are no leaks.
_PASSED = frozenset(("URL", "DATE_TIME", "NRP", "LOCATION"))
_SURE = 0.4


def presidio_suspects(text: str) -> list[Suspect]:
    """What Presidio takes for personal data in an English text, in order.

    Raises:
        InputError: Presidio is not installed.
    """
    results = _analyzer().analyze(text, language="en", score_threshold=_SURE)
    found = {(r.start, r.end): r.entity_type for r in results if r.entity_type not in _PASSED}
    return [Suspect(kind, start, end) for (start, end), kind in sorted(found.items())]


@cache
def _analyzer() -> Any:
    try:
        import spacy
        import tldextract
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    except ImportError as error:
        raise InputError("Presidio is not installed; run: pip install 'voc[presidio]'") from error
    # The list of suffixes that ships with it, for voc never goes online by itself.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine: Any = SpacyNlpEngine()
    engine.nlp = {"en": spacy.blank("en")}
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
