"""The set-up of a connection in words: its settings, and what an edit changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connections.configuration import SIDES, Direction, FirstMerge, Side
from connections.forms.connection import shared_roles
from connections.mapped import Fields, fields_of
from connections.models import Account, Connection
from connections.schema import Field, Role
from connections.setups import MappingSetup, OwnersSetup, Setup
from syncengine import pending
from syncengine.sentences import sentence

FIRST_MERGES: Mapping[str, tuple[str, str]] = {
    FirstMerge.WINNER: ("winner decides", "Where both have a value, the winner's stands."),
    FirstMerge.FILL_GAPS: (
        "fill gaps only",
        "Empty fields are filled; where both have a value, each keeps its own.",
    ),
    FirstMerge.LINK_ONLY: (
        "link only",
        "Nothing is written when two contacts are linked; later changes are copied.",
    ),
}
"""By value: the words, and what they mean."""
NONE = "–"


def direction_words(connection: Connection, direction: str) -> str:
    """Return a direction as the pages call it: "both ways", "Pipeliner to Google Contacts"."""
    left, right = (connection.side_label(side) for side in SIDES)
    if direction == Direction.BOTH:
        return "both ways"
    return f"{left} to {right}" if direction == Direction.LEFT_TO_RIGHT else f"{right} to {left}"


def scope_words(account: Account, chosen: Iterable[str]) -> str:
    """Return a scope in words: "all", "North (with 4 below it), Nordics"."""
    offers = account.offers
    names = {scope.id: scope.name for scope in offers.scopes}
    found = []
    for id_ in chosen:
        below = len(offers.inside([id_])) - 1
        found.append(
            f"{names.get(id_, id_)} (with {below} below it)" if below else names.get(id_, id_)
        )
    return ", ".join(found) or "all"


def role_label(fields: Iterable[Field], role: Role) -> str:
    """Return what the field of a role is called."""
    found = (field.label for field in fields if field.role is role)
    return next(found, role.value.replace("_", " "))


def scope_name(connection: Connection, side: Side) -> str:
    """Return what the scope of a side is called among the settings."""
    return f"Scope in {connection.side_label(side)}"


def mapping_names(connection: Connection) -> dict[Role, str]:
    """Return what the switch of each default mapping is called among the settings."""
    fields = connection.left.offers.fields
    return {role: f"Mapping of {role_label(fields, role)}" for role in shared_roles(connection)}


def settings_in_words(connection: Connection, setup: Setup) -> dict[str, str]:
    """Return each setting by its name on the page, with its value in words."""
    return {
        **{
            scope_name(connection, side): scope_words(connection.account(side), setup.scope(side))
            for side in SIDES
        },
        "Direction": direction_words(connection, setup.direction),
        "Winner": connection.side_label("left" if setup.winner == "left" else "right"),
        "First merge": FIRST_MERGES[setup.first_merge][0],
        "Avoid duplicates": _switch(setup.avoid_duplicates),
        "Never copy blanks": _switch(not setup.copy_blanks),
        "Phone region": setup.phone_region or "none",
        "Time zone": setup.time_zone,
        "Interval": f"{setup.interval_minutes} min",
        "Brake": f"{setup.brake_percent} %",
        **{
            name: _switch(role.value not in setup.switched_off)
            for role, name in mapping_names(connection).items()
        },
        **_mappings_in_words(connection, setup),
        **_owners_in_words(connection, setup.owners),
    }


def _switch(on: bool) -> str:
    return "on" if on else "off"


# Mappings and owners


def _mappings_in_words(connection: Connection, setup: Setup) -> dict[str, str]:
    fields = fields_of(setup, connection.left, connection.right)
    found = {}
    for mapping in setup.mappings:
        name = _pair_words(mapping, fields)
        found[f"Mapping of {name}"] = direction_words(connection, mapping.direction)
        if mapping.options:
            found[f"Options of {name}"] = _options_in_words(mapping, fields)
    return found


def pair_words(connection: Connection, mapping: MappingSetup) -> str:
    """Return what a custom mapping is called: "Gender and Sex"."""
    fields = fields_of(Setup(mappings=(mapping,)), connection.left, connection.right)
    return _pair_words(mapping, fields)


def _pair_words(mapping: MappingSetup, fields: Fields) -> str:
    keys = (mapping.left, mapping.right)
    ends = (fields.of(side).get(key) for side, key in zip(SIDES, keys, strict=True))
    labels = (field.label if field else key for field, key in zip(ends, keys, strict=True))
    return " and ".join(labels)


def _options_in_words(mapping: MappingSetup, fields: Fields) -> str:
    ends = (fields.left.get(mapping.left), fields.right.get(mapping.right))
    labels = [{each.value: each.label for each in field.options} if field else {} for field in ends]
    return ", ".join(
        " = ".join(of.get(value, value) for of, value in zip(labels, pair, strict=True))
        for pair in mapping.options
    )


def _owners_in_words(connection: Connection, owners: OwnersSetup) -> dict[str, str]:
    users = {
        side: {user.id: user.label for user in connection.account(side).offers.users}
        for side in SIDES
    }
    there = connection.side_label("right")
    found: dict[str, str] = {}
    for left, right in owners.table:
        name = f"Owner {users['left'].get(left, left)} in {there}"
        also = f"{found[name]}, " if name in found else ""
        found[name] = also + users["right"].get(right, right)
    for side in SIDES:
        if connection.account(side).declared.owner_field:
            chosen = getattr(owners, f"{side}_fallback")
            name = f"Owner of all others in {connection.side_label(side)}"
            found[name] = users[side].get(chosen, chosen) or "the account's own user"
    return found


# Rules


def rule_names(connection: Connection) -> dict[str, str]:
    """Return what each rule is called, by its key: "rule 1 for contacts from Pipeliner"; as the
    edit that waits has them, where one does.
    """
    found = {}
    for setup in (connection.setup(), pending.current(connection)):
        for side in SIDES:
            whose = f"for contacts from {connection.side_label(side)}"
            for number, rule in enumerate(setup.rules_of(side), 1):
                found[rule.key] = f"rule {number} {whose}"
    return found


# What an edit changed


def edits(connection: Connection, before: Setup, after: Setup) -> dict[str, str]:
    """Return what changed, from what to what, by the name of the setting, rule or mapping."""
    old, new = (settings_in_words(connection, each) for each in (before, after))
    changed = {
        name: f"{old.get(name, NONE)} → {new.get(name, NONE)}"
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    }
    for side in SIDES:
        changed |= _edits_of_rules(connection, side, before, after)
    return changed


def _edits_of_rules(
    connection: Connection, side: Side, before: Setup, after: Setup
) -> Iterator[tuple[str, str]]:
    """Yield the rules of a side that are other, new or gone, by their identity; and another order
    of those that stay.
    """
    old = {rule.key: rule for rule in before.rules_of(side)}
    new = {rule.key: rule for rule in after.rules_of(side)}
    whose = f"for contacts from {connection.side_label(side)}"
    for number, (key, rule) in enumerate(old.items(), 1):
        if key not in new:
            yield f"Removed rule {number} {whose}", sentence(connection, rule)
    for number, (key, rule) in enumerate(new.items(), 1):
        if key not in old:
            yield f"New rule {number} {whose}", sentence(connection, rule)
        elif rule != old[key]:
            was = sentence(connection, old[key])
            yield f"Rule {number} {whose}", f"{was} → {sentence(connection, rule)}"
    places = {key: number for number, key in enumerate(old, 1)}
    staying = [places[key] for key in new if key in old]
    if staying != sorted(staying):
        order = ", ".join(map(str, staying))
        yield f"Order of the rules {whose}", f"{', '.join(map(str, sorted(staying)))} → {order}"


def identity_edits(before: Connection, after: Connection) -> dict[str, str]:
    """Return what changed of a connection's name and accounts, from what to what."""
    old, new = (
        {
            "Name": each.name,
            **{f"{side.capitalize()} account": each.account(side).label for side in SIDES},
        }
        for each in (before, after)
    )
    return {name: f"{old[name]} → {new[name]}" for name in old if old[name] != new[name]}
