"""Pipeliner CRM: the contacts of one space, by its REST API v100."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property

from connections.connectors.base import (
    App,
    Authorization,
    Connector,
    Creation,
    Cursor,
    Identity,
    Known,
    LoginField,
    Outcome,
    Page,
    Rejected,
    RemoteRecord,
    Scope,
    SweepPage,
    Unavailable,
    Update,
    User,
)
from connections.connectors.pipeliner_api import PAGE, Api, Json
from connections.connectors.pipeliner_feed import CONTACTS, NEWEST_FIRST, WITH_COMPANY, Feed
from connections.connectors.pipeliner_fields import contact_fields
from connections.connectors.pipeliner_values import custom_fields, id_in, record_of, usable_id
from connections.connectors.pipeliner_writes import BATCH, Writer
from connections.schema import Field

MORE_PAGES = 3
"""How many pages of other people's changes may lie above and among what we wrote."""
SUPPORT_USER = 1
LOGIN = (
    LoginField("email", "Login email", "email", "The email with which you log in to Pipeliner."),
    LoginField("service_url", "Service URL", "url"),
    LoginField("space_id", "Space ID", "text", "Capitals count."),
    LoginField("api_token", "API token", "secret"),
    LoginField("api_password", "API password", "secret"),
)
WHERE_TO_FIND_IT = (
    "Open Pipeliner in the browser, not the desktop program, as an administrator.",
    "Go to Administration › Unit, Users & Roles › Applications and create an application named "
    "Pipesite.",
    "Choose Show API Access. Service URL, space ID, token and password are on that screen. "
    "Pipeliner shows the token and the password once, so copy them now.",
)


