"""The rules of one contact: which match, what their actions set, and what is put back when the
contact leaves a rule [RU5 to RU8]. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from connections.configuration import SIDES, Configuration, Pair, Side, other
from connections.rules import Action, ActionKey, Rule, Subject, When, test
from connections.schema import Field, Type, Value, entries_of, is_blank, kept_as
from syncengine import wording
from syncengine.plans import Plan, shown
from syncengine.state import Applied, Effect, FieldChange, Half, Sent

SETS, SETS_FOR_NOW, PUTS_BACK = "sets", "sets for now", "puts back"
"""What is on record as sent for an action: for now is until the contact leaves the rule."""


class Matches(NamedTuple):
    """The rules that a contact's halves match, and until when that is certain."""

    rules: Mapping[Side, tuple[Rule, ...]]
    until: datetime | None

    @property
    def any(self) -> bool:
        return any(self.rules.values())

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(rule.key for side in SIDES for rule in self.rules.get(side, ()))

    def actions(self, target: Side) -> dict[tuple[str, str], Action]:
        """Return what is done on a side, by what it sets: the first that sets something wins
        [RU7].
        """
        found: dict[tuple[str, str], Action] = {}
        for rule in self.rules.get(other(target), ()):
            for action in rule.actions:
                found.setdefault(ActionKey.of(action.key).thing, action)
        return found

    def resting(self, pairs: Iterable[Pair]) -> set[str]:
        """Return the keys of mappings that rest: an action sets one of their fields [RU6]."""
        set_ = {(side, field) for side in SIDES for field, label in self.actions(side) if not label}
        if not set_:
            return set()
        return {
            pair.key
            for pair in pairs
            if any((side, pair.field(side).key) in set_ for side in SIDES)
        }


def match(
    configuration: Configuration, halves: Mapping[Side, Half], now: datetime, *, linked: bool
) -> Matches:
    """Return which rules the halves of a contact match."""
    rules: dict[Side, tuple[Rule, ...]] = {}
    flips = []
    for side, half in halves.items():
        owner = configuration.side(side).owner_field
        subject = Subject(half.values, half.scopes, linked, owner, now, configuration.zone)
        verdicts = [(rule, test(rule, subject)) for rule in configuration.rules(side)]
        rules[side] = tuple(rule for rule, verdict in verdicts if verdict.holds)
        flips += [verdict.until for _, verdict in verdicts if verdict.until is not None]
    return Matches(rules, min(flips, default=None))


# A new contact


def act_on_creation(
    plan: Plan, configuration: Configuration, matches: Matches, target: Side, half: Half
) -> None:
    """Add to the plan of a new contact what the rules set on it, and who owns it."""
    stage = _Stage(plan, configuration, target, Half({}), {})
    actions = matches.actions(target)
    for thing, action in actions.items():
        stage.send(action, thing, stage.value(action, half), None)
    owner = configuration.side(target).owner_field
    if owner and (owner, "") not in actions and (user := _owner(plan, configuration, target, half)):
        plan.writes.setdefault(target, {})[owner] = user
    stage.finish()


def _owner(plan: Plan, configuration: Configuration, target: Side, half: Half) -> str:
    """Return who owns a contact on the target: the one whom the table gives for its owner, else the
    fallback; "" is the account's own user [VA10].
    """
    source = configuration.side(other(target))
    mine = half.values.get(source.owner_field) if source.owner_field else None
    for pair in configuration.owners:
        left, right = pair
        if mine == (left if target == "right" else right):
            return right if target == "right" else left
    if mine in configuration.lost_owners:
        plan.flags.append(wording.lost_owner(configuration.side(target).app_label))
    return configuration.side(target).fallback_owner


# A linked contact


def act(
    plan: Plan,
    configuration: Configuration,
    matches: Matches,
    halves: Mapping[Side, Half],
    acted: Mapping[str, Applied],
    frozen: Collection[str] = (),
) -> dict[str, Applied]:
    """Add to the plan what the rules set, and what is put back where a rule is left; return what
    still counts of what they have set.
    """
    kept: dict[str, Applied] = {}
    for target in SIDES:
        standing = {key: each for key, each in acted.items() if each.side == target}
        actions = matches.actions(target)
        if not standing and not actions:
            continue
        stage = _Stage(plan, configuration, target, halves[target], standing, frozen)
        for thing, action in actions.items():
            stage.keep_up(action, thing, halves[other(target)])
        current = {action.key for action in actions.values()}
        for key, applied in standing.items():
            if key not in current and ActionKey.of(key).thing not in actions:
                stage.leave(key, applied)
        stage.finish()
        kept |= stage.kept
    return kept


