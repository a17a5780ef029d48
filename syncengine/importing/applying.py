"""Stores what a file asks for, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from django.db import IntegrityError, transaction

from connections import accounts
from connections.configuration import SIDES, Side
from connections.models import Account, Connection
from connections.setups import Setup
from syncengine import clock, control, engine, pending
from syncengine.importing.logins import Login
from syncengine.importing.problems import Problem, Problems, Refused
from syncengine.importing.sides import Wish

MEANWHILE = "was changed by someone else meanwhile; import the file again"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with an account or a connection.

    `result` is "created", "changed" or "unchanged", `keys` what changed. `dropped_edit` says that
    an edit which waited to be applied was dropped. `warnings` are about its rules.
    """

    name: str
    result: str
    keys: tuple[str, ...]
    state: str
    waits_for_preview: bool = False
    dropped_edit: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A connection as it was stored, with the keys that changed; None where it is new."""

    wish: Wish
    connection: Connection
    changes: list[str] | None
    dropped_edit: bool = False


@dataclass(slots=True)
class Report:
    accounts: list[Done] = field(default_factory=list)
    connections: list[Done] = field(default_factory=list)


def store(
    logins: Iterable[Login], wishes: Iterable[Wish], problems: Problems, *, approve: bool
) -> Report:
    """Store all and return what changed; raises Refused, and stores nothing, if it cannot be."""
    report = Report()
    try:
        with transaction.atomic():
            kept = {login.account.label: _keep(login, report) for login in logins}
            problems.check()
            connected = [_connect(wish, kept) for wish in wishes]
            problems.check()
            for each in connected:
                started = _let_run(each.wish, each.connection, approve=approve)
                if started and each.changes is not None:
                    each.changes.append("approved")
            problems.check()
            report.connections = [_done(each) for each in connected]
    except IntegrityError:
        raise Refused([Problem(1, "", f"the configuration {MEANWHILE}")]) from None
    return report


def _keep(login: Login, report: Report) -> Account:
    """Store an account and return it as it now is."""
    planned, changes, created = login.account, login.changes, login.account.pk is None
    account = planned
    if not created:
        rows = Account.objects.select_for_update().filter(pk=planned.pk)
        account = rows.first() or planned
        if (account.settings, account.identity) != (planned.settings, planned.identity):
            raise IntegrityError(f"{account} {MEANWHILE}")
    if login.checked is not None:
        accounts.authorize(account, login.checked, clock.now())
    elif created:
        account.settings = dict(login.settings or {})
        account.status_reason = "it was imported without its secrets"
        account.save()
    else:
        if changes:
            account.settings = dict(login.settings or {})
            account.save(update_fields=["settings"])
        if login.asked is not None:
            account.keep_catalogue(login.asked, clock.now())
    if login.entry is not None:
        result = "created" if created else "changed" if changes else "unchanged"
        keys = () if created else tuple(changes)
        report.accounts.append(Done(account.label, result, keys, account.status))
    return account


def _connect(wish: Wish, kept: Mapping[str, Account]) -> Stored:
    """Store a connection; what stands against it is collected."""
    rows = Connection.objects.select_for_update(of=("self",)).select_related("left", "right")
    present = rows.filter(name=wish.entry.name).first()
    if (present.setup() if present else None) != wish.before:
        raise IntegrityError(f"{wish.entry.name} {MEANWHILE}")
    connection = present or Connection(
        name=wish.entry.name, state=wish.entry.state or Connection.State.DRAFT
    )
    ids = {side: kept[login.account.label].pk for side, login in wish.logins.items()}
    moved = [side for side in SIDES if present and getattr(present, f"{side}_id") != ids[side]]
    if not _fits(wish, present, moved):
        return Stored(wish, connection, None)
    for side in SIDES:
        setattr(connection, f"{side}_id", ids[side])
    if wish.before is None:
        connection.save()
        connection.keep_setup(wish.after)
        return Stored(wish, connection, None)
    changed = [key for key in asdict(wish.after) if _differ(wish.before, wish.after, key)]
    dropped = bool(moved or changed) and pending.of(connection) is not None
    if dropped:
        pending.drop(connection)
    if moved:
        connection.save(update_fields=moved)
    if changed:
        connection.keep_setup(wish.after)
        control.check_again(connection)
    return Stored(wish, connection, [*moved, *changed], dropped)


def _differ(before: Setup, after: Setup, key: str) -> bool:
    return bool(getattr(before, key) != getattr(after, key))


def _fits(wish: Wish, present: Connection | None, moved: Sequence[Side]) -> bool:
    """Return whether the accounts may be the connection's; what stands against it is collected.
    `moved` are the sides that get another account.
    """
    section = wish.entry.section
    if present is not None and present.state == Connection.State.DELETING:
        section.wrong("name", "is that of a connection which is being deleted; import it later")
        return False
    left, right = (wish.logins[side] for side in SIDES)
    if left.account.label == right.account.label:
        section.wrong("right", "must be another account than left")
        return False
    if left.identity == right.identity and left.identity[1]:
        section.wrong("right", "is the same login as left; it must be another one")
        return False
    for side in moved:
        assert present is not None
        was = present.account(side).label
        if control.was_read(present):
            section.wrong(side, f"cannot change after the first read; allowed: {was}")
            return False
        if wish.after.scope(side) and wish.after.scope(side) == present.setup().scope(side):
            section.wrong(
                side, f"needs a scope, since that of “{was}” says nothing of this account"
            )
            return False
    return True


def _let_run(wish: Wish, connection: Connection, *, approve: bool) -> bool:
    """Refuse an active connection that would close a ring; with `approve`, start one that waits.

    Returns whether it was started.
    """
    if connection.state != Connection.State.ACTIVE:
        return False
    try:
        if approve and not engine.state_of(connection).approved_revision:
            control.start(connection, None)
            return True
        control.check_ring(connection)
    except control.Refused as refusal:
        wish.entry.section.wrong("direction", str(refusal))
    return False


def _done(stored: Stored) -> Done:
    connection, changes = stored.connection, stored.changes
    waits = (
        connection.state == Connection.State.ACTIVE
        and not engine.state_of(connection).approved_revision
    )
    result = "created" if changes is None else "changed" if changes else "unchanged"
    return Done(
        connection.name,
        result,
        tuple(changes or ()),
        connection.state,
        waits,
        stored.dropped_edit,
        stored.wish.warnings,
    )
