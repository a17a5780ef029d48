"""Two accounts kept in sync, and how."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from phonenumbers import SUPPORTED_REGIONS

from connections.configuration import (
    Configuration,
    Direction,
    FirstMerge,
    Side,
    SideConfiguration,
    default_pairs,
    fields_to_know,
)
from connections.connectors import connector_class
from connections.models.account import Account
from connections.schema import Role


def check_time_zone(value: str) -> None:
    """Raise ValidationError unless the value names a time zone."""
    if value not in available_timezones():
        raise ValidationError(f"“{value}” is no time zone; one is “Europe/Vienna”")


def check_region(value: str) -> None:
    """Raise ValidationError unless the value is a country of phone numbers."""
    if value not in SUPPORTED_REGIONS:
        raise ValidationError(f"“{value}” is no country code; Austria is “AT”")


class Connection(models.Model):
    """Two accounts kept in sync: a left and a right side."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        DELETING = "deleting", "Being deleted"

    class Winner(models.TextChoices):
        LEFT = "left", "Left"
        RIGHT = "right", "Right"

    name = models.CharField(max_length=100, unique=True)
    left = models.ForeignKey(Account, models.PROTECT, related_name="+")
    right = models.ForeignKey(Account, models.PROTECT, related_name="+")
    left_scope = models.JSONField(default=list, blank=True)
    right_scope = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    direction = models.CharField(
        max_length=20,
        choices=[(each.value, each.value.replace("_", " ")) for each in Direction],
        default=Direction.BOTH.value,
    )
    winner = models.CharField(max_length=10, choices=Winner.choices, default=Winner.LEFT)
    first_merge = models.CharField(
        max_length=20,
        choices=[(each.value, each.value.replace("_", " ")) for each in FirstMerge],
        default=FirstMerge.WINNER.value,
    )
    phone_region = models.CharField(max_length=2, blank=True, validators=[check_region])
    time_zone = models.CharField(max_length=50, default="UTC", validators=[check_time_zone])
    avoid_duplicates = models.BooleanField(default=True)
    copy_blanks = models.BooleanField(default=True)
    interval_minutes = models.PositiveIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    brake_percent = models.PositiveIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    switched_off = models.JSONField(default=list, blank=True)
    """The roles of the default mapping that are not synced [VA4]."""

    class Meta:
        ordering: ClassVar = ["name"]
        permissions: ClassVar = [
            ("operate_connection", "Can sync, pause and resume connections and answer reviews"),
            ("start_connection", "Can start connections and decide what the brake held"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(left=models.F("right")),
                name="connection_of_two_accounts",
                violation_error_message="A connection needs two different accounts.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def account(self, side: Side) -> Account:
        return self.left if side == "left" else self.right

    def syncs(self, role: Role) -> bool:
        """Return whether a role of the default mapping is switched on."""
        return role.value not in self.switched_off

    def configuration(self) -> Configuration:
        """Return all that decides what a sync does, as one value."""
        direction = Direction(self.direction)
        return Configuration(
            left=_side(self.left, self.right, self.left_scope),
            right=_side(self.right, self.left, self.right_scope),
            pairs=default_pairs(
                self.left.offers.fields,
                self.right.offers.fields,
                direction,
                frozenset(self.switched_off),
            ),
            direction=direction,
            winner="left" if self.winner == self.Winner.LEFT else "right",
            first_merge=FirstMerge(self.first_merge),
            phone_region=self.phone_region,
            time_zone=self.time_zone,
            avoid_duplicates=self.avoid_duplicates,
            copy_blanks=self.copy_blanks,
        )


def _create_scope(account: Account, scope: list[str]) -> str:
    """Return the scope value that new contacts get: the owner's own where it is inside [AC6]."""
    if not scope:
        return ""
    owner, offers = account.settings.get("user"), account.offers
    inside = offers.inside(scope)
    units = (user.unit for user in offers.users if owner and owner in (user.id, user.email))
    return next((unit for unit in units if unit in inside), scope[0])


def _side(account: Account, opposite: Account, scope: list[str]) -> SideConfiguration:
    app, offers = connector_class(account.app).app, account.offers
    return SideConfiguration(
        app=app.key,
        app_label=account.label if app.key == opposite.app else app.label,
        account_id=account.pk,
        scope=offers.inside(scope) if scope else None,
        create_scope=_create_scope(account, scope),
        needs_name=app.needs_name,
        compare_and_set=app.compare_and_set,
        fields=fields_to_know(offers.fields),
    )