class Pipeliner(Connector):
    """A space of Pipeliner, with the user who owns what we create there.

    `settings["user"]` is that user's id or email address.
    """

    app = App(
        key="pipeliner",
        label="Pipeliner",
        authorization=Authorization.FORM,
        login=LOGIN,
        where=WHERE_TO_FIND_IT,
        scope_kind="sales_units",
        scope_label="Sales units",
        owner_field="owner_id",
        unit_field="unit_id",
        get_batch=1,
        create_batch=BATCH,
        update_batch=BATCH,
        concurrency=4,
        calls_per_second=50,
        needs_name=True,
        settling=timedelta(minutes=5),
        # A deletion may not count as a change, and a row removed for good never shows.
        sweep_every=timedelta(days=1),
        company_feeds=True,
    )
    setting_keys = ("email", "service_url", "space_id", "user")
    secret_keys = ("api_token", "api_password")

    @cached_property
    def _api(self) -> Api:
        return Api(self.login, self.session)

    def identify(self) -> Identity:
        """Return the space and the chosen user; another of them is another account [AC5].

        Without a chosen user it is the one who has the login's email address, or none. Raises
        with the setting at fault as `field`: "service_url", "space_id", "api_token" or "user".
        """
        self._api.probe()
        chosen = str(self.login.settings.get("user") or "").strip()
        email = str(self.login.settings.get("email") or "").strip()
        user = self._user(chosen or email)
        if chosen and user is None:
            raise Rejected("This space has no such user", field="user")
        space = f"{self._api.host}/{self._api.space}"
        if user is None:
            return Identity(space, self._api.space)
        return Identity(f"{space}/{user.id}", f"{user.email or user.name} in {self._api.space}")

    def users(self) -> list[User]:
        """Return the users who may own contacts; the vendor's support staff are left out."""
        users = []
        for row in self._api.all("Clients"):
            id_ = usable_id(row.get("id"))
            if id_ and not row.get("is_deleted") and row.get("type") != SUPPORT_USER:
                email = _line(row, "email")
                name = _line(row, "name") or _line(row, "formatted_name") or email or id_
                users.append(User(id_, name, email, id_in(row.get("default_unit_id"))))
        return sorted(users, key=lambda user: user.name.casefold())

    def _user(self, sought: str) -> User | None:
        """Return the user with this id or email address."""
        return next(
            (
                user
                for user in (self.users() if sought else [])
                if user.id == sought or user.email.casefold() == sought.casefold()
            ),
            None,
        )

    @cached_property
    def _owner(self) -> str:
        chosen = str(self.login.settings.get("user") or "").strip()
        if chosen and "@" not in chosen:
            return chosen
        user = self._user(chosen or str(self.login.settings.get("email") or "").strip())
        if user is None:
            raise Rejected("The user who owns what is created is gone", field="owner_id")
        return user.id

    def scopes(self) -> list[Scope]:
        """Return the tree of sales units."""
        units: dict[str, Scope] = {}
        for row in self._api.all("SalesUnits"):
            if (id_ := usable_id(row.get("id"))) and not row.get("is_deleted"):
                name = " ".join(_line(row, "name").split()) or id_
                units[id_] = Scope(id_, name, id_in(row.get("parent_id")))
        return _parents_first(units)

    def fields(self) -> list[Field]:
        rows = list(
            self._api.all("Fields", {"filter[entity_name]": "Contact", "expand": "data_set"})
        )
        return contact_fields(rows, self._types())

    def _types(self) -> list[Json]:
        # They give lengths, nothing more: not every API token can read them.
        try:
            return list(self._api.all("Types"))
        except Unavailable:
            return []

    @cached_property
    def _custom(self) -> Mapping[str, Field]:
        """The custom fields, as last asked for."""
        return custom_fields(list(self.login.fields) or self.fields())

    # -- reading --------------------------------------------------------------------------------

    @cached_property
    def _feed(self) -> Feed:
        return Feed(self._api, self._custom, companies=self.login.companies)

    def changes(self, cursor: Cursor | None, known: Known) -> Iterator[Page]:
        return self._feed.changes(cursor, known)

    def sweep(self, cursor: Cursor | None) -> Iterator[SweepPage]:
        return self._feed.sweep(cursor)

    def get(self, addresses: Sequence[str]) -> dict[str, RemoteRecord | None]:
        """Return the records, deleted ones as such, one request each."""
        params: dict[str, str | int] = {"include-deleted": "true"}
        if self.login.companies:
            params |= WITH_COMPANY
        found: dict[str, RemoteRecord | None] = {}
        for address in addresses:
            row = self._api.row(CONTACTS, address, params)
            record = record_of(row, self._custom) if row else None
            found[address] = record if record and record.id == address else None
        return found

    def get_written(self, ids: Sequence[str]) -> dict[str, RemoteRecord]:
        """Return the records from the newest pages, no more of them than the ids can fill."""
        wanted = set(ids)
        found: dict[str, RemoteRecord] = {}
        params = {**NEWEST_FIRST, **(WITH_COMPANY if self.login.companies else {})}
        after: str | None = None
        for _ in range(-(-len(wanted) // PAGE) + MORE_PAGES if wanted else 0):
            listing = self._api.list(CONTACTS, params, after, kind="read back")
            records, _unusable = self._feed.records(listing.rows)
            found |= {record.id: record for record in records if record.id in wanted}
            after = listing.after
            if after is None or len(found) == len(wanted):
                break
        return found

    # -- writing --------------------------------------------------------------------------------

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self._api, lambda: self._custom)

    def create(self, batch: Sequence[Creation]) -> list[Outcome]:
        return self._writer.create(batch, self._owner)

    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        return self._writer.update(batch)


def _line(row: Json, name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _parents_first(units: Mapping[str, Scope]) -> list[Scope]:
    """Return the units as a tree, each level by name; one whose parent is not known is a root."""
    children: dict[str, list[Scope]] = {}
    for unit in units.values():
        parent = unit.parent if unit.parent in units and unit.parent != unit.id else ""
        children.setdefault(parent, []).append(Scope(unit.id, unit.name, parent))
    ordered: list[Scope] = []
    waiting = [""]
    while waiting:
        level = sorted(children.pop(waiting.pop(0), ()), key=lambda unit: unit.name.casefold())
        ordered += level
        waiting += [unit.id for unit in level]
    return ordered
