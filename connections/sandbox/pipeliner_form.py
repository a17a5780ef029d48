"""The form for one contact on the stand-in's page for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .base import FormError, FormField, ListRow, Row
from .pipeliner_errors import ApiError
from .pipeliner_rendering import formatted_name
from .pipeliner_schema import TEXT_KINDS, Property
from .pipeliner_space import Space
from .pipeliner_writing import Writer

_STANDARD = (
    "title",
    "first_name",
    "middle_name",
    "last_name",
    "position",
    "quick_account_name",
    *(f"email{number}" for number in range(1, 6)),
    *(f"phone{number}" for number in range(1, 6)),
    "address",
    "zip_code",
    "city",
    "state_province",
    "country",
    "comments",
    "owner_id",
    "unit_id",
    "is_archived",
    "is_unsubscribed",
)
_FORM_KINDS = TEXT_KINDS | {"bool", "int", "number", "date", "time", "option", "options", "ref"}
_YES_NO = (("false", "No"), ("true", "Yes"))


@contextmanager
def complaints() -> Iterator[None]:
    """Turns what the API refuses into FormError, or LookupError where there is no such contact."""
    try:
        yield
    except ApiError as problem:
        if problem.status == 404:
            raise LookupError(problem.body["message"]) from problem
        errors = problem.body.get("field_errors") or []
        field = errors[0]["field_name"] if errors else None
        raise FormError(problem.body["message"].strip(), field) from problem


class ContactForm:
    """Turns a contact into texts and back; what does not change is not written."""

    def __init__(self, space: Space, writer: Writer) -> None:
        self.space = space
        self.writer = writer

    def fields(self) -> list[FormField]:
        """The common fields and the custom ones that a form can hold."""
        return [
            FormField(
                each.name,
                self._label(each),
                multiline=each.kind == "long",
                options=self._options(each),
            )
            for each in self._properties()
        ]

    def values(self, contact: str) -> dict[str, str] | None:
        """A contact's texts by field, with `_deleted`; None if there is no such contact."""
        row = self.space.row("Contact", contact)
        if row is None:
            return None
        texts = {each.name: self._text(each, row.get(each.name)) for each in self._properties()}
        return texts | {"_deleted": "1" if row["is_deleted"] else ""}

    def save(self, contact: str | None, texts: dict[str, str]) -> str:
        """Create or edit by the API's own rules; the id. FormError holds the first complaint."""
        before = {} if contact is None else self.values(contact)
        if before is None:
            raise LookupError(contact)
        changed: dict[str, Any] = {}
        for each in self._properties():
            # Browsers send line ends as CR LF.
            text = texts.get(each.name, "").replace("\r\n", "\n").strip()
            if text != before.get(each.name, "").strip():
                changed[each.name] = self._value(each, text)
        with complaints():
            if contact is None:
                return str(self.writer.create("Contact", changed)["id"])
            if changed:
                self.writer.update("Contact", contact, changed)
        return contact

    def rows(self, search: str) -> list[ListRow]:
        """Contacts, deleted ones too, whose name, addresses or numbers hold `search`."""
        found = [
            self._list_row(row)
            for row in self.space.store.table("Contact").values()
            if not search or search in _haystack(row)
        ]
        return sorted(found, key=lambda row: (row.name.casefold(), row.id))

    def _list_row(self, row: Row) -> ListRow:
        details: list[str] = [
            row[name] for name in ("email1", "phone1", "quick_account_name", "city")
        ]
        for kind, key in (("Client", row["owner_id"]), ("SalesUnit", row["unit_id"])):
            if named := self.space.row(kind, key):
                details.append(formatted_name(kind, named))
        if row["is_archived"]:
            details.append("archived")
        detail = ", ".join(filter(None, details))
        return ListRow(row["id"], formatted_name("Contact", row), detail, row["is_deleted"])

    def _properties(self) -> list[Property]:
        properties = self.space.properties("Contact")
        custom = [name for name, each in properties.items() if each.custom and each.access == "w"]
        return [
            properties[name]
            for name in (*_STANDARD, *custom)
            if properties[name].kind in _FORM_KINDS
        ]

    def _label(self, each: Property) -> str:
        name = each.name.removeprefix("cf_")
        if each.kind in {"ref", "option"}:
            name = name.removesuffix("_id")
        label = name.replace("_", " ").capitalize()
        if each.kind == "options":
            return f"{label}, separated by commas: {', '.join(self._option_ids(each))}"
        return label

    def _option_ids(self, each: Property) -> dict[str, str]:
        """The ids of a field's options by what people read."""
        rows = self.space.related("Data.data_set_id", each.argument)
        return {row["option_name"]: row["id"] for row in rows}

    def _text(self, each: Property, value: Any) -> str:
        if isinstance(value, list):
            names = {id_: name for name, id_ in self._option_ids(each).items()}
            return ", ".join(str(names.get(item, item)) for item in value)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    def _value(self, each: Property, text: str) -> Any:
        if each.kind != "options":
            return _value(each, text)
        ids = {name.casefold(): id_ for name, id_ in self._option_ids(each).items()}
        names = [name.strip() for name in text.split(",") if name.strip()]
        if unknown := [name for name in names if name.casefold() not in ids]:
            raise FormError(f"'{unknown[0]}' is no option.", each.name)
        return [ids[name.casefold()] for name in names]

    def _options(self, each: Property) -> tuple[tuple[str, str], ...]:
        if each.kind == "bool":
            return _YES_NO
        if each.kind == "ref":
            rows = self.space.rows(each.argument)
            return tuple((row["id"], formatted_name(each.argument, row)) for row in rows)
        if each.kind == "option":
            return (("", "-"), *((id_, name) for name, id_ in self._option_ids(each).items()))
        return ()


def _value(each: Property, text: str) -> Any:
    if each.kind in TEXT_KINDS:
        return text
    if each.kind == "bool":
        return text == "true"
    if text == "":
        return None
    try:
        if each.kind in {"int", "number"}:
            return int(text) if each.kind == "int" else float(text)
    except ValueError as problem:
        raise FormError(f"'{text}' is not a number.", each.name) from problem
    return text


def _haystack(row: Row) -> str:
    parts = [formatted_name("Contact", row)]
    for number in range(1, 6):
        parts += [row[f"email{number}"], row[f"phone{number}"]]
    return "\n".join(parts).casefold()
