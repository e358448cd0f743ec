"""What people do to themes, each an edit that can be undone: merge, split, move, rename, accept, dismiss, retire.

Every edit is announced on the open cases of its themes (see ``voc.loop.following``), and none rewrites a stored row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.ids import stable_id
from voc.loop.following import follows, tell
from voc.model import ENDED, LineageEvent, Theme
from voc.queries.curated import redirects
from voc.steps import leftovers, theming
from voc.themelife import ThemeEdit
from voc.themes.lineage import centres
from voc.themes.lineage import split as divide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from voc.model import Case
    from voc.steps.context import Context
    from voc.steps.theming import Edit
    from voc.themelife import ThemeProposal
    from voc.themes import ThemeModel

_KINDS = {"renamed": "rename", "accepted": "accept", "dismissed": "dismiss", "retired": "retire"}


def edit(ctx: Context, theme_id: str, kind: Edit, *, actor: str, label: str = "") -> Theme:
    """Rename a theme, or give it another status; returns it as it is then.

    Raises:
        InputError: there is no such theme, it was merged, or a new label is empty or another theme's.
    """
    theme = _living(ctx, theme_id)
    details: dict[str, Any] = {"before": _before(theme)}
    if kind == "renamed":
        edited = replace(theme, label=theming.free_label(ctx, label, theme_id), named_by=actor)
        told = {"label_before": theme.label, "label": edited.label, "status_before": theme.status}
    else:
        edited = replace(theme, status=kind)
        told = {"status_before": theme.status}
    if kind in ("dismissed", "retired"):
        details["cases"] = _announce(ctx, [theme_id], kind, theme_id, actor, f"the theme {theme.label!r} was {kind}")
    made = ThemeEdit(0, _KINDS[kind], ctx.now, actor, (theme_id,), details)  # type: ignore[arg-type]
    ctx.register.add_edit(made, [edited], [LineageEvent(theme_id, kind, ctx.now, actor, told)])
    return edited


def merge(ctx: Context, source_id: str, target_id: str, *, actor: str) -> Theme:
    """Make ``source_id`` part of ``target_id``, for all of its past too; a name that a person gave stays.

    Raises:
        InputError: a theme is unknown, merged already, the same, or of the other pool.
    """
    source, target = _living(ctx, source_id), _living(ctx, target_id)
    if source_id == target_id or source.pool != target.pool:
        why = "a theme cannot be merged into itself" if source_id == target_id else "praise and problems stay apart"
        raise InputError(f"{source_id} cannot be merged into {target_id}: {why}")
    named = source.named_by and not target.named_by
    kept = replace(target, label=source.label, named_by=source.named_by) if named else target
    if source.status == "accepted" and kept.status == "candidate":
        kept = replace(kept, status="accepted")
    why = f"its theme {source.label!r} was merged into {kept.label!r} ({target_id})"
    cases = _announce(ctx, [source_id], "merged", target_id, actor, why)
    before = _before(source) | _before(target)
    details = {"source": source_id, "target": target_id, "before": before, "cases": cases}
    events = [
        LineageEvent(source_id, "merged", ctx.now, actor, {"into": target_id, "status_before": source.status}),
        LineageEvent(target_id, "grew", ctx.now, actor, {"by_merging": source_id, "label_before": target.label}),
    ]
    gone = replace(source, status="merged")
    ctx.register.add_edit(ThemeEdit(0, "merge", ctx.now, actor, (source_id, target_id), details), [gone, kept], events)
    return kept


def split(ctx: Context, theme_id: str, label: str, *, actor: str, proposal: ThemeProposal | None = None) -> Theme:
    """Split what ``label`` is about off a theme, as a theme of its own; all mentions are assigned anew.

    The theme keeps its id and its cases. Without a proposal the parts are found by two means, begun at ``label``.

    Raises:
        InputError: the theme is unknown or merged, the label is taken, or one part would be empty.
    """
    theme, model = _living(ctx, theme_id), theming.effective_model(ctx)
    label = theming.free_label(ctx, label, "")
    if model is None or not any(theme_id in pool.ids for pool in model.pools.values()):
        raise InputError(f"{theme_id} is not in the model in force; run 'voc themes discover' first")
    part, rest = _centres_of(model, theme_id, label, proposal)
    child_id = "t" + stable_id(theme_id, label, ctx.now.isoformat())[:10]
    mentions = theming.mentions(ctx).collect()
    divided, n = divide(model, theme_id, child_id, part, rest, mentions)
    n_all = sum(
        int((p.exemplars.theme == i).sum()) for p in model.pools.values() for i, t in enumerate(p.ids) if t == theme_id
    )
    if not 0 < n < n_all:
        raise InputError(f"{theme_id} cannot be split by {label!r}: nothing, or all of it, is about that")
    child = Theme(child_id, label, f"Split off {theme.label!r}.", "accepted", theme.pool, (), ctx.now, named_by=actor)
    divided.themes = [*divided.themes, replace(child, theme_version=divided.version)]
    divided.save(ctx.root / theming.FOLDER / divided.version)
    why = f"{label!r} ({child_id}) was split off its theme {theme.label!r}"
    cases = _announce(ctx, [theme_id], "split", theme_id, actor, why)
    evidence = {"n_exemplars": n, "of": n_all, "theme_version": divided.version}
    events = [
        LineageEvent(child_id, "born", ctx.now, actor, {"split_from": theme_id, **evidence}),
        LineageEvent(theme_id, "split", ctx.now, actor, {"child_id": child_id, **evidence}),
    ]
    details = {"theme_id": theme_id, "child_id": child_id, "before": _before(theme), "cases": cases}
    made = ThemeEdit(0, "split", ctx.now, actor, (theme_id, child_id), details)
    ctx.register.add_edit(made, [child, theme], events)
    theming.put_in_force(ctx, divided)
    theming.assign_waiting(ctx)
    return child


def _centres_of(model: ThemeModel, theme_id: str, label: str, proposal: ThemeProposal | None) -> tuple[Any, Any]:
    """Centres of the two parts: the proposal's, else those that two means find."""
    if proposal is None or "part" not in proposal.details:
        return centres(model, theme_id, label)
    import numpy as np

    part, rest = (np.asarray(proposal.details[name], np.float32) for name in ("part", "rest"))
    return part, rest


