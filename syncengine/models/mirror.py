"""What we last saw of an account."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.functional import cached_property

from connections.connectors.base import RemoteRecord
from connections.encryption import EncryptedJSONField
from connections.models import Account
from connections.schema import from_json

if TYPE_CHECKING:
    from connections.schema import Values


class Lease(models.Model):
    """A claim on a row that ends by itself; `lease_number` rises with each claim [I8]."""

    lease_owner = models.CharField(max_length=100, blank=True)
    lease_number = models.BigIntegerField(default=0)
    lease_since = models.DateTimeField(null=True)
    lease_expires_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Mirror(Lease):
    """The records of an account as last seen, and the cursor where reading goes on."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="+")
    cursor = models.JSONField(null=True)
    last_number = models.BigIntegerField(default=0)
    """The number of the last change: a count that rises with each record taken."""
    full_read = models.BigIntegerField(default=0)
    """The number of the full read or sweep that is under way, or of the last one."""
    confirming = models.BooleanField(default=False)
    """Whether what the last full read or sweep did not see is still to be confirmed by get."""
    approved_read = models.BigIntegerField(default=0)
    """The full read whose missing records a person has approved."""
    read_started_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    """When the read that was last completed began."""
    restarts = models.PositiveIntegerField(default=0)
    sweep_cursor = models.JSONField(null=True)
    swept_at = models.DateTimeField(null=True)
    with_companies = models.BooleanField(default=False)
    skipped = models.PositiveIntegerField(default=0)
    blanked = models.JSONField(default=dict)
    """By field, in how many of the records that the read under way has brought a value turned
    blank.
    """
    held_reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"mirror of {self.account}"


class Record(models.Model):
    """What an account holds under one id, as last seen."""

    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="records", db_index=False)
    remote_id = models.CharField(max_length=255)
    address = models.CharField(max_length=255)
    version = models.CharField(max_length=100)
    content = EncryptedJSONField()
    """{"values": …, "raw": …, "previous": …}: what a `RemoteRecord` has of these, with all previous
    addresses that it ever had.
    """
    name = models.CharField(max_length=255, blank=True)
    mark = models.CharField(max_length=100, blank=True)
    scopes = models.JSONField(default=list)
    left_out = models.JSONField(default=dict)
    archived = models.BooleanField(default=False)
    gone_at = models.DateTimeField(null=True)
    """When it was found deleted or missing."""
    merged_into = models.CharField(max_length=255, blank=True)
    """The id of the record into which it was merged inside the app, as far as that tells."""
    number = models.BigIntegerField()
    full_read = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mirror", "remote_id"], name="record_of_one_id"),
        ]
        indexes: ClassVar = [
            # matching: what changed since a connection last looked
            models.Index(fields=["mirror", "number"], name="record_by_number"),
            # reading: deletions and renames name the address
            models.Index(fields=["mirror", "address"], name="record_by_address"),
            # purging: what was deleted long ago
            models.Index(
                fields=["gone_at"],
                condition=models.Q(gone_at__isnull=False),
                name="record_gone",
            ),
            # doubts: which record bears the mark of an intent
            models.Index(fields=["mirror", "mark"], name="record_by_mark"),
        ]

    def __str__(self) -> str:
        return self.name or self.remote_id

    @cached_property
    def values(self) -> Values:
        """The values by field, read from `content` once."""
        return from_json(self.content["values"])

    def as_remote(self) -> RemoteRecord:
        """Return the record as the connector gave it."""
        return RemoteRecord(
            id=self.remote_id,
            version=self.version,
            values=self.values,
            raw=self.content["raw"],
            address=self.address,
        )


class MatchKey(models.Model):
    """A key by which a record is found: "e:" and an email address, "n:" and a name, "r:" and a
    related thing.

    A former key stays with `current` off, so that those who wait for it are woken.
    """

    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="+", db_index=False)
    record = models.ForeignKey(Record, models.CASCADE, related_name="keys", db_index=False)
    key = models.CharField(max_length=400)
    current = models.BooleanField(default=True)
    number = models.BigIntegerField()
    """The number of the change that brought or took the key."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "key"], name="match_key_once"),
        ]
        indexes: ClassVar = [
            # matching: who in an account holds one of these keys
            models.Index(fields=["mirror", "key"], name="match_key_by_key"),
        ]

    def __str__(self) -> str:
        return self.key


def is_newer(version: str, than: str) -> bool:
    """Return whether a version is above another one; both rise as text."""
    return version > than


def aged(moment: datetime | None, now: datetime) -> float:
    """Return how many seconds ago a moment was; infinite for none."""
    return float("inf") if moment is None else (now - moment).total_seconds()
