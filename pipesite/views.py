from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from connections.encryption import CannotDecrypt
from connections.models import Canary
from syncengine import clock
from syncengine.models import Heartbeat

# The worker shows that it lives every minute.
SILENCE = timedelta(minutes=3)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503 with what is not; for load balancers and monitors."""
    reason = _failing()
    if reason:
        return JsonResponse({"status": "failing", "reason": reason}, status=503)
    return JsonResponse({"status": "ok"})


def _failing() -> str:
    try:
        Canary.listen()
        alive = Heartbeat.objects.filter(at__gt=clock.now() - SILENCE).exists()
    except DatabaseError:
        return "the database does not answer"
    except CannotDecrypt:
        return "the encryption keys do not fit the database"
    return "" if alive else "no sign of the worker for 3 minutes"