def move(ctx: Context, feedback_id: str, mention: int, theme_id: str, *, actor: str) -> Theme:
    """Give one mention to a theme, for good: no later model takes it away.

    Raises:
        InputError: there is no such mention or theme, or the theme was merged.
    """
    theme = _living(ctx, theme_id)
    rows = ctx.lake.scan("theme_assignments").filter(pl.col("feedback_id") == feedback_id, pl.col("mention") == mention)
    if rows.select(pl.len()).collect().item() == 0:
        raise InputError(f"no mention {mention} of {feedback_id!r} has been assigned; 'voc themes show' lists them")
    details = {"feedback_id": feedback_id, "mention": mention, "theme_id": theme_id, "before": {}}
    event = LineageEvent(theme_id, "moved", ctx.now, actor, {"feedback_id": feedback_id, "mention": mention})
    ctx.register.add_edit(ThemeEdit(0, "move", ctx.now, actor, (theme_id,), details), [], [event])
    return theme


def undo(ctx: Context, theme_id: str, *, actor: str) -> ThemeEdit:
    """Undo the last edit of a theme that still stands.

    A split that is undone leads the new theme's mentions back; those that were given to it by hand too.

    Raises:
        InputError: there is none, or a later edit of another theme builds on it.
    """
    standing = [e for e in ctx.register.theme_edits() if e.undone_at is None]
    mine = [e for e in standing if theme_id in e.themes]
    if not mine:
        raise InputError(f"nothing was done to {theme_id!r} that could be undone; 'voc themes lineage' shows its life")
    last = mine[-1]
    later = [e for e in standing if e.seq > last.seq and set(e.themes) & set(last.themes)]
    if later:
        other = next(t for t in later[-1].themes if t in last.themes)
        raise InputError(f"{other} was edited since ({later[-1].kind}); undo that first: voc themes undo {other}")
    known = {theme.theme_id: theme for theme in ctx.register.themes()}
    restored = [replace(known[i], **was) for i, was in last.details["before"].items()]
    if last.kind == "split":
        restored.append(replace(known[last.details["child_id"]], status="merged"))
    about = last.details.get("source", theme_id)
    _announce_back(ctx, last, about, actor)
    events = [LineageEvent(t, "undone", ctx.now, actor, {"edit": last.seq, "what": last.kind}) for t in last.themes]
    ctx.register.undo_edit(last.seq, ctx.now, actor, restored, events)
    return last


