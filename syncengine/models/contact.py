"""One person as a connection sees them, and what the engine knows of a connection."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from connections.configuration import Side
from connections.encryption import EncryptedJSONField
from connections.models import Connection
from syncengine.models.mirror import Lease, Mirror, Record
from syncengine.state import Status


class SyncState(Lease):
    """Where a connection's sync stands. Its lease belongs to the run that is in hand."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="+")
    left_seen = models.BigIntegerField(default=0)
    right_seen = models.BigIntegerField(default=0)
    """The change numbers up to which each side's mirror has been matched."""
    revision = models.CharField(max_length=32, blank=True)
    next_sync_at = models.DateTimeField(null=True)
    approved_revision = models.CharField(max_length=32, blank=True)
    """The configuration whose first start was approved; until then an active connection waits for
    its preview.
    """
    allowance = models.JSONField(default=dict)
    """What a person approved, a kind of the brake; counts for `approved_revision` alone [I9]."""
    held = models.JSONField(default=dict)
    """What the brake stopped: the counts a kind of the run that was held; empty where none is."""
    preview_asked_at = models.DateTimeField(null=True)
    """When a person asked for a preview that has not begun; empty where none waits."""
    preview_asked_by = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"state of {self.connection}"

    def seen(self, side: Side) -> int:
        return self.left_seen if side == "left" else self.right_seen


class Contact(models.Model):
    """A left record, a right record, or both; both is linked, and that is permanent."""

    class Asked(models.TextChoices):
        """What a person asked for; the next run reads it."""

        NOTHING = "", "nothing"
        LINK = "link", "Link"
        APART = "apart", "Keep apart"
        CREATE = "create", "Create anyway"
        RECREATE = "recreate", "Create again"
        RETRY = "retry", "Try again"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    left = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    right = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    status = models.CharField(
        max_length=10,
        choices=[(each.value, each.value.replace("_", " ")) for each in Status],
        default=Status.WAITING.value,
    )
    reason = models.TextField(blank=True)
    flags = models.JSONField(default=list)
    awake = models.BooleanField(default=True)
    wake_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    left_number = models.BigIntegerField(default=0)
    right_number = models.BigIntegerField(default=0)
    """The change numbers of the two records on which was last decided."""
    base = EncryptedJSONField(null=True)
    sent = EncryptedJSONField(null=True)
    left_sent_version = models.CharField(max_length=100, blank=True)
    right_sent_version = models.CharField(max_length=100, blank=True)
    """The version of each record on which was sent: an answered write is judged by a newer one."""
    settles_at = models.DateTimeField(null=True)
    """When an unanswered write counts as seen, whatever stands there then."""
    written_at = models.JSONField(default=dict)
    in_scope = models.BooleanField(default=True)
    matched = models.TextField(blank=True)
    """The keys of the rules that its halves match, in order, as last decided."""
    acted = EncryptedJSONField(null=True)
    """What actions of rules have set on it, by action key: to see what stands of it, and undo."""
    asked = models.CharField(
        max_length=10, choices=Asked.choices, default=Asked.NOTHING, blank=True
    )
    asked_record = models.ForeignKey(Record, models.SET_NULL, null=True, related_name="+")
    """Whom to link with, where a person said so."""

    ENCRYPTED: ClassVar = ("base", "sent", "acted")
    """What lists leave out: each of these takes its time to decrypt."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "left"], name="contact_of_left_record"),
            models.UniqueConstraint(fields=["connection", "right"], name="contact_of_right_record"),
            models.CheckConstraint(
                condition=models.Q(left__isnull=False) | models.Q(right__isnull=False),
                name="contact_has_a_record",
            ),
        ]
        indexes: ClassVar = [
            # deciding: who is awake
            models.Index(
                fields=["connection", "id"], condition=models.Q(awake=True), name="contact_awake"
            ),
            # matching: who is due
            models.Index(
                fields=["connection", "wake_at"],
                condition=models.Q(wake_at__isnull=False),
                name="contact_due",
            ),
            # matching: what people asked for
            models.Index(
                fields=["connection", "id"], condition=~models.Q(asked=""), name="contact_asked"
            ),
            # health: what is in sync but for a field
            models.Index(
                fields=["connection", "id"], condition=~models.Q(flags=[]), name="contact_flagged"
            ),
            # counts and lists by status
            models.Index(fields=["connection", "status"], name="contact_by_status"),
        ]

    def __str__(self) -> str:
        return str(self.left or self.right)

    @property
    def is_linked(self) -> bool:
        return self.left_id is not None and self.right_id is not None

    @property
    def is_new_link(self) -> bool:
        """Whether its two halves were never decided on together."""
        return self.is_linked and not (self.left_number and self.right_number)

    def record(self, side: Side) -> Record | None:
        return self.left if side == "left" else self.right

    def record_id(self, side: Side) -> int | None:
        return self.left_id if side == "left" else self.right_id


class Apart(models.Model):
    """A pair of records that a person unlinked or kept apart: never linked by itself [MA5]."""

    one = models.ForeignKey(Record, models.CASCADE, related_name="+")
    two = models.ForeignKey(Record, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["one", "two"], name="apart_once"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} apart from {self.two_id}"


class Intent(models.Model):
    """A creation that is about to be sent, was sent, or is in doubt; its mark travels with the
    contact [I2].
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Not created"

    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="intents")
    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="+", db_index=False)
    mark = models.CharField(max_length=100)
    remote_id = models.CharField(max_length=255, blank=True)
    """The id that the app gave the new contact, where the answer did not show it."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField()
    settles_at = models.DateTimeField(null=True)
    """Set when the answer was lost: from then on complete reads that lack the contact are believed.
    """
    closed_at = models.DateTimeField(null=True)
    record = models.ForeignKey(Record, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=models.Q(state="open"),
                name="one_open_intent_a_contact",
            ),
            models.UniqueConstraint(fields=["mirror", "mark"], name="intent_mark_once"),
        ]
        indexes: ClassVar = [
            # resolving doubts of an account
            models.Index(fields=["mirror"], condition=models.Q(state="open"), name="intent_open"),
        ]

    def __str__(self) -> str:
        return self.mark


class IntentKey(models.Model):
    """A match key of a contact that is being created: counts as a match for whoever asks for it
    [I2].
    """

    intent = models.ForeignKey(Intent, models.CASCADE, related_name="keys")
    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=400)

    class Meta:
        indexes: ClassVar = [
            # creating: does another creation hold one of these keys
            models.Index(fields=["mirror", "key"], name="intent_key_by_key"),
        ]

    def __str__(self) -> str:
        return self.key
