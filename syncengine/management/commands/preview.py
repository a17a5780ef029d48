from __future__ import annotations

import getpass
from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from connections.configuration import SIDES
from connections.models import Account, Connection
from connections.schema import Birthday, Value, from_json
from syncengine import brake, engine, pending
from syncengine.engine import Progress
from syncengine.management.base import Exit, ReportingCommand, find, summary
from syncengine.models import Change, Run
from syncengine.setup import edits

SHOWN = 20


class Command(ReportingCommand):
    help = (
        "Shows what a sync of a connection would do now: counts, then contacts with each field "
        "now and then. Where an edit of its set-up waits, it is the preview of that edit. "
        "Writes nothing in any app and links nothing."
    )
    examples = "Examples:\n  manage.py preview North\n  manage.py preview North --contacts 100\n"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the connection's name")
        parser.add_argument(
            "--contacts", type=int, default=SHOWN, help="how many contacts to show (20)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        (connection,) = find([options["name"]])
        run = make(self, connection)
        changes = run.changes.order_by("pk")[: options["contacts"]]
        if options["json"]:
            lines = [_line(change) for change in changes]
            edit = waiting(connection)
            self.give(
                summary(run) | {"braked": run.braked, "edit": edit, "contacts": lines}, options
            )
            return
        if edit := waiting(connection):
            self.stdout.write("With the edit that waits to be applied:")
            self.stdout.writelines(f"  {name}: {how}\n" for name, how in edit.items())
        self.stdout.write(would(run))
        for change in changes:
            self.stdout.write("\n".join(_words(change)))
        self.stdout.write("Nothing has been written.")


def make(command: ReportingCommand, connection: Connection) -> Run:
    """Return a new preview of a connection; ends the command where it cannot be made."""
    for side in SIDES:
        account = connection.account(side)
        if account.status != Account.Status.AUTHORIZED:
            command.stderr.write(f"{account.label} needs authorization: {account.status_reason}")
            command.end(Exit.FAILED)
    cause = f"{getpass.getuser()} at a terminal"
    *_, last = engine.to_the_end(connection.pk, kind=Run.Kind.PREVIEW, cause=cause)
    run = last.run
    if run is None or last.progress is Progress.BUSY:
        command.stderr.write(f"“{connection.name}” is being synced by {last.who}")
        command.end(Exit.FAILED)
    assert run is not None
    if run.status != Run.Status.DONE and run.status != Run.Status.PARTLY_FAILED:
        command.stderr.write(f"The preview could not be made: {run.message}")
        command.end(Exit.FAILED)
    return run


def waiting(connection: Connection) -> dict[str, str] | None:
    """Return what the edit that waits changes, in words; None where none waits."""
    edited = pending.previewed(connection)
    return None if edited is None else edits(connection, connection.setup(), edited)


def would(run: Run) -> str:
    """Return what a preview counted, in words."""
    departures = run.braked.get(brake.Kind.DEPARTURES, 0)
    leave = f" {departures} leave the sync." if departures else ""
    return (
        f"A sync of “{run.connection_name}” would link {run.linked}, "
        f"create {run.created_left} left and {run.created_right} right, "
        f"update {run.updated_left} left and {run.updated_right} right; "
        f"{run.excluded} are excluded, {run.review} are to review, {run.failed} would fail.{leave}"
    )


def shown(value: Value) -> str:
    """Return a value as a terminal shows it."""
    if value is None or value in ("", ()):
        return "empty"
    if isinstance(value, Birthday):
        return str(date(value.year, value.month, value.day) if value.year else value[1:])
    return ", ".join(str(each) for each in value) if isinstance(value, tuple) else str(value)


def fields_of(change: Change) -> list[dict[str, Any]]:
    """Return the fields of a change with their values."""
    found = []
    for side, label, before, after, lost, effect, conflict, *_ in change.fields or []:
        values = from_json({"before": before, "after": after, "lost": lost})
        found.append(
            {"side": side, "field": label, "effect": effect, "conflict": conflict, **values}
        )
    return found


def _line(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "side": change.side,
        "name": change.name,
        "reason": change.reason,
        "fields": fields_of(change),
    }


def _words(change: Change) -> list[str]:
    side = f" {change.side}" if change.side else ""
    reason = f" ({change.reason})" if change.reason else ""
    lines = [f"  {change.get_kind_display()}{side}: {change.name}{reason}"]
    lines += [
        f"      {each['field']}: {shown(each['before'])} → {shown(each['after'])}"
        for each in fields_of(change)
    ]
    return lines