def decide(ctx: Context, proposal_id: str, *, accept: bool, actor: str) -> str:
    """Accept a proposal, which does what it says, or refuse it; returns what was done in words.

    Raises:
        InputError: there is no such open proposal, or its themes have changed too much since.
    """
    found = next((p for p in ctx.register.proposals() if p.proposal_id == proposal_id), None)
    if found is None:
        raise InputError(f"no open proposal {proposal_id!r}; 'voc themes proposals' shows them")
    done = "refused"
    if accept and found.kind == "split":
        child = split(ctx, found.other_id, found.details["label"], actor=actor, proposal=found)
        done = f"{child.theme_id} was split off {found.other_id}"
    elif accept and found.kind == "merged":
        merge(ctx, found.theme_id, found.other_id, actor=actor)
        done = f"{found.theme_id} was merged into {found.other_id}"
    elif accept and found.kind == leftovers.KIND:
        born = leftovers.adopt(ctx, found, actor=actor)
        done = f"{born.theme_id} was born: {born.label}"
    elif accept:
        details = {k: v for k, v in found.details.items() if not isinstance(v, list)}
        why = f"its theme ({found.theme_id}) may take in other mentions from the next discovery on"
        _announce(ctx, [found.theme_id], "drifted", found.theme_id, actor, why)
        theme = _living(ctx, found.theme_id)
        ctx.register.put_themes([theme], [LineageEvent(theme.theme_id, "drifted", ctx.now, actor, details)])
        done = f"{found.theme_id} may drift"
    state = "accepted" if accept else "refused"
    ctx.register.put_proposals([replace(found, state=state, decided_at=ctx.now, decided_by=actor)])
    return done


def by_policy(ctx: Context) -> int:
    """Accept the proposals that voc.toml says need nobody; one that cannot be done any more waits for a person.

    Returns:
        How many were accepted.
    """
    n = 0
    for proposal in ctx.register.proposals():
        if proposal.kind in ctx.config.themes.accept:
            try:
                decide(ctx, proposal.proposal_id, accept=True, actor="voc")
            except InputError:
                continue
            n += 1
    return n


def _living(ctx: Context, theme_id: str) -> Theme:
    theme = theming.find_theme(ctx, theme_id)
    if theme.status == "merged":
        into = redirects(ctx.register.theme_edits()).get(theme_id, "another")
        raise InputError(f"{theme_id} was merged into {into}; edit that one, or undo the merge first")
    return theme


def _before(theme: Theme) -> dict[str, Any]:
    return {theme.theme_id: {"label": theme.label, "status": theme.status, "named_by": theme.named_by}}


def _announce(ctx: Context, themes: Iterable[str], what: str, to: str, actor: str, why: str) -> list[str]:
    """Tell every live case of ``themes``; returns the cases that went along to the theme ``to``."""
    cases = ctx.register.cases()
    went = []
    for case in [c for c in cases if c.theme_id in themes and c.state not in ENDED]:
        goes = to != case.theme_id and follows(case, to, cases)
        _tell(ctx, case, what, to if goes else case.theme_id, actor, why)
        went += [case.case_id] if goes else []
    return went


def _announce_back(ctx: Context, last: ThemeEdit, about: str, actor: str) -> None:
    """Cases that went along come back, unless they have ended or shipped since."""
    cases = ctx.register.cases()
    for case in cases:
        if case.case_id in last.details.get("cases", ()) and follows(case, about, cases):
            _tell(ctx, case, "undone", about, actor, f"the {last.kind} of its theme was undone")


def _tell(ctx: Context, case: Case, what: str, theme_id: str, actor: str, why: str) -> None:
    told, event, message = tell(case, what, theme_id, actor=actor, at=ctx.now, why=why)
    ctx.register.save_case(told, event, expected_version=case.version, messages=[message])
