"""The error bodies of Pipeliner's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PARAMETER_INVALID = (117, "ERROR_PARAMETER_INVALID")
PARAMETER_MISSING = (119, "ERROR_PARAMETER_MISSING")
NO_RELATED_RECORD = (120, "ERROR_RELATIONS_DOESNT_EXIST")


class ApiError(Exception):
    """An error that ends the request, or one item of a batch, with `body`."""

    def __init__(self, status: int, code: int, name: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "code": code,
            "name": name,
            "message": message,
            **more,
            "http_status": status,
            "success": False,
        }


def bad_request(message: str) -> ApiError:
    """400 code 117: a parameter or the body as such is wrong."""
    return ApiError(400, *PARAMETER_INVALID, message)


def not_found(kind: str, key: str) -> ApiError:
    """404 for an id that is not there, or deleted."""
    return ApiError(404, 118, "ERROR_ENTITY_NOT_FOUND", f"{kind} '{key}' not found.", entity_id=key)


def unknown_type(plural: str) -> ApiError:
    """404 code 2006 for an entity that the API does not have."""
    return ApiError(404, 2006, "ERROR_UNKNOWN_TYPE", f"Unknown entity '{plural}'.")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a record: about a field, or with none about the whole."""

    reason: tuple[int, str]
    message: str
    field: str | None = None


def validation_error(
    kind: str, key: str, problems: list[Problem], field_ids: dict[str, str]
) -> ApiError:
    """422 code 40000 with each problem in its place; `field_ids` by api name."""

    def nested(problem: Problem) -> dict[str, Any]:
        code, name = problem.reason
        body: dict[str, Any] = {"code": code, "name": name, "message": problem.message}
        if problem.field is not None:
            body |= {"field_id": field_ids.get(problem.field), "field_name": problem.field}
        return body

    by_field: dict[str, list[dict[str, Any]]] = {}
    for problem in problems:
        if problem.field is not None:
            by_field.setdefault(problem.field, []).append(nested(problem))
    return ApiError(
        422,
        40000,
        "ERROR_ENTITY_VALIDATION",
        "".join(f"\n{problem.message}" for problem in problems),
        entity_id=key,
        entity_name=kind,
        entity_errors=[nested(problem) for problem in problems if problem.field is None],
        field_errors=[
            {
                "field_id": field_ids.get(name),
                "field_name": name,
                "name": "ERROR_FIELD_VALIDATION",
                "code": 40002,
                "errors": errors,
            }
            for name, errors in by_field.items()
        ],
        step_checklist_errors=[],
        entity_index=None,
    )
