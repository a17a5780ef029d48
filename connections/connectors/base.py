"""The contract of a connector: what it declares, its few verbs, and the values that cross its
border.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from connections.schema import Field, Value

if TYPE_CHECKING:
    from connections.connectors.http import Session

Cursor = dict[str, Any]
"""Where reading goes on: JSON that the connector alone understands, kept by the engine."""


# Errors


class ConnectorError(Exception):
    """An app did not do what was asked. `message` is for people and holds no secret and no
    contact's data.

    `field` is the key of the field, or from `identify` of the setting, at fault; "" where there is
    none.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class AuthorizationLost(ConnectorError):
    """The app no longer accepts the account: a person must authorize it again."""


class RateLimited(ConnectorError):
    """The app asks for patience; nothing was done. `retry_after` is in seconds, at most an hour."""

    def __init__(self, message: str, retry_after: float = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ConnectorError):
    """The app could not be reached or broke down; with `in_doubt`, what was asked may have been
    done.
    """

    def __init__(self, message: str, *, in_doubt: bool = False, field: str = "") -> None:
        super().__init__(message, field=field)
        self.in_doubt = in_doubt


class CursorExpired(ConnectorError):
    """The cursor is no longer known to the app: everything is read again."""


class Rejected(ConnectorError):
    """The app refused the content.

    Raised by `create` or `update`, it says that the whole batch was refused and nothing of it was
    done; as an outcome, that one record was. `stops_creations` says that the account takes no new
    contacts at all (full, or its plan's limit).
    """

    def __init__(self, message: str, *, field: str = "", stops_creations: bool = False) -> None:
        super().__init__(message, field=field)
        self.stops_creations = stops_creations


# What an app declares


class Authorization(StrEnum):
    FORM = "form"
    OAUTH2 = "oauth2"


@dataclass(frozen=True, slots=True)
class LoginField:
    """A value that an app asks a person for: one of the settings, or of the secrets."""

    key: str
    label: str
    kind: Literal["text", "email", "url", "secret"] = "text"
    help: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """A kind of system that holds contacts, and what its API can do."""

    key: str
    label: str
    authorization: Authorization
    login: tuple[LoginField, ...] = ()
    """What is asked to authorize, where that is done by a form."""
    where: tuple[str, ...] = ()
    """The steps by which a person finds these values in the app."""
    grants: tuple[tuple[str, str], ...] = ()
    """What a consent page asks for: each thing, and what it is good for."""
    permissions_url: str = ""
    """Where a person takes back what a consent page gave."""
    scope_kind: str = ""
    """The key under which a connection's scope is kept, such as "sales_units"; "" where there is
    none.
    """
    scope_label: str = ""
    owner_field: str = ""
    """The key of the field that holds the id of the user who owns a contact; "" where contacts have
    no owners.
    """
    unit_field: str = ""
    """The key of the field that holds the scope value of the one unit that a contact belongs to."""
    label_field: str = ""
    """The key of the field that holds the scope values of the labels that a contact has."""
    get_batch: int = 1
    """How many records one request gets by id; 1: the app has no get of many."""
    create_batch: int = 100
    update_batch: int = 100
    concurrency: int = 1
    """How many writes may be under way at once for one account."""
    calls_per_second: float = 10
    compare_and_set: bool = False
    needs_name: bool = False
    """Whether a contact needs a given or a family name."""
    settling: timedelta = timedelta(minutes=5)
    """How long after a write a complete read may still lack it."""
    sweep_every: timedelta | None = None
    """How often ids are swept, where the feed may miss deletions."""
    company_feeds: bool = False
    """Whether the fields of companies come from feeds of their own, which are read only where one
    of these fields is in use.
    """
    custom_prefix: str = ""
    """How the keys of custom fields begin that records bring along and nothing lists; one that a
    record lacks is blank.
    """


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is: another `key` is another account."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str
    unit: str = ""
    """The scope value in which this user's contacts are created where none is given."""

    @property
    def label(self) -> str:
        """How the user goes on screen."""
        return self.name or self.email


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope value: a sales unit, a label, a list. `parent` makes a tree."""

    id: str
    name: str
    parent: str = ""


# Records


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A contact as an app shows it.

    `id` never changes; `address` is the name under which the app is asked for it, where that is
    another one. `version` rises with each change and compares as text. A key that `values` lacks is
    unknown, not blank. `raw` is JSON which the connector gets back when it writes; opaque, but for
    "read_only", the fields that nobody can write on this record. `mark` is the mark of our intent
    that the app carries, "" without one. `related` names other things of the app whose change
    changes this record, such as a company. `left_out` has a reason for each field whose content
    could not be taken.
    """

    id: str
    version: str
    values: Mapping[str, Value] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    mark: str = ""
    deleted: bool = False
    archived: bool = False
    scopes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    previous_addresses: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def asked_as(self) -> str:
        return self.address or self.id


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a change feed, to be saved together with `cursor`, where reading goes on after
    it.

    `complete` says that nothing is left to read now; `full` that this page belongs to a read that
    shows every record there is. `gone` holds the ids or addresses of deleted contacts of which the
    app says no more. `stale` holds the addresses of records that changed in a way which the row
    does not show: they are got again. `related` holds new values by related thing, for each record
    that names it.
    """

    records: Sequence[RemoteRecord]
    cursor: Cursor
    complete: bool
    full: bool = False
    gone: Sequence[str] = ()
    stale: Sequence[str] = ()
    related: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class SweepPage:
    """One page of a sweep: the (id, version) of contacts that exist."""

    seen: Sequence[tuple[str, str]]
    cursor: Cursor
    complete: bool


@dataclass(frozen=True, slots=True)
class Creation:
    """A contact to create. `mark` travels with it where the app can carry it; `scope` is the value
    to create in.
    """

    mark: str
    values: Mapping[str, Value]
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """Fields to change on a record; `values` and `raw` are the whole record as last seen."""

    id: str
    address: str
    version: str
    values: Mapping[str, Value]
    raw: Mapping[str, Any]
    changes: Mapping[str, Value]

    @property
    def asked_as(self) -> str:
        return self.address or self.id


@dataclass(frozen=True, slots=True)
class Written:
    """A write that was done: the id, and the record where the answer shows it."""

    id: str
    record: RemoteRecord | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """An answer that fits no request: whether this write was done is not known."""

    message: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The record changed since it was read; nothing was written (compare-and-set)."""


