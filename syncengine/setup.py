"""The set-up of a connection in words: its settings, and what an edit changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connections.configuration import SIDES, Direction, FirstMerge, Side
from connections.forms.connection import shared_roles
from connections.models import Connection
from connections.schema import Field, Role
from syncengine.states import side_label

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
DECIDES_NOTHING_ANEW = ("Name", "Winner", "Interval", "Brake")
"""The settings whose change lets all contacts stand as they were decided [CN8]."""


def direction_words(connection: Connection, direction: str) -> str:
    """Return a direction as the pages call it: "both ways", "Pipeliner to Google Contacts"."""
    left, right = (side_label(connection, side) for side in SIDES)
    if direction == Direction.BOTH:
        return "both ways"
    return f"{left} to {right}" if direction == Direction.LEFT_TO_RIGHT else f"{right} to {left}"


def scope_words(connection: Connection, side: Side) -> str:
    """Return the scope of a side: "all", "North (with 4 below it), Nordics"."""
    account = connection.account(side)
    offers, chosen = account.offers, getattr(connection, f"{side}_scope")
    names = {scope.id: scope.name for scope in offers.scopes}
    found = []
    for id_ in chosen:
        below = len(offers.inside([id_])) - 1
        found.append(
            f"{names.get(id_, id_)} (with {below} below it)" if below else names.get(id_, id_)
        )
    return ", ".join(found) or "all"


def settings_in_words(connection: Connection) -> dict[str, str]:
    """Return each setting by its name on the page, with its value in words."""
    both = {side: side_label(connection, side) for side in SIDES}
    return {
        "Name": connection.name,
        **{f"{side.capitalize()} account": connection.account(side).label for side in SIDES},
        **{f"Scope in {both[side]}": scope_words(connection, side) for side in SIDES},
        "Direction": direction_words(connection, connection.direction),
        "Winner": both["left" if connection.winner == "left" else "right"],
        "First merge": FIRST_MERGES[connection.first_merge][0],
        "Avoid duplicates": _switch(connection.avoid_duplicates),
        "Never copy blanks": _switch(not connection.copy_blanks),
        "Phone region": connection.phone_region or "none",
        "Time zone": connection.time_zone,
        "Interval": f"{connection.interval_minutes} min",
        "Brake": f"{connection.brake_percent} %",
        **{
            f"Mapping of {role_label(connection.left.offers.fields, role)}": _switch(
                connection.syncs(role)
            )
            for role in shared_roles(connection)
        },
    }


def role_label(fields: Iterable[Field], role: Role) -> str:
    """Return what the field of a role is called."""
    found = (field.label for field in fields if field.role is role)
    return next(found, role.value.replace("_", " "))


def _switch(on: bool) -> str:
    return "on" if on else "off"


def edits(before: Connection, after: Connection) -> dict[str, str]:
    """Return what changed, from what to what, by the name of the setting."""
    old, new = settings_in_words(before), settings_in_words(after)
    return {
        name: f"{old.get(name, '–')} → {new.get(name, '–')}"
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    }


def decides_anew(edited: Iterable[str]) -> bool:
    """Return whether an edit of these settings has every contact decided anew [CN8]."""
    return any(name not in DECIDES_NOTHING_ANEW for name in edited)
