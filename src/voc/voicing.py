"""The part of a workspace that listens to care staff and speaks back: observations, changes, briefs, call-backs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voc.errors import InputError
from voc.loop.pages import brief_page, poster
from voc.loop.public import web_text
from voc.records import Change, Observation
from voc.steps import verifying, voicing
from voc.steps.moving import redacted, signed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from voc.config import Config
    from voc.loop.brief import Brief
    from voc.loop.public import Notice
    from voc.records import LaneItem
    from voc.steps.context import Context
    from voc.steps.voicing import CallBack
    from voc.store import Register


class Voicing(ABC):
    """What ``Workspace`` offers to care staff, and to those who write to customers."""

    config: Config
    register: Register

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    @abstractmethod
    def reading(self, day: date | None = None) -> Context:
        """The same for reading, cut to the scope."""

    def raise_observation(self, text: str, *, actor: str, **place: Any) -> Observation:
        """Raise what somebody in care has seen; it gets an id and an owner, and will be answered.

        Args:
            text: in her words; redacted here.
            actor: who raises it.
            **place: ``team``, ``site``, ``owner``, ``theme_id`` or ``case_id``, as far as known.

        Raises:
            InputError: the text is empty, or the case is not known.
        """
        ctx, by = self.context(), signed(actor)
        return voicing.observe(ctx, Observation("", redacted(text).strip(), by, ctx.now, **place))

    def similar_observations(self, text: str) -> list[Observation]:
        """Open observations that sound alike: "seen here too" may be all that needs to be said."""
        return voicing.suggested(self.reading(), redacted(text))

    def see_observation(self, observation_id: str, *, actor: str) -> bool:
        """Say "seen here too"; returns whether that was new."""
        return self.register.see_observation(observation_id, signed(actor), self.context().now)

    def answer_observation(self, observation_id: str, text: str, *, actor: str) -> Observation:
        """Answer what was raised; see ``voc.steps.voicing.answer``."""
        return voicing.answer(self.context(), observation_id, redacted(text), actor=signed(actor))

    def add_change(self, what: str, starts_on: date, *, actor: str, **more: Any) -> Change:
        """Add a change or a known issue, so that care knows before customers ask.

        Raises:
            InputError: it says nothing.
        """
        if not what.strip():
            raise InputError("a change needs words; say what is different from that day on")
        words: dict[str, Any] = {
            key: redacted(value) if key in ("say", "workaround") else value for key, value in more.items()
        }
        made = Change(
            "", redacted(what).strip(), starts_on, added_by=signed(actor), added_at=self.context().now, **words
        )
        return self.register.add_changes([made])[0]

    def import_changes(self, rows: Sequence[dict[str, Any]], *, actor: str) -> list[Change]:
        """Add a tracker's releases as changes; those imported before are left as they are."""
        found = voicing.releases(rows, actor=signed(actor), at=self.context().now)
        return self.register.add_changes([replace(change, what=redacted(change.what)) for change in found])

    def team_brief(self, team: str, day: date | None = None, days: int = 28) -> Brief:
        """What a team should know about the last ``days``."""
        return voicing.team_brief(self.reading(day), team, days=days)

    def brief_page(self, brief: Brief) -> str:
        """A brief as an HTML page that prints, with the picture of its newest verdict by test."""
        worked = next(section for section in brief.sections if section.title == "Did it work?")
        drawn = (verifying.picture(self.context(), line.ref) for line in worked.lines)
        return brief_page(brief, [svg for svg in drawn if svg][:1])

    def read_brief(self, brief: Brief, *, actor: str) -> None:
        """Note that somebody has read a brief."""
        self.register.receive_brief(brief.brief_id, brief.team, signed(actor), self.context().now)

    def notices(self, service: str = "", day: date | None = None, days: int = 91) -> list[Notice]:
        """Notices (You said, we did), for one service or for each; see ``voc.steps.voicing.notices``."""
        return voicing.notices(self.context(day), service, days=days)

    def notice_pages(self, notice: Notice) -> tuple[str, str]:
        """A notice as a poster (HTML) and as plain text for the web."""
        return poster(notice, self.config.name), web_text(notice, self.config.name)

    def publish(self, case_ids: Sequence[str], how: str, *, actor: str) -> list[str]:
        """Say that a brief or notice with these cases is out: it ends their clock to tell; returns whose it ended."""
        return voicing.publish(self.context(), case_ids, how, actor=actor)

    def call_backs(self, case_id: str) -> list[CallBack]:
        """Who of a shipped case may be told what came of her words; see ``voc.steps.voicing.call_backs``."""
        return voicing.call_backs(self.reading(), case_id)

    def told(self, case_id: str, feedback_ids: Sequence[str] = (), *, actor: str, how: str = "call_back") -> int:
        """Note that people were told, which also ends the case's clock to tell; returns how many are new."""
        new = voicing.told(self.reading(), case_id, feedback_ids, actor=signed(actor), how=how)
        if new:
            self.publish([case_id], "call_back", actor=actor)
        return new

    def acknowledge_lane_item(self, item_id: str, note: str = "", *, actor: str) -> LaneItem:
        """Say that a person has an item of a lane in hand; the first one stands."""
        now = self.context().now
        return self.register.acknowledge_lane_item(item_id, signed(actor), now, redacted(note).strip())

    def loop_figures(self) -> dict[str, Any]:
        """Share told and days until told, over all shipped cases."""
        return voicing.figures(self.context())
