from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from syncengine import control, engine
from syncengine.management.base import Exit, ReportingCommand, find


class Command(ReportingCommand):
    help = (
        "Resumes a paused connection. With --approve, what the brake held may be done once; "
        "changes made meanwhile are picked up."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the connection's name")
        parser.add_argument(
            "--approve", action="store_true", help="let a run that the brake held go on once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        (connection,) = find([options["name"]])
        state = engine.state_of(connection)
        if state.held and not options["approve"]:
            self.stderr.write(control.held_why(connection, state))
            self.end(Exit.HELD)
        if not state.approved_revision:
            self.stderr.write(
                f"“{connection.name}” was never started. Look at its preview and start it: "
                f"manage.py start “{connection.name}”"
            )
            self.end(Exit.FAILED)
        try:
            control.resume(connection, approve=options["approve"])
        except control.Refused as refusal:
            self.stderr.write(str(refusal))
            self.end(Exit.FAILED)
        self.say(f"“{connection.name}” goes on.", options)
        self.give({"connection": connection.name, "state": connection.state}, options)
