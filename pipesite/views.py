from __future__ import annotations

import math

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from connections.encryption import CannotDecrypt
from connections.models import Canary, Connection
from syncengine.watching import HEALTHY_SECONDS, silent_for


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503 with what is not; for load balancers and monitors."""
    try:
        Canary.listen()
        reason = "worker" if _is_worker_gone() else ""
    except DatabaseError:
        reason = "database"
    except CannotDecrypt:
        reason = "encryption keys"
    if reason:
        return JsonResponse({"status": "failing", "reason": reason}, status=503)
    return JsonResponse({"status": "ok"})


def _is_worker_gone() -> bool:
    """Return whether the worker is silent; one that never ran is missed where it has work."""
    silence = silent_for()
    if silence == math.inf:
        return Connection.objects.filter(state=Connection.State.ACTIVE).exists()
    return silence > HEALTHY_SECONDS
