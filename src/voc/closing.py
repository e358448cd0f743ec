"""The part of a workspace that finds out whether it worked: declared tests, verdicts, pictures; and the lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voc.loop import actions, permissions
from voc.steps import verifying
from voc.steps.moving import signed
from voc.store import writer_lock
from voc.voicing import Voicing

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from voc.loop.declare import DeclaredTest
    from voc.model import Case
    from voc.steps.verifying import Verification


class Closing(Voicing):
    """What ``Workspace`` offers beside cases; it works on the workspace's context and register."""

    root: Path

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
        return verifying.picture(self.context(), case_id)
