"""Takes records into a mirror, whether a read shows them or the answer to a write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from connections import names
from connections.connectors.base import RemoteRecord
from connections.schema import (
    NAME_PARTS,
    Field,
    Role,
    Type,
    Value,
    Values,
    entry_key,
    from_json,
    is_blank,
    to_json,
)
from syncengine import bulk
from syncengine.models import MatchKey, Mirror, Record
from syncengine.models.mirror import is_newer

Roles = Mapping[Role, str]
"""The keys of an account's fields by their role, for names and match keys."""
LONGEST_KEY = 400


def roles_of(fields: Iterable[Field]) -> Roles:
    """Return the keys of fields by role."""
    return {field.role: field.key for field in fields if field.role is not None}


def name_of(values: Values, roles: Roles) -> str:
    """Return the full name that a record shows."""
    joined = values.get(roles.get(Role.FULL_NAME, ""))
    if isinstance(joined, str) and joined.strip():
        return joined.strip()
    parts = [str(values.get(roles.get(role, "")) or "") for role in NAME_PARTS]
    return names.join(names.Name(*parts))


def match_keys(values: Values, roles: Roles, related: Iterable[str] = ()) -> set[str]:
    """Return the keys by which a record is found [MA1, MA2]."""
    keys = email_keys(values, roles)
    if name := names.key(name_of(values, roles)):
        keys.add(f"n:{name}")
    keys |= {f"r:{thing}" for thing in related}
    return {key for key in keys if len(key) <= LONGEST_KEY}


def email_keys(values: Values, roles: Roles) -> set[str]:
    """Return those of a record's match keys that are made of its addresses."""
    emails = values.get(roles.get(Role.EMAILS, ""))
    entries = emails if isinstance(emails, tuple) else (emails,) if isinstance(emails, str) else ()
    keys = {
        f"e:{key}"
        for entry in entries
        if (key := entry_key(Type.EMAILS, str(entry), None)) and "@" in key
    }
    return {key for key in keys if len(key) <= LONGEST_KEY}


