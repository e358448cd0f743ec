"""The command line: every verb is a thin call of the library. Heavy imports wait until a command runs."""

from __future__ import annotations

import os
import sys

import typer

from voc.cli import (
    access,
    cases,
    drivers,
    effects,
    evaluate,
    figures,
    files,
    lanes,
    models,
    notifications,
    packs,
    people,
    privacy,
    profiles,
    quarantine,
    report,
    search,
    signals,
    themes,
    upkeep,
    voices,
    work,
)
from voc.cli.common import AS
from voc.errors import VocError

# typer carries click inside itself from 0.26 on and uses the installed one before: this finds either's base class.
_UsageError = next(k for k in typer.BadParameter.__mro__ if k.__name__ == "ClickException" and issubclass(k, Exception))

app = typer.Typer(
    name="voc",
    help="Feedback that reaches the people who can fix it: from comments to an owner, an action and a verified effect.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (work, files, figures, drivers, people, models, evaluate, search, signals, voices, upkeep):
    part.register(app)
app.add_typer(access.app, name="access")
app.add_typer(packs.app, name="pack")
app.add_typer(privacy.app, name="privacy")
app.add_typer(profiles.app, name="profile")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(themes.app, name="themes")
app.add_typer(cases.app, name="cases")
app.add_typer(lanes.app, name="lanes")
app.add_typer(notifications.app, name="notifications")
effects.register(cases.app)
app.add_typer(figures.app, name="metrics")
app.add_typer(report.app, name="report")
cases.register(app)


@app.callback()
def _common(
    context: typer.Context,
    workspace: str = typer.Option(
        "", "--workspace", "-w", help="The workspace's folder; default $VOC_WORKSPACE, else this one."
    ),
    who: str = typer.Option(
        "", "--as", help="Act as this person of [access] in voc.toml: with her role and scope, not as an administrator."
    ),
) -> None:
    context.meta[AS] = who
    context.obj = workspace or os.environ.get("VOC_WORKSPACE") or "."


def main() -> None:
    """Run the command line; an error is one plain line on stderr, and the exit code says what kind it is."""
    sys.exit(run(sys.argv[1:]))


_STOPPED = 130


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code: 0 ok, 1 failed, 2 bad usage, 75 busy, 130 stopped."""
    try:
        code = app(arguments, standalone_mode=False)
    except VocError as error:
        return _fail(str(error), error.exit_code)
    except _UsageError as error:
        # It names the argument that is missing or wrong, which the bare message does not.
        message = error.format_message() or "no command given; 'voc --help' lists them"  # type: ignore[attr-defined]
        return _fail(message, getattr(error, "exit_code", 2))
    except (typer.Abort, KeyboardInterrupt):
        code = _STOPPED
    except BrokenPipeError:
        return 0
    except Exception as error:
        if os.environ.get("VOC_DEBUG"):
            raise
        return _fail(_unforeseen(error), 1)
    # typer turns Ctrl-C into this code, and says nothing.
    if code == _STOPPED:
        return _fail("stopped; run it again: it repairs what was cut short", _STOPPED)
    return code if isinstance(code, int) else 0


def _unforeseen(error: Exception) -> str:
    """What to say of an error that no step has explained: of a disk's what to do, of the rest only its kind."""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or type(error).__name__}; free the disk or fix its permissions, then run again"
    # Its message could hold a customer's words.
    kind = f"{type(error).__module__}.{type(error).__name__}".removeprefix("builtins.")
    return f"unexpected {kind}; this is a bug in voc: run again with VOC_DEBUG=1 for the traceback"


def _fail(message: str, code: int) -> int:
    print(f"voc: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 -- the one place that prints errors
    return code
