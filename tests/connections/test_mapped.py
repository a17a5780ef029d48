"""Which fields a set-up maps, and which are mapped twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connections.configuration import Direction, Pair
from connections.mapped import (
    default_mapping,
    fields_of,
    mapped_twice,
    new_field,
    pair_of,
    taken,
)
from connections.models import Account, Catalogue
from connections.schema import Field, Role, Type
from connections.setups import MappingSetup, Setup

CITY = Field("city", "City", Type.TEXT, Role.CITY)
PHONES = Field("phones", "Phones", Type.PHONES, Role.PHONES)
PHONE_2 = Field("phone2", "Phone 2", Type.PHONE, view_of="phones", view_index=1)
REGION = Field("cf_region", "Region", Type.TEXT)
TEAM = Field("custom.Team", "Team", Type.TEXT)


def account(app: str, *fields: Field) -> Account:
    return Account(label=app, app=app, catalogue=Catalogue(fields).to_json())


@pytest.fixture
def left() -> Account:
    return account("pipeliner", CITY, PHONES, PHONE_2, REGION)


@pytest.fixture
def right() -> Account:
    return account("google", CITY, PHONES, TEAM)


def own(left: str, right: str) -> Setup:
    return Setup(mappings=(MappingSetup(left, right),))


def test_va5_a_custom_field_that_nothing_lists_yet_is_one_where_it_is_mapped(
    left: Account, right: Account
) -> None:
    found = fields_of(own("cf_region", "custom.Region"), left, right)
    assert found.right["custom.Region"] == Field("custom.Region", "Region", Type.TEXT)
    assert pair_of(MappingSetup("cf_region", "custom.Region"), found) is not None
    nothing = fields_of(own("cf_none", "custom. "), left, right)
    assert list(nothing.right) == ["city", "phones", "custom.Team"]
    assert list(nothing.left) == ["city", "phones", "phone2", "cf_region"]
    assert pair_of(MappingSetup("cf_none", "custom.Team"), nothing) is None


def test_va5_a_new_custom_field_is_the_one_of_the_same_name(left: Account, right: Account) -> None:
    assert new_field(right, " team ") == TEAM
    assert new_field(right, "Region") == Field("custom.Region", "Region", Type.TEXT)
    assert new_field(right, "  ") is None
    assert new_field(left, "Region") is None


def test_va4_switching_a_default_mapping_off_frees_both_fields(
    left: Account, right: Account
) -> None:
    setup = own("phone2", "custom.Team")
    fields = fields_of(setup, left, right)
    assert mapped_twice(setup, left, right) == [
        "“Phone 2” is mapped twice: once by your own mapping of “Phone 2” and “Team”. "
        "Remove that, or switch the other off."
    ]
    off = replace(setup, switched_off=("phones",))
    assert mapped_twice(off, left, right) == []
    assert [pair.left for pair in default_mapping(off, fields)] == [CITY]
    assert [pair.left for pair in default_mapping(off, fields, off=True)] == [PHONES, CITY]
    assert taken(off, fields).left == {"city", "phones", "phone2"}
    assert taken(off, fields, setup.mappings[0]).left == {"city"}


def test_va4_two_custom_mappings_of_one_field_are_one_too_many(
    left: Account, right: Account
) -> None:
    two = (MappingSetup("cf_region", "custom.Team"), MappingSetup("cf_region", "custom.Else"))
    (first, second) = mapped_twice(Setup(mappings=two), left, right)
    assert "“Region” is mapped twice: once by your own mapping of “Region” and “Team”" in first
    assert "“Region” and “Else”" in second


def test_the_default_mapping_is_as_wide_as_its_fields(left: Account, right: Account) -> None:
    fixed = replace(CITY, read_only=True)
    fields = fields_of(Setup(direction="left_to_right"), left, account("google", fixed, PHONES))
    assert default_mapping(Setup(direction="left_to_right"), fields) == (
        Pair(PHONES, PHONES),
        Pair(CITY, fixed, Direction.RIGHT_TO_LEFT),
    )