class Taker:
    """Takes records into a mirror, inside a transaction that also saves `mirror.last_number`.

    With `stamp`, what is taken counts as seen by the full read under way. `blanked` counts, by
    field, in how many records a value turned blank. Of the fields that begin with `custom`, those
    that a row lacks are blank; of others they are unknown, and keep their last value.
    """

    def __init__(
        self,
        mirror: Mirror,
        roles: Roles,
        now: datetime,
        *,
        stamp: bool = False,
        blanked: Counter[str] | None = None,
        custom: str = "",
    ) -> None:
        self.mirror = mirror
        self.roles = roles
        self.now = now
        self.stamp = stamp
        self.blanked = blanked
        self.custom = custom

    def take(self, rows: Iterable[RemoteRecord], *, compare: bool = False) -> dict[str, Record]:
        """Store the rows that are new or newer, and return the records that changed, by id.

        With `compare`, a row of the version that is held is stored too where it shows more or
        something else: for what changes without a new version, and for fields that came into use.
        """
        newest = _newest(rows)
        if not newest:
            return {}
        known = {
            record.remote_id: record
            for record in self.mirror.records.filter(remote_id__in=list(newest)).defer("content")
        }
        changed = [row for row in newest.values() if _is_news(row, known.get(row.id), compare)]
        old = [known[row.id].pk for row in changed if row.id in known]
        contents = dict(Record.objects.filter(pk__in=old).values_list("remote_id", "content"))
        if compare:
            changed = [
                row
                for row in changed
                if _is_news(row, known.get(row.id)) or _shows_more(row, contents[row.id])
            ]
            old = [known[row.id].pk for row in changed if row.id in known]
        records = [self._record(row, known.get(row.id), contents.get(row.id)) for row in changed]
        _upsert(records)
        related = {row.id: row.related for row in changed}
        self._keep_keys(records, set(old), related)
        self._merge_away(changed, contents)
        if self.stamp:
            news = {row.id for row in changed}
            same = [record.pk for id_, record in known.items() if id_ not in news]
            Record.objects.filter(pk__in=same).update(full_read=self.mirror.full_read)
        return {record.remote_id: record for record in records}

    def forget(self, ids: Collection[str]) -> None:
        """Mark the records with these ids or addresses as gone."""
        if not ids:
            return
        named = Q(remote_id__in=list(ids)) | Q(address__in=list(ids))
        gone = list(self.mirror.records.filter(named, gone_at=None))
        for record in gone:
            record.gone_at, record.number = self.now, self._next_number()
        bulk.update(Record, [vars(record) for record in gone], ["gone_at", "number"])

    def relate(self, related: Mapping[str, Mapping[str, Value]]) -> None:
        """Give new values to each record that names one of these things."""
        if not related:
            return
        keys = MatchKey.objects.filter(
            mirror=self.mirror, key__in=[f"r:{thing}" for thing in related], current=True
        )
        changed = []
        for key in keys.select_related("record").order_by("pk"):
            record, news = key.record, related[key.key.removeprefix("r:")]
            before = record.values
            if any(before.get(name) != value for name, value in news.items()):
                record.content = {**record.content, "values": to_json({**before, **news})}
                del record.values
                record.number = self._next_number()
                changed.append(record)
        bulk.update(Record, [vars(record) for record in changed], ["content", "number"])

    def _next_number(self) -> int:
        self.mirror.last_number += 1
        return self.mirror.last_number

    def _record(
        self, row: RemoteRecord, known: Record | None, content: dict[str, Any] | None
    ) -> Record:
        before = from_json(content["values"]) if content else {}
        values = {**before, **row.values}
        if not row.deleted:
            values |= dict.fromkeys(self._lost_custom(before, row))
            self._count_blanks(before, values)
        kept = known if row.deleted else None
        record = Record(
            mirror_id=self.mirror.pk,
            remote_id=row.id,
            address=row.asked_as,
            version=row.version,
            content={
                "values": to_json(values),
                "raw": content["raw"] if kept and content else dict(row.raw),
                "previous": sorted({*_previous(content), *row.previous_addresses}),
            },
            name=name_of(values, self.roles)[:255],
            mark=kept.mark if kept else row.mark,
            scopes=kept.scopes if kept else list(row.scopes),
            left_out=dict(row.left_out),
            archived=row.archived,
            gone_at=((known and known.gone_at) or self.now) if row.deleted else None,
            number=self._next_number(),
            full_read=self.mirror.full_read if self.stamp else known.full_read if known else 0,
        )
        record.values = values
        return record

    def _lost_custom(self, before: Values, row: RemoteRecord) -> list[str]:
        """Return the custom fields that a record had and that a newer row lacks."""
        if not self.custom:
            return []
        kept = row.values.keys() | row.left_out.keys()
        return [key for key in before if key.startswith(self.custom) and key not in kept]

    def _count_blanks(self, before: Values, after: Values) -> None:
        if self.blanked is None:
            return
        for key, value in before.items():
            if is_blank(after.get(key)) and not is_blank(value):
                self.blanked[key] += 1

    def _keep_keys(
        self, records: Sequence[Record], old: set[int], related: Mapping[str, Iterable[str]]
    ) -> None:
        held: dict[int, dict[str, bool]] = {}
        for record_id, key, current in MatchKey.objects.filter(record__in=old).values_list(
            "record_id", "key", "current"
        ):
            held.setdefault(record_id, {})[key] = current
        keys: list[bulk.Row] = []
        for record in records:
            had = held.get(record.pk, {})
            has = match_keys(record.values, self.roles, related[record.remote_id])
            if record.gone_at is not None:
                has = {key for key, current in had.items() if current}
            moved = {key for key in has if not had.get(key)} | {
                key for key, current in had.items() if current and key not in has
            }
            keys += [
                {
                    "mirror_id": self.mirror.pk,
                    "record_id": record.pk,
                    "key": key,
                    "current": key in has,
                    "number": record.number,
                }
                for key in sorted(moved)
            ]
        bulk.upsert(MatchKey, keys, ["record", "key"], ["current", "number"])

    def _merge_away(
        self, rows: Iterable[RemoteRecord], contents: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Mark as gone whoever was known under a previous address of another record: merged inside
        the app. Once, as they may be brought back.
        """
        previous = {
            address: row.id
            for row in rows
            for address in {*row.previous_addresses}.difference(_previous(contents.get(row.id)))
        }
        lost = [
            record
            for record in self.mirror.records.filter(address__in=list(previous)).defer("content")
            if previous[record.address] != record.remote_id
        ]
        for record in lost:
            record.gone_at, record.merged_into = (
                record.gone_at or self.now,
                previous[record.address],
            )
            record.number = self._next_number()
        bulk.update(Record, [vars(each) for each in lost], ["gone_at", "merged_into", "number"])


def _previous(content: Mapping[str, Any] | None) -> Sequence[str]:
    """Return the previous addresses that a record has shown."""
    found: Sequence[str] = content.get("previous", ()) if content else ()
    return found


def _newest(rows: Iterable[RemoteRecord]) -> dict[str, RemoteRecord]:
    newest: dict[str, RemoteRecord] = {}
    for row in rows:
        if row.id not in newest or not is_newer(newest[row.id].version, row.version):
            newest[row.id] = row
    return newest


def _is_news(row: RemoteRecord, known: Record | None, compare: bool = False) -> bool:
    """Return whether a row is newer than what is held, renamed, or of a record that was gone.

    With `compare`, so is a row of the same version, as far as that can be told from the row.
    """
    if known is None:
        return True
    if row.version == known.version:
        was_gone = known.gone_at is not None
        if row.deleted:
            return not was_gone
        return was_gone or compare or row.asked_as != known.address
    return is_newer(row.version, known.version)


def _shows_more(row: RemoteRecord, content: Mapping[str, Any]) -> bool:
    """Return whether a row has values that are not what is held."""
    held = content["values"]
    return any(held.get(key, _NOTHING) != value for key, value in to_json(row.values).items())


_NOTHING = object()


def _upsert(records: Sequence[Record]) -> None:
    ids = bulk.upsert(
        Record,
        [vars(record) for record in records],
        ["mirror", "remote_id"],
        [
            "address", "version", "content", "name", "mark", "scopes", "left_out", "archived",
            "gone_at", "number", "full_read",
        ],
    )  # fmt: skip
    for record, id_ in zip(records, ids, strict=True):
        record.pk = id_
