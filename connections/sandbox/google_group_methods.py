"""The methods of the API for contact groups.

https://developers.google.com/people/api/rest/v1/contactGroups
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Request, Response, Route, Row
from .google_errors import invalid, not_found
from .google_feed import Token, decode, era
from .google_groups import Groups
from .google_person import MY_CONTACTS, groups_of, membership
from .google_request import Body, Query, answer, body, digest, query
from .google_schema import parse_mask

if TYPE_CHECKING:
    from .google import GoogleSandbox

GROUP_FIELDS = frozenset({"clientData", "groupType", "memberCount", "metadata", "name"})
MOST_GROUPS = 200
MOST_MEMBERS = 1000


class GroupMethods:
    """The methods of `contactGroups`."""

    def __init__(self, sandbox: GoogleSandbox) -> None:
        self.sandbox = sandbox

    @property
    def groups(self) -> Groups:
        """The state that the methods work on."""
        return self.sandbox.groups

    def routes(self) -> list[Route]:
        """All routes under /v1/contactGroups."""
        one = "/v1/contactGroups/<group>"
        return [
            Route("GET", "/v1/contactGroups", "contactGroups.list", self.list_all),
            Route("POST", "/v1/contactGroups", "contactGroups.create", self.create),
            Route("GET", "/v1/contactGroups:batchGet", "contactGroups.batchGet", self.batch_get),
            Route("GET", one, "contactGroups.get", self.get),
            Route("PUT", one, "contactGroups.update", self.update),
            Route("DELETE", one, "contactGroups.delete", self.delete),
            Route("POST", f"{one}/members:modify", "contactGroups.modify", self.modify),
        ]

    def list_all(self, request: Request) -> Response:
        """All groups a page at a time, or with a sync token those that changed."""
        q = query(request, "groupFields", "pageSize", "pageToken", "syncToken")
        user = self.sandbox.user_of(request)
        mask = _mask(q, "groupFields")
        size = q.number("pageSize", 30, 1, 1000)
        shape = digest(user, sorted(mask), size)
        token = self._token(q, shape)
        since = token.since if token else None
        rows = [
            row
            for row in sorted(self.groups.of(user), key=lambda row: int(row["feed"]))
            if (row["feed"] > since if since is not None else not row["deleted"])
        ]
        start = token.cursor if token and token.kind == "group page" else 0
        page = rows[start : start + size]
        shown = [self._shown(row, mask) for row in page]
        data: dict[str, Any] = {"contactGroups": shown} if shown else {}
        data["totalItems"] = len(rows)
        newest = max((row["feed"] for row in self.groups.of(user)), default=0)
        if start + size < len(rows):
            data["nextPageToken"] = Token(
                "group page",
                digest(shape, q.text("syncToken")),
                cursor=start + size,
                since=since,
                full_at=token.full_at if token else self._now(),
                era=era(self.sandbox.store),
            ).encode()
        else:
            data["nextSyncToken"] = Token(
                "group sync",
                shape,
                since=newest,
                full_at=token.full_at if token else self._now(),
                era=era(self.sandbox.store),
            ).encode()
        return answer(data, q)

    def get(self, request: Request, group: str) -> Response:
        """One group, with its members up to `maxMembers`."""
        q = query(request, "groupFields", "maxMembers")
        row = self._find(request, group)
        most = q.number("maxMembers", 0, 0, 2**31 - 1)
        return answer(self._shown(row, _mask(q, "groupFields"), most), q)

    def batch_get(self, request: Request) -> Response:
        """Up to 200 groups, each with a status of its own."""
        q = query(request, "groupFields", "maxMembers", repeated=("resourceNames",))
        mask, most = _mask(q, "groupFields"), q.number("maxMembers", 0, 0, 2**31 - 1)
        names = q.each("resourceNames")
        if not 0 < len(names) <= MOST_GROUPS:
            raise invalid(f"resourceNames must hold 1 to {MOST_GROUPS} names.", "resource_names")
        responses = []
        for name in names:
            row = self.groups.find(self.sandbox.user_of(request), name)
            found = {"contactGroup": self._shown(row, mask, most)} if row else {}
            status: Row = {} if row else not_found().rpc
            responses.append({"requestedResourceName": name, "status": status, **found})
        return answer({"responses": responses}, q)

    def create(self, request: Request) -> Response:
        """A new group; 409 for a name that is taken."""
        q, sent = query(request), body(request, "contactGroup", "readGroupFields")
        group = _group(sent)
        mask = _mask(sent, "readGroupFields")
        user = self.sandbox.user_of(request)
        row = self.groups.create(user, group.text("name"), group.value("clientData"))
        return answer(self._shown(row, mask - {"memberCount"}), q)

    def update(self, request: Request, group: str) -> Response:
        """Rename a group."""
        q = query(request)
        sent = body(request, "contactGroup", "updateGroupFields", "readGroupFields")
        row = self._user_group(request, group)
        given = _group(sent)
        mask = parse_mask(
            sent.text("updateGroupFields") or "name", {"name", "clientData"}, "updateGroupFields"
        )
        row = self.groups.update(
            row,
            given.text("name") if "name" in mask else None,
            (given.value("clientData") or []) if "clientData" in mask else None,
        )
        return answer(self._shown(row, _mask(sent, "readGroupFields")), q)

    def delete(self, request: Request, group: str) -> Response:
        """Delete a group, and its contacts with `deleteContacts=true`."""
        q = query(request, "deleteContacts")
        row = self._user_group(request, group)
        book, name = self.sandbox.book, _name(row)
        for member in self._members(row):
            if q.flag("deleteContacts"):
                book.delete(member)
            else:
                self._set_groups(member, [n for n in groups_of(member) if n != name])
        self.groups.remove(row)
        return answer({}, q)

    def modify(self, request: Request, group: str) -> Response:
        """Add and remove members, up to 1000 together."""
        q = query(request)
        sent = body(request, "resourceNamesToAdd", "resourceNamesToRemove")
        to_add, to_remove = sent.texts("resourceNamesToAdd"), sent.texts("resourceNamesToRemove")
        if not 0 < len(to_add) + len(to_remove) <= MOST_MEMBERS:
            raise invalid(f"1 to {MOST_MEMBERS} resource names must be given.")
        row = self._find(request, group)
        if to_add:
            self.groups.check_open(row, _name(row))
        missing: list[str] = []
        stuck: list[str] = []
        for name in (*to_add, *to_remove):
            member = self.sandbox.book.find(row["user"], name)
            if member is None:
                missing.append(name)
                continue
            held = groups_of(member)
            kept = [n for n in held if n != _name(row)]
            if name in to_add:
                kept = held if _name(row) in held else [*held, _name(row)]
            if not kept:
                stuck.append(name)
            elif kept != held:
                self._set_groups(member, kept)
        lists = {
            "notFoundResourceNames": missing,
            "canNotRemoveLastContactGroupResourceNames": stuck,
        }
        return answer({key: names for key, names in lists.items() if names}, q)

    def _set_groups(self, member: Row, names: list[str]) -> None:
        items = [membership(name) for name in names or [MY_CONTACTS]]
        self.sandbox.book.replace(member, {"memberships": items})

    def _find(self, request: Request, group: str) -> Row:
        row = self.groups.find(self.sandbox.user_of(request), f"contactGroups/{group}")
        if row is None:
            raise not_found()
        return row

    def _user_group(self, request: Request, group: str) -> Row:
        row = self._find(request, group)
        if row["system"]:
            raise invalid("System contact groups cannot be changed.", "resource_name")
        return row

    def _members(self, row: Row) -> list[Row]:
        name = _name(row)
        live = self.sandbox.book.live(row["user"])
        return [member for member in live if name in groups_of(member)]

    def _shown(self, row: Row, mask: frozenset[str], most: int = 0) -> Row:
        group: Row = {"resourceName": _name(row), "etag": f"g{row['id']}-{row['version']}"}
        if row["deleted"]:
            return {**group, "metadata": {"updateTime": row["updated"], "deleted": True}}
        members = self._members(row) if "memberCount" in mask or most else []
        kind = "SYSTEM_CONTACT_GROUP" if row["system"] else "USER_CONTACT_GROUP"
        parts: dict[str, Row] = {
            "name": {"name": row["name"], "formattedName": row["label"]},
            "groupType": {"groupType": kind},
            "metadata": {"metadata": {"updateTime": row["updated"]}},
            "memberCount": {"memberCount": len(members)} if members else {},
            "clientData": {"clientData": row["data"]} if row["data"] else {},
        }
        for key in mask:
            group.update(parts[key])
        names = [member["name"] for member in members[:most]]
        return {**group, "memberResourceNames": names} if names else group

    def _token(self, q: Query, shape: str) -> Token | None:
        sync, page = q.text("syncToken"), q.text("pageToken")
        if page:
            return decode(page, "group page", digest(shape, sync))
        if sync:
            token = decode(sync, "group sync", shape)
            self.sandbox.check_alive(token)
            return token
        return None

    def _now(self) -> float:
        return self.sandbox.clock.now().timestamp()


def _name(row: Row) -> str:
    return f"contactGroups/{row['id']}"


def _mask(source: Query | Body, name: str) -> frozenset[str]:
    mask = parse_mask(source.text(name), GROUP_FIELDS, name)
    return mask or GROUP_FIELDS - {"clientData"}


def _group(sent: Body) -> Body:
    known = (
        "resourceName etag name formattedName groupType memberCount memberResourceNames metadata"
        " clientData"
    )
    return sent.part("contactGroup", *known.split())
