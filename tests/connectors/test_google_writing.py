from __future__ import annotations

from typing import Any

import pytest

from connections.connectors.base import Creation, Moved, Rejected, Unavailable, Written
from connections.connectors.google import Google
from connections.sandbox.base import Fault
from connections.sandbox.google import GoogleSandbox
from connections.schema import Birthday, Value
from tests.connectors.google_account import (
    account,
    add,
    connector,
    email,
    get,
    read,
    records,
    sandbox,
    update,
)

__all__ = ["account", "connector", "sandbox"]


def own(person: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """Return a contact's items without what the app adds to them."""
    added = {"metadata", "formattedType", "formattedValue", "canonicalForm"}
    return [
        {key: value for key, value in item.items() if key not in added}
        for item in person.get(field, [])
        if item["metadata"]["source"]["type"] == "CONTACT"
    ]


# -- creating --------------------------------------------------------------------------------------


def test_i2_creations_are_bound_by_their_marks(sandbox: GoogleSandbox, connector: Google) -> None:
    label = sandbox.add_group("Kunden")
    batch = [
        Creation("m1", {"given_name": "Ada", "birthday": Birthday(None, 2, 29)}, label),
        Creation("m2", {"given_name": "Bob", "emails": ("b@x.org",), "custom.Region": "North"}),
    ]
    first, second = connector.create(batch)
    assert isinstance(first, Written)
    assert isinstance(second, Written)
    assert first.record is not None
    assert second.record is not None
    assert (first.record.mark, first.record.values["given_name"]) == ("m1", "Ada")
    assert first.record.values["birthday"] == Birthday(None, 2, 29)
    assert set(first.record.scopes) == {label, "contactGroups/myContacts"}
    assert second.record.scopes == ("contactGroups/myContacts",)
    assert second.record.values["custom.Region"] == "North"
    held = records(read(connector))
    assert {id_: (record.mark, record.version) for id_, record in held.items()} == {
        first.id: ("m1", first.record.version),
        second.id: ("m2", second.record.version),
    }


def test_a_full_account_takes_no_creations_but_updates(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    id_ = add(sandbox)
    sandbox.habits.max_contacts = 2
    with pytest.raises(Rejected, match="full") as caught:
        connector.create([Creation(mark, {"given_name": "Ada"}) for mark in ("m1", "m2")])
    assert caught.value.stops_creations
    assert list(sandbox.contacts()) == [id_]
    (outcome,) = connector.update([update(get(connector, id_), {"city": "Wien"})])
    assert isinstance(outcome, Written)


def test_a_label_that_is_gone_refuses_the_creation(connector: Google) -> None:
    with pytest.raises(Rejected) as caught:
        connector.create([Creation("m1", {"given_name": "Ada"}, "contactGroups/gone")])
    assert not caught.value.stops_creations


def test_a_refusal_names_the_field(connector: Google) -> None:
    values: dict[str, Value] = {"given_name": "Ada", "birthday": Birthday(None, 2, 30)}
    with pytest.raises(Rejected) as caught:
        connector.create([Creation("m1", values)])
    assert caught.value.field == "birthday"


@pytest.mark.parametrize(("kind", "made"), [("cut_before", 0), ("cut_after", 1)])
def test_i2_a_creation_without_an_answer_is_not_repeated(
    sandbox: GoogleSandbox, connector: Google, kind: str, made: int
) -> None:
    sandbox.faults.add(Fault(kind, path_contains="batchCreate"))
    with pytest.raises(Unavailable) as caught:
        connector.create([Creation("m1", {"given_name": "Ada"})])
    assert caught.value.in_doubt
    assert len(sandbox.contacts()) == made


# -- updating --------------------------------------------------------------------------------------


def test_i3_one_mask_for_all_changes_only_what_is_named(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    rich: dict[str, Any] = {
        "emailAddresses": [
            email("a@x.org", type="work", displayName="Ada"),
            email("b@x.org", type="home"),
        ],
        "phoneNumbers": [{"value": "+43 1 5885801", "type": "mobile"}, {"value": "12"}],
        "organizations": [
            {"name": "Acme", "title": "CEO", "type": "work", "location": "Wien"},
            {"name": "TU", "type": "school"},
        ],
        "addresses": [
            {"type": "work", "streetAddress": "Ring 1", "city": "Wien", "poBox": "7"},
            {"type": "home", "city": "Graz"},
        ],
        "urls": [{"value": "http://x.org", "type": "blog"}, {"value": "http://y.org"}],
        "birthdays": [{"date": {"year": 1980, "month": 2, "day": 29}}],
        "biographies": [{"value": "a\nb", "contentType": "TEXT_PLAIN"}],
        "nicknames": [{"value": "Nick", "type": "SHORT_NAME"}],
        "userDefined": [{"key": "Region", "value": "North"}],
        "relations": [{"person": "Bob", "type": "spouse"}],
    }
    same, edited = add(sandbox, 1, **rich), add(sandbox, 2, **rich)
    held = records(read(connector))
    every_field: dict[str, Value] = {
        "suffix": "PhD",
        "emails": ("a@x.org", "c@x.org", "d@x.org"),
        "phones": ("12", "+43 1 5885801"),
        "company": "New",
        "city": "Linz",
        "website": None,
        "birthday": None,
        "notes": "c",
        "nickname": "Nicky",
        "custom.Region": "South",
    }
    outcomes = connector.update(
        [update(held[same], {"department": "R&D"}), update(held[edited], every_field)]
    )
    assert [each.id for each in outcomes if isinstance(each, Written)] == [same, edited]
    after = sandbox.contacts()
    for field in rich:
        if field != "organizations":
            assert own(after[same], field) == rich[field]
    assert own(after[same], "organizations")[0]["department"] == "R&D"
    assert own(after[edited], "emailAddresses") == [
        email("a@x.org", type="work", displayName="Ada"),
        email("c@x.org", type="home"),
        email("d@x.org"),
    ]
    assert own(after[edited], "phoneNumbers") == rich["phoneNumbers"][::-1]
    assert after[edited]["phoneNumbers"][0]["metadata"]["sourcePrimary"]
    assert own(after[edited], "organizations")[0] == {
        **rich["organizations"][0],
        "name": "New",
    }
    assert own(after[edited], "addresses") == [
        {**rich["addresses"][0], "city": "Linz"},
        rich["addresses"][1],
    ]
    assert own(after[edited], "urls") == rich["urls"][1:]
    assert own(after[edited], "birthdays") == []
    assert own(after[edited], "nicknames") == [{"value": "Nicky", "type": "SHORT_NAME"}]
    assert own(after[edited], "relations") == rich["relations"]


def test_an_update_is_answered_with_the_record(sandbox: GoogleSandbox, connector: Google) -> None:
    id_ = add(sandbox)
    (outcome,) = connector.update([update(get(connector, id_), {"city": "Wien"})])
    assert isinstance(outcome, Written)
    assert outcome.record is not None
    assert outcome.record.values == get(connector, id_).values
    (again,) = connector.update([update(outcome.record, {"city": "Graz"})])
    assert isinstance(again, Written)


def test_the_order_of_items_does_not_matter(sandbox: GoogleSandbox, connector: Google) -> None:
    id_ = add(sandbox, emailAddresses=[email("a@x.org", type="work"), email("b@x.org")])
    sandbox.habits.reorder_lists = True
    record = get(connector, id_)
    assert record.values["emails"] == ("a@x.org", "b@x.org")
    connector.update([update(record, {"emails": ("c@x.org", "b@x.org")})])
    sandbox.habits.reorder_lists = False
    emails = sandbox.contacts()[id_]["emailAddresses"]
    assert own(sandbox.contacts()[id_], "emailAddresses")[0] == email("c@x.org", type="work")
    assert emails[0]["metadata"]["sourcePrimary"]


def test_what_belongs_to_a_profile_is_neither_read_nor_written(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    id_ = add(sandbox, emailAddresses=[email("a@x.org", type="work")])
    sandbox.link_profile(id_, {"emailAddresses": [email("profile@x.org")]})
    record = get(connector, id_)
    assert record.values["emails"] == ("a@x.org",)
    (outcome,) = connector.update([update(record, {"emails": ("a@x.org", "b@x.org")})])
    assert isinstance(outcome, Written)
    assert own(sandbox.contacts()[id_], "emailAddresses") == [
        email("a@x.org", type="work"),
        email("b@x.org"),
    ]


def test_i3_a_contact_that_moved_is_not_written(sandbox: GoogleSandbox, connector: Google) -> None:
    id_, other = add(sandbox, 1), add(sandbox, 2)
    held = records(read(connector))
    sandbox.edit_contact(id_, {"nicknames": [{"value": "Nick"}]})
    changes = [update(held[each], {"nickname": "Other"}) for each in (id_, other)]
    assert connector.update(changes[:1]) == [Moved()]
    with pytest.raises(Rejected):
        connector.update(changes)
    live = sandbox.contacts()
    assert own(live[id_], "nicknames") == [{"value": "Nick"}]
    assert own(live[other], "nicknames") == []


def test_an_etag_that_is_late_is_a_move(sandbox: GoogleSandbox, connector: Google) -> None:
    id_ = add(sandbox)
    sandbox.faults.add(Fault("stale_etag"))
    change = update(get(connector, id_), {"nickname": "Nick"})
    assert connector.update([change]) == [Moved()]
    assert isinstance(connector.update([change])[0], Written)


def test_a_contact_that_is_gone_has_moved(sandbox: GoogleSandbox, connector: Google) -> None:
    record = get(connector, add(sandbox))
    sandbox.delete_contact(record.id)
    assert connector.update([update(record, {"nickname": "Nick"})]) == [Moved()]


def test_a_write_that_renames_the_contact_is_bound_by_its_id(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    record = get(connector, add(sandbox, emailAddresses=[email("a@x.org")]))
    sandbox.habits.renames = True
    (outcome,) = connector.update([update(record, {"emails": ("b@x.org",)})])
    assert isinstance(outcome, Written)
    assert outcome.id == record.id
    assert outcome.record is not None
    assert outcome.record.address != record.address


def test_i3_a_list_beyond_the_cap_is_got_whole_before_it_is_written(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    many = [{"value": f"{number:04}", "type": f"t{number}"} for number in range(120)]
    id_, other = add(sandbox, 1, phoneNumbers=many), add(sandbox, 2)
    held = records(read(connector))
    seen = held[id_].values["phones"]
    assert isinstance(seen, tuple)
    assert len(seen) == 100
    before = sandbox.requests.total
    batch = [
        update(held[id_], {"phones": ("9999", *seen[1:])}),
        update(held[other], {"phones": ("1",)}),
    ]
    assert all(isinstance(each, Written) for each in connector.update(batch))
    assert sandbox.requests.total - before == 2
    assert own(sandbox.contacts()[id_], "phoneNumbers") == [
        {"value": "9999", "type": "t0"},
        *many[1:],
    ]


def test_a_contact_that_moved_before_it_was_got_whole_stops_no_other(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    many = [{"value": f"{number:04}"} for number in range(120)]
    moved, gone, other = (
        add(sandbox, 1, phoneNumbers=many),
        add(sandbox, 2, phoneNumbers=many),
        add(sandbox, 3),
    )
    held = records(read(connector))
    sandbox.edit_contact(moved, {"nicknames": [{"value": "Nick"}]})
    sandbox.delete_contact(gone)
    outcomes = connector.update(
        [update(held[each], {"phones": ("1",)}) for each in (moved, gone, other)]
    )
    assert outcomes[:2] == [Moved(), Moved()]
    assert isinstance(outcomes[2], Written)
    assert len(own(sandbox.contacts()[moved], "phoneNumbers")) == 120


def test_an_update_without_an_answer_is_in_doubt(sandbox: GoogleSandbox, connector: Google) -> None:
    record = get(connector, add(sandbox))
    sandbox.faults.add(Fault("cut_after", path_contains="batchUpdate"))
    with pytest.raises(Unavailable) as caught:
        connector.update([update(record, {"nickname": "Nick"})])
    assert caught.value.in_doubt
    assert own(sandbox.contacts()[record.id], "nicknames") == [{"value": "Nick"}]
