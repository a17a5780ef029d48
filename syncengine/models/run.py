"""What was done: the runs of a connection, and the changes of a run."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from connections.encryption import EncryptedJSONField
from connections.models import Connection
from syncengine.models.contact import Contact


class Run(models.Model):
    """One execution of the sync of one connection, or a preview of it."""

    class Kind(models.TextChoices):
        SYNC = "sync", "Sync"
        PREVIEW = "preview", "Preview"

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        PARTLY_FAILED = "partly_failed", "Partly failed"
        FAILED = "failed", "Failed"
        HELD = "held", "Held"
        PAUSED = "paused", "Paused"
        WAITING = "waiting", "Waiting for authorization"
        INTERRUPTED = "interrupted", "Interrupted"

    class Step(models.TextChoices):
        READ = "read", "Reading"
        MATCH = "match", "Matching"
        DECIDE = "decide", "Deciding"
        APPLY = "apply", "Applying"

    connection = models.ForeignKey(Connection, models.SET_NULL, null=True, related_name="+")
    connection_name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SYNC)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.RUNNING)
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.READ)
    cause = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    revision = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    slices = models.PositiveIntegerField(default=0)
    takeovers = models.PositiveIntegerField(default=0)
    links_at_start = models.PositiveIntegerField(null=True)
    counted = models.BooleanField(default=False)
    """Whether all that is awake was counted for the brake since this run began."""
    created_left = models.PositiveIntegerField(default=0)
    created_right = models.PositiveIntegerField(default=0)
    updated_left = models.PositiveIntegerField(default=0)
    updated_right = models.PositiveIntegerField(default=0)
    linked = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    review = models.PositiveIntegerField(default=0)
    requests_left = models.PositiveIntegerField(default=0)
    requests_right = models.PositiveIntegerField(default=0)
    braked = models.JSONField(default=dict)
    """What counts for the brake, a kind: what this run did beyond an allowance."""
    cursor = models.BigIntegerField(default=0)
    """Where a preview goes on: behind the contact with this record."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(finished_at__isnull=True),
                name="one_open_run_a_connection",
            ),
        ]
        indexes: ClassVar = [
            # history: the runs of a connection, newest first
            models.Index(fields=["connection", "-started_at"], name="run_by_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_name} {self.started_at:%Y-%m-%d %H:%M}"


class Change(models.Model):
    """One thing that a run did, or in a preview would do, to one contact."""

    class Kind(models.TextChoices):
        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"
        LINKED = "linked", "Linked"
        ADOPTED = "adopted", "Found again"
        EXCLUDED = "excluded", "Excluded"
        REVIEW = "review", "To review"
        FAILED = "failed", "Failed"
        GONE = "gone", "Counterpart deleted"
        NOTE = "note", "Note"

    run = models.ForeignKey(Run, models.CASCADE, related_name="changes")
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    side = models.CharField(max_length=5, blank=True)
    name = models.CharField(max_length=255, blank=True)
    reason = models.TextField(blank=True)
    fields = EncryptedJSONField(null=True)
    """A list of [side, label, before, after, lost, effect, conflict, first merge] with values as
    JSON holds them; what a rule has set, or put back, has the rule's key at the end.
    """
    conflicts = models.PositiveSmallIntegerField(default=0)
    """How many of its fields were changed on both sides."""
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # history: a contact's whole story
            models.Index(fields=["contact", "-at"], name="change_by_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
