"""What is sent to Pipeliner to create and change contacts, and what its answers say of each.

https://developers.pipelinersales.com/api-docs/core-api-concepts/bulk-create-update-delete
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connections.connectors.answers import Answer
from connections.connectors.base import (
    Creation,
    Doubt,
    Outcome,
    Rejected,
    Unavailable,
    Update,
    Written,
)
from connections.connectors.pipeliner_api import Api, Json, error_name
from connections.connectors.pipeliner_fields import (
    COMPANY,
    CUSTOM,
    LISTS,
    QUICK_COMPANY,
    REFERENCES,
    SLOTS,
    TEXT_FIELDS,
    slot_names,
)
from connections.connectors.pipeliner_values import encoded, moment_of, usable_id, wire_time
from connections.schema import Field, Value, is_blank

BATCH = 100
LONGEST_MESSAGE = 300
SHORTEST_HIDDEN = 3
"""Characters of a value that is taken out of messages."""
CHANGED_FIELDS_ONLY = 2
"""`validation-level`: what is not changed may be invalid, so that old contacts can be edited."""
SKIP_BAD = 1
"""`rollback-method`: a bad contact does not stop the others of its batch."""
_TEXTS = {field.key: field for field in TEXT_FIELDS}
_SLOTS = {name: key for key in LISTS for name in slot_names(key)}


class Writer:
    """Writes contacts for one login; `custom` gives its custom fields, once one is written."""

    def __init__(self, api: Api, custom: Callable[[], Mapping[str, Field]]) -> None:
        self._api = api
        self._custom = custom

    def create(self, batch: Sequence[Creation], owner: str) -> list[Outcome]:
        """Create contacts, which belong to `owner` where their values name none."""
        bodies = [_tried(self._new, creation, owner) for creation in batch]
        return self._send(bodies, {"rollback-method": SKIP_BAD}, new=True)

    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        """Change what is to change: a single contact by PATCH, several by a batch."""
        bodies = [_tried(self._changed, update) for update in batch]
        if len(batch) == 1:
            (only,) = bodies
            return [self._patch(batch[0].id, only) if isinstance(only, dict) else only]
        for update, body in zip(batch, bodies, strict=True):
            if isinstance(body, dict):
                body["id"] = update.id
        params = {"rollback-method": SKIP_BAD, "validation-level": CHANGED_FIELDS_ONLY}
        return self._send(bodies, params, new=False)

    # -- what is sent ---------------------------------------------------------------------------

    def _new(self, creation: Creation, owner: str) -> Json:
        values = {key: value for key, value in creation.values.items() if not is_blank(value)}
        body = {"owner_id": owner, **self._body(values, {})}
        if creation.scope:
            body.setdefault("unit_id", creation.scope)
        if moment := moment_of(creation.mark):
            body["created"] = wire_time(moment)
        return body

    def _changed(self, update: Update) -> Json | Written:
        if COMPANY in update.changes and COMPANY in (update.raw.get("read_only") or ()):
            raise Rejected(
                "The contact belongs to an account, whose name is its company", field=COMPANY
            )
        return self._body(update.changes, update.raw) or Written(update.id)

    def _body(self, values: Mapping[str, Value], raw: Mapping[str, Any]) -> Json:
        """Return the properties to send; raises `Rejected` for what cannot be written."""
        body: Json = {}
        for key in LISTS:
            if key in values:
                body |= _slots(key, values[key], raw.get(key))
        for key, value in values.items():
            if key in LISTS:
                continue
            if key in REFERENCES:
                if is_blank(value):
                    raise Rejected("Pipeliner does not let this be blank", field=key)
                body[key] = value
            elif key in _SLOTS:
                body[key] = value or ""
            elif key == COMPANY:
                body[QUICK_COMPANY] = value or ""
            else:
                body[key] = encoded(value, _TEXTS.get(key) or self._writable(key))
        return body

    def _writable(self, key: str) -> Field:
        field = self._custom().get(key) if key.startswith(CUSTOM) else None
        if field is None or field.read_only:
            raise Rejected("Pipeliner has no such field that can be written", field=key)
        return field

    # -- what comes back ------------------------------------------------------------------------

    def _send(
        self, bodies: Sequence[Json | Outcome], params: Mapping[str, str | int], *, new: bool
    ) -> list[Outcome]:
        """Send the bodies in one batch, and return an outcome for each in its place."""
        sent = [body for body in bodies if isinstance(body, dict)]
        if not sent:
            return [body for body in bodies if not isinstance(body, dict)]
        answer = self._api.ask("POST", "Contacts/batch-modify", params, body=sent, kind="write")
        items = self._items(answer, sent, new=new)
        found = iter(self._outcomes(items, answer, sent, new=new))
        return [next(found) if isinstance(body, dict) else body for body in bodies]

    def _items(self, answer: Answer, sent: Sequence[Json], *, new: bool) -> list[Any]:
        """Return a batch's answers, an id or an error each; raises where all of it was refused."""
        if answer.status == 403:
            self._api.check_login()
            what = "create contacts" if new else "change these contacts"
            raise Rejected(f"Pipeliner does not let this API token {what}", stops_creations=new)
        self._api.check_allowed(answer, "write contacts")
        body = answer.json()
        if not answer.ok or (isinstance(body, dict) and body.get("success") is False):
            raise self._refusal(body, answer, sent)
        items = body.get("data") if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise Unavailable("Pipeliner did not say what was done", in_doubt=True)
        return items

    def _outcomes(
        self, items: Sequence[Any], answer: Answer, sent: Sequence[Json], *, new: bool
    ) -> list[Outcome]:
        """Give each item to the request it belongs to.

        By id, or the index that an error names; by position only where nothing speaks against it.
        """
        places = {item["id"]: place for place, item in enumerate(sent) if "id" in item}
        in_order = len(items) == len(sent) and all(
            not isinstance(item, dict) or item.get("entity_index") in (None, position)
            for position, item in enumerate(items)
        )
        outcomes: list[Outcome] = [
            Doubt("Pipeliner's answer does not say which contact it is about") for _ in sent
        ]
        for position, item in enumerate(items):
            by_order = position if in_order else None
            if isinstance(item, dict):
                named = places.get(item.get("entity_id"), item.get("entity_index"))
                place = named if isinstance(named, int) else by_order
                if place is not None and 0 <= place < len(sent):
                    outcomes[place] = self._refusal(item, answer, [sent[place]])
            elif id_ := usable_id(item):
                place = by_order if new else places.get(id_)
                if place is not None:
                    outcomes[place] = Written(id_)
        return outcomes

    def _patch(self, id_: str, body: Json) -> Outcome:
        params = {"validation-level": CHANGED_FIELDS_ONLY}
        answer = self._api.ask("PATCH", f"Contacts/{id_}", params, body=body, kind="write")
        if answer.status in (403, 404):
            self._api.check_login()
            what = "is not there any more" if answer.status == 404 else "may not be changed by us"
            return Rejected(f"The contact {what}")
        found = answer.json()
        if not answer.ok or not isinstance(found, dict) or found.get("success") is False:
            return self._refusal(found, answer, [body])
        return Written(id_)

    def _refusal(self, error: Any, answer: Answer, sent: Sequence[Json]) -> Rejected:
        """Return an Error object as a refusal of our field, without the values that were sent."""
        body: Json = error if isinstance(error, dict) else {}
        faults = body.get("field_errors")
        names = [
            fault.get("field_name")
            for fault in (faults if isinstance(faults, list) else [])
            if isinstance(fault, dict)
        ]
        name = next((each for each in names if isinstance(each, str)), "")
        message = body.get("message")
        text = " ".join(message.split()) if isinstance(message, str) else error_name(answer)
        values = {value for item in sent for value in item.values() if isinstance(value, str)}
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= SHORTEST_HIDDEN:
                text = text.replace(" ".join(value.split()) or value, "…")
        told = self._api.redact(text)[:LONGEST_MESSAGE]
        return Rejected(f"Pipeliner refused it: {told}", field=_our_key(name))


