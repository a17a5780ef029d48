"""The fields of a Pipeliner contact: the standard ones, the account's, and a space's custom ones.

https://developers.pipelinersales.com/api-docs/core-api-concepts/fields
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connections.connectors.intake import Unusable, text
from connections.connectors.pipeliner_api import Json
from connections.schema import Field, Option, Role, Type

SLOTS = 5
LISTS = {"emails": "email", "phones": "phone"}
"""Our list fields, with what their slots are called in the app: `email1` to `email5`."""
CUSTOM = "cf_"
COMPANY = "company"
QUICK_COMPANY = "quick_account_name"
COMPANY_PREFIX = "company."
REFERENCES = ("owner_id", "unit_id")
SHORTEST_LIMIT = 40
"""A smaller `container_size` of a text cannot mean characters."""

TEXT_FIELDS = (
    Field("title", "Title", Type.TEXT, Role.PREFIX),
    Field("first_name", "First name", Type.TEXT, Role.GIVEN_NAME),
    Field("middle_name", "Middle name", Type.TEXT, Role.MIDDLE_NAME),
    Field("last_name", "Last name", Type.TEXT, Role.FAMILY_NAME),
    Field("position", "Job title", Type.TEXT, Role.JOB_TITLE),
    Field("address", "Address", Type.LONG_TEXT, Role.STREET),
    Field("city", "City", Type.TEXT, Role.CITY),
    Field("zip_code", "ZIP code", Type.TEXT, Role.POSTAL_CODE),
    Field("state_province", "State or province", Type.TEXT, Role.REGION),
    Field("country", "Country", Type.TEXT, Role.COUNTRY),
    Field("comments", "Comments", Type.LONG_TEXT, Role.NOTES),
)
ACCOUNT_FIELDS = (
    Field("name", "Name", Type.TEXT),
    Field("home_page", "Home page", Type.URL),
    Field("email1", "Email 1", Type.EMAIL),
    Field("phone1", "Phone 1", Type.PHONE),
    Field("address", "Address", Type.LONG_TEXT),
    Field("city", "City", Type.TEXT),
    Field("zip_code", "ZIP code", Type.TEXT),
    Field("state_province", "State or province", Type.TEXT),
    Field("country", "Country", Type.TEXT),
    Field("comments", "Comments", Type.LONG_TEXT),
)
"""What is shown of a contact's primary account, as fields of an account."""

_TYPES = {
    "input": Type.TEXT,
    "text_area": Type.LONG_TEXT,
    "email": Type.EMAIL,
    "phone": Type.PHONE,
    "url": Type.URL,
    "checkbox": Type.BOOLEAN,
    "integer": Type.INTEGER,
    "float": Type.DECIMAL,
    "currency": Type.DECIMAL,
    "currency_foreign": Type.DECIMAL,
    "date": Type.DATE,
    "datetime": Type.DATETIME,
    "dropdown": Type.CHOICE,
    "radio": Type.CHOICE,
    "multiselect_checkbox": Type.MULTI_CHOICE,
    "sequence": Type.TEXT,
}
_PRIMITIVES = {
    "string": Type.TEXT,
    "bool": Type.BOOLEAN,
    "int": Type.INTEGER,
    "double": Type.DECIMAL,
    "decimal": Type.DECIMAL,
    "date": Type.DATE,
    "datetime": Type.DATETIME,
}
_COMPUTED_BY = ("calc_formula", "lookup", "rollup", "advanced_formula", "sequence", "ai_options")
# A contact's amount in another currency is three values, of which we show one.
_NEVER_WRITTEN = ("sequence", "currency_foreign")


