"""Edits of a connection's set-up from its pages: the page, a rule, a mapping [CN10].

Each form carries the set-up that it was made of, signed; what was edited meanwhile is never
overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.core import signing
from django.http import HttpRequest

from connections.models import Connection
from connections.setups import Setup
from syncengine import control, pending
from syncengine.pending import Outdated
from syncengine.setup import edits
from syncengine.views.common import say
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
