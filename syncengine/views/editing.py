"""Edits of a connection's set-up from its pages: the page, a rule, a mapping [CN10].

Each form carries the set-up that it was made of, signed; what was edited meanwhile is never
overwritten. And the edit that waits, as the pages show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from connections.models import Connection, PendingEdit
from connections.rule_words import lower_first
from connections.setups import Setup
from syncengine import control, pending
from syncengine.pending import Outdated
from syncengine.setup import edits
from syncengine.views.common import CHANGE, find, name_of, say
from syncengine.views.edits import in_words, log

SEEN = "seen"
"""The name of the hidden field that carries the set-up a form was made of."""
_SALT = "connection setup"


def sign(setup: Setup) -> str:
    """Return a set-up as the hidden field of a form carries it."""
    return signing.dumps(setup.to_json(), salt=_SALT, compress=True)


def seen(request: HttpRequest) -> Setup | None:
    """Return the set-up that the submitted form was made of; None where it carries none."""
    try:
        return Setup.from_json(signing.loads(request.POST.get(SEEN, ""), salt=_SALT))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def save(
    request: HttpRequest,
    connection: Connection,
    setup: Setup,
    also: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Store an edit of the set-up that the submitted form was made of, put it in the log, and say
    what is next; return what it changed, in words. `also` is what was stored beside it.

    Raises `Outdated` where the set-up is no longer what the form was made of.
    """
    before = seen(request)
    if before is None:
        raise Outdated(pending.current(connection))
    waited = pending.of(connection) is not None
    waits = pending.save(connection.pk, setup, request.user, seen=before)
    changed = edits(connection, before, setup)
    done = {**(also or {}), **changed}
    if done:
        log(request.user.pk or 0, connection, in_words(done))
    say(request, _comes_to(connection, done, waits=waits and bool(changed), waited=waited))
    return changed


def _comes_to(connection: Connection, done: Mapping[str, str], *, waits: bool, waited: bool) -> str:
    """Return what an edit comes to, for the person who saved it."""
    if not done:
        return f"Nothing was changed in “{connection}”."
    if waits:
        return "The edit is saved and waits: look at its preview, then apply or drop it."
    said = [f"“{connection}” is saved."]
    if waited and pending.of(connection) is None:
        said.append("No edit waits any more.")
    if control.check_again(connection):
        said.append("The run that the brake held is counted again.")
    return " ".join(said)


def meanwhile(request: HttpRequest, connection: Connection, outdated: Outdated) -> dict[str, str]:
    """Return what others changed since the submitted form was made, in words."""
    before = seen(request)
    return edits(connection, before, outdated.now) if before else {}


# The edit that waits


FEW = 3
"""How many edits the save bar names."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An edit that waits, and what it changes, in words by the name of the setting or rule."""

    edit: PendingEdit
    changes: Mapping[str, str]

    @property
    def few(self) -> str:
        """The names of what it changes, of many the first."""
        names = [lower_first(name) for name in self.changes]
        more = len(names) - FEW
        return ", ".join(names[:FEW]) + (f" and {more} more" if more > 0 else "")

    @property
    def mark(self) -> str:
        """What tells it from a later one."""
        return self.edit.saved_at.isoformat()

    @property
    def by(self) -> str:
        return name_of(self.edit.saved_by)


def waiting(connection: Connection) -> Waiting | None:
    """Return the edit of a connection that waits; None where none does."""
    edit = pending.of(connection)
    if edit is None:
        return None
    changes = edits(connection, connection.setup(), edit.value)
    return Waiting(edit, changes)


@require_POST
def drop(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Forget the edit that waits."""
    stands = find(request, connection_id, CHANGE)
    connection = stands.connection
    found = waiting(connection)
    if found is None:
        say(request, f"No edit of “{connection}” waits.", bad=True)
    elif request.POST.get("edit") != found.mark:
        say(request, "Nothing was dropped: the edit is another by now. Look at it again.", bad=True)
    else:
        pending.drop(connection, found.edit)
        names = ", ".join(found.changes)
        log(request.user.pk or 0, connection, f"Dropped the edit that waited: {names}.")
        say(request, "The edit is dropped. The set-up is as it was before it.")
    return redirect("admin:connections_connection_change", connection_id)