def standard_fields(limits: Mapping[str, int]) -> list[Field]:
    """Return the fields that each space has; `limits` has lengths by name, where known."""
    fields = [
        Field("full_name", "Full name", Type.TEXT, Role.FULL_NAME, derived=True),
        *(_limited(each, limits) for each in TEXT_FIELDS),
        Field("emails", "Emails", Type.EMAILS, Role.EMAILS, slots=SLOTS),
        Field("phones", "Phones", Type.PHONES, Role.PHONES, slots=SLOTS),
    ]
    for key, type_, label in (("emails", Type.EMAIL, "Email"), ("phones", Type.PHONE, "Phone")):
        for index, name in enumerate(slot_names(key)):
            field = Field(name, f"{label} {index + 1}", type_, view_of=key, view_index=index)
            fields.append(_limited(field, limits))
    limit = limits.get(QUICK_COMPANY)
    return [
        *fields,
        Field(
            COMPANY,
            "Company",
            Type.TEXT,
            Role.COMPANY,
            max_length=limit,
            written_while="no account is linked",
        ),
        *(
            Field(COMPANY_PREFIX + each.key, f"[Company] {each.label}", each.type, read_only=True)
            for each in ACCOUNT_FIELDS
        ),
        Field("owner_id", "Owner", Type.REFERENCE, required=True),
        Field("unit_id", "Sales unit", Type.REFERENCE),
    ]


def slot_names(key: str) -> list[str]:
    """Return what the slots of a list field are called in the app."""
    return [f"{LISTS[key]}{number + 1}" for number in range(SLOTS)]


def _limited(field: Field, limits: Mapping[str, int]) -> Field:
    limit = limits.get(field.key)
    return Field(
        field.key,
        field.label,
        field.type,
        field.role,
        max_length=limit if field.type is not Type.LONG_TEXT else None,
        view_of=field.view_of,
        view_index=field.view_index,
    )


def contact_fields(rows: Iterable[Json], types: Iterable[Json]) -> list[Field]:
    """Return all fields of a contact, from rows of `Fields` (`data_set` expanded) and `Types`."""
    sizes = {_label(each.get("id")): each.get("container_size") for each in types}
    limits: dict[str, int] = {}
    custom: list[Field] = []
    for row in rows:
        name = _label(row.get("api_name"))
        if not name or row.get("entity_name") not in (None, "Contact"):
            continue
        size = sizes.get(_label(row.get("type_id")))
        if isinstance(size, int) and size >= SHORTEST_LIMIT:
            limits[name] = size
        if name.startswith(CUSTOM) and (field := custom_field(row, limits.get(name))):
            custom.append(field)
    custom.sort(key=lambda field: field.label.casefold())
    return [*standard_fields(limits), *custom]


def custom_field(row: Json, limit: int | None = None) -> Field | None:
    """Return the custom field of a row of `Fields`, None if it is not in use or of unknown kind."""
    if row.get("is_deleted") or row.get("is_published") is False:
        return None
    kind = _label(row.get("type_id"))
    computed = any(row.get(name) not in (None, "", {}, []) for name in _COMPUTED_BY)
    type_ = _TYPES.get(kind)
    if type_ is None and computed:
        # What a formula or a lookup results in is named beside its own type.
        primitive = _PRIMITIVES.get(_label(row.get("primitive_type")))
        type_ = _TYPES.get(_label(row.get("source_type_id"))) or primitive
    if type_ is None:
        return None
    key = _label(row.get("api_name"))
    shown = row.get("translated_name") if row.get("use_lang") else None
    return Field(
        key,
        _label(shown) or _label(row.get("name")) or key,
        type_,
        options=_options(row.get("data_set")),
        read_only=computed or kind in _NEVER_WRITTEN or bool(row.get("system_readonly")),
        required=bool(row.get("system_required")),
        max_length=limit if type_ in (Type.TEXT, Type.EMAIL, Type.PHONE, Type.URL) else None,
    )


def _options(data_set: object) -> tuple[Option, ...]:
    rows = (
        [each for each in data_set if isinstance(each, dict)] if isinstance(data_set, list) else []
    )
    rows.sort(key=_sort_order)
    found = []
    for row in rows:
        id_ = _label(row.get("id"))
        label = _label(row.get("option_name_translated")) or _label(row.get("option_name"))
        if id_ and not row.get("is_deleted"):
            found.append(Option(id_, label or id_))
    return tuple(found)


def _sort_order(row: Json) -> float:
    order = row.get("sort_order")
    return float(order) if isinstance(order, int | float) else 0.0


def _label(value: object) -> str:
    try:
        return text(value).strip()
    except Unusable:
        return ""
