"""Rules: whose contacts are in the connection, and what happens to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from connections.models.connection import Connection
from connections.operands import ConditionKind, Operator
from connections.rules import ActionKind, Match, When
from connections.setups import new_key


class Rule(models.Model):
    """IF conditions THEN actions, belonging to the side whose contacts it selects."""

    class Side(models.TextChoices):
        LEFT = "left", "Left"
        RIGHT = "right", "Right"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="rules")
    key = models.CharField(max_length=20, default=new_key, editable=False)
    """Its identity, which an edit, a pending edit and an import keep."""
    side = models.CharField(max_length=5, choices=Side.choices)
    position = models.PositiveIntegerField()
    match = models.CharField(
        max_length=3, choices=[(each.value, each.value) for each in Match], default=Match.ALL.value
    )

    class Meta:
        ordering: ClassVar = ["side", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "key"], name="rule_once"),
        ]

    def __str__(self) -> str:
        return f"rule {self.position + 1} of {self.connection}, {self.side}"


class Condition(models.Model):
    """One test of a rule. `value` has ids or texts; see `connections.operands`."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="conditions")
    position = models.PositiveIntegerField()
    kind = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in ConditionKind]
    )
    field = models.CharField(max_length=200, blank=True)
    operator = models.CharField(
        max_length=20, choices=[(each.value, each.value) for each in Operator]
    )
    value = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return f"{self.kind} {self.field} {self.operator}"


class Action(models.Model):
    """One thing that a rule does to the contact on the other side."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="actions")
    position = models.PositiveIntegerField()
    kind = models.CharField(
        max_length=15, choices=[(each.value, each.value) for each in ActionKind]
    )
    field = models.CharField(max_length=200, blank=True)
    value = models.JSONField(default=list, blank=True)
    when = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in When], default=When.START.value
    )
    undo = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return f"{self.kind} {self.field}"
