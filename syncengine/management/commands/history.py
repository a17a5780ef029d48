from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, groupby
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Q, QuerySet

from connections.configuration import SIDES
from connections.models import Connection
from syncengine.management.base import ReportingCommand, find, in_words, summary
from syncengine.management.commands.preview import fields_of, shown
from syncengine.models import Change, Contact, MatchKey, Run

SHOWN = 20


class Command(ReportingCommand):
    help = (
        "Shows the runs of a connection, newest first, and what each did; with --contact, the "
        "whole story of the contacts of that name or email address, field by field. A deleted "
        "connection's history stays under its former name."
    )
    examples = (
        "Examples:\n"
        "  manage.py history North --limit 50\n"
        "  manage.py history North --contact ada@example.com\n"
    )
    epilog = "Exit codes: 0 done, 2 usage."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the connection's name")
        parser.add_argument(
            "--limit", type=int, default=SHOWN, metavar="N", help=f"how many to show ({SHOWN})"
        )
        parser.add_argument("--contact", metavar="TEXT", help="a part of a name or email address")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = _runs(options["name"])
        lines: Iterable[str]
        limit = max(0, options["limit"])
        if options["contact"] is not None:
            changes = _changes(runs, options["contact"])[:limit]
            self.give([_change_as_json(change) for change in changes], options)
            lines = chain.from_iterable(_change_words(change) for change in changes)
        else:
            latest = list(runs.order_by("-started_at", "-pk")[:limit])
            self.give([_run_as_json(run) for run in latest], options)
            lines = _run_words(latest)
        if not options["json"]:
            for line in lines:
                self.stdout.write(line)


def _runs(name: str) -> QuerySet[Run]:
    """Return the runs of a connection, or of a deleted one by its former name; raises Usage."""
    connection = Connection.objects.filter(name=name).first()
    if connection is not None:
        return Run.objects.filter(connection=connection)
    former = Run.objects.filter(connection=None, connection_name=name)
    if not former.exists():
        find([name])
    return former


def _run_as_json(run: Run) -> dict[str, Any]:
    return {
        **summary(run),
        "kind": run.kind,
        "cause": run.cause,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at and run.finished_at.isoformat(),
    }


def _run_words(runs: Iterable[Run]) -> Iterable[str]:
    """Yield a line a run; those in a row that did nothing are one line with their count."""
    for idle, group in groupby(runs, key=_did_nothing):
        members = list(group)
        if idle and len(members) > 1:
            first, last = members[-1].started_at, members[0].started_at
            yield f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}: {len(members)} runs, nothing"
            continue
        for run in members:
            kind = f"{run.kind}, " if run.kind != Run.Kind.SYNC else ""
            yield f"{run.started_at:%Y-%m-%d %H:%M:%S} ({kind}by {run.cause}) {in_words(run)}"


def _did_nothing(run: Run) -> bool:
    did = (
        *(getattr(run, f"{what}_{side}") for what in ("created", "updated") for side in SIDES),
        run.linked,
        run.failed,
        run.conflicts,
    )
    return run.kind == Run.Kind.SYNC and run.status == Run.Status.DONE and not any(did)


def _changes(runs: QuerySet[Run], text: str) -> QuerySet[Change]:
    """Return the changes of the contacts whose name or email address holds a text, newest first."""
    holders = MatchKey.objects.filter(key__startswith="e:", key__contains=text.casefold())
    named = Q()
    for side in SIDES:
        named |= Q(**{f"{side}__name__icontains": text})
        named |= Q(**{f"{side}__in": holders.values("record")})
    contacts = Contact.objects.filter(named, connection__in=runs.values("connection"))
    found = Q(contact__in=contacts.values("pk")) | Q(name__icontains=text)
    return Change.objects.filter(found, run__in=runs).select_related("run").order_by("-at", "-pk")


def _change_as_json(change: Change) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "run": change.run_id,
        "run_kind": change.run.kind,
        "cause": change.run.cause,
        "contact": change.contact_id,
        "kind": change.kind,
        "side": change.side,
        "name": change.name,
        "reason": change.reason,
        "fields": fields_of(change),
    }


def _change_words(change: Change) -> Iterable[str]:
    side = f" {change.side}" if change.side else ""
    would = "would be " if change.run.kind == Run.Kind.PREVIEW else ""
    reason = f" ({change.reason})" if change.reason else ""
    kind = f"{would}{change.get_kind_display().lower()}{side}"
    yield f"{change.at:%Y-%m-%d %H:%M:%S} {change.name}: {kind}{reason}, by {change.run.cause}"
    for each in fields_of(change):
        lost = f" (lost: {shown(each['lost'])})" if each["conflict"] else ""
        before, after = shown(each["before"]), shown(each["after"])
        yield f"    {each['side']} {each['field']}: {before} → {after}{lost}"
