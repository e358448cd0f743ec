"""The figures of a review: key figures against target and past, what moved and why, what goes with the score."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

from voc.insight.registry import registry
from voc.report import svg
from voc.report.blocks import Chart, Num, Section, Table, Words, number, shown
from voc.report.voices import grown, people

if TYPE_CHECKING:
    from voc.insight.registry import Spec
    from voc.model import Filter
    from voc.queries.figures import Figure
    from voc.report.ask import Asker
    from voc.report.blocks import Block, Cell, Line

# Those that a meeting looks at; variants, coverage and the loop's own are elsewhere.
KEY = (
    "nps", "csat", "ces", "fft_positive", "net_sentiment", "satisfaction_with_communication", "first_response",
    "time_to_resolution", "fcr", "reopen_rate", "repeat_contact_rate", "complaints_within_24h", "contact_rate", "aht",
    "qa_score", "waiting_time", "wait_to_get_through", "no_show_rate", "late_cancel_rate", "retention", "backlog",
)  # fmt: skip
SCORES = ("fft_positive", "nps", "csat", "ces")
_Z = 1.96
_CHANCE = (
    "A metric is called better or worse only where the difference from the month before is beyond chance, each looked "
    "at by itself: of twenty that did not move, one will look as if it had."
)
_ASSOCIATION = (
    "Over the last twelve months, at equal channel and segments. These are associations with {}: they do not say that "
    "a theme causes a score. Together they explain "
)
Verdict = Literal["better", "worse", "within chance", "first month", ""]


def at_a_glance(a: Asker) -> Section:
    """What a reader needs if she reads one page only."""
    now = _key_figures(a, a.this)
    blocks: list[Block] = [Words(_scope(a, now)), Words(("What to talk about first",), tone="heading"), *_first(a, now)]
    blocks.append(Words(("Targets",), tone="heading"))
    blocks += _targets(a, now) or [Words(("No target is set. Set them in voc.toml, with who set them and when.",))]
    blocks += [Words(("The loop",), tone="heading"), _loop(a)]
    score = next((name for name in SCORES if name in now), None)
    if score is not None:
        blocks.append(_course(a, registry()[score]))
    return Section("At a glance", tuple(blocks))


def _key_figures(a: Asker, window: Filter) -> dict[str, Figure]:
    return {f.key.split("|")[0]: f for f in a.ask("metric", window, names=",".join((*KEY, "coverage")))}


def _loop(a: Asker) -> Words:
    cases = {f.key.split("|")[0]: f for f in a.ask("cases", a.this)}
    words = {
        "opened": "cases opened",
        "shipped": "shipped",
        "verified": "with a verdict",
        "open": "open now",
        "late": "late",
    }
    parts: list[Cell] = []
    for name, said in words.items():
        f = cases[name]
        parts += [Num(number(f.value), f.receipt, "bad" if name == "late" and f.value else ""), f" {said}, "]
    return Words((*parts[:-1], " late."))


def _first(a: Asker, now: dict[str, Figure]) -> list[Block]:
    """Themes that grew beyond chance, metrics that moved, problems that nobody owns: at most three of each."""
    found: list[Block] = [
        Words((f"{f.facts['label']}: ", people(f, "bad"), ", ", before, " the month before."), bullet=True)
        for f, before in grown(a)[:3]
    ]
    then = _key_figures(a, a.before)
    for name, f in now.items():
        spec = registry()[name]
        verdict = change(spec, then.get(name), f) if name in KEY else ""
        if verdict in ("better", "worse") and f.facts.get("enough"):
            said = (f"{spec.title} is {verdict}: ", shown(f, tone=_tone(verdict)), " after ", shown(then[name]), ".")
            found.append(Words(said, bullet=True))
    nothing = "Nothing moved beyond chance this month: talk about the largest issues and the late cases."
    return found[:6] or [Words((nothing,))]


def _scope(a: Asker, now: dict[str, Figure]) -> tuple[Cell, ...]:
    said: tuple[Cell, ...] = (f"Figures as known on {a.as_of:%d %B %Y at %H:%M} UTC. ",)
    if a.as_of.date() < a.this.end:  # type: ignore[operator]
        said += ("The month has not ended. ",)
    coverage = now.get("coverage")
    if coverage is not None:
        said += ("Of the texts that say something, ", shown(coverage), " were read with enough confidence. ")
    return (*said, "Every number is a link to its receipt; square brackets hold its 95 % interval.")


def _targets(a: Asker, now: dict[str, Figure]) -> list[Block]:
    found: list[Block] = []
    for name, target in a.ws.config.targets.items():
        spec, f = registry().get(name), now.get(name)
        if spec is None:
            continue
        goal = f"{spec.title}: target {number(target.value)} {spec.unit} (set by {target.set_by}, {target.set_on}); "
        if f is None or f.value is None or f.low is None or f.high is None:
            found.append(Words((goal, "no figure this month."), bullet=True))
            continue
        sign = 1 if spec.direction == "up" else -1
        worst, best = sorted((sign * f.low, sign * f.high))
        verdict = (
            "missed" if best < sign * target.value else "met" if worst >= sign * target.value else "too close to call"
        )
        found.append(Words((goal, shown(f, tone=_tone(verdict)), f": {verdict}."), bullet=True))
    return found


def _tone(word: str) -> str:
    return {"missed": "bad", "met": "good", "better": "good", "worse": "bad"}.get(word, "")


def _course(a: Asker, spec: Spec) -> Block:
    points = a.ask("metric", a.past, names=spec.name, every="month")
    marks = {"special cause improvement": "good", "special cause concern": "bad"}
    drawn = [
        svg.Point(
            _short(f),
            f.value,
            f.low,
            f.high,
            marks.get(f.facts.get("special_cause", ""), ""),
            bool(f.facts["unfinished"]),
            f.receipt,
        )
        for f in points
    ]
    target = a.ws.config.targets.get(spec.name)
    picture = svg.line(drawn, title=f"{spec.title} by month", unit=spec.unit, target=target.value if target else None)
    given = [f for f in points if f.value is not None]
    last: tuple[Cell, ...] = ("; last: ", shown(given[-1])) if given else ()
    says = (f"{spec.title} by month with its 95 % interval", *last, ".")
    return Chart(picture, says, tuple(f.receipt for f in given))


def _short(f: Figure) -> str:
    return f"{dt.date.fromisoformat(str(f.facts['period'])):%b %y}"


def moved(a: Asker) -> Section:
    """Which metrics improved, which got worse, and whether other people answered."""
    now = {name: f for name, f in _key_figures(a, a.this).items() if name in KEY}
    then = _key_figures(a, a.before)
    courses: dict[str, list[float | None]] = {}
    for f in a.ask("metric", a.past, names=",".join(now), every="month") if now else []:
        courses.setdefault(f.key.split("|")[0], []).append(f.value)
    rows, sparks, why = [], [], []
    for name, f in now.items():
        spec, past = registry()[name], then.get(name)
        verdict = change(spec, past, f)
        few = "" if f.facts.get("enough") else " (few)"
        rows.append((spec.title + few, shown(f), shown(past) if past else "–", Num(verdict, f.receipt, _tone(verdict))))
        sparks.append(svg.spark(courses.get(name, [])))
        if verdict in ("better", "worse") and spec.kind in ("share", "difference", "mean"):
            why += _why(a, spec)
    blocks: list[Block] = [
        Words((_CHANCE,)),
        Table(("metric", f"{a.month:%B}", "the month before", "change"), tuple(rows), tuple(sparks)),
    ]
    blocks += _by_segment(a, now)
    blocks += why or [Words(("No share or mean moved beyond chance, so there is no move to explain by rate or mix.",))]
    return Section("Which metrics moved, and why", tuple(blocks))


def _by_segment(a: Asker, now: dict[str, Figure]) -> list[Block]:
    """The score by the column that tells most groups apart, over twelve months; never a ranking by chance."""
    score = next((name for name in SCORES if name in now), None)
    if score is None:
        return []
    for by in ("service", "site", "product", "brand", "channel"):
        found = [f for f in a.ask("metric", a.past, names=f"{score},net_sentiment", by=by) if f.facts["enough"]]
        cells = {(f.key.split("|")[0], str(f.facts[by])): f for f in found}
        groups = [group for name, group in cells if name == score]
        if len(groups) >= 2:
            titles = [registry()[name].title for name in (score, "net_sentiment")]
            rows = tuple(
                (g, *(shown(cells[name, g]) if (name, g) in cells else "–" for name in (score, "net_sentiment")))
                for g in groups
            )
            words = f"By {by}, the last twelve months. Where intervals overlap, do not rank."
            return [Words((words,), tone="heading"), Table((by, *titles), rows)]
    return []


def change(spec: Spec, before: Figure | None, now: Figure) -> Verdict:
    """What became of a metric: its standard error is read from its interval, which for a time is only roughly so."""
    if spec.kind == "level" and before is not None and before.value is not None and now.value is not None:
        return ""
    if before is None or before.value is None or now.value is None:
        return "first month"
    errors = [(f.high - f.low) / (2 * _Z) for f in (before, now) if f.low is not None and f.high is not None]
    if len(errors) < 2:
        return ""
    z = (now.value - before.value) / max((errors[0] ** 2 + errors[1] ** 2) ** 0.5, 1e-12)
    if abs(z) < _Z:
        return "within chance"
    return "better" if (z > 0) == (spec.direction == "up") else "worse"


def _why(a: Asker, spec: Spec) -> list[Block]:
    """Rate or mix, by the first column that splits the answers."""
    for by in ("site", "service", "brand", "channel"):
        found = {f.key: f for f in a.ask("change", a.this, names=spec.name, by=by, month=f"{a.month:%Y-%m}")}
        groups = [key for key in found if not key.endswith("|all")]
        if len(groups) >= 4:
            total, rate, mix = (found[f"{k}|all"] for k in ("total", "rate", "mix"))
            largest = max((found[k] for k in groups if k.startswith("rate|")), key=lambda f: abs(f.value or 0))
            parts: Line = (
                f"{spec.title} moved by ",
                shown(total),
                ": ",
                shown(rate),
                " because the same groups answered otherwise, ",
                shown(mix),
                f" because other groups answered (by {by}). Most of the first is ",
                largest.key.split("|")[1],
                ", ",
                shown(largest),
                ".",
            )
            return [Words(parts, bullet=True)]
    return []


def drivers(a: Asker) -> Section:
    """What goes with the score, clinical, administrative and support apart, and which of it to take first."""
    for score, outcome in (("nps", "NPS"), ("fft", "FFT % positive"), ("csat", "CSAT"), ("ces", "CES")):
        found = a.ask("drivers", a.past, score=score)
        if len(found) > 1:
            return _driven(found, outcome)
    words = "Too few responses have a score and a text: drivers need 30, and a theme that 10 people mention."
    return Section("What goes with the score", (Words((words,)),))


def _driven(found: list[Figure], outcome: str) -> Section:
    kinds = ("difference", "people", "shapley", "leave_out")
    table = {kind: {f.key.partition("|")[2]: f for f in found if f.key.startswith(kind + "|")} for kind in kinds}
    parts = (_ASSOCIATION.format(outcome), shown(found[0]), " of what channel and segments leave unexplained.")
    blocks: list[Block] = [Words(parts)]
    for group in ("clinical", "administrative", "support", "other"):
        keys = [key for key, f in table["difference"].items() if f.facts["group"] == group]
        if keys:
            blocks += [Words((group.capitalize(),), tone="heading"), *(_headline(table, key) for key in keys)]
    spots = [
        # How far they pull the figure: what it is with them, minus what it is without.
        svg.Spot(
            f"{f.facts['tone']}: {f.facts['label']}",
            table["people"][key].value or 0,
            -(f.value or 0),
            -(f.high or 0),
            -(f.low or 0),
        )
        for key, f in table["leave_out"].items()
    ]
    names = {"x_name": "share of respondents who mention it", "y_name": f"how far they pull {outcome}, in points"}
    picture = svg.priority(spots, title="What to take first", **names)
    says = "The first of the list is mentioned most, times how far it pulls the figure down."
    blocks.append(Chart(picture, (says,)))
    return Section("What goes with the score", tuple(blocks))


def _beside(shapley: Figure, out: Figure) -> Line:
    """How much a driver explains, and what the figure would be without it."""
    return (
        " Of what is explained, ", shown(shapley), " (Shapley share); without them the figure would differ by ",
        shown(out),
        " (leave-one-out).",
    )  # fmt: skip


def _headline(table: dict[str, dict[str, Figure]], key: str) -> Words:
    f, shapley, out = (table[kind][key] for kind in ("difference", "shapley", "leave_out"))
    sure = (f.low or 0) > 0 or (f.high or 0) < 0
    tone = "" if not sure else "good" if (f.value or 0) > 0 else "bad"
    said = Num(str(f.facts["headline"]), f.receipt, tone)
    return Words((said, *_beside(shapley, out)), bullet=True)
