from __future__ import annotations

from collections import Counter

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
