"""Makes the configuration of a connection of what people decided and what the two apps offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connections.configuration import (
    SIDES,
    Configuration,
    Direction,
    FirstMerge,
    Pair,
    Side,
    SideConfiguration,
    default_pairs,
    fields_to_know,
    narrowed,
    other,
    widest_arrow,
)
from connections.connectors.base import App
from connections.models.account import Account, Catalogue, side_labels
from connections.operands import BadValue, ConditionKind, Operator, operand, typed
from connections.rule_parts import why_not_set
from connections.rules import (
    LABEL_ACTIONS,
    Action,
    ActionKind,
    Condition,
    Match,
    Rule,
    When,
    action_key,
)
from connections.schema import Field, Option, Type, Value
from connections.setups import ActionSetup, ConditionSetup, OwnersSetup, RuleSetup, Setup


def configure(setup: Setup, left: Account, right: Account) -> Configuration:
    """Return the configuration; what names nothing that exists is left without effect.

    `vanished.vanished` says where that is so, and a run stops there before it writes [RU9].
    """
    direction = Direction(setup.direction)
    offers: dict[Side, Catalogue] = {"left": left.offers, "right": right.offers}
    apps: dict[Side, App] = {"left": left.declared, "right": right.declared}
    owners, lost = _owners(setup.owners, offers)
    labels = side_labels(left, right)
    sides = {
        side: _side(setup, side, (left, right)[side == "right"], labels[side], offers, apps)
        for side in SIDES
    }
    return Configuration(
        left=sides["left"],
        right=sides["right"],
        pairs=(
            *default_pairs(
                offers["left"].fields,
                offers["right"].fields,
                direction,
                frozenset(setup.switched_off),
            ),
            *_custom_pairs(setup, offers, apps),
        ),
        direction=direction,
        winner="left" if setup.winner == "left" else "right",
        first_merge=FirstMerge(setup.first_merge),
        phone_region=setup.phone_region,
        time_zone=setup.time_zone,
        avoid_duplicates=setup.avoid_duplicates,
        copy_blanks=setup.copy_blanks,
        owners=owners,
        lost_owners=lost,
    )


def field_of(account: Account, key: str) -> Field | None:
    """Return a field that an account offers; a custom one that people name need not be listed."""
    return account.offers.field(key, account.declared.custom_prefix)


def _side(
    setup: Setup,
    side: Side,
    account: Account,
    label: str,
    offers: dict[Side, Catalogue],
    apps: dict[Side, App],
) -> SideConfiguration:
    app, scope = apps[side], setup.scope(side)
    here = offers[side]
    fallback = getattr(setup.owners, f"{side}_fallback")
    inside = here.inside(list(scope))
    create_scope = _create_scope(account, scope, inside)
    return SideConfiguration(
        app=app.key,
        app_label=label,
        account_id=account.pk,
        scope=inside if scope else None,
        create_scope=create_scope,
        needs_name=app.needs_name,
        compare_and_set=app.compare_and_set,
        custom_prefix=app.custom_prefix,
        fields=fields_to_know(here.fields),
        rules=tuple(
            _rule(each, side, offers, apps, setup.time_zone) for each in setup.rules_of(side)
        ),
        owner_field=app.owner_field,
        label_field=app.label_field,
        fallback_owner=fallback if any(user.id == fallback for user in here.users) else "",
        unit_field=app.unit_field,
        owner_units=_owner_units(here, scope, inside, create_scope),
    )


def _create_scope(account: Account, scope: Sequence[str], inside: frozenset[str]) -> str:
    """Return the scope value that new contacts get: the owner's own where it is inside [AC6]."""
    if not scope:
        return ""
    owner = account.own_user
    return owner.unit if owner and owner.unit in inside else scope[0]


def _owner_units(
    offers: Catalogue, scope: Sequence[str], inside: frozenset[str], create_scope: str
) -> tuple[tuple[str, str], ...]:
    if not scope:
        return ()
    units = ((user.id, user.unit if user.unit in inside else scope[0]) for user in offers.users)
    return tuple((user, unit) for user, unit in units if unit != create_scope)


# Rules


