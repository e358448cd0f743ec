"""Run one command in this process, as its user would see it."""

import json

from voc import cli

# What the terminal draws around boxes; an error of voc is a plain line.
_BOX = set("╭╮╰╯│─┏┓┗┛┃━")


class Command:
    """``voc`` with a workspace chosen: calls give the exit code, and what stood on stdout and stderr."""

    def __init__(self, capsys, workspace=None):
        self._capsys, self._start = capsys, ["-w", str(workspace)] if workspace else []

    def run(self, *arguments):
        self._capsys.readouterr()
        code = cli.run([*self._start, *map(str, arguments)])
        return (code, *self._capsys.readouterr())

    def ok(self, *arguments):
        """Stdout of a command that succeeds."""
        code, out, err = self.run(*arguments)
        assert code == 0, err
        return out

    def json(self, *arguments):
        """The one JSON document that a command prints with ``--json``."""
        return json.loads(self.ok(*arguments, "--json"))

    def fails(self, code, *arguments):
        """The one plain line of a command that fails with ``code``."""
        got, out, err = self.run(*arguments)
        lines = [line for line in err.splitlines() if not line.startswith("{")]
        assert got == code, (got, out, err)
        assert len(lines) == 1, err
        assert lines[0].startswith("voc: ")
        assert "Traceback" not in err
        assert not _BOX & set(out + err)
        return lines[0]
