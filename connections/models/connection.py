"""Two accounts kept in sync, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from phonenumbers import SUPPORTED_REGIONS

from connections.configuration import SIDES, Configuration, Direction, FirstMerge, Side
from connections.configuring import configure
from connections.models.account import Account, check_one_line, side_labels
from connections.setups import (
    STORED_PLAIN,
    ActionSetup,
    ConditionSetup,
    MappingSetup,
    OwnersSetup,
    RuleSetup,
    Setup,
    default_rule,
)


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

    name = models.CharField(max_length=100, unique=True, validators=[check_one_line])
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
    left_everyone = models.BooleanField(default=True)
    right_everyone = models.BooleanField(default=True)
    """Whether a side has the rule that takes in all of its contacts; other rules are rows [CN3]."""
    left_fallback = models.CharField(max_length=100, blank=True)
    right_fallback = models.CharField(max_length=100, blank=True)
    """Who owns the contacts of users whom the table of owners lacks; "" is the account's own."""
    version = models.PositiveIntegerField(default=1, editable=False)
    """Rises with each edit of what is not a column here."""

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

    def side_label(self, side: Side) -> str:
        """Return how a side goes on screen."""
        return side_labels(self.left, self.right)[side]

    def setup(self) -> Setup:
        """Return all that people decided about it, as one value."""
        return Setup(
            **{name: _frozen(getattr(self, name)) for name in STORED_PLAIN},
            rules=tuple(self._rules()),
            mappings=tuple(
                MappingSetup(row.left, row.right, row.direction, tuple(map(tuple, row.options)))
                for row in (self.mappings.all() if self.pk else ())
            ),
            owners=OwnersSetup(
                tuple((row.left, row.right) for row in (self.owner_pairs.all() if self.pk else ())),
                self.left_fallback,
                self.right_fallback,
            ),
        )

    def _rules(self) -> Iterator[RuleSetup]:
        rows = list(self.rules.prefetch_related("conditions", "actions")) if self.pk else []
        for side in SIDES:
            if getattr(self, f"{side}_everyone"):
                yield default_rule(side)
            yield from (_rule(row) for row in rows if row.side == side)

    def put_columns(self, setup: Setup) -> None:
        """Put on it what of a set-up are columns, without storing them."""
        for name in STORED_PLAIN:
            value = getattr(setup, name)
            setattr(self, name, list(value) if isinstance(value, tuple) else value)

    def keep_setup(self, setup: Setup) -> None:
        """Store what people decided, in place of what stood."""
        self.put_columns(setup)
        for side in SIDES:
            setattr(self, f"{side}_everyone", default_rule(side) in setup.rules)
            setattr(self, f"{side}_fallback", getattr(setup.owners, f"{side}_fallback"))
        self.version += 1
        ours = [each for side in SIDES for each in (f"{side}_everyone", f"{side}_fallback")]
        with transaction.atomic():
            self.save(update_fields=[*STORED_PLAIN, *ours, "version"])
            self._keep_rows(setup)

    keep_setup.alters_data = True  # type: ignore[attr-defined]

    def _keep_rows(self, setup: Setup) -> None:
        self.rules.all().delete()
        rule_model: Any = self.rules.model
        rows = []
        for side in SIDES:
            rules = [rule for rule in setup.rules_of(side) if not rule.is_default]
            for position, rule in enumerate(rules):
                place = {"connection": self, "side": side, "position": position}
                rows.append((rule, rule_model(key=rule.key, match=rule.match, **place)))
        rule_model.objects.bulk_create(row for _, row in rows)
        for name in ("conditions", "actions"):
            part_model = getattr(rule_model, name).rel.related_model
            part_model.objects.bulk_create(
                part_model(rule=row, position=place, **_columns(part))
                for rule, row in rows
                for place, part in enumerate(getattr(rule, name))
            )
        self.mappings.all().delete()
        self.mappings.bulk_create(
            self.mappings.model(connection=self, **_columns(each)) for each in setup.mappings
        )
        self.owner_pairs.all().delete()
        self.owner_pairs.bulk_create(
            self.owner_pairs.model(connection=self, left=left, right=right)
            for left, right in setup.owners.table
        )

    def configuration(self) -> Configuration:
        """Return all that decides what a sync does, as one value."""
        return configure(self.setup(), self.left, self.right)


def _columns(value: ConditionSetup | ActionSetup | MappingSetup) -> dict[str, Any]:
    return {
        name: list(each) if isinstance(each, tuple) else each
        for name, each in asdict(value).items()
    }


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _rule(row: Any) -> RuleSetup:
    return RuleSetup(
        row.key,
        row.side,
        row.match,
        tuple(
            ConditionSetup(each.kind, each.operator, tuple(each.value), each.field)
            for each in row.conditions.all()
        ),
        tuple(
            ActionSetup(each.kind, tuple(each.value), each.field, each.when, each.undo)
            for each in row.actions.all()
        ),
    )
