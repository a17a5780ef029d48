"""What a new space holds: users, sales units, custom fields of every type, and people."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from typing import Any

from .pipeliner_schema import ENTITIES
from .pipeliner_space import Space
from .pipeliner_validation import OVERRIDE_READONLY
from .pipeliner_writing import Writer
from .seed import Person

# The vendor's own sample has the blank at the end of the root's name.
_UNITS = (
    ("Company ", None),
    ("North", "Company "),
    ("Vienna", "North"),
    ("Oslo", "North"),
    ("South", "Company "),
    ("Rome", "South"),
    ("Athens", "South"),
)

# Address, name, default unit, units as plain member, units as manager, type.
_USERS: tuple[tuple[str, str, str, str, str, int], ...] = (
    ("ann@example.com", "Ann Archer", "Company ", "", "Company ", 0),
    ("bob@example.com", "Bob Baker", "North", "North", "", 0),
    ("carl@example.com", "Carl Chen", "Vienna", "Vienna", "North", 0),
    ("dora@example.com", "Dora Díaz", "South", "South Rome", "", 0),
    ("support@example.net", "Sam Support", "Company ", "", "Company ", 1),
)

_FIELD_TYPES = {
    "text": "input",
    "long": "text_area",
    "email": "email",
    "phone": "phone",
    "bool": "checkbox",
    "int": "integer",
    "enum": "enum",
    "time": "datetime",
    "ref": "relation",
    "uuid": "relation",
}

_PRIMITIVES = {
    "input": "string",
    "text_area": "string",
    "email": "string",
    "phone": "string",
    "url": "string",
    "sequence": "string",
    "checkbox": "bool",
    "integer": "int",
    "enum": "enum",
    "float": "double",
    "currency": "decimal",
    "currency_foreign": "object",
    "date": "date",
    "datetime": "datetime",
    "dropdown": "uuid",
    "radio": "uuid",
    "relation": "uuid",
    "multiselect_checkbox": "list",
}

_CUSTOM: tuple[tuple[str, str, str, str], ...] = (
    ("cf_nickname", "Nickname", "input", ""),
    ("cf_background", "Background", "text_area", ""),
    ("cf_private_email", "Private email", "email", ""),
    ("cf_hotline", "Hotline", "phone", ""),
    ("cf_website", "Website", "url", ""),
    ("cf_newsletter", "Newsletter", "checkbox", ""),
    ("cf_children", "Children", "integer", ""),
    ("cf_score", "Score", "float", ""),
    ("cf_revenue", "Revenue", "currency", ""),
    ("cf_budget", "Budget", "currency_foreign", ""),
    ("cf_birthday", "Birthday", "date", ""),
    ("cf_last_call", "Last call", "datetime", ""),
    ("cf_region_id", "Region", "dropdown", "North|South|East|West"),
    ("cf_size_id", "Size", "radio", "Small|Medium|Large"),
    ("cf_interests", "Interests", "multiselect_checkbox", "Books|Music|Sport|Travel"),
    ("cf_number", "Number", "sequence", ""),
)

# Companies with these places in the alphabet are accounts; the others are quick account names.
_LINKED_INITIALS = "ABCLNŁ"


class Demo:
    """Fills a space through its own writer; the same `seed` makes the same ids."""

    def __init__(self, space: Space, writer: Writer) -> None:
        self.space = space
        self.writer = writer

    def fill(self, seed: int) -> None:
        """Users, units, contact types, tags, fields with their options, field types."""
        usual = self.space.new_id
        rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.space.new_id = lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4))
        try:
            self._fill_organisation()
            self._fill_types()
            for kind in ("Contact", "Account"):
                self._fill_standard_fields(kind)
            for api_name, name, type_id, options in _CUSTOM:
                self.add_field(api_name, name, type_id, options.split("|") if options else [])
            self._fill_odd_fields()
        finally:
            self.space.new_id = usual

    def add_field(
        self, api_name: str, name: str, type_id: str, options: Iterable[str] = (), **more: Any
    ) -> str:
        """A custom field of contacts with its options; the id of its row."""
        data_set = self.space.new_id() if options else None
        for place, option in enumerate(options):
            self.writer.create(
                "Data",
                {
                    "data_set_id": data_set,
                    "option_name": option,
                    "option_name_translated": option,
                    "calc_value": place,
                    "sort_order": place,
                    "is_published": True,
                },
                OVERRIDE_READONLY,
            )
        values = {"entity_name": "Contact", "api_name": api_name, "name": name, "type_id": type_id}
        return self._field(values | {"data_set_id": data_set, "column_name": api_name} | more)

    def add_people(self, people: Iterable[Person]) -> list[str]:
        """Contacts for people; owners, sales units and options take turns. The ids, in order."""
        owners = [row for row in self.space.rows("Client") if row["type"] == 0]
        units = [row for row in self.space.rows("SalesUnit") if row["parent_id"] is not None]
        accounts = {row["name"]: row["id"] for row in self.space.rows("Account")}
        ids = []
        for place, person in enumerate(people):
            values = contact_values(person) | self._custom_values(place)
            values["owner_id"] = owners[place % len(owners)]["id"]
            if place % 3 == 2 and units:
                # The others are in their owner's unit.
                values["unit_id"] = units[place // 3 % len(units)]["id"]
            company = person.company
            if company and company[0] in _LINKED_INITIALS:
                if company not in accounts:
                    new = {"name": company, "owner_id": owners[0]["id"]}
                    accounts[company] = self.writer.create("Account", new)["id"]
                link = {"account_id": accounts[company], "is_primary": True}
                values["account_relations"] = [link | {"position": person.job_title}]
            else:
                values["quick_account_name"] = company
            ids.append(self.writer.create("Contact", values)["id"])
        return ids

    def _custom_values(self, place: int) -> dict[str, Any]:
        """Values of some custom fields, as far as the space has them; every fifth has none."""
        if place % 5 == 4:
            return {}
        properties = self.space.properties("Contact")
        wanted: dict[str, Any] = {
            "cf_newsletter": place % 3 == 0,
            "cf_children": place % 4,
            "cf_score": place * 37 % 100 / 4,
            "cf_region_id": place,
            "cf_interests": place,
        }
        values = {}
        for name, value in wanted.items():
            each = properties.get(name)
            if each is None:
                continue
            options = [row["id"] for row in self.space.related("Data.data_set_id", each.argument)]
            if each.kind == "option" and options:
                value = options[place % len(options)]
            elif each.kind == "options" and options:
                value = [options[place % len(options)], options[place // 2 % len(options)]]
            values[name] = value
        return values

    def _fill_organisation(self) -> None:
        units: dict[str | None, str | None] = {None: None}
        for name, parent in _UNITS:
            unit = {"name": name.strip(), "parent_id": units[parent]}
            row = self.writer.create("SalesUnit", unit)
            # Past the writer, which trims.
            units[name] = self.space.put("SalesUnit", row | {"name": name})["id"]
        for number, (email, name, default_unit, member, manager, kind) in enumerate(_USERS):
            first, _, last = name.partition(" ")
            values: dict[str, Any] = {
                "email": email,
                "first_name": first,
                "last_name": last,
                "default_unit_id": units[default_unit],
                "timezone_name": "Europe/Vienna",
                "type": kind,
            }
            ids, self.space.new_id = self.space.new_id, _client_id(number)
            client = self.writer.create("Client", values)["id"]
            self.space.new_id = ids
            for role, names in ((1, member.split()), (2, [manager] if manager else [])):
                for each in names:
                    link = {"client_id": client, "unit_id": units[each], "unit_role": role}
                    self.writer.create("SalesUnitClientRelation", link)
        for name in ("Contact", "Partner"):
            values = {"name": name, "form_edit_api": {"fields": []}, "is_published": True}
            self.writer.create("ContactType", values, OVERRIDE_READONLY)
        for place, name in enumerate(("VIP", "Newsletter")):
            values = {"name": name, "color": place, "supported_entities": "3", "is_enabled": True}
            self.writer.create("Tag", values, OVERRIDE_READONLY)

    def _fill_types(self) -> None:
        for type_id, primitive in _PRIMITIVES.items():
            size = {"string": 255, "list": 0}.get(primitive, 1)
            row = {
                **{each.name: each.default for each in ENTITIES["Type"].properties.values()},
                "id": type_id,
                "primitive_type": primitive,
                "container_size": 65535 if type_id == "text_area" else size,
                "relation_type": {"uuid": 1, "list": 2}.get(primitive, 0),
                "flag": 0,
                "is_filterable": primitive != "object",
                "is_sortable": primitive not in {"object", "list"},
                "is_selectable": True,
            }
            self.space.put("Type", row)

    def _fill_standard_fields(self, kind: str) -> None:
        for each in ENTITIES[kind].properties.values():
            if not each.stored and each.name != "account_position":
                continue
            self._field(
                {
                    "entity_name": kind,
                    "api_name": each.name,
                    "name": each.name.replace("_", " ").capitalize(),
                    "type_id": _FIELD_TYPES.get(each.kind, "input"),
                    "relation_with_entity_id": each.argument if each.kind == "ref" else "",
                    "system_required": each.required,
                    "system_readonly": each.access == "r",
                }
            )

    def _fill_odd_fields(self) -> None:
        self.add_field("cf_rating", "Rating", "float", calc_formula="[cf_score] * 2")
        self.add_field("cf_draft", "Not published", "input", is_published=False)
        gone = self.add_field("cf_gone", "Deleted", "input")
        self.writer.delete("Field", gone)

    def _field(self, values: dict[str, Any]) -> str:
        name = values["name"]
        names = {"translated_name": name, "name_translated": name, "name_translations": ""}
        types = {
            "primitive_type": _PRIMITIVES[values["type_id"]],
            "source_type_id": values["type_id"],
        }
        shown = {"is_published": True, "use_lang": 0}
        row = self.writer.create("Field", names | types | shown | values)
        return str(row["id"])


def contact_values(person: Person) -> dict[str, Any]:
    """A person as the body of a contact, without owner and company."""
    values: dict[str, Any] = {
        "title": person.prefix,
        "first_name": person.given,
        "middle_name": person.middle,
        "last_name": person.family,
        "position": person.job_title,
        "address": person.street,
        "city": person.city,
        "zip_code": person.postal_code,
        "state_province": person.region,
        "country": person.country,
        "comments": person.notes,
    }
    values |= {f"email{at}": email for at, (email, _) in enumerate(person.emails[:5], 1)}
    values |= {f"phone{at}": phone for at, (phone, _) in enumerate(person.phones[:5], 1)}
    if person.website:
        values["cf_website"] = person.website
    if person.birthday is not None and person.birthday[0] is not None:
        year, month, day = person.birthday
        values["cf_birthday"] = f"{year:04}-{month:02}-{day:02}"
    return values


def _client_id(number: int) -> Any:
    # Users of a real space have ids of this form.
    return lambda: f"00000000-0000-0000-0000-{0x8E97 + number:012x}"
