from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import requests

from connections.sandbox.pipeliner import PipelinerSandbox


class PipelinerClient:
    """A started stand-in and a session that has its key; paths are relative to `entities/`."""

    def __init__(self, sandbox: PipelinerSandbox | None = None) -> None:
        self.sandbox = sandbox or PipelinerSandbox(seed=1)
        self.base = f"{self.sandbox.start()}/api/v100/rest/spaces/demo"
        self.session = requests.Session()
        self.session.auth = ("demo-token", "demo-password")
        self.owner = min(self.sandbox.rows("Client"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.session.close()
        self.sandbox.close()

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, f"{self.base}/entities/{path}", timeout=10, **more)

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """The body of a GET; in names of plain parameters `_` stands for `-`."""
        query = {
            name if "[" in name else name.replace("_", "-"): value for name, value in params.items()
        }
        return self._body(self.call("GET", path, params=query), status)

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        return self._body(self.call("POST", path, json=body), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        return self._body(self.call("PATCH", path, json=body), status)

    def delete(self, path: str, status: int = 200) -> Any:
        return self._body(self.call("DELETE", path), status)

    def create(self, **values: Any) -> dict[str, Any]:
        """A new contact, as the API answers it."""
        body = {"owner_id": self.owner, "last_name": "Test"} | values
        row = self.post("Contacts", body, 201)["data"]
        assert isinstance(row, dict)
        return row

    def walk(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self.get(path, **params)
            rows += page["data"]
            if not page["page_info"]["has_next_page"]:
                return rows
            params["after"] = page["page_info"]["end_cursor"]

    def ids(self, kind: str, name: str) -> dict[str, str]:
        """Ids of an entity's live rows by one of their properties."""
        return {row[name]: key for key, row in self.sandbox.rows(kind).items()}

    @staticmethod
    def _body(response: requests.Response, status: int) -> Any:
        assert response.status_code == status, response.text
        return response.json()


def failed_fields(body: dict[str, Any]) -> dict[str, int]:
    """Nested error codes by field name, "" for the record as a whole."""
    assert body["code"] == 40000
    assert body["name"] == "ERROR_ENTITY_VALIDATION"
    fields = {error["field_name"]: error["errors"][0]["code"] for error in body["field_errors"]}
    if body["entity_errors"]:
        fields[""] = body["entity_errors"][0]["code"]
    return fields
