"""What the commands share: finding connections, exit codes, output for people and scripts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.models import Connection
from syncengine.models import Run


class Exit(IntEnum):
    """What the exit codes mean."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY_FAILED = 3
    HELD = 4


EXIT_CODES = (
    "Exit codes: 0 done, 1 failed, 2 usage, 3 done but at least one contact failed, "
    "4 held by the brake."
)
EXIT_OF = {
    Run.Status.DONE: Exit.DONE,
    Run.Status.PARTLY_FAILED: Exit.PARTLY_FAILED,
    Run.Status.HELD: Exit.HELD,
}


class Usage(CommandError):
    """The command was called with what it cannot use."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=Exit.USAGE)


class ReportingCommand(BaseCommand):
    """A command with `--json`, that says what it does in its help."""

    epilog = EXIT_CODES
    examples: str = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(
            prog_name,
            subcommand,
            epilog="\n".join(text for text in (self.examples, self.epilog) if text),
            **kwargs,
        )
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print one JSON value to standard output"
        )

    def say(self, text: str, options: dict[str, Any]) -> None:
        """Print a line for people; with --json to standard error."""
        (self.stderr if options["json"] else self.stdout).write(text)

    def give(self, value: object, options: dict[str, Any]) -> None:
        """Print the one JSON value, where that was asked for."""
        if options["json"]:
            self.stdout.write(json.dumps(value, ensure_ascii=False, default=str))

    def confirmed(self, question: str) -> bool:
        """Ask a person, and return whether they said yes; where nobody is there, no."""
        try:
            return input(question).strip().lower() in ("y", "yes")
        except EOFError:
            return False

    def end(self, code: int) -> None:
        """End the process with this exit code, unless it is 0."""
        if code:
            sys.exit(code)


def find(names: Sequence[str]) -> list[Connection]:
    """Return the connections of these names, in their order; raises Usage with all that are
    unknown.
    """
    found = {
        connection.name: connection
        for connection in Connection.objects.select_related("left", "right").filter(name__in=names)
    }
    unknown = [name for name in names if name not in found]
    if unknown:
        known = ", ".join(Connection.objects.values_list("name", flat=True)) or "none yet"
        raise Usage(f"no connection is called {', '.join(unknown)}; there are: {known}")
    for connection in found.values():
        if connection.state == Connection.State.DELETING:
            raise Usage(f"“{connection.name}” is being deleted")
    return [found[name] for name in names]


def summary(run: Run) -> dict[str, Any]:
    """Return what a run did, as `--json` prints it."""
    return {
        "connection": run.connection_name,
        "run": run.pk,
        "status": run.status,
        "message": run.message,
        "created": {"left": run.created_left, "right": run.created_right},
        "updated": {"left": run.updated_left, "right": run.updated_right},
        "linked": run.linked,
        "excluded": run.excluded,
        "review": run.review,
        "failed": run.failed,
        "conflicts": run.conflicts,
        "requests": {"left": run.requests_left, "right": run.requests_right},
        "seconds": round(run.seconds, 3),
    }


def in_words(run: Run) -> str:
    """Return what a run did or would do, in one line."""
    parts = [
        f"{run.linked} linked",
        f"{run.created_left} created left, {run.created_right} right",
        f"{run.updated_left} updated left, {run.updated_right} right",
        f"{run.conflicts} conflicts",
        f"{run.failed} failed",
        f"{run.excluded} excluded, {run.review} to review",
    ]
    ending = f" {run.message}" if run.message else ""
    return f"{run.connection_name}: {run.get_status_display().lower()}: {', '.join(parts)}.{ending}"
