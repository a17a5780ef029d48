"""Rules as people make them, and apps in memory that have all that rules name, for tests of the
engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connections.connectors.base import Scope, User
from connections.models import Connection
from connections.schema import Field, Option, Type, Value
from connections.setups import ActionSetup, ConditionSetup, RuleSetup, Setup, default_rule
from tests.connectors.memory import Habits, MemoryApp
from tests.syncengine.world import World, approve, world

UNITS = (Scope("north", "North"), Scope("vienna", "Vienna", "north"), Scope("south", "South"))
LABELS = (Scope("vip", "VIP"), Scope("old", "Old"))
USERS = (User("ann", "Ann", "ann@x.org", "north"), User("bob", "Bob", "bob@x.org", "south"))
CLEO = User("cleo", "Cleo", "cleo@x.org", "north")
OPTIONS = (Option("a", "A"), Option("b", "B"))
CUSTOM = (
    Field("tag", "Tag", Type.TEXT),
    Field("count", "Count", Type.INTEGER),
    Field("price", "Price", Type.DECIMAL),
    Field("member", "Member", Type.BOOLEAN),
    Field("met", "Met on", Type.DATE),
    Field("seen_at", "Seen at", Type.DATETIME),
    Field("size", "Size", Type.CHOICE, options=OPTIONS),
    Field("hobbies", "Hobbies", Type.MULTI_CHOICE, options=OPTIONS),
    Field("formula", "Formula", Type.TEXT, read_only=True),
)
HABITS = Habits(
    scopes=(*UNITS, *LABELS), users=USERS, units=True, labels=True, custom=CUSTOM, marks=False
)


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give a world whose apps have all that rules name."""
    with world(monkeypatch, HABITS, HABITS) as made:
        yield made


def condition(kind: str, operator: str, *value: str, field: str = "") -> ConditionSetup:
    return ConditionSetup(kind, operator, value, field)


def action(
    kind: str, *value: str, field: str = "", when: str = "start", undo: bool = False
) -> ActionSetup:
    return ActionSetup(kind, value, field, when, undo)


def rule(*parts: ConditionSetup | ActionSetup, key: str = "r", **settings: Any) -> RuleSetup:
    return RuleSetup(
        key,
        settings.pop("side", "left"),
        conditions=tuple(each for each in parts if isinstance(each, ConditionSetup)),
        actions=tuple(each for each in parts if isinstance(each, ActionSetup)),
        **settings,
    )


IN_NORTH = condition("scope", "in", "north")
EVERYONE = default_rule("left")


def decide_by(connection: Connection, *rules: RuleSetup, **changes: Any) -> None:
    """Store rules of a connection and approve them unseen."""
    setup: Setup = replace(connection.setup(), rules=rules, **changes)
    connection.keep_setup(setup)
    approve(connection)


def add(app: MemoryApp, name: str, **values: Any) -> str:
    return app.add(given_name=name, emails=(f"{name.lower()}@x.org",), **values)


def only(app: MemoryApp) -> dict[str, Value]:
    (row,) = app.live().values()
    return row
