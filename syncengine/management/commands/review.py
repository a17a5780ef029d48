from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from connections.configuration import SIDES
from connections.models import Connection
from syncengine import twins, waiting
from syncengine.management.base import ReportingCommand, Usage, find
from syncengine.models import Contact
from syncengine.state import Status
from syncengine.waiting import Case, Half

Asked = Contact.Asked


class Command(ReportingCommand):
    help = (
        "Lists the contacts that wait for a person: doubtful ones, those whose counterpart was "
        "deleted, and failing ones. The options settle single ones by their numbers; the next sync "
        "does what was asked for."
    )
    examples = (
        "Examples:\n"
        "  manage.py review North\n"
        "  manage.py review North --link 12 --with 834\n"
        "  manage.py review North --apart 12 --recreate 15 --retry 16 --retry 17\n"
        "  manage.py review North --create 18\n"
    )
    epilog = "Exit codes: 0 done, 1 failed, 2 usage."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME", help="the connection's name")
        for asked, text in (
            (Asked.LINK, "link this contact with its only candidate, or with the one of --with"),
            (Asked.APART, "keep this contact apart from its candidates, or unlink it"),
            (Asked.CREATE, "create this contact: it has a name alone, and is new there"),
            (Asked.RECREATE, "create this contact's deleted counterpart again"),
            (Asked.RETRY, "try this contact again"),
        ):
            parser.add_argument(
                f"--{asked.value}", type=int, action="append", default=[], metavar="N", help=text
            )
        parser.add_argument(
            "--with", type=int, metavar="RECORD", dest="record", help="whom to --link with"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        (connection,) = find([options["name"]])
        wishes = [(asked, n) for asked in Asked if asked for n in options[asked.value]]
        if wishes or options["record"]:
            self._settle(connection, wishes, options)
            return
        cases = waiting.cases(connection)
        self.give([_as_json(case) for case in cases], options)
        for case in cases:
            self.say("\n".join(_words(case, connection)), options)
        self.say(_total(connection, cases), options)

    def _settle(
        self, connection: Connection, wishes: list[tuple[Asked, int]], options: dict[str, Any]
    ) -> None:
        rows = Contact.objects.filter(connection=connection, pk__in=[n for _, n in wishes])
        found = rows.select_related("left", "right").defer("left__content", "right__content")
        contacts = found.in_bulk()
        _check(connection, wishes, contacts, options["record"])
        given = []
        for asked, number in wishes:
            record = _partner(contacts[number], options["record"]) if asked == Asked.LINK else None
            rows.filter(pk=number).update(asked=asked, asked_record=record)
            given.append({"contact": number, "asked": asked.value, "with": record})
            self.say(f"{number} {contacts[number]}: {asked.label.lower()}", options)
        self.say(f"The next sync does it. To sync now: manage.py sync “{connection.name}”", options)
        self.give(given, options)


def _check(
    connection: Connection,
    wishes: list[tuple[Asked, int]],
    contacts: Mapping[int, Contact],
    record: int | None,
) -> None:
    numbers = [number for _, number in wishes]
    unknown = [str(number) for number in numbers if number not in contacts]
    if unknown:
        raise Usage(f"the connection has no contact {', '.join(unknown)}; see manage.py review")
    if len(set(numbers)) != len(numbers):
        raise Usage("settle each contact in one way")
    if record and [asked for asked, _ in wishes].count(Asked.LINK) != 1:
        raise Usage("--with goes with exactly one --link")
    for asked, number in wishes:
        contact = contacts[number]
        if asked == Asked.LINK and contact.is_linked and twins.survivor(contact) is None:
            raise Usage(f"{number} is linked already; to unlink it: --apart {number}")
        if asked == Asked.RECREATE and contact.status != Status.GONE:
            raise Usage(f"{number} has no deleted counterpart to create again")
        if asked == Asked.CREATE and not waiting.cases_of(connection, [contact])[0].may_create:
            raise Usage(f"{number} does not wait in review with a name alone")


def _partner(contact: Contact, record: int | None) -> int:
    """Return the record with which a contact is to be linked."""
    found = waiting.candidates_of(contact)
    if record is None and len(found) == 1:
        return found[0]
    if record is None:
        these = ", ".join(map(str, found)) or "none"
        raise Usage(f"{contact.pk} has {len(found)} candidates ({these}); say which by --with")
    there = waiting.open_side(contact)
    if record not in found and not waiting.is_record_of(contact.connection, there, record):
        raise Usage(f"there is no record {record} on the {there}")
    return record


def _as_json(case: Case) -> dict[str, Any]:
    contact = case.contact
    halves = {half.side: _half_as_json(half) for half in case.halves}
    return {
        "contact": contact.pk,
        "status": contact.status,
        "reason": contact.reason,
        "asked": contact.asked,
        **{side: halves.get(side) for side in SIDES},
        "candidates": [_half_as_json(half) for half in case.candidates],
        "beside": [_half_as_json(half) for half in case.beside],
    }


def _half_as_json(half: Half) -> dict[str, Any]:
    return {
        "record": half.record,
        "name": half.name,
        "emails": list(half.emails),
        "gone": half.gone,
    }


def _words(case: Case, connection: Connection) -> list[str]:
    contact = case.contact
    asked = f" (asked for: {contact.get_asked_display().lower()})" if contact.asked else ""
    lines = [f"{contact.pk}: {contact.get_status_display()}: {contact.reason}{asked}"]
    lines += [f"    {_half_words(half, connection)}" for half in case.halves]
    lines += [f"    candidate {_half_words(half, connection)}" for half in case.candidates]
    lines += [f"    its counterpart {_half_words(half, connection)}" for half in case.beside]
    return lines


def _half_words(half: Half, connection: Connection) -> str:
    name = half.name or "(no name)"
    emails = ", ".join(half.emails) or "no email"
    gone = ", deleted" if half.gone else ""
    return f"{half.record} {name} <{emails}> at {connection.account(half.side)}{gone}"


def _total(connection: Connection, cases: list[Case]) -> str:
    if not cases:
        return f"Nobody in “{connection.name}” waits for a person."
    name = connection.name
    return (
        f"{len(cases)} wait. To settle one by its number: manage.py review “{name}” --link N "
        f"[--with RECORD] | --apart N | --create N | --recreate N | --retry N"
    )
