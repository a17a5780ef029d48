from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from syncengine.importing import Done, Refused, import_file
from syncengine.importing.document import MOST_BYTES
from syncengine.management.base import Exit, ReportingCommand, Usage


class Command(ReportingCommand):
    help = (
        "Makes or changes accounts and connections as a YAML file says. The file is taken whole or "
        "not at all; what it does not name stays as it is, and so does what a key that is left out "
        "stands for. Accounts that are new or changed are tried at their apps first; a secret that "
        "is given anew replaces the old one. A list of rules or of mappings replaces the one that "
        "stands; a rule that stays equal stays itself, so that nothing starts to match anew."
    )
    examples = (
        "Examples:\n"
        "  manage.py importconnections north.yaml\n"
        "  manage.py importconnections north.yaml --approve\n"
        "  manage.py exportconnections | ssh other manage.py importconnections -\n"
        "${NAME} in the file is read from the environment, so that it need hold no secret.\n"
        "A connection made as active waits for its preview (manage.py start NAME), unless you say "
        "--approve.\n"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", help="the file; - reads standard input")
        parser.add_argument(
            "--approve",
            action="store_true",
            help="let the first sync of the file's active connections go ahead without a preview",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_file(_content(options["file"]), os.environ, approve=options["approve"])
        except Refused as refused:
            self.stderr.write("\n".join([str(refused), "Nothing was imported."]))
            self.give({"errors": [each.to_json() for each in refused.problems]}, options)
            self.end(Exit.FAILED)
            return
        for kind, done in (("account", report.accounts), ("connection", report.connections)):
            for each in done:
                self.say(_words(kind, each), options)
        self.give(asdict(report), options)


def _content(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Usage(f"{name} cannot be read: {error.strerror}") from error


def _words(kind: str, done: Done) -> str:
    keys = f" ({', '.join(done.keys)})" if done.keys else ""
    said = [f"{kind} “{done.name}”: {done.result}{keys}, {done.state.replace('_', ' ')}"]
    if done.waits_for_preview:
        said.append(f"It waits for its preview to be approved: manage.py start “{done.name}”")
    if done.dropped_edit:
        said.append("The edit of its set-up that waited to be applied was dropped")
    return ". ".join([*said, *(warning.rstrip(".") for warning in done.warnings)])
