"""The half of a workspace that closes the loop: declared tests, verdicts, observations, changes, briefs, lanes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from voc.loop import actions, permissions
from voc.loop.picture import effect_svg
from voc.steps import verifying
from voc.steps.moving import signed
from voc.store import writer_lock

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from voc.config import Config
    from voc.loop.declare import DeclaredTest
    from voc.model import Case
    from voc.steps.context import Context
    from voc.steps.verifying import Verification
    from voc.store import Register


class Closing(ABC):
    """What ``Workspace`` offers beside cases; it works on the workspace's context and register."""

    root: Path
    config: Config
    register: Register

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    def propose_test(self, case_id: str, **changes: Any) -> DeclaredTest:
        """The test that the theme's own history can bear; see ``voc.steps.verifying.proposal``."""
        return verifying.proposal(self.context(), self.register.case(case_id), **changes)

    def declare_test(self, case_id: str, test: DeclaredTest, *, actor: str) -> Case:
        """Write down what will count as a success; not after shipping.

        Raises:
            IllegalMoveError: the case has shipped, or nobody has taken it.
            InputError: the test cannot be run.
            NotAllowedError: it is another's to plan.
        """
        name, case = signed(actor), self.register.case(case_id)
        permissions.check(case, "plan", name, self.config.owners, self.config.permissions)
        return verifying.declare(self.context(), case, test, actor=name)

    def declared_test(self, case_id: str) -> DeclaredTest | None:
        """The test in force of a case, or None."""
        return actions.declared(self.register.events(case_id))

    def verify(self, case_id: str = "", day: date | None = None) -> list[Verification]:
        """Run the declared tests whose window has passed; see ``voc.steps.verifying.verify_due``."""
        with writer_lock(self.root):
            return verifying.verify_due(self.context(day), case_id)

    def picture(self, case_id: str) -> str:
        """The picture of a case's verdict as SVG; "" where no test has given one."""
        events = self.register.events(case_id)
        event, test = verifying.verdict_event(events), actions.declared(events)
        shipped = [e.at for e in events if e.move == "ship"]
        if event is None or test is None or not shipped or not event.details["series"]:
            return ""
        title = self.register.case(case_id).title
        return effect_svg(event.details["series"], event.details["result"], test, shipped[-1].date(), title)
