"""Deletes an account in small steps: first what was seen of it, then itself [AC5].

Nothing is asked of the app.
"""

from __future__ import annotations

import time

from django.db import transaction
from django.db.models import Q

from connections.models import Account, Connection
from syncengine.models import Intent, Mirror, Record

CHUNK = 500
"""How many rows go in one transaction: nobody else waits long for the database."""
IN_USE = "A connection was made with it while it was being deleted; its secrets are wiped."


def delete_account(account_id: int, seconds: float) -> bool:
    """Work for a while on deleting an account that is marked so; return whether it is done."""
    ends_at = time.monotonic() + seconds
    while _delete_some(account_id):
        if time.monotonic() >= ends_at:
            return False
    return True


@transaction.atomic
def _delete_some(account_id: int) -> bool:
    """Delete some rows, at last the account itself; return whether there is more to do."""
    marked = Account.objects.filter(pk=account_id, status=Account.Status.DELETING)
    account = marked.select_for_update().only("pk").first()
    if account is None:
        return False
    # Should it be authorized again meanwhile, it is read from the start.
    Mirror.objects.filter(account=account).update(cursor=None)
    if Connection.objects.filter(Q(left=account) | Q(right=account)).exists():
        marked.update(status=Account.Status.NEEDS_AUTHORIZATION, status_reason=IN_USE)
        return False
    # `only`: what is encrypted need not be read to be deleted.
    for rows in (
        Record.objects.filter(mirror__account=account).only("pk"),
        Intent.objects.filter(mirror__account=account).only("pk"),
    ):
        if chunk := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
            rows.filter(pk__in=chunk).delete()
            return True
    account.delete()
    return False
