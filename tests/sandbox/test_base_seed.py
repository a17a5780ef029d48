from __future__ import annotations

from collections import Counter

from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from connections.sandbox.seed import Person, people, side_people


def addresses(persons: list[Person]) -> Counter[str]:
    return Counter(value.casefold() for person in persons for value, _ in person.emails)


def test_the_same_seed_makes_the_same_people() -> None:
    assert people(50, 1) == people(50, 1)
    assert people(50, 1) != people(50, 2)
    assert people(60, 1)[:50] == people(50, 1)


def test_twenty_people_hold_all_oddities() -> None:
    persons = people(20, 1)
    assert any(not person.emails for person in persons)
    assert any(len(person.emails) > 2 and len(person.phones) > 2 for person in persons)
    assert any(not person.family for person in persons)
    assert any(not person.given for person in persons)
    assert any(person.prefix and person.suffix for person in persons)
    assert any(len(person.notes) > 8000 for person in persons)
    assert any(person.birthday and person.birthday[0] is None for person in persons)
    assert any(" " in person.family for person in persons)
    assert any(not person.family.isascii() and person.family for person in persons)
    assert all(person.given or person.family for person in persons)


def test_each_address_belongs_to_one_person() -> None:
    assert max(addresses(people(2000, 1)).values()) == 1


def test_plain_people_have_a_name_and_one_address() -> None:
    persons = people(500, 1, oddities=False)
    assert {len(person.emails) for person in persons} == {1}
    assert all(person.given and person.family for person in persons)


def test_two_sides_share_some_people_with_small_differences() -> None:
    left, right = side_people(100, 1, "left"), side_people(100, 1, "right")
    on_left, on_right = addresses(left), addresses(right)
    assert 30 <= len(on_left.keys() & on_right.keys()) <= 60
    assert left[:40] != right[:40]
    assert [p.emails for p in left[:40]] == [p.emails for p in right[:40]]
    # One address is there twice on the left.
    assert max(on_left.values()) == 2
    assert max(on_right.values()) == 1


def test_a_new_space_holds_its_people() -> None:
    sandbox = PipelinerSandbox(seed=1, people=25)
    rows = list(sandbox.contacts().values())
    assert len(rows) == 25
    assert {row["owner_id"] for row in rows} > {min(sandbox.rows("Client"))}
    assert len({row["unit_id"] for row in rows}) > 2
    assert any(row["primary_account"] for row in rows)
    assert any(row["quick_account_name"] for row in rows)
    assert any(row["cf_birthday"] for row in rows)
    for name in ("cf_region_id", "cf_interests", "cf_newsletter", "cf_score", "cf_children"):
        assert len({str(row[name]) for row in rows}) > 1
    again = PipelinerSandbox(seed=1, people=25).contacts().values()
    told = ("last_name", "owner_id", "unit_id", "cf_region_id", "cf_interests", "cf_score")
    assert [[row[name] for name in told] for row in again] == [
        [row[name] for name in told] for row in rows
    ]


def test_a_new_google_account_has_labels_and_custom_fields() -> None:
    one, two = GoogleSandbox(people=20, seed=1), GoogleSandbox(people=20, seed=1)
    assert [labels_and_fields(one), labels_and_fields(two)] == [labels_and_fields(one)] * 2
    found = labels_and_fields(one)
    assert {name for labels, _ in found for name in labels} == {
        "myContacts", "Customers", "Partners", "Suppliers",
    }  # fmt: skip
    assert {key for _, fields in found for key in fields} == {"Tier", "Customer number"}
    assert any(labels == {"myContacts"} and not fields for labels, fields in found)
    assert any(len(labels) > 2 for labels, _ in found)


def labels_and_fields(sandbox: GoogleSandbox) -> list[tuple[set[str], dict[str, str]]]:
    names = {f"contactGroups/{row['id']}": row["name"] for row in sandbox.groups.of(sandbox.email)}
    return [
        (
            {
                names[item["contactGroupMembership"]["contactGroupResourceName"]]
                for item in person["memberships"]
            },
            {item["key"]: item["value"] for item in person.get("userDefined", [])},
        )
        for person in sandbox.contacts().values()
    ]
