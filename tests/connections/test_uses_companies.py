"""Whether the companies of an account's contacts are read at all [I6]."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from connections.accounts import uses_companies
from connections.models import Account, Connection, PendingEdit
from connections.setups import ConditionSetup, MappingSetup, RuleSetup, Setup

pytestmark = pytest.mark.django_db

WITHOUT = Setup(switched_off=("company",))
TESTED = RuleSetup(
    "r", "left", conditions=(ConditionSetup("field", "is", ("Wien",), "company.city"),)
)
MAPPED = MappingSetup("company.home_page", "custom.Company page", "left_to_right")


def connection(setup: Setup) -> Connection:
    left = Account.objects.create(label="Left", app="pipeliner")
    right = Account.objects.create(label="Right", app="google")
    made = Connection.objects.create(name="North", left=left, right=right)
    made.keep_setup(setup)
    return made


@pytest.mark.parametrize(
    "setup",
    [
        Setup(),
        replace(WITHOUT, rules=(TESTED,)),
        replace(WITHOUT, mappings=(MAPPED,)),
        replace(WITHOUT, mappings=(MappingSetup("company", "custom.Firm"),)),
    ],
)
def test_va9_companies_are_read_where_a_field_of_them_is_mapped_or_tested(setup: Setup) -> None:
    assert uses_companies(connection(setup).left)


def test_i6_companies_are_not_read_where_nothing_needs_them() -> None:
    city = ConditionSetup("field", "is", ("Wien",), "city")
    rule = RuleSetup("r", "left", conditions=(city,))
    setup = replace(WITHOUT, rules=(rule,), mappings=(MappingSetup("cf_a", "custom.A"),))
    assert not uses_companies(connection(setup).left)


def test_va9_an_edit_that_waits_has_them_read_for_its_preview() -> None:
    made = connection(WITHOUT)
    waiting = replace(WITHOUT, rules=(TESTED,)).to_json()
    PendingEdit.objects.create(connection=made, setup=waiting, saved_at=timezone.now())
    assert uses_companies(made.left)


def test_what_the_other_side_tests_counts_there_alone() -> None:
    rule = replace(TESTED, side="right")
    assert not uses_companies(connection(replace(WITHOUT, rules=(rule,))).left)


def test_i6_asking_costs_the_same_with_many_connections(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    city = RuleSetup("r", "left", conditions=(ConditionSetup("field", "is", ("Wien",), "city"),))
    setup = replace(WITHOUT, rules=(city,), mappings=(MappingSetup("cf_a", "custom.A"),))
    left = connection(setup).left
    for name in ("South", "East", "West"):
        right = Account.objects.create(label=name, app="google")
        made = Connection.objects.create(name=name, left=left, right=right)
        made.keep_setup(setup)
        PendingEdit.objects.create(
            connection=made, setup=WITHOUT.to_json(), saved_at=timezone.now()
        )
    with django_assert_num_queries(4):
        assert not uses_companies(left)
