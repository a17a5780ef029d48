from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from syncengine import control
from syncengine.management.base import Exit, ReportingCommand, find
from syncengine.management.commands.preview import make, would


class Command(ReportingCommand):
    help = (
        "Starts a connection: shows what its first sync would do, and asks. What you approve is "
        "what it may do; "
        "the worker then syncs it by itself."
    )
    examples = "Examples:\n  manage.py start North\n  manage.py start North --yes\n"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the connection's name")
        parser.add_argument("--yes", action="store_true", help="answer yes to the question")

    def handle(self, *args: Any, **options: Any) -> None:
        (connection,) = find([options["name"]])
        try:
            control.check_ring(connection)
            control.check_no_edit(connection)
            preview = control.latest_preview(connection) or make(self, connection)
            self.say(would(preview), options)
            if not options["yes"] and not self.confirmed("Start it? [y/N] "):
                self.stderr.write("Not started.")
                self.end(Exit.FAILED)
            control.start(connection, preview)
        except control.Refused as refusal:
            self.stderr.write(str(refusal))
            self.end(Exit.FAILED)
        self.say(
            f"“{connection.name}” is started. "
            f"To sync it at once: manage.py sync “{connection.name}”",
            options,
        )
        self.give(
            {"connection": connection.name, "started": True, "allowance": preview.braked}, options
        )
