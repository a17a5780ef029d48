from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import CommandParser

from connections.models import Connection
from syncengine import control, engine
from syncengine.engine import Progress
from syncengine.management.base import (
    EXIT_OF,
    Exit,
    ReportingCommand,
    Usage,
    find,
    in_words,
    summary,
)


class Command(ReportingCommand):
    help = (
        "Syncs a connection now, to the end of the run, by the same code as the worker. "
        "Prints what it created, updated and linked on each side."
    )
    examples = (
        "Examples:\n  manage.py sync North\n  manage.py sync --all --json\n"
        "A draft or paused connection ends with 1 and the command to type; --all skips those.\n"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("names", nargs="*", metavar="NAME", help="the connection's name")
        parser.add_argument("--all", action="store_true", help="every active connection")
        parser.add_argument(
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="how long to wait where another process is syncing the connection",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["names"]) == options["all"]:
            raise Usage("name a connection, or say --all")
        if options["all"]:
            active = Connection.objects.filter(state=Connection.State.ACTIVE)
            chosen = list(active.select_related("left", "right"))
        else:
            chosen = find(options["names"])
        results = [self._sync(connection, options) for connection in chosen]
        given = [result for result, _ in results]
        self.give(given if options["all"] or len(given) != 1 else given[0], options)
        self.end(max((code for _, code in results), key=_badness, default=Exit.DONE))

    def _sync(self, connection: Connection, options: dict[str, Any]) -> tuple[dict[str, Any], int]:
        state = engine.state_of(connection)
        if why := control.blocked(connection, state):
            return self._refuse(connection, why, Exit.FAILED, options)
        if why := control.held_why(connection, state):
            return self._refuse(connection, why, Exit.HELD, options)
        cause = f"{getpass.getuser()} at a terminal"
        for advance in engine.to_the_end(connection.pk, cause=cause, wait=options["wait"]):
            run = advance.run
            if advance.progress is Progress.BUSY and run is None:
                why = f"“{connection.name}” is being synced by {advance.who}"
                return self._refuse(connection, why, Exit.FAILED, options)
            if advance.progress is Progress.AGAIN and run is not None:
                self.say(f"{in_words(run)} Going on …", options)
        assert run is not None
        self.say(in_words(run), options)
        return summary(run), EXIT_OF.get(run.Status(run.status), Exit.FAILED)

    def _refuse(
        self, connection: Connection, why: str, code: Exit, options: dict[str, Any]
    ) -> tuple[dict[str, Any], int]:
        self.stderr.write(why)
        status = "held" if code is Exit.HELD else "failed"
        return {"connection": connection.name, "status": status, "message": why}, code


def _badness(code: int) -> int:
    """Order exit codes by how bad they are: failed before held before partly failed."""
    return [Exit.DONE, Exit.PARTLY_FAILED, Exit.HELD, Exit.USAGE, Exit.FAILED].index(Exit(code))
