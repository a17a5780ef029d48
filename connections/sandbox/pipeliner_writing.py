"""Creating, editing, deleting, restoring and merging rows, as Pipeliner's API does it."""

from __future__ import annotations

from typing import Any

from .base import Row
from .pipeliner_errors import (
    PARAMETER_INVALID,
    ApiError,
    Problem,
    bad_request,
    not_found,
    validation_error,
)
from .pipeliner_schema import Property
from .pipeliner_space import Space
from .pipeliner_validation import OVERRIDE_READONLY, problems_of
from .pipeliner_values import BadValue, stored_value

# What the server alone sets, whatever the validation level.
_SERVERS_OWN = frozenset({"id", "modified", "is_deleted", "revision"})
# Properties of a contact that are kept in its relation to the primary account.
_ON_PRIMARY_LINK = {
    "account_position": "position",
    "primary_account_relationship": "relationship",
}
# For a list of relations in a contact's body: which column names the other side.
_OTHER_SIDE = {
    "ContactAccountRelation": "account_id",
    "ContactSharingClientRelation": "client_id",
    "ContactSharingSalesUnitRelation": "unit_id",
    "TagRelation": "tag_id",
}


class Writer:
    """Writes to a space. All methods raise ApiError and then have changed nothing."""

    def __init__(self, space: Space) -> None:
        self.space = space

    def create(self, kind: str, values: dict[str, Any], level: int = 0) -> Row:
        """A new row."""
        row = {
            name: each.default for name, each in self.space.properties(kind).items() if each.stored
        } | {"id": self.space.new_id(), "created": None}
        return self._write(kind, row, values, level, creating=True)

    def update(self, kind: str, key: str, values: dict[str, Any], level: int = 0) -> Row:
        """The row with `values` changed; the others stay."""
        row = self.space.live(kind, key)
        if row is None:
            raise not_found(kind, key)
        if row.get("is_archived") and values.get("is_archived") is not False:
            raise self._refused(kind, key, "An archived record cannot be edited.")
        revision = values.get("revision", row.get("revision"))
        if self.space.habits.revision_check and revision != row.get("revision"):
            raise self._refused(kind, key, "The record has another revision.")
        return self._write(kind, row, values, level, creating=False)

    def delete(self, kind: str, key: str) -> None:
        """Mark a row as deleted."""
        row = self.space.live(kind, key)
        if row is None:
            raise not_found(kind, key)
        if row["is_delete_protected"]:
            raise self._refused(kind, key, "The record is protected from deletion.")
        self._put_deleted(kind, row, deleted=True)
        if kind == "Account":
            for link in self.space.related("ContactAccountRelation.account_id", key):
                self._put_deleted("ContactAccountRelation", link, deleted=True)

    def restore(self, kind: str, key: str) -> None:
        """Take the mark away."""
        row = self.space.row(kind, key)
        if row is None:
            raise not_found(kind, key)
        if not row["is_deleted"]:
            raise self._refused(kind, key, "The record is not deleted.")
        self._put_deleted(kind, row, deleted=False)

    def merge(self, master: dict[str, Any], secondary_ids: list[str], level: int) -> Row:
        """Contacts made one: the secondaries' accounts and tags move to the master."""
        key = str(master.get("id"))
        if key in secondary_ids:
            raise bad_request("The master cannot be one of the secondaries.")
        values = {name: value for name, value in master.items() if name != "id"}
        row = self.update("Contact", key, values, level)
        for other in secondary_ids:
            if self.space.live("Contact", other) is None:
                raise not_found("Contact", other)
            for kind in ("ContactAccountRelation", "TagRelation"):
                self._move(kind, other, key)
            self.delete("Contact", other)
        return row

    def _write(
        self, kind: str, old: Row, values: dict[str, Any], level: int, *, creating: bool
    ) -> Row:
        row = dict(old)
        problems: list[Problem] = []
        later: dict[str, Any] = {}
        changed = {"id"} if creating else set()
        properties = self.space.properties(kind)
        for name, value in values.items():
            each = properties.get(name)
            reason = _refusal(each, name, level, creating=creating)
            if each is None or reason is not None:
                problems.append(Problem(PARAMETER_INVALID, str(reason), name))
            elif each.kind == "many" or name in _ON_PRIMARY_LINK:
                later[name] = value
            elif name not in _SERVERS_OWN and (each.stored or each.access != "r"):
                try:
                    stored = self._stored(each, value)
                except BadValue as problem:
                    problems.append(Problem(PARAMETER_INVALID, str(problem), name))
                    continue
                if each.stored:
                    row[name] = stored
                    changed.add(name)
        if creating:
            self._fill(kind, row)
        problems += problems_of(self.space, kind, row, changed, level, creating=creating)
        if problems:
            raise self._invalid(kind, row["id"], *problems)
        row = self.space.put(kind, row)
        if kind == "ContactAccountRelation" and row["is_primary"]:
            self._only_primary(row)
        # Positions at the primary account come after the relations that say which one that is.
        for name in sorted(later, key=lambda name: name in _ON_PRIMARY_LINK):
            if name in _ON_PRIMARY_LINK:
                self._write_to_link(row, name, later[name], level)
            else:
                self._replace_relations(kind, row, name, later[name], level)
        return row

    def _fill(self, kind: str, row: Row) -> None:
        """The owner's sales unit and the first contact type, where none is named."""
        if "owner_id" in row and row["unit_id"] is None:
            owner = self.space.row("Client", row["owner_id"])
            unit = owner["default_unit_id"] if owner else self.space.rows("SalesUnit")[0]["id"]
            row["unit_id"] = unit
        if kind == "Contact" and row["contact_type_id"] is None:
            row["contact_type_id"] = self.space.rows("ContactType")[0]["id"]

    def _stored(self, each: Property, value: Any) -> Any:
        stored = stored_value(each, value, self.space.habits)
        if each.kind == "options" and self.space.habits.reorder_lists:
            return sorted(stored)
        return stored

    def _replace_relations(self, kind: str, row: Row, name: str, wanted: Any, level: int) -> None:
        """Make a list of relations what the body says: the same rows for the same other sides."""
        argument = self.space.properties(kind)[name].argument
        relation, _, column = argument.partition(".")
        other_side = _OTHER_SIDE[relation]
        if not isinstance(wanted, list) or not all(isinstance(item, dict) for item in wanted):
            problem = Problem(PARAMETER_INVALID, f"'{name}' must be a list of objects.", name)
            raise self._invalid(kind, row["id"], problem)
        present = {link[other_side]: link for link in self.space.related(argument, row["id"])}
        kept = {item.get(other_side) for item in wanted}
        for other, link in present.items():
            if other not in kept:
                self._put_deleted(relation, link, deleted=True)
        for item in wanted:
            link_found = present.get(item.get(other_side))
            if link_found is None:
                self.create(relation, item | {column: row["id"]}, level)
            else:
                self.update(relation, link_found["id"], item, level)

    def _write_to_link(self, row: Row, name: str, value: Any, level: int) -> None:
        """Write what a contact's body says about its primary account into that relation."""
        link = self.space.primary_link(row["id"])
        if name == "primary_account_relationship" and isinstance(value, str) and value.isdigit():
            value = int(value)
        if link is not None:
            column = _ON_PRIMARY_LINK[name]
            self.update("ContactAccountRelation", link["id"], {column: value}, level)
        elif value not in (None, ""):
            problem = Problem(PARAMETER_INVALID, "The contact has no primary account.", name)
            raise self._invalid("Contact", row["id"], problem)

    def _only_primary(self, link: Row) -> None:
        argument = "ContactAccountRelation.contact_id"
        for other in self.space.related(argument, link["contact_id"]):
            if other["is_primary"] and other["id"] != link["id"]:
                self.space.put("ContactAccountRelation", other | {"is_primary": False})

    def _move(self, kind: str, source: str, target: str) -> None:
        argument, other_side = f"{kind}.contact_id", _OTHER_SIDE[kind]
        present = {link[other_side] for link in self.space.related(argument, target)}
        for link in self.space.related(argument, source):
            if link[other_side] in present:
                self._put_deleted(kind, link, deleted=True)
                continue
            moved = link | {"contact_id": target}
            if moved.get("is_primary") and self.space.primary_link(target):
                moved["is_primary"] = False
            self.space.put(kind, moved)

    def _put_deleted(self, kind: str, row: Row, *, deleted: bool) -> None:
        keep = self.space.habits.delete_keeps_modified
        self.space.put(kind, row | {"is_deleted": deleted}, keep_modified=keep)

    def _refused(self, kind: str, key: str, message: str) -> ApiError:
        return self._invalid(kind, key, Problem(PARAMETER_INVALID, message))

    def _invalid(self, kind: str, key: str, *problems: Problem) -> ApiError:
        return validation_error(kind, key, list(problems), self.space.field_ids(kind))


def _refusal(each: Property | None, name: str, level: int, *, creating: bool) -> str | None:
    """Why a body may not hold this property."""
    if each is None:
        return f"Unknown property '{name}'."
    if not each.writable(creating=creating) and not level & OVERRIDE_READONLY:
        return f"'{name}' is read-only."
    return None
