"""Every condition and every action of a rule against both stand-ins, by real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from connections.setups import RuleSetup, default_rule
from syncengine.models import Run
from syncengine.state import Status
from tests.syncengine.rule_setups import action, condition, rule
from tests.syncengine.rules_over_http import (
    Ruled,
    matched,
    member,
    of_field,
    person,
    sides,
    someone,
)
from tests.syncengine.world import contact_of, writes

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["sides"]


def test_ru3_each_condition_for_contacts_of_pipeliner(sides: Ruled) -> None:
    account = sides.pipeliner.add(
        "Account", {"name": "Engines", "owner_id": sides.owner(), "city": "Linz"}
    )
    ada = sides.pipeliner.add_contact(
        someone(
            "Ada",
            unit_id=sides.unit("Vienna"),
            owner_id=sides.user("carl"),
            city=" WIEN ",
            phone1="+43 1 4000",
            comments="met\nat the fair",
            cf_nickname="Countess",
            cf_background="Mathematics",
            cf_private_email="ada@home.org",
            cf_hotline="+43 800 1",
            cf_website="https://ada.example",
            cf_newsletter=True,
            cf_children=3,
            cf_score=1.5,
            cf_revenue=1000,
            cf_birthday="1815-12-10",
            cf_last_call="2026-02-28 23:30:00.000000+00:00",
            cf_region_id=sides.option("cf_region_id", "North"),
            cf_size_id=sides.option("cf_size_id", "Small"),
            cf_interests=[sides.option("cf_interests", each) for each in ("Books", "Music")],
        )
    )
    sides.pipeliner.add(
        "ContactAccountRelation", {"contact_id": ada, "account_id": account, "is_primary": True}
    )
    sides.pipeliner.add_contact(someone("Bob", unit_id=sides.unit("Rome"), cf_children=5))
    sides.google.add_contact(person("Bob"))
    books, sport = (sides.option("cf_interests", each) for each in ("Books", "Sport"))
    cases = {
        "unit": (condition("scope", "in", sides.unit("North")), "Ada"),
        "not_unit": (condition("scope", "not_in", sides.unit("North")), "Bob"),
        "owner": (condition("owner", "is", sides.user("carl")), "Ada"),
        "not_owner": (condition("owner", "is_not", sides.user("carl")), "Bob"),
        "exists": (condition("exists", "is", "true"), "Bob"),
        "name": (of_field("full_name", "is", "ada doe"), "Ada"),
        "text": (of_field("city", "is", "wien"), "Ada"),
        "blank": (of_field("city", "is_empty"), "Bob"),
        "long": (of_field("comments", "contains", "THE FAIR"), "Ada"),
        "emails": (of_field("emails", "starts_with", "ada@"), "Ada"),
        "email1": (of_field("email1", "ends_with", "@x.org"), "Ada Bob"),
        "phones": (of_field("phones", "not_empty"), "Ada"),
        "company": (of_field("company.city", "is", "Linz"), "Ada"),
        "cf_text": (of_field("cf_nickname", "is_not", "countess"), "Bob"),
        "cf_long": (of_field("cf_background", "contains", "math"), "Ada"),
        "cf_email": (of_field("cf_private_email", "is", "ADA@home.org"), "Ada"),
        "cf_phone": (of_field("cf_hotline", "contains", "800"), "Ada"),
        "cf_url": (of_field("cf_website", "does_not_contain", "ada"), "Bob"),
        "cf_yes": (of_field("cf_newsletter", "is", "true"), "Ada"),
        "cf_integer": (of_field("cf_children", "between", "2", "4"), "Ada"),
        "cf_float": (of_field("cf_score", "at_least", "1.5"), "Ada"),
        "cf_currency": (of_field("cf_revenue", "more", "999.99"), "Ada"),
        "cf_date": (of_field("cf_birthday", "less", "1900-01-01"), "Ada"),
        "cf_datetime": (of_field("cf_last_call", "is", "2026-03-01"), "Ada"),
        "cf_last": (of_field("cf_last_call", "last_days", "36500"), "Ada"),
        "cf_choice": (
            of_field("cf_region_id", "one_of", sides.option("cf_region_id", "North")),
            "Ada",
        ),
        "cf_radio": (
            of_field("cf_size_id", "none_of", sides.option("cf_size_id", "Small")),
            "Bob",
        ),
        "cf_any": (of_field("cf_interests", "has_any", books, sport), "Ada"),
        "cf_all": (of_field("cf_interests", "has_all", books, sport), ""),
        "cf_none": (of_field("cf_interests", "has_none", sport), "Ada Bob"),
    }
    sides.start_with(*(rule(test, key=key) for key, (test, _) in cases.items()))
    run = sides.sync()
    assert run.status == Run.Status.DONE, run.message
    for key, (_, names) in cases.items():
        assert matched("left", key) == set(names.split()), key
    sides.sync()
    assert matched("left", "exists") == {"Ada", "Bob"}
    assert writes(sides.sync()) == 0


def test_ru3_each_condition_for_contacts_of_google(sides: Ruled) -> None:
    vip, old = sides.google.add_group("VIP"), sides.google.add_group("Old")
    sides.google.add_contact(
        person(
            "Ada",
            memberships=[member("contactGroups/myContacts"), member(vip)],
            organizations=[{"name": "Engines", "title": "Analyst"}],
            birthdays=[{"date": {"year": 1990, "month": 3, "day": 3}}],
            userDefined=[{"key": "Region", "value": "North"}],
        )
    )
    sides.google.add_contact(
        person(
            "Bob",
            memberships=[member("contactGroups/starred")],
            birthdays=[{"date": {"month": 3, "day": 3}}],
        )
    )
    sides.pipeliner.add_contact(someone("Bob"))
    cases = {
        "label": (condition("label", "in", vip, old), "Ada"),
        "not_label": (condition("label", "not_in", vip), "Bob"),
        "starred": (condition("label", "in", "contactGroups/starred"), "Bob"),
        "exists": (condition("exists", "is", "true"), "Bob"),
        "text": (of_field("job_title", "is", "analyst"), "Ada"),
        "emails": (of_field("emails", "contains", "ADA"), "Ada"),
        "birthday": (of_field("birthday", "at_least", "1990-03-03"), "Ada"),
        "no_year": (of_field("birthday", "not_empty"), "Ada Bob"),
        "custom": (of_field("custom.Region", "is", "north"), "Ada"),
        "no_custom": (of_field("custom.Region", "is_empty"), "Bob"),
    }
    sides.start_with(*(rule(test, key=key, side="right") for key, (test, _) in cases.items()))
    run = sides.sync()
    assert run.status == Run.Status.DONE, run.message
    for key, (_, names) in cases.items():
        assert matched("right", key) == set(names.split()), key


def test_ru6_each_action_on_pipeliner_and_its_undo(sides: Ruled) -> None:
    vip = sides.google.add_group("VIP")
    for name in ("Ada", "Bob"):
        sides.google.add_contact(person(name, memberships=[member(vip)]))
    former = {
        "unit_id": sides.unit("Rome"),
        "owner_id": sides.user("dora"),
        "city": "Graz",
        "cf_children": 1,
    }
    bob = sides.pipeliner.add_contact(someone("Bob", **former))
    interests = [sides.option("cf_interests", each) for each in ("Books", "Sport")]
    region = sides.option("cf_region_id", "North")
    fields = {
        "city": ("Wien", "Wien"),
        "comments": ("From the rule", "From the rule"),
        "cf_nickname": ("Nick", "Nick"),
        "cf_background": ("Long", "Long"),
        "cf_private_email": ("a@b.org", "a@b.org"),
        "cf_hotline": ("+43 800 1", "+43 800 1"),
        "cf_website": ("https://x.example", "https://x.example"),
        "cf_newsletter": ("true", True),
        "cf_children": ("7", 7),
        "cf_score": ("1.25", 1.25),
        "cf_birthday": ("1815-12-10", "1815-12-10"),
        "cf_region_id": (region, region),
    }
    sets = [
        action("set_unit", sides.unit("Oslo"), undo=True),
        action("set_owner", sides.user("bob"), undo=True),
        action("set_field", *interests, field="cf_interests", undo=True),
        action("set_field", "2026-03-01", field="cf_last_call", undo=True),
        *(action("set_field", text, field=key, undo=True) for key, (text, _) in fields.items()),
    ]
    labelled = rule(condition("label", "in", vip), *sets, side="right")
    sides.start_with(default_rule("left"), labelled, default_rule("right"))
    run = sides.sync()
    assert run.status == Run.Status.DONE, run.message
    assert (run.created_left, run.updated_left, run.failed) == (1, 1, 0)
    for row in sides.pipeliner.contacts().values():
        shown = {key: row[key] for key in fields}
        assert shown == {key: value for key, (_, value) in fields.items()}
        assert (row["unit_id"], row["owner_id"]) == (sides.unit("Oslo"), sides.user("bob"))
        assert sorted(row["cf_interests"]) == sorted(interests)
        assert row["cf_last_call"].startswith("2026-02-28 23:00")
    assert writes(sides.sync()) == 0
    assert {each["names"][0]["givenName"] for each in sides.google.contacts().values()} == {
        "Ada",
        "Bob",
    }
    assert all("addresses" not in each for each in sides.google.contacts().values())

    for id_ in sides.google.contacts():
        sides.google.edit_contact(id_, {"memberships": [member("contactGroups/myContacts")]})
    sides.sync()
    row = sides.pipeliner.contacts()[bob]
    assert {key: row[key] for key in former} == former
    assert not row["cf_nickname"]
    assert not row["cf_interests"]
    assert writes(sides.sync()) == 0
    assert "addresses" not in sides.person_named("Bob")


def test_ru6_each_action_on_google_and_its_undo(sides: Ruled) -> None:
    vip, old, mine = (sides.google.add_group(each) for each in ("VIP", "Old", "Mine"))
    ids = [
        sides.pipeliner.add_contact(someone(each, unit_id=sides.unit("North"), position="Buyer"))
        for each in ("Ada", "Bob")
    ]
    sides.google.add_contact(
        person(
            "Bob",
            memberships=[member("contactGroups/myContacts"), member(old), member(mine)],
            userDefined=[{"key": "Region", "value": "West"}, {"key": "Other", "value": "kept"}],
        )
    )
    sets = [
        action("add_label", vip, undo=True),
        action("add_label", "contactGroups/starred", undo=True),
        action("remove_label", old, undo=True),
        action("set_field", "Analyst", field="job_title", undo=True),
        action("set_field", "1990-03-03", field="birthday", undo=True),
        action("set_field", "North", field="custom.Region", undo=True),
    ]
    north = rule(condition("scope", "in", sides.unit("North")), *sets)
    sides.start_with(north, default_rule("left"), default_rule("right"))
    run = sides.sync()
    assert run.status == Run.Status.DONE, run.message
    assert (run.created_right, run.updated_right, run.failed) == (1, 1, 0)
    assert sides.labels("Ada") == {vip, "contactGroups/starred"}
    assert sides.labels("Bob") == {vip, "contactGroups/starred", mine}
    for name in ("Ada", "Bob"):
        found = sides.person_named(name)
        assert found["organizations"][0]["title"] == "Analyst"
        assert found["birthdays"][0]["date"] == {"year": 1990, "month": 3, "day": 3}
        assert {"key": "Region", "value": "North"} in [
            {key: each[key] for key in ("key", "value")} for each in found["userDefined"]
        ]
    assert writes(sides.sync()) == 0
    assert {row["position"] for row in sides.pipeliner.contacts().values()} == {"Buyer"}

    for id_ in ids:
        sides.pipeliner.edit_contact(id_, {"unit_id": sides.unit("South")})
    sides.sync()
    assert (sides.labels("Ada"), sides.labels("Bob")) == (set(), {old, mine})
    for name in ("Ada", "Bob"):
        assert sides.person_named(name)["organizations"][0]["title"] == "Buyer"
        assert "birthdays" not in sides.person_named(name)
    customs = {each["key"]: each["value"] for each in sides.person_named("Bob")["userDefined"]}
    assert customs == {"Region": "West", "Other": "kept"}
    assert writes(sides.sync()) == 0


def test_va10_a_new_contact_belongs_to_the_accounts_user_unless_a_rule_says_whom(
    sides: Ruled,
) -> None:
    vip = sides.google.add_group("VIP")
    sides.google.add_contact(person("Ada"))
    sides.google.add_contact(person("Bob", memberships=[member(vip)]))
    owner = action("set_owner", sides.user("bob"), when="creation")
    labelled = rule(condition("label", "in", vip), owner, side="right")
    sides.start_with(default_rule("left"), labelled, default_rule("right"))
    sides.sync()
    owners = {row["first_name"]: row["owner_id"] for row in sides.pipeliner.contacts().values()}
    assert owners == {"Ada": sides.user("ann"), "Bob": sides.user("bob")}


def test_va10_a_preview_says_whose_a_new_contact_will_be_and_where(sides: Ruled) -> None:
    to_carl = action("set_owner", sides.user("carl"))
    for name in ("Ada", "Bob"):
        sides.google.add_contact(person(name))
    bob = rule(condition("field", "is", "Bob", field="given_name"), to_carl, side="right")
    sides.start_with(bob, default_rule("right"))
    run = sides.world.preview(sides.connection)
    said = {line.name.split()[0]: line.reason for line in run.changes.all()}
    sides.sync()
    users = {user.id: user.label for user in sides.connection.left.offers.users}
    units = {unit.id: unit.name for unit in sides.connection.left.offers.scopes}
    made = {row["first_name"]: row for row in sides.pipeliner.contacts().values()}
    assert said == {
        name: f"Owner: {users[row['owner_id']]}, sales unit: {units[row['unit_id']]}"
        for name, row in made.items()
    }
    assert made["Ada"]["owner_id"] != made["Bob"]["owner_id"] == sides.user("carl")


def test_ru9_each_kind_of_name_that_is_gone_stops_the_run_before_any_write(sides: Ruled) -> None:
    vip = sides.google.add_group("VIP")
    sides.pipeliner.add_contact(someone("Ada"))
    region = sides.option("cf_region_id", "West")
    fields = {row["api_name"]: id_ for id_, row in sides.pipeliner.rows("Field").items()}
    oslo, dora = sides.unit("Oslo"), sides.user("dora")
    cases: list[tuple[RuleSetup, Any, str]] = [
        (rule(condition("scope", "in", oslo)), ("SalesUnit", oslo), f"“{oslo}”"),
        (rule(condition("owner", "is_not", dora)), ("Client", dora), f"“{dora}”"),
        (
            rule(of_field("cf_region_id", "one_of", region)),
            ("Data", region),
            f"Region has no option “{region}” any more",
        ),
        (
            rule(of_field("cf_score", "more", "1")),
            ("Field", fields["cf_score"]),
            "Pipeliner has no field “cf_score” any more",
        ),
        (
            rule(action("set_field", "x", field="cf_nickname"), side="right"),
            ("Field", fields["cf_nickname"]),
            "rule 2 for contacts from Google Contacts: Pipeliner has no field “cf_nickname” any",
        ),
        (rule(action("add_label", vip)), None, f"Google Contacts has no label “{vip}” any more"),
    ]
    sides.start_with()
    for gone, where, _ in cases:
        if where:
            sides.pipeliner.delete(*where)
        del gone
    group = sides.google.groups.named(sides.google.email, "VIP")
    assert group
    with sides.google.store.transaction():
        sides.google.groups.remove(group)
    before = sides.sent()
    for gone, _, place in cases:
        sides.decide_by(default_rule("left"), default_rule("right"), gone)
        run = sides.sync()
        assert (run.status, place in run.message) == (Run.Status.FAILED, True), run.message
        assert run.message.startswith("rule 2 for contacts from ")
    assert sides.sent() == before
    assert len(sides.google.contacts()) == 0


def test_a_value_that_pipeliner_refuses_fails_its_contact_alone(sides: Ruled) -> None:
    vip = sides.google.add_group("VIP")
    sides.google.add_contact(person("Ada", memberships=[member(vip)]))
    sides.google.add_contact(person("Bob"))
    refused = action("set_field", "x" * 300, field="cf_nickname")
    labelled = rule(condition("label", "in", vip), refused, side="right")
    sides.start_with(labelled, default_rule("right"))
    run = sides.sync()
    assert (run.status, run.created_left, run.failed) == (Run.Status.PARTLY_FAILED, 1, 1)
    contact = contact_of(sides.connection, right="Ada Doe")
    assert contact.status == Status.FAILING
    assert "cf_nickname" in contact.reason
