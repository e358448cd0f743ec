"""What every trial does at its end: see that errors say what to do, run again, and compare with what is right."""

import re
import signal
from dataclasses import dataclass

from world import night

# Every error that a person is meant to act upon says how.
REMEDY = re.compile(
    r"free the disk|free some space|fix its permissions|check (?:the disk|space)|restore|run '|run it again|then run"
    r"|try again|reinstall|move it away|end it|wait"
)
CANARY = "parking"


@dataclass
class Books:
    """What a trial saw: kills, errors that were told, and runs that went well in spite of the fault."""

    kills: int = 0
    told: int = 0
    unharmed: int = 0

    def enter(self, ended, *, may_fail=True):
        """Count one end, and see that an error is one line that says what to do."""
        if ended.code == -signal.SIGKILL:
            self.kills += 1
        elif ended.code == 0:
            self.unharmed += 1
        else:
            assert may_fail, f"failed: {ended.code} {ended.err[-800:]}"
            assert ended.code in (1, 75), f"ended with {ended.code}: {ended.err[-1500:]}"
            assert "bug in voc" not in ended.message, ended.message
            assert REMEDY.search(ended.message), f"no remedy in: {ended.message}"
            self.told += 1
        assert CANARY not in ended.err.casefold().replace("parking.csv", ""), "a customer's words in the log"
        return ended


def settled(world, root, template="plain"):
    """Run the night until it is well, and compare what is there with the undisturbed state, row for row."""
    last = world.run(night, root)
    assert last.code == 0, f"the rerun failed: {last.code} {last.err[-1500:]}"
    same(world.right[template], world.state(root))


def same(wanted, got):
    """Raise where two states differ, and say in what."""
    for kind, parts in wanted.items():
        assert got[kind].keys() == parts.keys(), f"{kind}: {sorted(got[kind].keys() ^ parts.keys())}"
        for name, content in parts.items():
            if got[kind][name] != content:
                at = next((i for i, (a, b) in enumerate(zip(content, got[kind][name], strict=False)) if a != b), 0)
                where = slice(max(at - 80, 0), at + 120)
                raise AssertionError(f"{kind} {name}: wanted ...{content[where]}... got ...{got[kind][name][where]}...")
