"""The error bodies of Google's APIs.

https://cloud.google.com/apis/design/errors and google.rpc's error_details.proto.
"""

from __future__ import annotations

from typing import Any

from .base import Refused, Response, json_response

# google.rpc.Code, of which HTTP codes are a coarser picture.
RPC_CODES = {
    "OK": 0,
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
DOMAIN = "people.googleapis.com"

Detail = dict[str, Any]


class ApiError(Refused):
    """Refuses a request of the People API with `status` and `message` in Google's envelope."""

    def __init__(
        self,
        code: int,
        message: str,
        *details: Detail,
        status: str = "",
        reason: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.code = code
        self.status = status or STATUSES.get(code, "UNKNOWN")
        self.message = message
        error: dict[str, Any] = {"code": code, "message": message, "status": self.status}
        if reason:
            error["errors"] = [{"message": message, "domain": "global", "reason": reason}]
        if details:
            error["details"] = list(details)
        response = json_response({"error": error}, code)
        response.headers.update(headers or {})
        super().__init__(response)

    @property
    def rpc(self) -> dict[str, Any]:
        """The error as a google.rpc.Status, as it stands inside the answers of batches."""
        return {"code": RPC_CODES.get(self.status, 2), "message": self.message}


def error_info(reason: str, **metadata: str) -> Detail:
    """A google.rpc.ErrorInfo."""
    info: Detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": DOMAIN,
    }
    return {**info, "metadata": metadata} if metadata else info


def invalid(message: str, field: str = "") -> ApiError:
    """400 INVALID_ARGUMENT; with `field`, as a google.rpc.BadRequest violation of it."""
    if not field:
        return ApiError(400, message)
    violation = {"field": field, "description": message}
    return ApiError(
        400,
        message,
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]},
    )


def not_found() -> ApiError:
    """404 for a resource that is not there, or not there any more."""
    return ApiError(404, "Requested entity was not found.")


def expired_sync_token(code: int) -> ApiError:
    """A dead sync token: 400 in what users report, 410 in an older page of the documentation."""
    return ApiError(
        code,
        "Sync token is expired. Clear local cache and retry call without the sync token.",
        error_info("EXPIRED_SYNC_TOKEN"),
        status="FAILED_PRECONDITION",
    )


def stale_etag() -> ApiError:
    """The contact has another etag than the update brought."""
    return ApiError(
        400,
        "Request person.metadata.sources.etag is different than the current"
        " person.metadata.sources.etag. Clear local cache and get the latest person.",
        status="FAILED_PRECONDITION",
        reason="failedPrecondition",
    )


def rate_limited(metric: str, limit: str) -> ApiError:
    """429 for a quota a minute; Google sends no Retry-After with it."""
    info = error_info(
        "RATE_LIMIT_EXCEEDED",
        service=DOMAIN,
        quota_metric=f"{DOMAIN}/{metric}",
        quota_limit=limit,
    )
    return ApiError(
        429,
        f"Quota exceeded for quota metric '{metric}' and limit '{limit}'"
        f" of service '{DOMAIN}' for consumer 'project_number:1'.",
        {**info, "domain": "googleapis.com"},
    )


def backend_limited() -> ApiError:
    """429 for the fixed limit on first pages of full lists."""
    violation = {"subject": "user", "description": "FBS quota limit exceeded."}
    return ApiError(
        429,
        "Resource has been exhausted (e.g. check quota).",
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
    )


def no_such_method() -> Response:
    """Google's page for a path or method that an API does not have."""
    return Response(
        "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>"
        "<p><b>404.</b> The requested URL was not found on this server.",
        404,
        content_type="text/html; charset=UTF-8",
    )
