from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Cast

from connections.encryption import encrypted_columns, rotated

CHUNK = 500


class Command(BaseCommand):
    help = (
        "Encrypts all that is stored encrypted with the first key of FIELD_ENCRYPTION_KEYS. Put a"
        " new key before the old ones, restart web and worker, then run this; when it ends well,"
        " the old keys can be taken out. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        totals = []
        for model, names in encrypted_columns():
            counts: Counter[str] = Counter(rotated=0, current=0, failed=0)
            for chunk_counts in _rotate(model, names):
                counts.update(chunk_counts)
                if not options["json"]:
                    self.stdout.write(f"{model._meta.label}: {_line(counts)}")
            totals.append({"model": model._meta.label, **counts})
        if options["json"]:
            self.stdout.write(json.dumps(totals))
        failed = [f"{total['model']} ({total['failed']})" for total in totals if total["failed"]]
        if failed:
            raise CommandError(
                f"No key in FIELD_ENCRYPTION_KEYS opens some values of {', '.join(failed)}."
                " Add the key that they were written with to the end of the list, then run this"
                " again."
            )


def _line(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def _rotate(model: type[models.Model], names: list[str]) -> Iterator[Counter[str]]:
    """Rotate the model's rows in chunks, each in one short transaction that locks its rows."""
    tokens = {f"token_{name}": Cast(name, models.TextField()) for name in names}
    rows = model._base_manager.order_by("pk").annotate(**tokens).values("pk", *tokens)
    last = None
    while True:
        with transaction.atomic():
            remaining = rows if last is None else rows.filter(pk__gt=last)
            chunk = list(remaining.select_for_update()[:CHUNK])
            if not chunk:
                return
            counts: Counter[str] = Counter()
            for row in chunk:
                changed, outcome = _changed(row, names)
                counts.update(outcome)
                if changed:
                    model._base_manager.filter(pk=row["pk"]).update(**changed)
        last = chunk[-1]["pk"]
        yield counts


def _changed(row: dict[str, Any], names: list[str]) -> tuple[dict[str, Value], Counter[str]]:
    changed, outcome = {}, Counter[str]()
    for name in names:
        token = row[f"token_{name}"]
        if token is None:
            continue
        try:
            fresh = rotated(token)
        except InvalidToken:
            outcome["failed"] += 1
            continue
        outcome["current" if fresh is None else "rotated"] += 1
        if fresh is not None:
            # An expression goes to the column as it is; a plain text would be encrypted again.
            changed[name] = Value(fresh, output_field=models.TextField())
    return changed, outcome