class _Stage:
    """What actions do on one side of one contact; labels are collected and written at once."""

    def __init__(
        self,
        plan: Plan,
        configuration: Configuration,
        target: Side,
        half: Half,
        acted: Mapping[str, Applied],
        frozen: Collection[str] = (),
    ) -> None:
        self.plan = plan
        self.configuration = configuration
        self.target = target
        self.half = half
        self.acted = acted
        self.frozen = frozen
        self.kept: dict[str, Applied] = {}
        self._labels: list[str] | None = None
        self._of_labels: list[tuple[str, Value, str]] = []

    def value(self, action: Action, source: Half) -> Value:
        """Return what an action sets; for a label whether the contact is to have it."""
        key = ActionKey.of(action.key)
        if key.label:
            return key.adds
        if action.value is None:
            return _owner(self.plan, self.configuration, self.target, source) or None
        return action.value

    def stands(self, thing: tuple[str, str]) -> Value:
        """Return what stands there now; for a label whether the contact has it."""
        field, label = thing
        value = self.half.values.get(field)
        return label in entries_of(value) if label else value

    def is_there(self, field: Field, thing: tuple[str, str], value: Value) -> bool:
        """Return whether a value stands there, as its app keeps it."""
        stands = self.stands(thing)
        if thing[1]:
            return value is stands
        return bool(kept_as(field, value, stands, self.configuration.phone_region))

    def keep_up(self, action: Action, thing: tuple[str, str], source: Half) -> None:
        """Set what an action sets, where it is due and does not stand there."""
        applied, value = self.acted.get(action.key), self.value(action, source)
        is_done = applied is not None and applied.value == value
        if action.when is When.CREATION or (is_done and action.when is not When.ALWAYS):
            if applied is not None:
                self.kept[action.key] = applied
            return
        if value is None:
            return
        former = self._former(action.field, thing)
        if self.is_there(action.field, thing, value):
            self.kept[action.key] = Applied(self.target, value, former, action.undo)
            return
        if applied is not None:
            self.kept[action.key] = applied
        if action.key in self.frozen:
            self.plan.flags.append(wording.frozen(action.field))
        elif action.field.key in self.half.unwritable:
            app = self.configuration.side(self.target).app_label
            self.plan.flags.append(wording.unwritable(app, action.field))
        else:
            self.send(action, thing, value, former)

    def _former(self, field: Field, thing: tuple[str, str]) -> Value:
        """Return what stood there before any of our actions set it."""
        for key, applied in self.acted.items():
            if ActionKey.of(key).thing == thing and self.is_there(field, thing, applied.value):
                return applied.former
        return self.stands(thing)

    def send(self, action: Action, thing: tuple[str, str], value: Value, former: Value) -> None:
        """Plan the write of an action."""
        if value is None:
            return
        for_now = action.undo and action.when is not When.CREATION
        self._plan(
            action.key, action.field, thing, value, former, SETS_FOR_NOW if for_now else SETS
        )

    def leave(self, key: str, applied: Applied) -> None:
        """Put back what stood before, where ours still stands; else forget the action."""
        action = next((each for each in self._all_actions() if each.key == key), None)
        undo = action.undo if action else applied.undo
        thing = ActionKey.of(key).thing
        field = action.field if action else _unknown_field(thing, applied.value)
        is_reference = field.type is Type.REFERENCE and is_blank(applied.former)
        if not undo or is_reference or key in self.frozen or applied.former == applied.value:
            return
        if self.is_there(field, thing, applied.value):
            self.kept[key] = applied
            self._plan(key, field, thing, applied.former, applied.former, PUTS_BACK)

    def _all_actions(self) -> Iterator[Action]:
        for rule in self.configuration.side(other(self.target)).rules:
            yield from rule.actions

    def _plan(
        self,
        key: str,
        field: Field,
        thing: tuple[str, str],
        value: Value,
        former: Value,
        mark: str,
    ) -> None:
        stands, label = self.stands(thing), thing[1]
        if label:
            self._label(field.key, label, present=bool(value))
            self._of_labels.append((key, former, mark))
            name = shown(field, label)
            before, after = (None, name) if value else (name, None)
            effect = Effect.FILL if value else Effect.OVERWRITE
        else:
            self.plan.writes.setdefault(self.target, {})[field.key] = value
            self.plan.sent[key, self.target] = Sent(value, stands, former, mark)
            before, after = shown(field, stands), shown(field, value)
            effect = _effect(stands, value)
        self.plan.changes.append(FieldChange(self.target, key, field.label, before, after, effect))

    def _label(self, field: str, label: str, *, present: bool) -> None:
        if self._labels is None:
            self._labels = [str(each) for each in entries_of(self.half.values.get(field))]
        others = [each for each in self._labels if each != label]
        self._labels = [*others, label] if present else others

    def finish(self) -> None:
        """Plan the labels as one value."""
        if self._labels is None:
            return
        field = self.configuration.side(self.target).label_field
        value = tuple(self._labels)
        self.plan.writes.setdefault(self.target, {})[field] = value
        for key, former, mark in self._of_labels:
            stands = self.half.values.get(field)
            self.plan.sent[key, self.target] = Sent(value, stands, former, mark)


def _effect(stands: Value, value: Value) -> Effect:
    if is_blank(value):
        return Effect.CLEAR
    return Effect.FILL if is_blank(stands) else Effect.OVERWRITE


def _unknown_field(thing: tuple[str, str], value: Value) -> Field:
    """Return the field of an action that no rule has any more."""
    type_ = Type.MULTI_CHOICE if isinstance(value, tuple) else Type.TEXT
    return Field(thing[0], "Label" if thing[1] else thing[0], type_)


def note(key: str, side: Side, sent: Sent, acted: dict[str, Applied]) -> None:
    """Note what an action's write, which was done, has set or put back."""
    if sent.options == PUTS_BACK:
        acted.pop(key, None)
        return
    label = ActionKey.of(key).label
    value = ActionKey.of(key).adds if label else sent.value
    acted[key] = Applied(side, value, sent.source, sent.options == SETS_FOR_NOW)
