"""The routes of Pipeliner's REST API v100 over one space."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from .base import Faults, Refused, Request, Response, Route, Row, json_response
from .pipeliner_errors import ApiError, bad_request, not_found, unknown_type
from .pipeliner_listing import Page, flag, page_of, read_query
from .pipeliner_rendering import Renderer, tree
from .pipeliner_schema import ENTITIES, Entity
from .pipeliner_space import Space
from .pipeliner_validation import ALL_LEVELS
from .pipeliner_writing import Writer

PREFIX = "/api/v100/rest/spaces/"
BATCH_LIMIT = 100

Handler = Callable[..., Response]


class Api:
    """Reads requests, asks the space, and writes answers; ApiErrors become their bodies."""

    def __init__(self, space: Space, writer: Writer, renderer: Renderer, faults: Faults) -> None:
        self.space = space
        self.writer = writer
        self.renderer = renderer
        self.faults = faults

    def routes(self) -> list[Route]:
        """One route for each entity and method, counted as `GET Contacts`, `GET Contacts/{id}`."""
        return [route for entity in ENTITIES.values() for route in self._routes_of(entity)] + [
            Route(method, f"{PREFIX}<space>/entities/<plural>{rest}", "unknown entity", _unknown)
            for method in ("GET", "POST", "PATCH", "DELETE")
            for rest in ("", "/<key>")
        ]

    def _routes_of(self, entity: Entity) -> list[Route]:
        path, name = f"{PREFIX}<space>/entities/{entity.plural}", entity.plural
        single: list[tuple[str, str, Handler]] = [
            ("GET", "", self._list),
            ("POST", "", self._create),
            ("GET", "/{id}", self._get),
            ("PATCH", "/{id}", self._update),
            ("DELETE", "/{id}", self._delete),
        ]
        wanted = [route for route in single if route[0] in entity.methods]
        if "batch" in entity.methods:
            wanted += [
                ("POST", "/batch-modify", self._batch_modify),
                ("POST", "/batch-delete", self._batch_delete),
                ("POST", "/batch-restore", self._batch_restore),
            ]
        if "merge" in entity.methods:
            wanted.append(("POST", "/merge", self._merge))
        return [
            Route(
                method,
                path + rest.replace("{id}", "<key>"),
                name + rest,
                partial(_answered, partial(handler, entity)),
            )
            for method, rest, handler in wanted
        ]

    def _list(self, entity: Entity, request: Request) -> Response:
        query = read_query(request.args, self.space.properties(entity.name))
        expand, load_only = self._shape(entity, request)
        if query.after and self.faults.take("cursor", request.method, request.path):
            raise bad_request("The cursor is no longer valid.")
        page = page_of(self.space, entity.name, query)
        base = _base(request)
        texts = [self.renderer.json(entity.name, row, base, expand, load_only) for row in page.rows]
        return _list_response(page, texts)

    def _get(self, entity: Entity, request: Request, key: str) -> Response:
        deleted = flag(request.args.get("include-deleted", "false"), "include-deleted")
        _only(request, "include-deleted", "expand", "load-only")
        expand, load_only = self._shape(entity, request)
        find = self.space.row if deleted else self.space.live
        row = find(entity.name, key)
        if row is None:
            raise not_found(entity.name, key)
        return self._shown(entity, row, request, expand, load_only)

    def _create(self, entity: Entity, request: Request) -> Response:
        _only(request, "validation-level")
        values = _object(_body(request))
        row = self.writer.create(entity.name, values, _level(request))
        return self._shown(entity, row, request, status=201)

    def _update(self, entity: Entity, request: Request, key: str) -> Response:
        _only(request, "validation-level")
        values = _object(_body(request))
        row = self.writer.update(entity.name, key, values, _level(request))
        return self._shown(entity, row, request)

    def _delete(self, entity: Entity, request: Request, key: str) -> Response:
        _only(request, "validation-level")
        _level(request)
        self.writer.delete(entity.name, key)
        return json_response({"success": True, "data": key})

    def _batch_modify(self, entity: Entity, request: Request) -> Response:
        level = _level(request)

        def modify(item: Any) -> str:
            values = _object(item)
            if "id" not in values:
                return str(self.writer.create(entity.name, values, level)["id"])
            rest = {name: value for name, value in values.items() if name != "id"}
            return str(self.writer.update(entity.name, _key(values["id"]), rest, level)["id"])

        return self._batch(request, modify)

    def _batch_delete(self, entity: Entity, request: Request) -> Response:
        def delete(item: Any) -> str:
            self.writer.delete(entity.name, _key(item))
            return _key(item)

        return self._batch(request, delete)

    def _batch_restore(self, entity: Entity, request: Request) -> Response:
        def restore(item: Any) -> str:
            self.writer.restore(entity.name, _key(item))
            return _key(item)

        return self._batch(request, restore)

    def _batch(self, request: Request, act: Callable[[Any], str]) -> Response:
        """Ids in order; with `rollback-method=1` an Error object in the place of a bad item."""
        _only(request, "validation-level", "rollback-method")
        _level(request)
        method = request.args.get("rollback-method", "0")
        items = _body(request)
        if method not in {"0", "1"}:
            raise bad_request("'rollback-method' must be 0 or 1.")
        if not isinstance(items, list) or len(items) > BATCH_LIMIT:
            raise bad_request(f"The body must be an array of at most {BATCH_LIMIT} items.")
        answers: list[Any] = []
        for place, item in enumerate(items):
            try:
                with self.space.store.transaction():
                    answers.append(act(item))
            except ApiError as problem:
                if method == "0":
                    raise
                answers.append(problem.body | {"entity_index": place})
        return json_response({"success": True, "data": answers})

    def _merge(self, entity: Entity, request: Request) -> Response:
        _only(request, "validation-level")
        body = _object(_body(request))
        master, others = body.get("master"), body.get("secondary_ids")
        if set(body) != {"master", "secondary_ids"} or not isinstance(others, list) or not others:
            raise bad_request("The body must hold master and secondary_ids.")
        row = self.writer.merge(_object(master), [_key(key) for key in others], _level(request))
        return self._shown(entity, row, request)

    def _shape(self, entity: Entity, request: Request) -> tuple[str, str | None]:
        expand, load_only = request.args.get("expand", ""), request.args.get("load-only")
        only = None if load_only is None else tree(load_only)
        self.renderer.check(entity.name, tree(expand), only)
        return expand, load_only

    def _shown(
        self,
        entity: Entity,
        row: Row,
        request: Request,
        expand: str = "",
        load_only: str | None = None,
        status: int = 200,
    ) -> Response:
        text = self.renderer.json(entity.name, row, _base(request), expand, load_only)
        return _json(f'{{"success":true,"data":{text}}}', status)


def unroutable(message: str = "Not Found") -> Response:
    """404 in the shape of an URL that leads nowhere, which is not that of API errors."""
    body = {"status": 404, "message": message, "errorcode": None, "traceback": None}
    return json_response(body, 404)


def _answered(handler: Handler, request: Request, space: str, **args: str) -> Response:
    try:
        return handler(request, **args)
    except ApiError as problem:
        raise Refused(json_response(problem.body, problem.status)) from problem


def _unknown(request: Request, space: str, plural: str, key: str = "") -> Response:
    if plural in {entity.plural for entity in ENTITIES.values()}:
        return unroutable()
    problem = unknown_type(plural)
    return json_response(problem.body, problem.status)


def _base(request: Request) -> str:
    """The URL of the space, as this request named the host."""
    space = request.path.removeprefix(PREFIX).partition("/")[0]
    return f"{request.host_url.rstrip('/')}{PREFIX}{space}"


def _json(text: str, status: int = 200) -> Response:
    # Half a surrogate pair has no UTF-8, only an escape.
    content = text.encode(errors="backslashreplace")
    return Response(content, status, content_type="application/json; charset=utf-8")


def _list_response(page: Page, texts: list[str]) -> Response:
    info = "" if page.info is None else f'"page_info":{json.dumps(page.info)},'
    return _json(f'{{"success":true,"total":{page.total},{info}"data":[{",".join(texts)}]}}')


def _body(request: Request) -> Any:
    if request.mimetype != "application/json":
        raise bad_request("The body must be JSON.")
    try:
        return json.loads(request.get_data())
    except ValueError as problem:
        raise bad_request("The body is missing or not JSON.") from problem


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad_request("An object is expected.")
    return value


def _key(value: Any) -> str:
    if not isinstance(value, str):
        raise bad_request("An id is expected.")
    return value


def _only(request: Request, *names: str) -> None:
    for name, values in request.args.lists():
        if name not in names or len(values) > 1:
            raise bad_request(f"Unknown or repeated parameter '{name}'.")


def _level(request: Request) -> int:
    text = request.args.get("validation-level", "0")
    if not text.isascii() or not text.isdigit() or int(text) & ~ALL_LEVELS:
        raise bad_request("'validation-level' must be a sum of 2, 4, 8 and 16.")
    return int(text)
