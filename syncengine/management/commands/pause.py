from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from syncengine import control
from syncengine.management.base import ReportingCommand, find


class Command(ReportingCommand):
    help = (
        "Pauses a connection: what was sent already finishes, and nothing further goes out "
        "until you resume."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the connection's name")

    def handle(self, *args: Any, **options: Any) -> None:
        (connection,) = find([options["name"]])
        control.pause(connection)
        self.say(
            f"“{connection.name}” is paused. To go on: manage.py resume “{connection.name}”",
            options,
        )
        self.give({"connection": connection.name, "state": connection.state}, options)
