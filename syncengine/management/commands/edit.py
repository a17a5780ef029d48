from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from connections.models import Connection
from syncengine import control, pending
from syncengine.management.base import Exit, ReportingCommand, find
from syncengine.management.commands.preview import make, waiting, would


class Command(ReportingCommand):
    help = (
        "Shows the edit of a connection's set-up that waits, which its page has saved. "
        "--apply previews it and makes it what counts, --drop forgets it."
    )
    examples = "Examples:\n  manage.py edit North\n  manage.py edit North --apply --yes\n"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the connection's name")
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--apply", action="store_true", help="preview and apply it")
        either.add_argument("--drop", action="store_true", help="forget it")
        parser.add_argument("--yes", action="store_true", help="answer yes to the question")

    def handle(self, *args: Any, **options: Any) -> None:
        (connection,) = find([options["name"]])
        changes = waiting(connection)
        if changes is None:
            self.say(f"No edit of “{connection.name}” waits.", options)
            self.give({"connection": connection.name, "edit": None}, options)
            self.end(Exit.FAILED if options["apply"] or options["drop"] else Exit.DONE)
            return
        for name, how in changes.items():
            self.say(f"{name}: {how}", options)
        done = "waits"
        if options["drop"]:
            pending.drop(connection)
            done = "dropped"
        elif options["apply"]:
            self._apply(connection, options)
            done = "applied"
        self.say(f"The edit of “{connection.name}” {_SAID[done]}", options)
        self.give({"connection": connection.name, "edit": changes, "result": done}, options)

    def _apply(self, connection: Connection, options: dict[str, Any]) -> None:
        preview = control.latest_preview(connection) or make(self, connection)
        self.say(would(preview), options)
        try:
            if not options["yes"] and not self.confirmed("Apply it? [y/N] "):
                self.stderr.write("Not applied.")
                self.end(Exit.FAILED)
            control.apply_edit(connection, preview)
        except control.Refused as refusal:
            self.stderr.write(str(refusal))
            self.end(Exit.FAILED)


_SAID = {
    "waits": "waits. To apply it: --apply; to forget it: --drop",
    "dropped": "is dropped.",
    "applied": "is applied. The next run goes by it.",
}
