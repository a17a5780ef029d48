"""Owners of new contacts, names that no longer exist, and previews of rules, over two apps in
memory.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connections.setups import ActionSetup, MappingSetup, OwnersSetup, RuleSetup
from syncengine.models import Run
from tests.syncengine.rule_setups import (
    CLEO,
    EVERYONE,
    HABITS,
    UNITS,
    USERS,
    action,
    add,
    condition,
    decide_by,
    only,
    rule,
    w,
)
from tests.syncengine.world import World, approve, writes

pytestmark = pytest.mark.django_db
__all__ = ["w"]


# Owners


@pytest.mark.parametrize(
    ("acts", "unit"),
    [
        ((), "vienna"),
        ((action("set_owner", "bob"),), "south"),
        ((action("set_owner", "cleo"),), "vienna"),
        ((action("set_owner", "bob"), action("set_unit", "vienna")), "vienna"),
    ],
)
def test_ac6_a_new_contact_is_in_its_owners_unit_or_the_first_that_was_chosen(
    w: World, acts: tuple[ActionSetup, ...], unit: str
) -> None:
    left, right = w.app("left"), w.app("right", replace(HABITS, users=(*USERS, CLEO)))
    add(left, "Ada")
    connection = w.connect("left", "right")
    decide_by(connection, rule(*acts), right_scope=("vienna", "south"))
    w.sync(connection)
    assert only(right)["unit"] == unit
    assert writes(w.sync(connection)) == 0


@pytest.mark.parametrize(
    ("owner", "rules", "wanted"),
    [
        ("ann", (EVERYONE,), "bob"),
        ("bob", (EVERYONE,), "ann"),
        ("ann", (rule(action("set_owner", "ann")),), "ann"),
        ("ann", (rule(action("set_owner")),), "bob"),
    ],
)
def test_va10_the_owner_of_a_new_contact(
    w: World, owner: str, rules: tuple[RuleSetup, ...], wanted: str
) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada", owner=owner)
    connection = w.connect("left", "right")
    owners = OwnersSetup((("ann", "bob"),), "", "ann")
    decide_by(connection, *rules, owners=owners)
    w.sync(connection)
    assert only(right)["owner"] == wanted


def test_ru9_a_dead_owner_in_the_table_flags_and_goes_to_the_fallback(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada", owner="ann")
    connection = w.connect("left", "right")
    owners = OwnersSetup((("ann", "cleo"),), "", "bob")
    decide_by(connection, EVERYONE, owners=owners)
    assert w.sync(connection).status == Run.Status.DONE
    assert only(right)["owner"] == "bob"


# What no longer exists


VANISHED = [
    (rule(condition("scope", "in", "gone")), "Memory has no unit “gone” any more"),
    (rule(condition("label", "not_in", "gone")), "Memory has no label “gone” any more"),
    (rule(condition("owner", "is", "gone")), "Memory has no owner “gone” any more"),
    (rule(condition("field", "is", "x", field="gone")), "Memory has no field “gone” any more"),
    (
        rule(condition("field", "one_of", "gone", field="size")),
        "Size has no option “gone” any more",
    ),
    (
        rule(condition("field", "contains", "1", field="count")),
        "Choose an operator",
    ),
    (rule(action("set_unit", "gone")), "Other memory has no unit “gone” any more"),
    (rule(action("set_owner", "gone")), "Other memory has no owner “gone” any more"),
    (rule(action("add_label", "gone")), "Other memory has no label “gone” any more"),
    (rule(action("remove_label", "gone")), "Other memory has no label “gone” any more"),
    (rule(action("set_field", "x", field="gone")), "Other memory has no field “gone” any more"),
    (
        rule(action("set_field", "gone", field="size")),
        "Size has no option “gone” any more",
    ),
    (rule(action("set_field", "x", field="formula")), "“Formula” is read-only"),
    (
        rule(action("set_field", "x", field="emails")),
        "“Emails” is a list, which a rule cannot set",
    ),
]
OTHERS_VANISHED: list[tuple[dict[str, Any], str]] = [
    (
        {"left_scope": ("gone",)},
        "the scope on the left side names what no longer exists in Memory: gone. "
        "Choose the scope again.",
    ),
    (
        {"mappings": (MappingSetup("gone", "tag"),)},
        "the mapping of gone and tag: Memory has no field gone any more. "
        "Remove the mapping or map another field.",
    ),
]


def test_ru9_what_no_longer_exists_stops_the_run_before_any_write(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada")
    connection = w.connect("left", "right")
    setups: list[tuple[dict[str, Any], str]] = [
        *(
            ({"rules": (EVERYONE, gone)}, f"rule 2 for contacts from Memory: {what}")
            for gone, what in VANISHED
        ),
        *OTHERS_VANISHED,
    ]
    plain = connection.setup()
    for changes, message in setups:
        connection.keep_setup(replace(plain, **changes))
        approve(connection)
        run = w.sync(connection)
        assert run.status == Run.Status.FAILED
        assert run.message.startswith(message)
    assert w.preview(connection).status == Run.Status.FAILED
    assert (right.live(), right.writes, left.writes) == ({}, [], [])


def test_ru9_what_vanishes_later_is_found_once_the_lists_are_asked_for_anew(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada")
    connection = w.connect("left", "right")
    decide_by(connection, rule(action("add_label", "vip", when="always")))
    w.sync(connection)
    right.habits = replace(HABITS, scopes=UNITS)
    w.clock.go(700)
    left.edit(ada, city="Wien")
    before = len(right.writes)
    run = w.sync(connection)
    assert run.status == Run.Status.FAILED
    assert run.message == (
        "rule 1 for contacts from Memory: Other memory has no label “vip” any more. Choose another."
    )
    assert len(right.writes) == before
    decide_by(connection, EVERYONE)
    assert w.sync(connection).status == Run.Status.DONE
    assert only(right)["city"] == "Wien"


def test_pl1_a_preview_tells_what_rules_set_and_writes_nothing(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada")
    add(left, "Bob")
    add(right, "Bob", tag="old")
    connection = w.connect("left", "right")
    decide_by(connection, rule(action("set_field", "x", field="tag"), action("set_owner", "bob")))
    run = w.preview(connection)
    assert (run.created_right, run.updated_right) == (1, 1)
    assert right.writes == []
    told = {
        (change.name, label, str(after))
        for change in run.changes.all()
        for _, label, _, after, *_ in change.fields or ()
    }
    assert {(name, "Tag", "x") for name in ("Ada", "Bob")} <= told
    assert ("Ada", "Owner", "Bob") in told
