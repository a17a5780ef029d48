"""Connections with contacts, runs and changes as rows, for tests of the pages that show them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connections.configuration import SIDES, Side
from connections.models import Account, Catalogue, Connection
from connections.schema import Value, to_json
from syncengine import clock, engine
from syncengine.mirroring import match_keys, name_of, roles_of
from syncengine.models import Change, Contact, MatchKey, Mirror, Record, Run
from syncengine.state import Base, Status, base_to_json
from tests.syncengine.builders import FIELDS

ROLES = roles_of(FIELDS)


def user(group: str) -> User:
    """Return a person of one of the groups, without a password; "" for a superuser."""
    made = User.objects.create_user(
        group.lower() or "root",
        is_staff=True,
        is_superuser=not group,
        first_name="Maren",
        last_name="Holt",
    )
    if group:
        made.groups.add(Group.objects.get(name=group))
    return made


def account(label: str, app: str, **settings: Any) -> Account:
    """Return an authorized account with its mirror, read just now."""
    made = Account.objects.create(
        label=label,
        app=app,
        status=Account.Status.AUTHORIZED,
        authorized_at=clock.now(),
        catalogue=Catalogue(FIELDS).to_json(),
        **settings,
    )
    Mirror.objects.create(account=made, read_at=clock.now(), last_number=1)
    return made


@dataclass
class Book:
    """A connection that was started, and what tests put into it."""

    connection: Connection
    numbers: int = field(default=0)

    @classmethod
    def of(cls, name: str = "North", **settings: Any) -> Book:
        left = account(f"{name} CRM", "pipeliner")
        right = account(f"{name.lower()}@example.org", "google")
        connection = Connection.objects.create(
            name=name, left=left, right=right, **{"state": "active", **settings}
        )
        state = engine.state_of(connection)
        state.approved_revision = connection.configuration().revision
        state.next_sync_at = clock.now() + timedelta(minutes=3)
        state.save()
        return cls(connection)

    def record(self, side: Side, **values: Value) -> Record:
        """Return a record of a side with these values; `first_name`, `emails` and so on."""
        self.numbers += 1
        mirror = Mirror.objects.get(account=self.connection.account(side))
        made = Record.objects.create(
            mirror=mirror,
            remote_id=f"{side}-{self.numbers}",
            address=f"{side}-{self.numbers}",
            version="1",
            content={"values": to_json(values), "raw": {}},
            name=name_of(values, ROLES),
            number=self.numbers,
        )
        MatchKey.objects.bulk_create(
            MatchKey(mirror=mirror, record=made, key=key, number=self.numbers)
            for key in match_keys(values, ROLES)
        )
        return made

    def contact(
        self,
        status: Status = Status.IN_SYNC,
        left: Mapping[str, Any] | None = None,
        right: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Contact:
        """Return a contact with a record for each side that is given."""
        halves = {
            side: self.record(side, **values)
            for side, values in zip(SIDES, (left, right), strict=True)
            if values is not None
        }
        made = Contact.objects.create(
            connection=self.connection,
            status=status,
            awake=False,
            left_number=1,
            right_number=1,
            **halves,
            **settings,
        )
        if len(halves) == 2:
            made.base = self.base(halves)
            made.save()
        return made

    def base(self, halves: dict[Side, Record]) -> dict[str, Any]:
        """Return what is agreed where both sides stand as they are."""
        return base_to_json(
            {
                pair.key: Base(
                    halves["left"].values.get(pair.left.key),
                    halves["right"].values.get(pair.right.key),
                    pair.direction.value,
                    pair.options_mark,
                )
                for pair in self.connection.configuration().pairs
            }
        )

    def person(self, name: str, status: Status = Status.IN_SYNC, **settings: Any) -> Contact:
        """Return a linked contact of this name, equal on both sides."""
        first, _, last = name.partition(" ")
        values: dict[str, Value] = {
            "first_name": first,
            "last_name": last,
            "emails": (f"{first.lower()}.{self.numbers}@example.org",),
        }
        return self.contact(status, dict(values), dict(values), **settings)

    def run(self, *, ago: timedelta = timedelta(), **counts: Any) -> Run:
        """Return a run that began so long ago."""
        began = clock.now() - ago
        open_ = counts.get("status") == Run.Status.RUNNING
        return Run.objects.create(
            connection=self.connection,
            connection_name=self.connection.name,
            **{
                "status": Run.Status.DONE,
                "cause": "the schedule",
                "started_at": began,
                "finished_at": None if open_ else began + timedelta(seconds=2),
                "seconds": 2.0,
                **counts,
            },
        )

    def change(
        self,
        run: Run,
        contact: Contact | None,
        kind: Change.Kind = Change.Kind.UPDATED,
        *,
        fields: Sequence[Sequence[object]] | None = None,
        **settings: Any,
    ) -> Change:
        """Return a change; a field is [side, label, before, after, lost, effect, conflict]."""
        named = {"name": str(contact)} if contact is not None else {}
        return Change.objects.create(
            run=run,
            contact=contact,
            kind=kind,
            fields=fields,
            **{"at": run.started_at, **named, **settings},
        )


def path(book: Book, page: str, *arguments: int) -> str:
    """Return the address of a page of a connection."""
    return reverse(f"admin:connections_connection_{page}", args=[book.connection.pk, *arguments])


def text(client: Client, url: str, status: int = 200) -> str:
    """Return the text of a page: a space for each tag, and no space before a mark."""
    answer = client.get(url)
    assert answer.status_code == status
    content = answer.content.decode().replace("<wbr>", "")
    words = html.unescape(re.sub(r"<[^>]+>", " ", content))
    return re.sub(r" ([.,:;])", r"\1", " ".join(words.split()))


def queries(client: Client, url: str) -> int:
    """Return how many queries a page costs, once it was looked at before."""
    client.get(url)
    with CaptureQueriesContext(database) as found:
        assert client.get(url).status_code == 200
    return len(found)
