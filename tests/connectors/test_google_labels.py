"""Labels and custom fields at Google: memberships and `userDefined`, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connections.connectors.base import Creation, Rejected, RemoteRecord, Written
from connections.connectors.google import Google
from connections.sandbox.google import GoogleSandbox
from connections.schema import Field, Type, Value, same
from tests.connectors.google_account import Account, read, records, sandbox, update

__all__ = ["sandbox"]

MINE = "contactGroups/myContacts"
STARRED = "contactGroups/starred"
FAMILY = "contactGroups/family"
GONE = "contactGroups/gone"


@pytest.fixture
def connector(sandbox: GoogleSandbox) -> Google:
    connector = Account(sandbox.url, sandbox).connector()
    connector.identify()
    return connector


@pytest.fixture
def customers(sandbox: GoogleSandbox) -> str:
    return sandbox.add_group("Customers")


@pytest.fixture
def partners(sandbox: GoogleSandbox) -> str:
    return sandbox.add_group("Partners")


def memberships(*groups: str) -> list[dict[str, Any]]:
    return [{"contactGroupMembership": {"contactGroupResourceName": group}} for group in groups]


def add(sandbox: GoogleSandbox, *groups: str, **fields: Any) -> str:
    name = {"names": [{"givenName": "Ada"}]}
    return sandbox.add_contact({**name, "memberships": memberships(*(groups or [MINE])), **fields})


def groups_of(sandbox: GoogleSandbox, id_: str) -> set[str]:
    items = sandbox.contacts()[id_]["memberships"]
    return {item["contactGroupMembership"]["contactGroupResourceName"] for item in items}


def join_family(sandbox: GoogleSandbox, id_: str) -> None:
    """Put a contact into a system group that takes no members any more: it has been there long."""
    row = sandbox.store.table("contact")[id_]
    old = {"metadata": {"source": {"type": "CONTACT", "id": id_}}, **memberships(FAMILY)[0]}
    fields = {**row["fields"], "memberships": [*row["fields"]["memberships"], old]}
    with sandbox.store.transaction():
        sandbox.book.lists.put({**row, "fields": fields})


def get(connector: Google, id_: str) -> RemoteRecord:
    return records(read(connector))[id_]


def write(connector: Google, id_: str, **changes: Value) -> RemoteRecord:
    (outcome,) = connector.update([update(get(connector, id_), changes)])
    assert isinstance(outcome, Written)
    assert outcome.record is not None
    return outcome.record


def test_labels_are_a_field_with_the_ids_of_scopes(
    sandbox: GoogleSandbox, connector: Google, customers: str, partners: str
) -> None:
    assert connector.app.label_field == "labels"
    assert Field("labels", "Labels", Type.REFERENCES) in connector.fields()
    assert {scope.id for scope in connector.scopes()} == {STARRED, customers, partners}
    in_all = add(sandbox, MINE, customers, STARRED, partners)
    join_family(sandbox, in_all)
    in_none = add(sandbox)
    found = records(read(connector))
    assert found[in_all].values["labels"] == tuple(sorted([customers, partners, STARRED]))
    assert found[in_none].values["labels"] == ()
    sandbox.habits.reorder_lists = True
    assert get(connector, in_all).values["labels"] == found[in_all].values["labels"]


def test_labels_are_compared_as_a_set() -> None:
    field = Field("labels", "Labels", Type.REFERENCES)
    assert same(field, ("a", "b"), ("b", "a"), None)
    assert not same(field, ("a",), ("a", "b"), None)
    assert same(field, (), None, None)


def test_labels_are_added_and_taken_away_and_the_other_groups_stay(
    sandbox: GoogleSandbox, connector: Google, customers: str, partners: str
) -> None:
    id_ = add(sandbox, MINE, customers)
    join_family(sandbox, id_)
    answered = write(connector, id_, labels=(partners, STARRED))
    assert answered.values["labels"] == tuple(sorted([partners, STARRED]))
    assert groups_of(sandbox, id_) == {MINE, FAMILY, partners, STARRED}
    assert get(connector, id_).values["labels"] == answered.values["labels"]
    write(connector, id_, labels=())
    assert groups_of(sandbox, id_) == {MINE, FAMILY}


def test_a_contact_without_its_last_label_goes_to_my_contacts(
    sandbox: GoogleSandbox, connector: Google, customers: str
) -> None:
    id_ = add(sandbox, customers)
    assert write(connector, id_, labels=None).values["labels"] == ()
    assert groups_of(sandbox, id_) == {MINE}


def test_i3_labels_in_a_batch_leave_those_of_the_others_alone(
    sandbox: GoogleSandbox, connector: Google, customers: str, partners: str
) -> None:
    labelled = add(sandbox, MINE, customers)
    named = add(sandbox, MINE, customers, partners, userDefined=[{"key": "Tier", "value": "1"}])
    join_family(sandbox, named)
    found = records(read(connector))
    batch = [
        update(found[labelled], {"labels": (customers, partners)}),
        update(found[named], {"given_name": "Bob", "custom.Tier": "2"}),
    ]
    before = sandbox.requests.total
    outcomes = connector.update(batch)
    assert sandbox.requests.total - before == 1
    assert all(isinstance(each, Written) for each in outcomes)
    assert groups_of(sandbox, labelled) == {MINE, customers, partners}
    assert groups_of(sandbox, named) == {MINE, customers, partners, FAMILY}
    after = records(read(connector))
    assert after[labelled].values["given_name"] == "Ada"
    assert after[named].values["given_name"] == "Bob"
    assert after[named].values["custom.Tier"] == "2"


def test_i3_a_record_that_was_kept_without_its_groups_is_got_before_they_are_written(
    sandbox: GoogleSandbox, connector: Google, customers: str, partners: str
) -> None:
    id_ = add(sandbox, MINE, customers)
    join_family(sandbox, id_)
    record = get(connector, id_)
    items = {key: each for key, each in record.raw["items"].items() if key != "memberships"}
    old = replace(record, raw={**record.raw, "items": items})
    (outcome,) = connector.update([update(old, {"labels": (partners,)})])
    assert isinstance(outcome, Written)
    assert groups_of(sandbox, id_) == {MINE, FAMILY, partners}
    # What touches no label needs no more than before.
    now = get(connector, id_)
    raw = {**now.raw, "items": old.raw["items"]}
    before = sandbox.requests.total
    (outcome,) = connector.update([update(replace(now, raw=raw), {"city": "Wien"})])
    assert isinstance(outcome, Written)
    assert sandbox.requests.total - before == 1


def test_a_new_contact_gets_labels_and_its_scope(
    sandbox: GoogleSandbox, connector: Google, customers: str, partners: str
) -> None:
    batch = [
        Creation("m1", {"given_name": "A", "labels": (partners, STARRED)}, customers),
        Creation("m2", {"given_name": "B", "labels": (partners,)}),
        Creation("m3", {"given_name": "C", "labels": ()}),
        Creation("m4", {"given_name": "D", "labels": (customers,)}, customers),
    ]
    outcomes = connector.create(batch)
    ids = [each.id for each in outcomes if isinstance(each, Written)]
    assert [groups_of(sandbox, id_) for id_ in ids] == [
        {MINE, customers, partners, STARRED},
        {MINE, partners},
        {MINE},
        {MINE, customers},
    ]
    assert get(connector, ids[1]).values["labels"] == (partners,)


@pytest.mark.parametrize("group", [GONE, FAMILY])
def test_ru9_a_label_that_takes_no_members_is_refused_by_name(
    sandbox: GoogleSandbox, connector: Google, customers: str, group: str
) -> None:
    id_ = add(sandbox, MINE, customers)
    record = get(connector, id_)
    with pytest.raises(Rejected) as caught:
        connector.update([update(record, {"labels": (customers, group)})])
    assert caught.value.field == "labels"
    for creation in (
        Creation("m1", {"given_name": "Bob", "labels": (group,)}),
        Creation("m1", {"given_name": "Bob"}, group),
    ):
        with pytest.raises(Rejected) as caught:
            connector.create([creation])
        assert (caught.value.field, caught.value.stops_creations) == ("labels", False)
    assert list(sandbox.contacts()) == [id_]
    assert groups_of(sandbox, id_) == {MINE, customers}


def test_ru9_a_refusal_for_another_reason_blames_no_label(
    sandbox: GoogleSandbox, connector: Google, customers: str
) -> None:
    values: dict[str, Value] = {"labels": (customers,)}
    sandbox.habits.max_contacts = 0
    with pytest.raises(Rejected) as caught:
        connector.create([Creation("m1", {"given_name": "Bob", **values})])
    assert (caught.value.field, caught.value.stops_creations) == ("", True)


def test_ru9_a_batch_with_a_label_that_is_gone_writes_nothing(
    sandbox: GoogleSandbox, connector: Google, customers: str
) -> None:
    ids = [add(sandbox), add(sandbox)]
    found = records(read(connector))
    labels = [(customers,), (GONE,)]
    batch = [update(found[id_], {"labels": each}) for id_, each in zip(ids, labels, strict=True)]
    with pytest.raises(Rejected):
        connector.update(batch)
    assert [groups_of(sandbox, id_) for id_ in ids] == [{MINE}, {MINE}]


def test_reading_and_other_writes_ask_for_no_group(
    sandbox: GoogleSandbox, connector: Google, customers: str
) -> None:
    id_ = add(sandbox, MINE, customers)
    connector.fields()
    write(connector, id_, city="Wien")
    connector.create([Creation("m1", {"given_name": "Bob"}, customers)])
    asked = [name for name in sandbox.requests.by if "contactGroups" in name]
    assert asked == []
    assert groups_of(sandbox, id_) == {MINE, customers}


def test_va5_a_custom_field_is_created_written_and_cleared(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    (outcome,) = connector.create(
        [Creation("m1", {"given_name": "Ada", "custom.Tier": "Gold", "custom.Since": "2020"})]
    )
    assert isinstance(outcome, Written)
    id_ = outcome.id

    def shown() -> dict[str, str]:
        items = sandbox.contacts()[id_].get("userDefined", [])
        return {item["key"]: item["value"] for item in items}

    assert shown() == {"Tier": "Gold", "Since": "2020"}
    write(connector, id_, **{"custom.Tier": "Silver", "custom.Newer": "yes"})
    assert shown() == {"Tier": "Silver", "Since": "2020", "Newer": "yes"}
    record = write(connector, id_, **{"custom.Tier": None, "custom.Since": ""})
    assert shown() == {"Newer": "yes"}
    assert record.values["custom.Newer"] == "yes"
    assert "custom.Tier" not in record.values
    write(connector, id_, **{"custom.Newer": None})
    assert shown() == {}
