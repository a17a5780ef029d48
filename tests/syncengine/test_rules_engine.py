"""Rules in the engine, over two apps in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connections.connectors.base import Unavailable
from connections.schema import Birthday, Value
from connections.setups import ActionSetup, ConditionSetup, default_rule
from syncengine.models import Contact, Run
from syncengine.state import Status
from tests.connectors.memory import Fault, Refusal
from tests.syncengine.rule_setups import (
    EVERYONE,
    IN_NORTH,
    action,
    add,
    condition,
    decide_by,
    only,
    rule,
    w,
)
from tests.syncengine.world import World, contact_of, writes

pytestmark = pytest.mark.django_db
__all__ = ["w"]


# Conditions


CONDITIONS: dict[str, tuple[list[ConditionSetup], str]] = {
    "unit": ([IN_NORTH], "Ada Vera"),
    "not_unit": ([condition("scope", "not_in", "north")], "Sue"),
    "owner": ([condition("owner", "is", "bob")], "Sue"),
    "not_owner": ([condition("owner", "is_not", "bob")], "Ada Vera"),
    "label": ([condition("label", "in", "vip")], "Ada Sue"),
    "not_label": ([condition("label", "not_in", "vip", "old")], "Vera"),
    "text": ([condition("field", "starts_with", "wi", field="city")], "Ada"),
    "custom": ([condition("field", "is_empty", field="tag")], "Vera Sue"),
    "integer": ([condition("field", "more", "3", field="count")], "Sue"),
    "decimal": ([condition("field", "between", "1", "2.5", field="price")], "Ada"),
    "boolean": ([condition("field", "is", "true", field="member")], "Vera"),
    "date": ([condition("field", "at_most", "2020-01-01", field="met")], "Vera"),
    "datetime": ([condition("field", "is", "2026-03-01", field="seen_at")], "Sue"),
    "choice": ([condition("field", "one_of", "a", field="size")], "Ada"),
    "choices": ([condition("field", "has_all", "a", "b", field="hobbies")], "Sue"),
    "birthday": ([condition("field", "is", "1990-03-03", field="birthday")], "Ada"),
    "emails": ([condition("field", "ends_with", "sue@X.org", field="emails")], "Sue"),
    "both": ([IN_NORTH, condition("label", "in", "vip")], "Ada"),
    "exists": ([condition("exists", "is", "true")], "Ada Vera Sue"),
}


def test_ru3_a_rule_takes_in_what_its_conditions_say(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(
        left,
        "Ada",
        city="Wien",
        tag="x",
        price=Decimal("1.5"),
        size="a",
        labels=("vip",),
        birthday=Birthday(1990, 3, 3),
    )
    add(left, "Vera", unit="vienna", city="Graz", member=True, met=date(2019, 5, 5), count=3)
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # March in Vienna
    add(left, "Sue", unit="south", owner="bob", count=4, hobbies=("b", "a"), seen_at=late)
    left.edit("left-00003", labels=("vip", "old"))
    add(right, "Sue")
    connection = w.connect("left", "right")
    rules = [rule(*conditions, key=key) for key, (conditions, _) in CONDITIONS.items()]
    decide_by(connection, *rules, time_zone="Europe/Vienna")
    w.sync(connection)
    assert contact_of(connection, left="Ada").matched.split()[-1] != "exists"
    assert writes(w.sync(connection)) == 0
    matched = {
        contact.left.name: set(contact.matched.split())
        for contact in Contact.objects.select_related("left")
        if contact.left
    }
    for key, (_, names) in CONDITIONS.items():
        found = {name for name, keys in matched.items() if key in keys}
        assert found == set(names.split()), key
    assert writes(w.sync(connection)) == 0


def test_ru8_cn4_leaving_and_coming_back(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada")
    connection = w.connect("left", "right")
    decide_by(connection, rule(IN_NORTH))
    w.sync(connection)
    pair = contact_of(connection, left="Ada").right_id

    left.edit(ada, unit="south", city="Wien")
    w.sync(connection)
    contact = contact_of(connection, left="Ada")
    assert (contact.status, contact.matched) == (Status.EXCLUDED, "")
    assert "city" not in only(right)

    left.edit(ada, unit="vienna")
    w.sync(connection)
    contact = contact_of(connection, left="Ada")
    assert (contact.status, contact.matched, contact.right_id) == (Status.IN_SYNC, "r", pair)
    assert only(right)["city"] == "Wien"


def test_ru8_many_departures_at_once_are_held(w: World) -> None:
    left = w.app("left")
    w.app("right")
    ids = [add(left, f"N{number}") for number in range(12)]
    connection = w.connect("left", "right")
    undo = action("set_field", "x", field="tag", undo=True)
    decide_by(connection, rule(IN_NORTH, undo))
    w.sync(connection)
    for id_ in ids:
        left.edit(id_, unit="south")
    run = w.sync(connection)
    assert run.status == Run.Status.HELD
    assert "12 departures" in run.message


# Actions


ACTIONS: dict[str, tuple[ActionSetup, Value]] = {
    "unit": (action("set_unit", "south"), "south"),
    "owner": (action("set_owner", "bob"), "bob"),
    "labels": (action("add_label", "vip"), ("vip",)),
    "tag": (action("set_field", "x", field="tag"), "x"),
    "city": (action("set_field", "Wien", field="city"), "Wien"),
    "count": (action("set_field", "7", field="count"), 7),
    "price": (action("set_field", "1.50", field="price"), Decimal("1.5")),
    "member": (action("set_field", "true", field="member"), True),
    "met": (action("set_field", "2026-03-01", field="met"), date(2026, 3, 1)),
    "size": (action("set_field", "b", field="size"), "b"),
    "hobbies": (action("set_field", "a", "b", field="hobbies"), ("a", "b")),
    "birthday": (action("set_field", "1990-03-03", field="birthday"), Birthday(1990, 3, 3)),
}


@pytest.mark.parametrize("exists", [False, True])
def test_ru6_actions_set_the_new_and_the_linked_and_are_undone(w: World, exists: bool) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada", city="Graz")
    if exists:
        add(right, "Ada", city="Graz", labels=("old",))
    connection = w.connect("left", "right")
    acts = (replace(each, undo=True) for each, _ in ACTIONS.values())
    decide_by(connection, rule(IN_NORTH, *acts), EVERYONE, default_rule("right"))
    w.sync(connection)
    wanted = {key: value for key, (_, value) in ACTIONS.items()}
    if exists:
        wanted["labels"] = ("old", "vip")
    assert {key: only(right)[key] for key in ACTIONS} == wanted
    source = left.live()
    assert writes(w.sync(connection)) == 0

    left.edit(ada, unit="south")
    w.settle(connection)
    former: dict[str, Value] = {"unit": "north", "owner": "ann", "city": "Graz"}
    if exists:
        former["labels"] = ("old",)
    else:
        # Whoever was created has never had another owner and unit.
        former |= {"unit": "south", "owner": "bob"}
    assert {key: only(right)[key] for key in ACTIONS if key in only(right)} == former
    assert left.live() == {ada: {**source[ada], "unit": "south"}}
    assert contact_of(connection, left="Ada").acted is None


def test_ru6_a_time_is_set_by_its_day_in_the_zone(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada")
    connection = w.connect("left", "right")
    acts = action("set_field", "2026-03-01", field="seen_at")
    decide_by(connection, rule(acts), time_zone="America/New_York")
    w.sync(connection)
    assert str(only(right)["seen_at"]) == "2026-03-01 05:00:00+00:00"


def test_ru6_a_rule_added_to_a_running_connection_acts_at_once(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada")
    connection = w.connect("left", "right")
    w.sync(connection)
    decide_by(connection, EVERYONE, rule(IN_NORTH, action("add_label", "vip")))
    run = w.sync(connection)
    assert (run.updated_right, only(right)["labels"]) == (1, ("vip",))
    assert writes(w.sync(connection)) == 0


def test_ru8_leaving_the_last_rule_puts_back_and_excludes_within_one_run(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada")
    connection = w.connect("left", "right")
    decide_by(connection, rule(IN_NORTH, action("add_label", "vip", undo=True)))
    w.sync(connection)
    left.edit(ada, unit="south")
    run = w.sync(connection)
    assert (run.updated_right, only(right).get("labels")) == (1, None)
    contact = contact_of(connection, left="Ada")
    assert (contact.status, contact.reason) == (Status.EXCLUDED, "No rule takes it in")


def test_i3_an_edit_made_meanwhile_arrives_in_the_run_that_puts_back(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada", city="Wien")
    connection = w.connect("left", "right")
    acts = action("set_field", "Graz", field="city", undo=True)
    decide_by(connection, rule(IN_NORTH, acts), EVERYONE, default_rule("right"))
    w.sync(connection)
    left.edit(ada, city="Linz")
    w.sync(connection)
    assert only(right)["city"] == "Graz"
    left.edit(ada, unit="south")
    w.sync(connection)
    assert only(left)["city"] == only(right)["city"] == "Linz"
    assert writes(w.sync(connection)) == 0


def test_a_value_that_the_app_refuses_fails_its_contact_alone(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada")
    add(left, "Bob", unit="south")
    for name in ("Ada", "Bob"):
        add(right, name)
    connection = w.connect("left", "right")
    w.sync(connection)
    right.refusals.append(Refusal(lambda values: values.get("tag") == "x", "tag"))
    decide_by(connection, rule(IN_NORTH, action("set_field", "x", field="tag")), EVERYONE)
    for id_, row in left.live().items():
        left.edit(id_, city=f"{row['given_name']}ville")
    run = w.sync(connection)
    assert (run.status, run.failed, run.updated_right) == (Run.Status.PARTLY_FAILED, 1, 1)
    contact = contact_of(connection, left="Ada")
    assert contact.status == Status.FAILING
    assert "(tag)" in contact.reason
    assert contact_of(connection, left="Bob").status == Status.IN_SYNC

    right.refusals.clear()
    decide_by(connection, EVERYONE)
    w.settle(connection)
    assert {row["city"] for row in right.live().values()} == {"Adaville", "Bobville"}


@pytest.mark.parametrize("point", ["before", "after"])
@pytest.mark.parametrize("exists", [False, True])
def test_i4_a_write_without_an_answer_is_set_once_and_undone(
    w: World, point: Any, exists: bool
) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada")
    if exists:
        add(right, "Ada", tag="mine", labels=("old",))
    connection = w.connect("left", "right")
    acts = action("set_field", "x", field="tag", undo=True), action("add_label", "vip", undo=True)
    decide_by(connection, rule(IN_NORTH, *acts), EVERYONE, default_rule("right"))
    verb = "update" if exists else "create"
    right.faults.append(Fault(Unavailable("it broke", in_doubt=True), verb, point))
    source = left.live()
    for _ in range(4):
        w.sync(connection)
        w.clock.go(1000)
    assert only(right)["tag"] == "x"
    assert len([each for each in right.writes if "tag" in each[2]]) == 1
    assert left.live() == source

    left.edit(ada, unit="south")
    w.settle(connection)
    after = only(right).get("tag"), only(right).get("labels")
    assert after == (("mine", ("old",)) if exists else (None, None))


def test_ma5_a_contact_that_was_made_anew_gets_what_is_set(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada")
    connection = w.connect("left", "right")
    decide_by(connection, rule(action("set_field", "x", field="tag")), default_rule("right"))
    w.sync(connection)
    right.delete(next(iter(right.live())))
    w.sync(connection)
    add(right, "Ada")
    w.settle(connection)
    assert only(right)["tag"] == "x"
    assert Contact.objects.count() == 1


def test_ru4_a_date_that_comes_and_goes_wakes_its_contact_by_itself(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    today = w.clock().date()
    add(left, "Ada", met=today - timedelta(days=2))
    connection = w.connect("left", "right")
    recent = condition("field", "last_days", "3", field="met")
    decide_by(connection, rule(recent, action("add_label", "vip", undo=True)), EVERYONE)
    w.sync(connection)
    assert only(right)["labels"] == ("vip",)
    before = dict(right.requests)

    run = w.sync(connection)
    assert writes(run) == 0
    w.clock.go(2 * 86400)
    run = w.sync(connection)
    assert run.updated_right == 1
    assert only(right).get("labels") is None
    assert right.requests["update"] == before.get("update", 0) + 1
    assert contact_of(connection, left="Ada").wake_at is None
