"""What the steps of one run share."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from connections.accounts import open_account
from connections.configuration import SIDES, Configuration, Side
from connections.configuring import configure
from connections.connectors.base import Connector
from connections.models import Account, Connection
from connections.schema import Type
from connections.setups import STORED_PLAIN, Setup
from syncengine import leases
from syncengine.brake import Brake, Kind
from syncengine.leases import Held
from syncengine.mirroring import Roles, roles_of
from syncengine.models import Mirror, Run, SyncState

FRESH_ENOUGH = 60.0
"""Seconds after which a target is read again before it is written to [I3]."""
COUNTS = (
    "created_left",
    "created_right",
    "updated_left",
    "updated_right",
    "linked",
    "failed",
    "conflicts",
)


class Dropped(Exception):
    """The connection was paused, or its configuration changed: nothing further goes out."""


class Clockwork:
    """The time of a slice."""

    def __init__(self, seconds: float) -> None:
        self.began = time.monotonic()
        self.ends = self.began + seconds

    def is_over(self) -> bool:
        return time.monotonic() >= self.ends

    @property
    def elapsed(self) -> float:
        """Seconds since the slice began."""
        return time.monotonic() - self.began

    def lengthen(self, seconds: float) -> None:
        """Let the slice last at least so long."""
        self.ends = max(self.ends, self.began + seconds)


@dataclass(slots=True)
class Job:
    """One slice of a run, while its connection is in hand."""

    run: Run
    connection: Connection
    state: SyncState
    mirrors: dict[Side, Mirror]
    hand: Held
    clockwork: Clockwork
    setup: Setup = field(init=False)
    configuration: Configuration = field(init=False)
    revision: str = ""
    connectors: dict[Side, Connector] = field(default_factory=dict)
    hold: Held | None = None
    brake: Brake | None = None
    counts: Counter[str] = field(default_factory=Counter)
    roles: Mapping[Side, Roles] = field(default_factory=dict)

    def reconfigure(self) -> None:
        """Take in the set-up, with what the apps offer now."""
        accounts = self.connection.left, self.connection.right
        self.configuration = configure(self.setup, *accounts)
        self.revision = self.configuration.revision

    def open(self) -> None:
        """Make the connectors of both sides ready."""
        for side in SIDES:
            account = self.connection.account(side)
            self.roles = {**self.roles, side: roles_of(account.offers.fields)}
            self.connectors[side] = open_account(account, self.guard, leases.request_deadline())

    def guard(self, seconds: float) -> None:
        """Refuse a request that would outlive the leases."""
        self.hand.guard(seconds)
        if self.hold is not None:
            self.hold.guard(seconds)

    @property
    def held(self) -> tuple[Held, ...]:
        return (self.hand,) if self.hold is None else (self.hand, self.hold)

    def ensure(self) -> None:
        """Renew the leases where they would not last for two requests."""
        for each in self.held:
            each.ensure(1.5 * leases.request_deadline())

    def settling(self, side: Side) -> timedelta:
        """Return how long after a write a complete read of a side may still lack it."""
        if settings.PIPESITE_SETTLING_SECONDS is not None:
            return timedelta(seconds=settings.PIPESITE_SETTLING_SECONDS)
        return self.connectors[side].app.settling

    def settles_at(self, side: Side, now: datetime, *, answered: bool = False) -> datetime:
        """Return when a write counts as seen; one that is about to go out may be taken over by
        another worker.
        """
        grace = 0 if answered else settings.PIPESITE_LEASE_SECONDS
        return now + self.settling(side) + timedelta(seconds=grace)

    def email_fields(self, side: Side) -> set[str]:
        """Return the keys of a side's fields that hold email addresses."""
        return {
            field.key
            for field in self.connection.account(side).offers.fields
            if field.type in (Type.EMAILS, Type.EMAIL)
        }

    def spend(self, tally: Counter[Kind]) -> None:
        """Count what was done for the brake, inside a commit that saves the run."""
        assert self.brake is not None
        counted = Counter(self.run.braked)
        counted.update(self.brake.spend(tally))
        self.run.braked = dict(counted)
        if self.state.allowance and self.brake.allowance != self.state.allowance:
            self.state.allowance = dict(self.brake.allowance)
            # Another edit may have been approved meanwhile: that one counts.
            mine = SyncState.objects.filter(pk=self.state.pk)
            mine.filter(approved_revision=self.state.approved_revision).update(
                allowance=self.state.allowance
            )

    def save_run(self, *names: str) -> None:
        """Write the counts of this slice to the run, inside a commit."""
        for name in COUNTS:
            setattr(self.run, name, getattr(self.run, name) + self.counts.pop(name, 0))
        for side in SIDES:
            if side in self.connectors:
                sent = self.connectors[side].session.sent
                name = f"requests_{side}"
                before = self.counts[name]
                setattr(self.run, name, getattr(self.run, name) + sent - before)
                self.counts[name] = sent
        self.run.save(
            update_fields=[*COUNTS, "requests_left", "requests_right", "braked", "step", *names]
        )

    def still_wanted(self) -> None:
        """Raise `Dropped` where the connection was paused or changed since this slice began."""
        now = (
            Connection.objects.select_related("left", "right").filter(pk=self.connection.pk).first()
        )
        if now is None or now.state != self.connection.state:
            raise Dropped
        if any(
            now.account(side).status != Account.Status.AUTHORIZED for side in SIDES
        ) or _settings_of(now) != _settings_of(self.connection):
            raise Dropped


def _settings_of(connection: Connection) -> tuple[object, ...]:
    return tuple(getattr(connection, name) for name in (*STORED_PLAIN, "version"))
