from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from connections.configuration import SIDES
from connections.models import Account, Connection
from syncengine.exporting import as_yaml, export
from syncengine.management.base import ReportingCommand, find


class Command(ReportingCommand):
    help = (
        "Prints connections and their accounts as YAML, in the shape that importconnections takes. "
        "Secrets are never printed: where the accounts do not exist yet, add them to the file."
    )
    examples = (
        "Examples:\n"
        "  manage.py exportconnections > all.yaml\n"
        "  manage.py exportconnections North South\n"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="the connections; without any, all of them and all accounts",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = Account.objects.defer("secrets")
        if options["names"]:
            chosen = find(list(dict.fromkeys(options["names"])))
            used = {each.account(side).pk for each in chosen for side in SIDES}
            accounts = accounts.filter(pk__in=used)
        else:
            kept = Connection.objects.exclude(state=Connection.State.DELETING)
            chosen = list(kept.select_related("left", "right"))
        exported = export(chosen, accounts)
        if options["json"]:
            self.give(exported, options)
        else:
            self.stdout.write(as_yaml(exported), ending="")
