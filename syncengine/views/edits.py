"""Who changed which setting of a connection, from what to what: Django's own log [CN1]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from connections.models import Connection


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of a connection's set-up, or a decision about it."""

    at: datetime
    by: str
    what: str


def in_words(changed: Mapping[str, str]) -> str:
    """Return an edit as the log keeps it: "Winner: Left → Right. Interval: 5 min → 10 min."."""
    return " ".join(f"{name}: {how}." for name, how in changed.items())


def log(user_id: int, connection: Connection, what: str) -> None:
    """Put on record what somebody changed or decided."""
    LogEntry.objects.log_actions(user_id, [connection], CHANGE, what, single_object=True)


def log_deletion(user_id: int, connection: Connection) -> None:
    """Put on record who deleted a connection."""
    LogEntry.objects.log_actions(user_id, [connection], DELETION, single_object=True)


def latest_edits(connection: Connection, number: int = 5) -> list[Edit]:
    """Return the newest edits of a connection, newest first."""
    return _edits(_entries(connection)[:number])


def edits_between(connection: Connection, since: datetime, until: datetime) -> list[Edit]:
    """Return the edits of a connection from one moment to another, newest first."""
    return _edits(_entries(connection).filter(action_time__gte=since, action_time__lt=until))


def _entries(connection: Connection) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(Connection)
    mine = LogEntry.objects.filter(content_type=kind, object_id=str(connection.pk))
    return mine.exclude(change_message="").select_related("user").order_by("-action_time", "-pk")


def _edits(entries: Iterable[LogEntry]) -> list[Edit]:
    return [
        Edit(
            entry.action_time,
            entry.user.get_full_name() or entry.user.get_username(),
            entry.get_change_message(),
        )
        for entry in entries
    ]
