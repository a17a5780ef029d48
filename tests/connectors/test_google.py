from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connections.connectors import google
from connections.connectors.base import AuthorizationLost, CursorExpired, Rejected, Scope
from connections.connectors.google import Google
from connections.connectors.google_oauth import CONTACTS_SCOPE, EMAIL_SCOPE
from connections.connectors.google_values import MASK
from connections.sandbox.google import GoogleSandbox
from tests.connectors.google_account import (
    EMAIL,
    Account,
    account,
    add,
    connector,
    get,
    read,
    records,
    sandbox,
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


# -- the account -----------------------------------------------------------------------------------


def test_ac5_an_account_is_known_by_its_id_and_shown_by_its_address(
    sandbox: GoogleSandbox, account: Account
) -> None:
    identity = account.connector().identify()
    assert identity.label == EMAIL
    assert identity.key.removeprefix("people/").isdigit()


def test_another_account_than_the_one_named_is_refused(account: Account) -> None:
    account.settings = {"email": "someone@example.com"}
    with pytest.raises(Rejected, match=f"{EMAIL}, another Google account") as caught:
        account.connector().identify()
    assert caught.value.field == "email"
    account.settings = {"email": EMAIL.upper()}
    assert account.connector().identify().label == EMAIL


def test_an_account_that_may_not_show_its_address_is_still_known(
    sandbox: GoogleSandbox, account: Account
) -> None:
    key = account.connector().identify().key
    account.secrets = {"refresh_token": sandbox.issue_refresh_token(scopes=[CONTACTS_SCOPE])}
    assert account.connector().identify().key == key


def test_a_grant_without_contacts_says_what_to_do(sandbox: GoogleSandbox, account: Account) -> None:
    account.secrets = {"refresh_token": sandbox.issue_refresh_token(scopes=[EMAIL_SCOPE])}
    with pytest.raises(AuthorizationLost, match="grant access to contacts"):
        account.connector().identify()


def test_ac6_scopes_are_the_labels_and_the_stars(
    sandbox: GoogleSandbox, connector: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "PAGE_SIZE", 2)
    labels = [Scope(sandbox.add_group(name), name) for name in ("Kunden", "Partner")]
    found = connector.scopes()
    assert [scope for scope in found if scope.id != "contactGroups/starred"] == labels
    assert "contactGroups/starred" in {scope.id for scope in found}
    assert "contactGroups/myContacts" not in {scope.id for scope in found}


# -- the feed --------------------------------------------------------------------------------------


def test_a_full_read_goes_on_with_changes_alone(
    sandbox: GoogleSandbox, connector: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "PAGE_SIZE", 2)
    ids = [add(sandbox, number) for number in range(5)]
    pages = read(connector)
    assert [page.complete for page in pages] == [False, False, True]
    assert all(page.full for page in pages)
    assert list(records(pages)) == ids
    sandbox.edit_contact(ids[1], {"nicknames": [{"value": "Nick"}]})
    sandbox.delete_contact(ids[2])
    (page,) = read(connector, pages[-1].cursor)
    assert not page.full
    assert [(each.id, each.values["nickname"]) for each in page.records] == [(ids[1], "Nick")]
    assert page.gone == [ids[2]]


def test_a_full_read_that_broke_off_goes_on_where_it_was(
    sandbox: GoogleSandbox, connector: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "PAGE_SIZE", 2)
    ids = [add(sandbox, number) for number in range(5)]
    first = next(connector.changes(None, lambda _: False))
    rest = read(connector, first.cursor)
    assert all(page.full for page in rest)
    assert list(records([first, *rest])) == ids


def test_a_read_of_changes_that_broke_off_goes_on_where_it_was(
    sandbox: GoogleSandbox, connector: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "PAGE_SIZE", 2)
    (done,) = read(connector)
    ids = [add(sandbox, number) for number in range(5)]
    first = next(connector.changes(done.cursor, lambda _: False))
    rest = read(connector, first.cursor)
    assert not any(page.full for page in [first, *rest])
    assert list(records([first, *rest])) == ids
    assert read(connector, rest[-1].cursor)[0].records == []


@pytest.mark.parametrize("code", [400, 410])
def test_a_dead_sync_token_is_an_expired_cursor(
    sandbox: GoogleSandbox, connector: Google, code: int
) -> None:
    sandbox.habits.expired_token_code = code
    (page,) = read(connector)
    sandbox.expire_sync_tokens()
    with pytest.raises(CursorExpired):
        read(connector, page.cursor)


def test_a_page_token_that_google_does_not_know_is_an_expired_cursor(connector: Google) -> None:
    (page,) = read(connector)
    for cursor in (
        {**page.cursor, "page_token": "unknown"},
        {"mask": MASK, "full_at": page.cursor["full_at"], "page_token": "unknown"},
    ):
        with pytest.raises(CursorExpired):
            read(connector, cursor)


def test_a_cursor_is_good_for_its_mask_and_for_six_days(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    (page,) = read(connector)
    assert page.cursor["mask"] == MASK
    before = sandbox.requests.total
    old = (datetime.now(UTC) - timedelta(days=6)).isoformat()
    for cursor in (
        {**page.cursor, "mask": "names"},
        {**page.cursor, "full_at": old},
        {key: value for key, value in page.cursor.items() if key != "sync_token"},
    ):
        with pytest.raises(CursorExpired):
            read(connector, cursor)
    assert sandbox.requests.total == before


def test_the_six_days_count_from_the_full_read(sandbox: GoogleSandbox, connector: Google) -> None:
    (page,) = read(connector)
    add(sandbox)
    (later,) = read(connector, page.cursor)
    assert later.cursor["full_at"] == page.cursor["full_at"]
    assert later.cursor["sync_token"] != page.cursor["sync_token"]


def test_a_renamed_contact_keeps_its_id_and_tells_its_former_names(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    id_ = add(sandbox)
    pages = read(connector)
    before = records(pages)[id_]
    sandbox.rename(id_)
    (page,) = read(connector, pages[-1].cursor)
    (after,) = page.records
    assert (after.id, after.previous_addresses) == (id_, (before.address,))
    assert after.address != before.address
    assert page.gone == []
    assert (
        connector.get([before.address])[before.address]
        == connector.get([after.address])[after.address]
    )


def test_du2_a_restored_contact_is_back_under_its_id(
    sandbox: GoogleSandbox, connector: Google
) -> None:
    id_ = add(sandbox)
    (first,) = read(connector)
    sandbox.delete_contact(id_)
    (second,) = read(connector, first.cursor)
    sandbox.restore_contact(id_)
    (third,) = read(connector, second.cursor)
    assert second.gone == [id_]
    assert [record.id for record in third.records] == [id_]
    assert not third.records[0].deleted


def test_scopes_of_a_contact_are_its_labels(sandbox: GoogleSandbox, connector: Google) -> None:
    label = sandbox.add_group("Kunden")
    group = {"contactGroupMembership": {"contactGroupResourceName": label}}
    assert get(connector, add(sandbox, memberships=[group])).scopes == (label,)


# -- getting ---------------------------------------------------------------------------------------


def test_any_number_of_contacts_is_got_in_batches(
    sandbox: GoogleSandbox, connector: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "BATCH", 2)
    ids = [add(sandbox, number) for number in range(5)]
    addresses = [record.address for record in records(read(connector)).values()]
    found = connector.get([*addresses, "people/c1"])
    assert [record and record.id for record in found.values()] == [*ids, None]
    assert sandbox.requests.by["GET people.batchGet"] == 3


def test_written_contacts_are_got_by_their_ids(sandbox: GoogleSandbox, connector: Google) -> None:
    plain, renamed = add(sandbox, 1), add(sandbox, 2)
    sandbox.rename(renamed)
    sandbox.habits.forgets_old_names = True
    assert connector.get_written([plain, renamed, "no id"]).keys() == {plain}
