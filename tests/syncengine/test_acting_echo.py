"""What became of an action's write: it is never an edit, and made again only where it was not done
[I4].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connections.configuration import Configuration
from connections.rules import Action, When
from connections.schema import Birthday, Field, Type, Value
from syncengine.state import Status
from tests.syncengine.builders import BIRTHDAY, CITY, NOW, as_it_is
from tests.syncengine.ruled import (
    EVERYONE,
    OWNER,
    TAG,
    UNIT,
    Ruled,
    in_unit,
    labels,
    linked,
    rule,
    ruled,
    sets,
)

LONG = "A text that is longer than the app would have it"
ACTIONS: dict[str, Action] = {
    "a field": sets(TAG, LONG, undo=True),
    "a mapped field": sets(CITY, LONG, undo=True),
    "a unit": sets(UNIT, "south", undo=True),
    "an owner": sets(OWNER, "bob", undo=True),
    "a label": labels("vip", undo=True),
    "the loss of a label": labels("old", adds=False, undo=True),
}
BEFORE: dict[str, Value] = {
    "tag": "old",
    "city": "Wien",
    "unit": "north",
    "owner": "ann",
    "labels": ("old", "new"),
}


def make(action: Action) -> Ruled:
    """Return a contact that waits for an action, beside a rule that keeps it in."""
    world = linked(rules(action), BEFORE)
    world.values("right").update(BEFORE)
    world.values("left").update(BEFORE)
    return world


def rules(action: Action) -> Configuration:
    return ruled((rule(in_unit("north"), action), EVERYONE), (EVERYONE,))


def cut(_side: object, of: Field, value: Value) -> Value:
    return value[:25] if of in (TAG, CITY) and isinstance(value, str) else value


def normalised(_side: object, of: Field, value: Value) -> Value:
    return f" {value.upper()} " if of in (TAG, CITY) and isinstance(value, str) else value


def deleted(world: Ruled, _action: Action) -> None:
    world.change(ruled((EVERYONE,), (EVERYONE,)))


def left(world: Ruled, _action: Action) -> None:
    world.edit("left", unit="elsewhere")


def edited(world: Ruled, action: Action) -> None:
    others = {TAG: "another", CITY: "another", UNIT: "north", OWNER: "cleo"}
    changed = next((each for of, each in others.items() if of.key == action.field.key), None)
    world.change(rules(replace(action, value=changed) if changed else action))


def nothing(_world: Ruled, _action: Action) -> None:
    return


@pytest.mark.parametrize("meanwhile", [nothing, edited, left, deleted])
@pytest.mark.parametrize("kept", [as_it_is, cut, normalised])
@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("name", ACTIONS)
def test_i4_a_write_that_was_done_is_not_made_again_and_never_comes_back(
    name: str, answered: bool, kept: Callable[..., Value], meanwhile: Callable[..., None]
) -> None:
    action = ACTIONS[name]
    world = make(action)
    world.keeps = kept
    source = dict(world.values("left"))
    decision = world.decide()
    world.take(decision, answered=answered)
    world.write("right", decision.writes["right"])

    assert world.decide("left").writes == {}
    meanwhile(world, action)
    source["unit"] = world.values("left")["unit"]
    if meanwhile is nothing:
        assert world.run().writes == {}
    world.settle()
    assert world.values("left") == source
    if meanwhile in (left, deleted):
        after = {key: world.values("right")[key] for key in BEFORE}
        assert {**after, "labels": set(after["labels"])} == {  # type: ignore[arg-type]
            **{
                key: kept("right", TAG if key == "tag" else CITY if key == "city" else UNIT, value)
                if key == action.field.key
                else value
                for key, value in BEFORE.items()
            },
            "labels": {"old", "new"},
        }
        assert world.acted == {}


@pytest.mark.parametrize("meanwhile", [nothing, edited, left, deleted])
@pytest.mark.parametrize("how", ["refused", "no answer"])
@pytest.mark.parametrize("name", ACTIONS)
def test_i4_a_write_that_was_not_done_leaves_no_trace(
    name: str, how: str, meanwhile: Callable[..., None]
) -> None:
    action = ACTIONS[name]
    world = make(action)
    source = dict(world.values("left"))
    first = world.decide()
    world.take(first, answered=False)
    if how == "refused":
        world.sent = {}
    meanwhile(world, action)
    source["unit"] = world.values("left")["unit"]
    decision = world.decide()
    if meanwhile is nothing:
        assert decision.writes == first.writes
    elif meanwhile in (left, deleted):
        assert decision.writes == {}
    world.settle()
    assert world.values("left") == source
    if meanwhile in (nothing, edited):
        world.change(ruled((EVERYONE,), (EVERYONE,)))
        world.settle()
    assert {key: value for key, value in world.values("right").items() if key in BEFORE} == {
        **BEFORE,
        "labels": world.values("right")["labels"],
    }
    assert set(world.values("right")["labels"]) == {"old", "new"}  # type: ignore[arg-type]


@pytest.mark.parametrize("answered", [True, False])
def test_i4_nothing_is_set_while_what_was_sent_may_not_be_judged(answered: bool) -> None:
    world = make(sets(TAG, LONG, When.ALWAYS, undo=True))
    world.take(world.decide(), answered=answered)
    for _ in range(2):
        decision = world.decide("left")
        assert decision.status is (Status.WAITING if answered else Status.DOUBT)
        assert (decision.writes, decision.sent) == ({}, world.sent)
        world.edit("left", unit="elsewhere")


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("name", ["a label", "the loss of a label"])
def test_i4_of_labels_the_one_of_the_action_counts(name: str, answered: bool) -> None:
    world = make(ACTIONS[name])
    decision = world.decide()
    world.take(decision, answered=answered)
    world.write("right", decision.writes["right"])
    held = world.values("right")["labels"]
    assert isinstance(held, tuple)
    world.edit("right", labels=(*held, "mine"))

    assert world.run().writes == {}
    world.edit("left", unit="elsewhere")
    world.run()
    assert set(world.values("right")["labels"]) == {"old", "new", "mine"}  # type: ignore[arg-type]


def test_i4_a_persons_removal_of_a_label_just_added_stays() -> None:
    world = make(ACTIONS["a label"])
    world.run()
    world.edit("right", labels=("new",))
    for _ in range(2):
        assert world.run().writes == {}


def test_i4_an_unanswered_put_back_that_was_done_is_not_made_again() -> None:
    world = make(ACTIONS["a mapped field"])
    world.run()
    world.run()
    world.edit("left", unit="elsewhere")
    decision = world.decide()
    assert decision.writes == {"right": {"city": "Wien"}}
    for done in (False, True):
        world.take(world.decide(), answered=False)
        if done:
            world.write("right", decision.writes["right"])
    assert world.run().writes == {}
    assert world.acted == {}


def test_i4_one_birthday_is_not_taken_for_another() -> None:
    action = sets(BIRTHDAY, Birthday(1990, 3, 3), undo=True)
    world = make(action)
    world.values("right")["birthday"] = Birthday(1980, 1, 1)
    decision = world.decide()
    assert decision.writes == {"right": {"birthday": Birthday(1990, 3, 3)}}
    world.take(decision, answered=False)
    assert world.decide().writes == decision.writes
    deleted(world, action)
    assert world.decide().writes == {}


def test_i4_a_phone_number_in_the_apps_form_is_ours() -> None:
    phone = Field("fax", "Fax", Type.PHONE)
    world = make(sets(phone, "+43 1 4000", undo=True))
    world.values("right")["fax"] = None
    world.take(world.decide(), answered=False)
    world.values("right")["fax"] = "+4314000"
    assert world.run().writes == {}
    world.edit("left", unit="elsewhere")
    decision = world.decide()
    assert decision.writes == {"right": {"fax": None}}
    assert decision.wake_at is None
    assert world.now == NOW