def _rule(
    setup: RuleSetup,
    side: Side,
    offers: dict[Side, Catalogue],
    apps: dict[Side, App],
    time_zone: str,
) -> Rule:
    target = other(side)
    actions = (
        _action(setup.key, each, offers[target], apps[target], time_zone) for each in setup.actions
    )
    return Rule(
        setup.key,
        Match(setup.match),
        tuple(_condition(each, offers[side], apps[side]) for each in setup.conditions),
        tuple(each for each in actions if each is not None),
    )


def _condition(setup: ConditionSetup, offers: Catalogue, app: App) -> Condition:
    kind, operator = ConditionKind(setup.kind), Operator(setup.operator)
    if kind is ConditionKind.EXISTS:
        return Condition(kind, operator, (setup.value != ("false",),))
    if kind is ConditionKind.OWNER:
        return Condition(kind, operator, setup.value)
    if kind in (ConditionKind.SCOPE, ConditionKind.LABEL):
        return Condition(kind, operator, tuple(sorted(offers.inside(list(setup.value)))))
    field = offers.field(setup.field, app.custom_prefix) or Field(
        setup.field, setup.field, Type.TEXT
    )
    try:
        return Condition(kind, operator, operand(field, operator, setup.value), field)
    except BadValue:
        return Condition(kind, operator, (), field)


def _action(
    rule_key: str, setup: ActionSetup, offers: Catalogue, app: App, time_zone: str
) -> Action | None:
    kind, field = ActionKind(setup.kind), target_field(setup, offers, app)
    if field is None:
        return None
    try:
        value = _action_value(kind, field, setup.value)
        if isinstance(value, datetime):
            value = value.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
    except (BadValue, OverflowError):
        return None
    label = str(value) if kind in LABEL_ACTIONS else ""
    key = action_key(rule_key, kind, field.key, label)
    return Action(key, kind, field, value, When(setup.when), setup.undo)


def target_field(setup: ActionSetup, offers: Catalogue, app: App) -> Field | None:
    """Return the field of the target that an action writes, None where the app has none."""
    kind = ActionKind(setup.kind)
    if kind is ActionKind.SET_FIELD:
        return offers.field(setup.field, app.custom_prefix)
    key = {
        ActionKind.SET_UNIT: app.unit_field,
        ActionKind.SET_OWNER: app.owner_field,
        ActionKind.ADD_LABEL: app.label_field,
        ActionKind.REMOVE_LABEL: app.label_field,
    }[kind]
    field = offers.field(key, app.custom_prefix) if key else None
    if field is None:
        return None
    named = offers.users if kind is ActionKind.SET_OWNER else offers.scopes
    return replace(field, options=tuple(Option(each.id, each.name) for each in named))


def _action_value(kind: ActionKind, field: Field, texts: tuple[str, ...]) -> Value:
    """Return what an action sets, typed as its field; raises `BadValue`."""
    if kind is ActionKind.SET_OWNER and not texts:
        return None
    if not texts:
        raise BadValue("Give a value.")
    if kind is not ActionKind.SET_FIELD:
        return texts[0]
    if why := why_not_set(field):
        raise BadValue(f"{field.label} {why}.")
    if field.type is Type.MULTI_CHOICE:
        return tuple(str(typed(field, text)) for text in texts)
    return typed(field, texts[0])


# Mappings and owners


def _custom_pairs(setup: Setup, offers: dict[Side, Catalogue], apps: dict[Side, App]) -> list[Pair]:
    pairs = []
    for mapping in setup.mappings:
        left = offers["left"].field(mapping.left, apps["left"].custom_prefix)
        right = offers["right"].field(mapping.right, apps["right"].custom_prefix)
        wanted = narrowed(Direction(setup.direction), Direction(mapping.direction))
        if left is None or right is None or wanted is None:
            continue
        found = widest_arrow(left, right, wanted)
        if found is not None:
            pairs.append(Pair(left, right, found, mapping.options))
    return pairs


def _owners(
    setup: OwnersSetup, offers: dict[Side, Catalogue]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the pairs of users who both exist, and the users whose partner does not."""
    users = {side: {user.id for user in offers[side].users} for side in SIDES}
    pairs, lost = [], []
    for left, right in setup.table:
        if left in users["left"] and right in users["right"]:
            pairs.append((left, right))
        else:
            lost += [left] if left in users["left"] else []
            lost += [right] if right in users["right"] else []
    return tuple(pairs), tuple(lost)
