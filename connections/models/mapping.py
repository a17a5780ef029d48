"""Custom mappings, owners, and the edit of a connection that waits."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings as project
from django.db import models

from connections.configuration import Direction
from connections.models.connection import Connection
from connections.setups import Setup


class FieldMapping(models.Model):
    """A field of one side kept equal to a field of the other, beside the default mapping [VA5].

    `options` has pairs of a left and a right option.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mappings")
    left = models.CharField(max_length=200)
    right = models.CharField(max_length=200)
    direction = models.CharField(
        max_length=20,
        choices=[(each.value, each.value.replace("_", " ")) for each in Direction],
        default=Direction.BOTH.value,
    )
    options = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "left"], name="left_field_once"),
            models.UniqueConstraint(fields=["connection", "right"], name="right_field_once"),
        ]

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


class OwnerPair(models.Model):
    """A user of the left side and the one who stands for them on the right [VA10]."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="owner_pairs")
    left = models.CharField(max_length=100)
    right = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "left", "right"], name="owners_once"),
        ]

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


class PendingEdit(models.Model):
    """The one edit of a connection that was saved and is not applied yet [CN10]."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="pending")
    setup = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(project.AUTH_USER_MODEL, models.SET_NULL, null=True)

    def __str__(self) -> str:
        return f"pending edit of {self.connection}"

    @property
    def value(self) -> Setup:
        """The set-up as it would be."""
        return Setup.from_json(self.setup)
