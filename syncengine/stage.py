"""What the actions of rules do on one side of one contact. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from connections.configuration import Configuration, Side, other
from connections.rules import Action, ActionKey, ActionKind, When
from connections.schema import Field, Type, Value, entries_of, is_blank, kept_as, same
from syncengine import wording
from syncengine.plans import Plan, effect_of, shown
from syncengine.state import PUTS_BACK, Applied, Effect, FieldChange, Half, Sent

SETS, SETS_FOR_NOW = "sets", "sets for now"
"""How what an action sends is marked: for now is until the contact leaves the rule."""
Thing = tuple[str, str]
"""What an action sets: a field, or one label of those that a field holds."""
_REFERENCE_KINDS = frozenset({ActionKind.SET_UNIT, ActionKind.SET_OWNER})


def default_owner(plan: Plan, configuration: Configuration, target: Side, half: Half) -> str:
    """Return who owns a contact on the target: the one whom the table gives for its owner, else the
    fallback; "" is the account's own user [VA10].
    """
    source = configuration.side(other(target))
    mine = half.values.get(source.owner_field) if source.owner_field else None
    for left, right in configuration.owners:
        if mine == (left if target == "right" else right):
            return right if target == "right" else left
    if mine in configuration.lost_owners:
        plan.flags.append(wording.lost_owner(configuration.side(target).app_label))
    return configuration.side(target).fallback_owner


class Stage:
    """One side of one contact; `kept` is what still counts of what actions have set there, `due`
    what is yet to be set, `idle` what there is no value for.

    Labels are collected and written at once, by `finish`.
    """

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
        self.due: set[Thing] = set()
        self.idle: set[Thing] = set()
        self._labels: list[str] | None = None
        self._of_labels: list[tuple[str, Value, str]] = []

    # What stands there

    def value(self, action: Action, source: Half) -> Value:
        """Return what an action sets; for a label whether the contact is to have it."""
        key = ActionKey.of(action.key)
        if key.label:
            return key.adds
        if action.value is None:
            return default_owner(self.plan, self.configuration, self.target, source) or None
        return action.value

    def stands(self, thing: Thing) -> Value:
        """Return what stands there now; for a label whether the contact has it."""
        field, label = thing
        value = self.half.values.get(field)
        return label in entries_of(value) if label else value

    def holds_ours(self, field: Field, thing: Thing, value: Value) -> str:
        """Return how a value that we wrote stands there, see `schema.kept_as`; "" where it does
        not.
        """
        stands = self.stands(thing)
        if thing[1]:
            return "same" if value is stands else ""
        return kept_as(field, value, stands, self.configuration.phone_region)

    def _stands_already(self, field: Field, thing: Thing, value: Value) -> bool:
        stands = self.stands(thing)
        if thing[1]:
            return value is stands
        return same(field, value, stands, self.configuration.phone_region)

    def _standing(self, field: Field, thing: Thing) -> str:
        """Return the key of the action that set what stands there, "" where none of ours did."""
        for key, applied in self.acted.items():
            if ActionKey.of(key).thing == thing and self.holds_ours(field, thing, applied.value):
                return key
        return ""

    def _is_unknown(self, field: Field) -> bool:
        """Return whether nothing is known of a field of a contact that is there already."""
        here, values = self.configuration.side(self.target), self.half.values
        return bool(values) and not here.is_known(field.key, values)

    # Setting

    def keep_up(self, action: Action, thing: Thing, source: Half) -> None:
        """Set what an action sets, where it is due and does not stand there."""
        applied, value = self.acted.get(action.key), self.value(action, source)
        undo = action.can_undo
        if applied is not None:
            self.kept[action.key] = replace(applied, undo=undo)
        if value is None:
            self.idle.add(thing)
            return
        if action.when is When.CREATION:
            return
        standing = self._standing(action.field, thing)
        is_ours = standing in ("", action.key)
        # Whom the table gives changes with the other half's owner: that starts no match.
        follows = action.value is not None or action.when is When.ALWAYS
        is_done = applied is not None and is_ours and (applied.value == value or not follows)
        if is_done:
            stands = self.holds_ours(action.field, thing, value)
            if stands == "cut":
                self._flag(wording.cut, action.field)
            if stands or action.when is not When.ALWAYS:
                return
        if self._is_unknown(action.field):
            self._set_unseen(action, thing, value, is_done=is_done)
            return
        is_former = standing == action.key or (standing and self.acted[standing].undo)
        former = self.acted[standing].former if is_former else self.stands(thing)
        if not is_done and self._stands_already(action.field, thing, value):
            self.kept[action.key] = Applied(self.target, value, former, undo)
            return
        self.due.add(thing)
        if self._may_write(action.key, action.field):
            self.send(action, thing, value, former)

    def _set_unseen(self, action: Action, thing: Thing, value: Value, *, is_done: bool) -> None:
        """Set a field once without a look at it: it is not put back. Labels are left alone, since
        all are written at once.
        """
        if not is_done and not thing[1] and self._may_write(action.key, action.field):
            self.send(action, thing, value, value)

    def send(self, action: Action, thing: Thing, value: Value, former: Value) -> None:
        """Plan the write of an action; `former` is what is put back when its rule is left."""
        mark = SETS_FOR_NOW if action.can_undo else SETS
        self._plan(action.key, action.field, thing, value, former, mark)

    def _may_write(self, key: str, field: Field) -> bool:
        """Return whether a field may be written now; where not, the contact is flagged."""
        if key in self.frozen:
            self.plan.flags.append(wording.frozen(field))
        elif field.key in self.half.unwritable:
            self._flag(wording.unwritable, field)
        else:
            return True
        return False

    def _flag(self, words: Callable[[str, Field], str], field: Field) -> None:
        self.plan.flags.append(words(self.configuration.side(self.target).app_label, field))

    # Putting back

    def leave(self, key: str, applied: Applied) -> None:
        """Put back what stood before, where ours still stands; else forget the action."""
        action = find(self.configuration, self.target, key)
        undo = action.can_undo if action else applied.undo
        thing = ActionKey.of(key).thing
        field = field_of(self.configuration, self.target, key, applied.value)
        if (
            not undo
            or applied.former == applied.value
            or not self.holds_ours(field, thing, applied.value)
            or not _can_hold(field, thing, applied.former)
        ):
            return
        self.kept[key] = applied
        # A side to which nothing flows any more gets nothing either; it is done once that changes.
        if self.configuration.direction.writes(self.target) and self._may_write(key, field):
            self._plan(key, field, thing, applied.former, applied.former, PUTS_BACK)

    def _plan(
        self, key: str, field: Field, thing: Thing, value: Value, former: Value, mark: str
    ) -> None:
        stands, label = self.stands(thing), thing[1]
        if label:
            before = self._shown_labels(field, label)
            self._label(field.key, label, present=bool(value))
            self._of_labels.append((key, former, mark))
            after = self._shown_labels(field, label)
            effect = Effect.FILL if value else Effect.OVERWRITE
        else:
            self.plan.writes.setdefault(self.target, {})[field.key] = value
            self.plan.sent[key, self.target] = Sent(value, stands, former, mark)
            before, after = shown(field, stands), shown(field, value)
            region = self.configuration.phone_region
            effect = (
                Effect.OVERWRITE
                if self._is_unknown(field)
                else effect_of(field, stands, value, region)
            )
        self.plan.changes.append(FieldChange(self.target, key, field.label, before, after, effect))

    def _label(self, field: str, label: str, *, present: bool) -> None:
        if self._labels is None:
            self._labels = [str(each) for each in entries_of(self.half.values.get(field))]
        others = [each for each in self._labels if each != label]
        self._labels = [*others, label] if present else others

    def _shown_labels(self, field: Field, label: str) -> Value:
        """Return all labels by name; of those without a name only the one that it is about."""
        stands = entries_of(self.half.values.get(field.key))
        held = [str(each) for each in (stands if self._labels is None else self._labels)]
        names = [each for each in held if field.options or each == label]
        return shown(field, tuple(names)) if names else None

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


def _can_hold(field: Field, thing: Thing, value: Value) -> bool:
    """Return whether a field can hold a value of before: an owner and a unit are never blank, and
    options, users and labels may be gone.
    """
    known = {option.value for option in field.options}
    if thing[1]:
        return not known or thing[1] in known
    if is_blank(value):
        return field.type is not Type.REFERENCE and not field.required
    return not known or known.issuperset(entries_of(value) or (str(value),))


# An action by its key


def _actions(configuration: Configuration, target: Side) -> Iterator[Action]:
    for rule in configuration.side(other(target)).rules:
        yield from rule.actions


def find(configuration: Configuration, target: Side, key: str) -> Action | None:
    """Return an action on a side, None where no rule has it any more."""
    return next((each for each in _actions(configuration, target) if each.key == key), None)


def field_of(configuration: Configuration, target: Side, key: str, value: Value) -> Field:
    """Return the field that an action set to a value; its type alone where no rule has it any
    more.
    """
    action = find(configuration, target, key)
    if action is not None:
        return action.field
    of = ActionKey.of(key)
    here = configuration.side(target).fields
    mapped = (pair.field(target) for pair in configuration.pairs)
    known = next((each for each in (*here, *mapped) if each.key == of.field), None)
    if known is not None and not of.label:
        return known
    type_ = Type.MULTI_CHOICE if type(value) is tuple else Type.TEXT
    if of.kind in _REFERENCE_KINDS:
        type_ = Type.REFERENCE
    return Field(of.field, "Label" if of.label else of.field, type_)


def note(key: str, side: Side, sent: Sent, acted: dict[str, Applied]) -> None:
    """Note what an action's write, which was done, has set or put back."""
    if sent.options == PUTS_BACK:
        acted.pop(key, None)
        return
    label = ActionKey.of(key).label
    value = ActionKey.of(key).adds if label else sent.value
    acted[key] = Applied(side, value, sent.source, sent.options == SETS_FOR_NOW)
