"""A stated rule for danger: words of harm, one of the cues that the heads for safety and urgency read.

On 400 labelled comments it alone found one unsafe comment in five, and half of what it marked was unsafe (the baseline
in ``benchmarks/results/acts.json``). It speaks even where the heads are unsure, unless the text is surely praise.
"""

from __future__ import annotations

import re

_CUES = (
    r"(?:wrong|doubled?|incorrect)(?: \w+){0,3} (?:dos(?:e|es|age)|medication|medicines?|tablets?|injection|drugs?)",
    r"(?:wrong|missed) (?:blood|patient|dose|medication|medicine|tablets?|injection)",
    r"operated on the wrong|over-?dos\w+|suicid\w+|self[- ]?harm\w*|kill (?:my|him|her|them)sel\w+",
    r"end(?:ing)? (?:my|his|her) life|chest pains?|can(?:no|')?t breathe|could ?n[o']?t breathe|stopped breathing",
    r"unconscious|collapsed|seizure|stroke|sepsis|anaphyla\w+|(?:allergic|bad|severe) reaction|chok(?:ed|ing)",
    r"bleeding|ha?emorrhag\w+|(?:burn(?:t|ed)|scald(?:ed)?|injured|hurt|shocked|electrocuted) (?:my|his|her|our|me)",
    r"cut (?:my|his|her|our|their) (?:hands?|fingers?|thumb|arm|leg|foot|feet|head|face|lips?|mouth)",
    r"allerg(?:y|ic|ies) (?:list|to)|face swell\w+|swell(?:ed|ing) up|swollen (?:face|lips?|tongue|throat)",
    r"(?:slipped|tripped) (?:on|over|in|and)|ambulance was called|called (?:an|the) ambulance|fractur\w+",
    r"broke(?:n)? (?:my|his|her|their) (?:wrist|arm|leg|hip|ankle|hand|foot|finger|nose|neck|back|collarbone|ribs?)",
    r"(?:burn(?:t|ed)|hurt|injured|cut) (?:him|her|my)self|caught fire|on fire|smoke (?:came|coming)",
    r"exploded|electric shock|sparks|overheat\w+|(?:had|has) a (?:bad |nasty )?fall|fell (?:over|down|out|off)",
    r"(?:was|been|being) dropped|left (?:on the floor|alone for hours)|abus(?:e|ed|ive)|assault\w*|safeguarding",
    r"neglect(?:ed)?|sexual\w*|restrain(?:ed|t)|hit (?:me|him|her)|threaten\w*|nearly died|almost died",
    r"could have died|life[- ]threatening|emergency surgery|rushed to (?:hospital|a ?& ?e|the er)",
)
_PATTERN = "(?i)" + "|".join(rf"\b(?:{cue})\b" for cue in _CUES)


def pattern() -> str:
    """The one regular expression, without look-around, so that polars can run it over a column."""
    return _PATTERN


def is_urgent(text: str) -> bool:
    """Whether ``text`` speaks of harm or danger."""
    return re.search(_PATTERN, text) is not None
