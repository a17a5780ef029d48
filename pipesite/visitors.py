from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Return from where a request comes: what the web server in front says, where it is trusted."""
    peer: str = request.META.get("REMOTE_ADDR", "")
    trusted = settings.FORWARDED_ALLOW_IPS
    if peer not in trusted and "*" not in trusted:
        return peer
    # The last one is of that web server; those before it are what the visitor claims.
    last: str = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        validate_ipv46_address(last)
    except ValidationError:
        return peer
    return last
