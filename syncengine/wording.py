"""The sentences with which a decision gives its reasons and flags. Pure."""

from __future__ import annotations

from connections.schema import Field

NO_EMAIL = "No email address, and avoid duplicates is on"
NO_NAME = "No name and no email address"
NOTHING_TO_COPY = "No mapped field has a value"
WAITING = "Waits to see what was written"
IN_DOUBT = "Waits to see whether a write without an answer was done"
NO_RULE = "No rule takes it in"
ONLY_EXISTING = "The rules take it in only where it exists in the other app already"
LINKED_FIRST = "Linked first, as both sides have this contact"
LEAVES = "Leaves the sync"
LEFT_OUT = "Left out: "
"""How a preview says that a contact goes out of the sync, and what of it would not be written."""
SHARED = "Another contact has the same email address"
PROGRAMS_DISAGREE = "Two programs disagree"


def outside_scope(app: str) -> str:
    return f"Outside the scope in {app}"


def archived(app: str) -> str:
    return f"Archived in {app}"


def deleted(app: str) -> str:
    return f"Deleted in {app}"


def not_written_to(app: str) -> str:
    return f"The direction writes nothing to {app}"


def needs_name(app: str) -> str:
    return f"{app} wants a first or last name"


def wants_value(app: str, field: Field) -> str:
    return f"{app} wants a value in {field.label}"


def left_out(app: str, field: Field, reason: str) -> str:
    return f"{app} did not get {field.label}: {reason}"


def not_read(app: str, field: Field, reason: str) -> str:
    return f"{field.label} was not taken from {app}: {reason}"


def unwritable(app: str, field: Field) -> str:
    return f"{app} lets nobody write {field.label} here"


def lost_owner(app: str) -> str:
    return f"The owner's partner in the table of owners is no longer in {app}"


def cut(app: str, field: Field) -> str:
    return f"{app} cut {field.label} short"


def no_slot(app: str, field: Field, count: int) -> str:
    entries = "1 entry" if count == 1 else f"{count} entries"
    return f"{app} has no place for {entries} of {field.label}"


def too_long(app: str, field: Field, count: int) -> str:
    entries = "1 entry" if count == 1 else f"{count} entries"
    return f"{app} did not get {entries} of {field.label}: too long"


def frozen(field: Field) -> str:
    return f"{PROGRAMS_DISAGREE}: {field.label}"
