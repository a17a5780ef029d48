"""Reading requests as strictly as Google does, and answering in the form that they ask for.

Query parameters that all methods have: https://cloud.google.com/apis/docs/system-parameters
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from werkzeug.datastructures import MultiDict

from .base import Request, Response, Row
from .google_errors import ApiError, invalid
from .google_schema import FIELDS, READ_MASK, words

COMMON = frozenset({"alt", "fields", "key", "prettyPrint", "quotaUser", "$.xgafv"})

# The names that a `fields` selection may hold, beside those of FIELDS.
_ANSWER_NAMES = words(
    "canNotRemoveLastContactGroupResourceNames code connections contactGroup contactGroupId"
    " contactGroups contactGroupResourceName createdPeople day deleted details etag formattedName"
    " groupType httpStatusCode id memberCount memberResourceNames message metadata month name"
    " nextPageToken nextSyncToken notFoundResourceNames objectType person previousResourceNames"
    " primary profileMetadata requestedResourceName resourceName responses source sourcePrimary"
    " sources status totalItems totalPeople type updateResult updateTime userTypes verified"
    " year"
)
_SELECTABLE = _ANSWER_NAMES.union(
    READ_MASK, *(spec.properties.keys() | spec.read_only for spec in FIELDS.values())
)

Selection = dict[str, "Selection"]


class Query:
    """The query parameters of a request; `selection` is what `fields` asks for, if it is there."""

    def __init__(self, args: MultiDict[str, str]) -> None:
        self._args = args
        fields = args.get("fields")
        self.selection = None if fields is None else parse_selection(fields)

    def text(self, name: str) -> str:
        """A parameter, blank if it is not there."""
        return self._args.get(name, "")

    def has(self, name: str) -> bool:
        """Whether the parameter is there, blank or not."""
        return name in self._args

    def each(self, name: str) -> list[str]:
        """The values of a repeated parameter."""
        return self._args.getlist(name)

    def flag(self, name: str) -> bool:
        """A boolean. Raises ApiError, 400."""
        value = self.text(name)
        if value not in ("", "true", "false"):
            raise invalid(f"Invalid value at '{name}' (TYPE_BOOL), {value!r}", name)
        return value == "true"

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number; 0 is the default. Raises ApiError, 400."""
        value = self.text(name)
        if value in ("", "0"):
            return default
        if not re.fullmatch(r"-?\d{1,10}", value):
            raise invalid(f"Invalid value at '{name}' (TYPE_INT32), {value!r}", name)
        if not low <= int(value) <= high:
            raise invalid(f"{name} must be from {low} to {high}.", name)
        return int(value)


class Body:
    """A JSON object that a client sent, with keys that the schema has."""

    def __init__(self, data: Any, allowed: tuple[str, ...], at: str = "") -> None:
        if not isinstance(data, dict):
            raise invalid(f"Invalid value at '{at or 'body'}', expected an object.", at)
        for key in data:
            if key not in allowed:
                where = f" at '{at}'" if at else ""
                raise invalid(
                    f'Invalid JSON payload received. Unknown name "{key}"{where}:'
                    " Cannot find field.",
                    at,
                )
        self.data: Row = data

    def has(self, name: str) -> bool:
        """Whether the key is there with a value."""
        return self.data.get(name) is not None

    def value(self, name: str) -> Any:
        """A value as it was sent."""
        return self.data.get(name)

    def text(self, name: str) -> str:
        """A text, blank if it is not there. Raises ApiError, 400."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid(f"Invalid value at '{name}' (TYPE_STRING), {value!r}", name)
        return value or ""

    def texts(self, name: str) -> list[str]:
        """A list of texts. Raises ApiError, 400."""
        values = self.data.get(name) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise invalid(f"Invalid value at '{name}', expected a list of strings.", name)
        return values

    def part(self, name: str, *allowed: str) -> Body:
        """An object inside this one, which must be there. Raises ApiError, 400."""
        if not self.has(name):
            raise invalid(f"{name} is required.", name)
        return Body(self.data[name], allowed, name)


def query(request: Request, *single: str, repeated: tuple[str, ...] = ()) -> Query:
    """The query parameters, of which a method knows these. Raises ApiError, 400, for others."""
    for name, values in request.args.lists():
        if name not in COMMON and name not in single and name not in repeated:
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query'
                f" parameter. Field '{name}' could not be found in request message."
            )
        if len(values) > 1 and name not in repeated:
            raise invalid(
                f'Invalid value at "{name}": Proto field is not repeating, cannot start list.',
                name,
            )
    if request.args.get("alt", "json") != "json":
        raise invalid("alt must be json.", "alt")
    return Query(request.args)


def body(request: Request, *allowed: str) -> Body:
    """The JSON body. Raises ApiError, 400, if it is none or has an unknown key."""
    return Body(json_body(request), allowed)


def json_body(request: Request) -> Any:
    """The JSON body, whatever it is. Raises ApiError, 400, if it is none."""
    text = request.get_data()
    if text and request.mimetype != "application/json":
        raise invalid(f"Request content type {request.mimetype!r} is not application/json.")
    try:
        return json.loads(text or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid("Invalid JSON payload received. Unexpected token.") from None


def answer(data: Row, query: Query) -> Response:
    """`data` as the answer, or the part of it that `fields` selects."""
    return text_answer(dump(data if query.selection is None else select(data, query.selection)))


def dump(data: Row) -> str:
    """JSON in ASCII, in which also half a surrogate pair can be told."""
    return json.dumps(data, separators=(",", ":"))


def text_answer(text: str) -> Response:
    """A JSON text as the answer."""
    return Response(text.encode(), content_type="application/json; charset=utf-8")


def digest(*parts: Any) -> str:
    """A short digest of parameters that must stay the same."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def parse_selection(text: str) -> Selection:
    """A `fields` selection such as `a,b/c,d(e,f)` as a tree. Raises ApiError, 400."""
    tokens = re.findall(r"[\w*]+|[,/()]|\S", text)
    tree, rest = _selection(tokens)
    if rest:
        raise _bad_selection(text)
    return tree


def select(data: Any, tree: Selection) -> Any:
    """The part of `data` that a selection keeps."""
    if not tree:
        return data
    if isinstance(data, list):
        return [select(item, tree) for item in data]
    if not isinstance(data, dict):
        return data
    if "*" in tree:
        return {key: select(value, tree["*"]) for key, value in data.items()}
    return {key: select(value, tree[key]) for key, value in data.items() if key in tree}


def _selection(tokens: list[str]) -> tuple[Selection, list[str]]:
    tree: Selection = {}
    while True:
        branch = tree
        while True:
            if not tokens or (tokens[0] not in _SELECTABLE and tokens[0] != "*"):
                raise _bad_selection(" ".join(tokens))
            branch = branch.setdefault(tokens[0], {})
            tokens = tokens[1:]
            if tokens[:1] != ["/"]:
                break
            tokens = tokens[1:]
        if tokens[:1] == ["("]:
            inner, tokens = _selection(tokens[1:])
            if tokens[:1] != [")"]:
                raise _bad_selection(" ".join(tokens))
            branch.update(inner)
            tokens = tokens[1:]
        if tokens[:1] != [","]:
            return tree, tokens
        tokens = tokens[1:]


def _bad_selection(text: str) -> ApiError:
    message = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{text}'."
    return invalid(message, "fields")


def _no_constant(text: str) -> Any:
    raise ValueError(text)