def _tried(make: Callable[..., Json | Outcome], *of: Any) -> Json | Outcome:
    try:
        return make(*of)
    except Rejected as error:
        return error


def _our_key(name: str) -> str:
    """Return our field for a property at fault; a slot stands for its list."""
    return COMPANY if name == QUICK_COMPANY else _SLOTS.get(name, name)


def _slots(key: str, value: Value, held: Any) -> Json:
    """Return the slots to send: entries that stay keep theirs, new ones take the first free ones.

    `held` are the slots as last seen, None for one whose content is not known: it is left alone.
    Raises `Rejected` where there are more entries than slots.
    """
    before = held if isinstance(held, list) else []
    slots: list[str | None] = [*before, *[""] * SLOTS][:SLOTS]
    entries = [str(entry) for entry in value] if isinstance(value, tuple) else []
    wanted = {entry.strip(): entry for entry in entries}
    kept = {slot.strip() for slot in slots if slot is not None}
    coming = [entry for stripped, entry in wanted.items() if stripped and stripped not in kept]
    after = list(slots)
    for index, slot in enumerate(slots):
        if slot is not None and slot.strip() not in wanted:
            after[index] = coming.pop(0) if coming else ""
    if coming:
        raise Rejected(f"Pipeliner holds {SLOTS} of these", field=key)
    names = slot_names(key)
    return {names[i]: after[i] for i in range(SLOTS) if after[i] != slots[i]}
