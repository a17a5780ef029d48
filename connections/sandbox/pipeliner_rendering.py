"""Rows as Pipeliner's API shows them: URIs, worked-out properties, expand and load-only."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from .base import Row
from .pipeliner_errors import bad_request
from .pipeliner_schema import ENTITIES, Property
from .pipeliner_space import Space

Tree = dict[str, "Tree"]

_ALWAYS_BLANK = frozenset({"none", "nothing"})

# Tables whose changes show in a contact's own body, by the column that names the contact.
_PARTS_OF_CONTACT = {
    "ContactAccountRelation": "contact_id",
    "ContactSharingClientRelation": "contact_id",
    "ContactSharingSalesUnitRelation": "contact_id",
    "TagRelation": "contact_id",
}


def tree(text: str) -> Tree:
    """`a,b.c` as {"a": {}, "b": {"c": {}}}."""
    root: Tree = {}
    for path in text.split(",") if text else []:
        node = root
        for name in path.split("."):
            node = node.setdefault(name, {})
    return root


class Renderer:
    """Shows rows; URIs begin with the `base` that the request came by."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._cache: dict[Any, dict[str, tuple[Row, str]]] = {}
        self._targets: dict[tuple[str, str], str | None] = {}
        for kind in ENTITIES:
            space.store.watch(kind, partial(self._forget, kind))

    def json(
        self, kind: str, row: Row, base: str, expand: str = "", load_only: str | None = None
    ) -> str:
        """A row as JSON text; the two parameters as in the query, checked by `check`."""
        cache = self._cache.setdefault((kind, base, expand, load_only), {})
        known = cache.get(row["id"])
        if known is not None and known[0] is row:
            return known[1]
        only = None if load_only is None else tree(load_only)
        shown = self.show(kind, row, base, tree(expand), only)
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        cache[row["id"]] = (row, text)
        return text

    def show(
        self, kind: str, row: Row, base: str, expand: Tree | None = None, only: Tree | None = None
    ) -> dict[str, Any]:
        """A row as a dict."""
        expand = expand or {}
        shown = {}
        for name, each in self.space.properties(kind).items():
            if only is not None and name not in only:
                continue
            if each.stored:
                shown[name] = row.get(name, each.default)
            elif each.kind == "none":
                shown[name] = None
            elif each.kind == "nothing":
                shown[name] = []
            else:
                inner = only[name] if only is not None else None
                shown[name] = self._relation(kind, row, each, base, expand, inner or None)
        return shown

    def check(self, kind: str, expand: Tree, only: Tree | None) -> None:
        """400 for names that are no relations, or no properties."""
        properties = self.space.properties(kind)
        for name, inner in expand.items():
            target = self.target(kind, name) if name in properties else None
            if target is not None:
                self.check(target, inner, None)
            elif inner or name not in properties or properties[name].kind not in _ALWAYS_BLANK:
                raise bad_request(f"'{name}' of {kind} cannot be expanded.")
        for name, inner in (only or {}).items():
            if name not in properties:
                raise bad_request(f"Unknown property '{name}' of {kind} in load-only.")
            if inner:
                target = self.target(kind, name)
                if target is None or name not in expand:
                    raise bad_request(f"'{name}' of {kind} is not expanded.")
                self.check(target, expand[name], inner)

    def target(self, kind: str, name: str) -> str | None:
        """The entity that a relation property leads to."""
        if (kind, name) not in self._targets:
            self._targets[kind, name] = self._find_target(kind, name)
        return self._targets[kind, name]

    def _find_target(self, kind: str, name: str) -> str | None:
        if (kind, name) == ("Contact", "primary_account"):
            return "Account"
        if (kind, name) == ("Field", "data_set"):
            return "Data"
        each = self.space.properties(kind)[name]
        if each.kind == "many":
            return each.argument.partition(".")[0]
        if each.kind == "uri":
            return self.space.properties(kind)[each.argument].argument
        return None

    def _relation(
        self, kind: str, row: Row, each: Property, base: str, expand: Tree, only: Tree | None
    ) -> Any:
        target = self.target(kind, each.name)
        if target is None:
            return self._calculated(kind, row, each.name)
        related: list[Row | None]
        if each.kind == "uri":
            related = [self.space.row(target, row[each.argument])]
        elif each.kind == "many":
            related = [*self.space.related(each.argument, row["id"])]
        elif each.name == "primary_account":
            link = self.space.primary_link(row["id"])
            related = [self.space.row(target, link["account_id"] if link else None)]
        else:
            options = self.space.related("Data.data_set_id", row["data_set_id"] or "")
            related = [*sorted(options, key=lambda option: option["sort_order"])]
        shown = [
            None
            if other is None
            else self.show(target, other, base, expand[each.name], only)
            if each.name in expand
            else f"{base}/entities/{ENTITIES[target].plural}/{other['id']}"
            for other in related
        ]
        return shown if each.kind == "many" or each.name == "data_set" else shown[0]

    def _calculated(self, kind: str, row: Row, name: str) -> Any:
        if name in {"formatted_name", "name"}:
            return formatted_name(kind, row)
        if name in {"unit_manager_ids", "unit_member_ids"}:
            return self._units(row["id"], managed=name == "unit_manager_ids")
        link = self.space.primary_link(row["id"])
        if name == "primary_account_relationship":
            return link["relationship"] if link else None
        return link["position"] if link else ""

    def _units(self, client: str, *, managed: bool) -> list[str]:
        links = self.space.related("SalesUnitClientRelation.client_id", client)
        units = [link["unit_id"] for link in links if (link["unit_role"] == 2) == managed]
        if managed:
            # Grows while it is walked: a managed unit brings all below it.
            for unit in units:
                units += [row["id"] for row in self.space.related("SalesUnit.parent_id", unit)]
        return list(dict.fromkeys(units))

    def _forget(self, kind: str, key: str, old: Row | None, new: Row | None) -> None:
        """Drop the texts that this change may show in; a row's own text is known by the row."""
        column = _PARTS_OF_CONTACT.get(kind)
        contacts = {row[column] for row in (old, new) if row is not None} if column else set()
        for (shown_kind, _, expand, _), known in self._cache.items():
            if kind == "Contact":
                if expand and (shown_kind != "Contact" or "contact" in expand):
                    known.clear()
            elif column is None or expand or shown_kind != "Contact":
                known.clear()
            else:
                for contact in contacts:
                    known.pop(contact, None)


def formatted_name(kind: str, row: Row) -> str:
    """The name in one piece: an account's or a unit's own, a person's parts."""
    if kind in {"Account", "SalesUnit"}:
        return str(row["name"]).strip()
    parts = [row.get(part) for part in ("title", "first_name", "middle_name", "last_name")]
    return " ".join(part for part in parts if part)
