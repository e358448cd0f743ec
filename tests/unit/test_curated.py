"""Merges, splits, moves and undos in any order: counts stay additive, people are counted once, ids stay unique."""

import datetime as dt
from dataclasses import replace

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from voc.queries.curated import curated, edits_at, redirects
from voc.themelife import ThemeEdit

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
N = 24


def frame(themes):
    """One mention of each of ``N`` items; person i says items i and i + 8, so that people overlap."""
    rows = [(f"f{i}", 0, theme, f"p{i % 8}") for i, theme in enumerate(themes)]
    types = {"feedback_id": pl.String, "mention": pl.Int16, "theme_id": pl.String, "unit": pl.String}
    return pl.LazyFrame(rows, schema=types, orient="row")


class Curation(RuleBasedStateMachine):
    """A model of plain sets beside the overlay: both must say the same of every mention at every step."""

    @initialize(start=st.lists(st.sampled_from(["a", "b", "c", None]), min_size=N, max_size=N))
    def begin(self, start):
        self.base, self.edits, self.born = list(start), [], ["a", "b", "c"]
        self.snapshots, self.clock = [], NOW

    def standing(self):
        gone = redirects(self.edits)
        return [theme for theme in self.born if theme not in gone]

    def add(self, kind, themes, **details):
        at = self.tick()
        self.edits.append(ThemeEdit(len(self.edits) + 1, kind, at, "ann", themes, details))

    def tick(self):
        """Remember what is shown now, and go on to a later moment."""
        self.snapshots.append((self.clock, self.shown()))
        self.clock += dt.timedelta(hours=1)
        return self.clock

    def shown(self):
        return dict(curated(frame(self.base), self.edits).select("feedback_id", "theme_id").collect().iter_rows())

    @rule(data=st.data())
    def merge(self, data):
        there = self.standing()
        if len(there) < 2:
            return
        source, target = data.draw(st.permutations(there))[:2]
        before = self.shown()
        self.add("merge", (source, target), source=source, target=target)
        assert self.shown() == {item: target if theme == source else theme for item, theme in before.items()}

    @rule(data=st.data())
    def split(self, data):
        parent = data.draw(st.sampled_from(self.standing()))
        child = f"{parent}{len(self.born)}"
        before = self.shown()
        mine = [i for i in range(N) if before[f"f{i}"] == parent]
        moved_by_hand = {e.details["feedback_id"] for e in self.edits if e.kind == "move"}
        part = {i for i in mine[: len(mine) // 2] if f"f{i}" not in moved_by_hand}
        self.tick()
        # A new model assigns anew by the themes as they stand: what was merged before it is one theme to it.
        self.snapshots = self.snapshots[-1:]
        self.base = [child if i in part else theme for i, theme in enumerate(self.base)]
        self.born.append(child)
        made = {"theme_id": parent, "child_id": child}
        self.edits.append(ThemeEdit(len(self.edits) + 1, "split", self.clock, "ann", (parent, child), made))
        after = self.shown()
        assert {i for i in range(N) if after[f"f{i}"] == child} == part
        assert sum(theme in (parent, child) for theme in after.values()) == len(mine)

    @rule(data=st.data(), item=st.integers(0, N - 1))
    def move(self, data, item):
        theme = data.draw(st.sampled_from(self.standing()))
        self.add("move", (theme,), feedback_id=f"f{item}", mention=0, theme_id=theme)
        assert self.shown()[f"f{item}"] == theme

    @rule()
    def undo(self):
        standing = [edit for edit in self.edits if edit.undone_at is None]
        if not standing:
            return
        last = standing[-1]
        number = self.edits.index(last)
        at = self.tick()
        self.edits[number] = replace(last, undone_at=at, undone_by="ann")
        if last.kind == "split":
            child, parent = last.details["child_id"], last.details["theme_id"]
            assert child not in self.shown().values()
            assert redirects(self.edits)[child] in (parent, redirects(self.edits).get(parent))
        else:
            live = [e for e in self.edits if e is not self.edits[number]]
            assert self.shown() == dict(
                curated(frame(self.base), live).select("feedback_id", "theme_id").collect().iter_rows()
            )

    @invariant()
    def a_mention_has_one_theme_and_only_standing_themes_have_any(self):
        shown = self.shown()
        assert len(shown) == N
        assert set(shown.values()) <= {None, *self.standing()}

    @invariant()
    def mentions_add_up_and_people_are_counted_once(self):
        rows = curated(frame(self.base), self.edits).collect()
        per = rows.group_by("theme_id").agg(n=pl.len(), people=pl.col("unit").n_unique())
        assert per["n"].sum() == N
        assert (per["people"] <= pl.Series(per["n"])).all()
        assert per["people"].max() <= rows["unit"].n_unique()

    @invariant()
    def ids_are_unique_and_redirects_end(self):
        assert len(set(self.born)) == len(self.born)
        leads = redirects(self.edits)
        assert not set(leads.values()) & set(leads)

    @invariant()
    def the_past_is_seen_as_it_was(self):
        for at, then in self.snapshots[-2:]:
            seen = curated(frame(self.base), edits_at(self.edits, at)).select("feedback_id", "theme_id").collect()
            assert dict(seen.iter_rows()) == then


TestCuration = Curation.TestCase
TestCuration.settings = settings(
    max_examples=25, stateful_step_count=10, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
