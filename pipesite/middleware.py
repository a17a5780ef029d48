from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse


def refuse_nul(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 400 to an address with a NUL character, which PostgreSQL takes in no text."""

    def respond(request: HttpRequest) -> HttpResponse:
        if any("\0" in each for values in request.GET.lists() for each in (values[0], *values[1])):
            raise BadRequest("a NUL character in the address")
        return get_response(request)

    return respond
