from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from connections.encryption import CannotDecrypt
from connections.models import Canary, Connection
from syncengine.watching import is_missed, silent_for


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503 with what is not; for load balancers and monitors."""
    reason = _failing()
    if reason:
        return JsonResponse({"status": "failing", "reason": reason}, status=503)
    return JsonResponse({"status": "ok"})


def _failing() -> str:
    try:
        Canary.listen()
        is_gone = _is_worker_gone()
    except DatabaseError:
        return "the database does not answer"
    except CannotDecrypt:
        return "the encryption keys do not fit the database"
    return "no sign of the worker for 3 minutes" if is_gone else ""


def _is_worker_gone() -> bool:
    has_work = Connection.objects.filter(state=Connection.State.ACTIVE).exists()
    return is_missed(silent_for(), has_work=has_work)
