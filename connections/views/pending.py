"""What a person has begun to authorize, between two requests: sealed in their session, for a
while, under a key that nobody can guess.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from django.http import HttpRequest

from connections.encryption import seal, unseal

LASTS = timedelta(minutes=30)
MOST = 5
"""How many a session keeps; the oldest go first."""
_KEPT_AS = "authorizing"


@dataclass(frozen=True, slots=True)
class Pending:
    """`query` is the address at which it began; `settings` and `secrets` are those that were
    accepted so far, `verifier` the one of PKCE.
    """

    user: int
    query: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    verifier: str = ""


def keep(request: HttpRequest, pending: Pending) -> str:
    """Return the new key under which it is kept."""
    kept = request.session.get(_KEPT_AS, {})
    key = secrets.token_urlsafe(32)
    newest = list(kept.items())[-(MOST - 1) :]
    request.session[_KEPT_AS] = dict([*newest, (key, seal(asdict(pending)))])
    return key


def look_up(request: HttpRequest, key: str) -> Pending | None:
    """Return what is kept under a key, if it is this person's and not too old."""
    sealed = request.session.get(_KEPT_AS, {}).get(key)
    opened = unseal(sealed, LASTS) if sealed else None
    if opened is None or opened["user"] != request.user.pk:
        return None
    return Pending(**opened)


def drop(request: HttpRequest, key: str) -> None:
    """Forget it, at once for all other requests."""
    kept = request.session.get(_KEPT_AS, {})
    if kept.pop(key, None) is not None:
        request.session[_KEPT_AS] = kept
        request.session.save()
