from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from connections.encryption import CannotDecrypt
from connections.models.canary import Canary


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503 with what is not; for load balancers and monitors."""
    try:
        Canary.listen()
    except DatabaseError:
        return JsonResponse({"status": "failing", "reason": "database"}, status=503)
    except CannotDecrypt:
        return JsonResponse({"status": "failing", "reason": "encryption keys"}, status=503)
    return JsonResponse({"status": "ok"})
