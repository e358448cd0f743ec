"""When each text was written, who wrote it, and which answers belong to one response."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from voc.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voc.demo.texts import Text

WEEKS = 26
# Of the survey answers of a week that could share a response with one of the other kind, this many do.
_SHARE_PAIRED = 0.4
_SHARE_RETURNING = 0.25
GOOD_QUESTION, IMPROVE_QUESTION, WHY_QUESTION = "good", "improve", "why"


@dataclass(slots=True)
class Response:
    """One act of giving feedback: its texts with the kind of question each answers, and how long ago it was.

    ``days_ago`` counts from the last day. A response without texts is a score alone.
    """

    organisation: str
    channel: str
    days_ago: int
    minute: int
    answers: list[tuple[str, Text]] = field(default_factory=list)
    person: int = 0

    @property
    def week(self) -> int:
        """1 for the oldest week, 26 for the one that ends on the last day."""
        return WEEKS - self.days_ago // 7


def make_responses(texts: Sequence[Text], planted: dict[str, Any], seed: int, n_silent: int) -> list[Response]:
    """Spread ``texts`` over the weeks as planned and gather them into responses, oldest first.

    Args:
        texts: all texts of one organisation.
        planted: the parsed planted.toml.
        seed: what the draws depend on.
        n_silent: responses to add that have a score and no text; at least 2.

    Raises:
        ConfigError: a plan's weekly counts are not as many as its topic's texts.
    """
    by_week = _by_week(texts, planted, seed)
    found: list[Response] = []
    for week in range(1, WEEKS + 1):
        rng = random.Random(f"{seed}:{week}:{texts[0].organisation}")
        found.extend(_responses_of(by_week[week], week, rng))
    found.extend(_silent(texts[0].organisation, n_silent, seed))
    found.sort(key=lambda r: (-r.days_ago, r.minute, r.channel, r.answers[0][1].text if r.answers else ""))
    _give_people(found, random.Random(f"{seed}:people:{texts[0].organisation}"))
    return found


def _by_week(texts: Iterable[Text], planted: dict[str, Any], seed: int) -> dict[int, list[Text]]:
    plans = {plan["topic"]: plan for plan in (planted["emergent"], *planted["fixes"])}
    topics: dict[str, list[Text]] = defaultdict(list)
    for text in texts:
        topics[text.topic].append(text)
    found: dict[int, list[Text]] = defaultdict(list)
    for topic, members in topics.items():
        rng = random.Random(f"{seed}:{topic}:{members[0].organisation}")
        for week, text in _placed(members, plans.get(topic, {}), rng):
            found[week].append(text)
    return found


def _placed(texts: Sequence[Text], plan: dict[str, Any], rng: random.Random) -> list[tuple[int, Text]]:
    """Give each text a week: by the plan's weekly counts, else evenly with a little disorder."""
    if "weekly" in plan:
        weeks = [week for week, count in enumerate(plan["weekly"], 1) for _ in range(count)]
    else:
        start = rng.random()
        weeks = [1 + int((i + start) * WEEKS / len(texts)) % WEEKS for i in range(len(texts))]
    if len(weeks) != len(texts):
        raise ConfigError(
            f"planted.toml: {texts[0].topic!r} plans {len(weeks)} texts and has {len(texts)}; correct its weekly counts"
        )
    rng.shuffle(weeks)
    bound = plan.get("after", "")
    late = [text for text in texts if bound and re.search(bound, text.text)]
    placed = []
    for text in late:
        chosen = next(week for week in weeks if week > plan["week"])
        weeks.remove(chosen)
        placed.append((chosen, text))
    rest = [text for text in texts if text not in late]
    return [*placed, *zip(weeks, rest, strict=True)]


def _responses_of(texts: Sequence[Text], week: int, rng: random.Random) -> list[Response]:
    surveys = [text for text in texts if text.channel == "survey"]
    liked = [text for text in surveys if text.tone == "praise" or text.topic == "filler_good"]
    wanted = [text for text in surveys if text.tone == "problem" or text.topic == "filler_improve"]
    rng.shuffle(liked)
    rng.shuffle(wanted)
    n_pairs = round(_SHARE_PAIRED * min(len(liked), len(wanted)))
    pairs = list(zip(liked[:n_pairs], wanted[:n_pairs], strict=True))
    found = [
        _response(good, week, rng, [(GOOD_QUESTION, good), (IMPROVE_QUESTION, improve)]) for good, improve in pairs
    ]
    left = [*liked[n_pairs:], *wanted[n_pairs:], *(t for t in surveys if t not in liked and t not in wanted)]
    left += [text for text in texts if text.channel != "survey"]
    found.extend(_response(text, week, rng, [(_question_for(text, rng), text)]) for text in left)
    return found


def _response(text: Text, week: int, rng: random.Random, answers: list[tuple[str, Text]]) -> Response:
    days_ago = (WEEKS - week) * 7 + rng.randrange(7)
    return Response(text.organisation, text.channel, days_ago, _minute(days_ago, rng), answers)


def _minute(days_ago: int, rng: random.Random) -> int:
    """Minute of the day: waking hours, but early on the last day, which has not ended when the demo is made."""
    return rng.randrange(7 * 60, 21 * 60) if days_ago else rng.randrange(1, 5 * 60)


def _question_for(text: Text, rng: random.Random) -> str:
    if text.channel != "survey":
        return ""
    if text.topic.startswith("filler_"):
        return text.topic.removeprefix("filler_")
    if text.tone == "mixed" or rng.random() < 0.4:
        return WHY_QUESTION
    return GOOD_QUESTION if text.tone == "praise" else IMPROVE_QUESTION


def _silent(organisation: str, count: int, seed: int) -> list[Response]:
    """Scores without text; the first and the last of them mark both ends of the 26 weeks."""
    rng = random.Random(f"{seed}:silent:{organisation}")
    last = WEEKS * 7 - 1
    days = [0, last, *(rng.randrange(last) for _ in range(count - 2))]
    return [Response(organisation, "survey", day, _minute(day, rng)) for day in days]


def _give_people(responses: Sequence[Response], rng: random.Random) -> None:
    """A quarter of the responses come from somebody who wrote before, but never twice on one topic."""
    topics: dict[int, set[str]] = {}
    for response in responses:
        about = {text.topic for _, text in response.answers}
        known = [person for person, said in topics.items() if not said & about]
        returning = bool(known) and rng.random() < _SHARE_RETURNING
        response.person = rng.choice(known) if returning else len(topics)
        topics.setdefault(response.person, set()).update(about)