Outcome = Written | Rejected | Doubt | Moved
Known = Callable[[Sequence[RemoteRecord]], bool]
"""Tells a connector whether each of these records is already held in just this version."""


@dataclass(frozen=True, slots=True)
class Login:
    """What a connector needs to know of an account.

    `save_secrets(old, new)` stores new secrets if `old` still stand, and returns those that stand
    afterwards. `companies` says whether a company field is in use, so that its feeds are read.
    `fields` are the fields as last asked for, so that a read needs not ask again; empty where they
    are not known.
    """

    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    save_secrets: Callable[[Mapping[str, str], Mapping[str, str]], Mapping[str, str]]
    companies: bool = True
    fields: Sequence[Field] = ()


class Connector(ABC):
    """Talks to one app with one login. Every verb may raise the errors above and sends all through
    `session`.
    """

    app: ClassVar[App]
    setting_keys: ClassVar[tuple[str, ...]]
    """The settings of an account that this app needs, such as "service_url"."""
    optional_setting_keys: ClassVar[tuple[str, ...]] = ()
    secret_keys: ClassVar[tuple[str, ...]]

    def __init__(self, login: Login, session: Session) -> None:
        self.login = login
        self.session = session

    @abstractmethod
    def identify(self) -> Identity:
        """Return who this login is, after the app has accepted it and shown that contacts may be
        read.
        """

    @abstractmethod
    def users(self) -> list[User]:
        """Return the users who may own contacts; none where the app has no owners."""

    @abstractmethod
    def scopes(self) -> list[Scope]:
        """Return the values a scope can have, parents before children."""

    @abstractmethod
    def fields(self) -> list[Field]:
        """Return the standard and custom fields of a contact."""

    @abstractmethod
    def changes(self, cursor: Cursor | None, known: Known) -> Iterator[Page]:
        """Yield pages of changed records since the cursor, of all records without one.

        The last page is `complete`. Raises `CursorExpired` where the cursor is no longer good.
        """

    def sweep(self, cursor: Cursor | None) -> Iterator[SweepPage]:
        """Yield the ids and versions of all contacts that exist; for apps that declare
        `sweep_every`.
        """
        raise CursorExpired(f"{self.app.label} is not swept")

    @abstractmethod
    def get(self, addresses: Sequence[str]) -> dict[str, RemoteRecord | None]:
        """Return each record by the address asked for, None where the app has none there."""

    def get_written(self, ids: Sequence[str]) -> dict[str, RemoteRecord]:
        """Return records that were written a moment ago, as cheaply as the app can; those not shown
        are absent.
        """
        return {id_: record for id_, record in self.get(ids).items() if record is not None}

    @abstractmethod
    def create(self, batch: Sequence[Creation]) -> list[Outcome]:
        """Create the contacts and return one outcome for each, in order; at most
        `app.create_batch`.
        """

    @abstractmethod
    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        """Change the records and return one outcome each, in order; at most `app.update_batch`."""

    def revoke(self) -> None:
        """Give the grant back to the app; here for those that have none to give."""
        return
