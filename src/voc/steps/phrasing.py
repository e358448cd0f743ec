"""A language model may word a new theme's label, where voc.toml names an endpoint; nothing depends on it.

Only redacted exemplars and keywords are sent, to any endpoint that speaks OpenAI's chat protocol, and never where
``external = "none"``. What comes back is a label only if it is short, plain, and as near to what the theme's people
wrote as our own label is; otherwise ours stays. Answers are kept, so that a night run again asks nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voc import endpoint
from voc.errors import DeliveryError
from voc.text.encode import load_encoder
from voc.themes.keywords import is_content, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.config import Themes
    from voc.model import Theme
    from voc.steps.context import Context
    from voc.themes import ThemeModel

logger = logging.getLogger(__name__)

KEY = "VOC_WORDING_KEY"
# A label: two to six words of letters, with what joins them.
_LABEL = re.compile(r"[^\W\d_][\w&'\u2019-]*(?: [\w&'\u2019-]+){1,5}")
# It may lie so much further from the theme's exemplars (cosine) than our own label, for it may use other words.
_SLACK = 0.05
_ASK = (
    "You name themes of customer feedback for a manager. Answer with the name alone: two to six plain words in the "
    "comments' own language that say what these comments have in common, with no quotes and no full stop."
)


def worded(ctx: Context, model: ThemeModel, themes: Sequence[Theme]) -> list[Theme]:
    """New themes with labels worded by the endpoint of voc.toml, where there is one and its answer is fit.

    An endpoint that fails is left alone for the rest of the night, and costs a line in the log.
    """
    settings = ctx.config.themes
    out = list(themes)
    if not settings.wording_url or ctx.config.external == "none":
        return out
    taken = {theme.label.casefold() for theme in (*ctx.register.themes(), *themes)}
    for i, theme in enumerate(out):
        shown = model.exemplars.get(theme.theme_id, [])
        try:
            label = _answer(ctx, settings, theme, shown)
        except DeliveryError as error:
            logger.warning("wording", extra={"why": str(error)})
            break
        if fits(label, theme, shown) and label.casefold() not in taken:
            taken.add(label.casefold())
            out[i] = replace(theme, label=label)
    return out


def fits(label: str, theme: Theme, shown: Sequence[str]) -> bool:
    """Whether a label that came from elsewhere names this theme.

    It is two to six plain words, no placeholder among them, says one of the theme's keywords or a word of its
    exemplars, and lies as near to the exemplars as the theme's own label does.
    """
    if not _LABEL.fullmatch(label) or len(label) > 60:
        return False
    words = {stem(word) for word in label.split() if is_content(word)}
    said = {stem(word) for word in (*theme.keywords, *re.findall(r"[\w'-]+", " ".join(shown)))}
    if not words & said or not shown:
        return False
    rows = load_encoder().encode([label, theme.label, *shown])
    near = rows[:2] @ np.asarray(rows[2:]).mean(axis=0)
    return bool(near[0] >= near[1] - _SLACK)


def _answer(ctx: Context, settings: Themes, theme: Theme, shown: Sequence[str]) -> str:
    """What the endpoint answered, now or on an earlier night."""
    told = "\n".join([f"Keywords: {', '.join(theme.keywords)}", *(f"- {text}" for text in shown)])
    asked = json.dumps(
        {
            "model": settings.wording_model,
            "temperature": 0,
            "max_tokens": 30,
            "messages": [
                {"role": "system", "content": _ASK},
                {"role": "user", "content": told},
            ],
        }
    )
    place = "wording:" + hashlib.sha256(f"{settings.wording_url}\n{asked}".encode()).hexdigest()[:24]
    known = ctx.register.setting(place)
    if known is None:
        answer = endpoint.chat(settings.wording_url, asked, external=ctx.config.external, key_name=KEY)
        known = " ".join(answer.split()).strip("\"'.\u201c\u201d ")[:200]
        # What would be no label is not kept either: an answer may repeat words that are not ours to store.
        ctx.register.set_setting(place, known if fits(known, theme, shown) else "")
    return known or ""
