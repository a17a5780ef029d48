from __future__ import annotations

from collections.abc import Iterator

import pytest

from connections.connectors.base import Cursor, Page
from connections.sandbox.base import Fault
from tests.connectors.pipeliner_helpers import Space

IDLE = {"GET Contacts": 1, "GET ContactAccountRelations": 1, "GET Accounts": 1}


class Companies(Space):
    """A space with one account and two contacts, of which one belongs to it."""

    def __init__(self) -> None:
        super().__init__()
        self.account = self.add_account("Old Ltd")
        self.linked = self.add(last_name="Linked")
        self.free = self.add(last_name="Free", quick_account_name="Quick Ltd")
        self.link = self.link_to(self.linked, self.account)
        self.clock.advance(minutes=5)

    def add_account(self, name: str) -> str:
        return self.sandbox.add(
            "Account", {"name": name, "owner_id": self.clients["ann@example.com"]}
        )

    def link_to(self, contact: str, account: str) -> str:
        values = {"contact_id": contact, "account_id": account, "is_primary": True}
        return self.sandbox.add("ContactAccountRelation", values)

    def read_all(self, cursor: Cursor | None = None) -> tuple[list[Page], Cursor]:
        self.clock.advance(minutes=5)
        self.reset()
        return self.read(cursor, companies=True)

    @property
    def asked(self) -> dict[str, int]:
        return dict(self.sandbox.requests.by)


@pytest.fixture
def space() -> Iterator[Companies]:
    space = Companies()
    yield space
    space.sandbox.close()


def stale(pages: list[Page]) -> list[str]:
    return [id_ for page in pages for id_ in page.stale]


def related(pages: list[Page]) -> dict[str, object]:
    return {
        thing: values.get("company") for page in pages for thing, values in page.related.items()
    }


def test_a_first_read_brings_names_with_the_contacts_and_walks_no_account(
    space: Companies,
) -> None:
    pages, _ = space.read_all()
    assert space.held[space.linked].values["company"] == "Old Ltd"
    assert space.held[space.free].values["company"] == "Quick Ltd"
    assert space.asked == IDLE
    assert (stale(pages), related(pages)) == ([], {})
    assert [page.complete for page in pages] == [False, False, True]
    assert all(page.full for page in pages)


def test_i6_an_idle_space_costs_one_request_a_feed(space: Companies) -> None:
    _, cursor = space.read_all()
    for _ in range(3):
        pages, cursor = space.read_all(cursor)
        assert space.asked == IDLE
        assert (stale(pages), related(pages)) == ([], {})


def test_an_account_that_was_renamed_tells_its_contacts(space: Companies) -> None:
    _, cursor = space.read_all()
    space.sandbox.edit("Account", space.account, {"name": "New Ltd", "city": "Rome"})
    pages, cursor = space.read_all(cursor)
    assert related(pages) == {f"account:{space.account}": "New Ltd"}
    values = pages[-1].related[f"account:{space.account}"]
    assert (values["company.name"], values["company.city"]) == ("New Ltd", "Rome")
    assert space.held[space.linked].related == (f"account:{space.account}",)
    assert related(space.read_all(cursor)[0]) == {}


def test_contacts_whose_account_changed_are_stale(space: Companies) -> None:
    _, cursor = space.read_all()
    before = space.record(space.free).version
    space.link_to(space.free, space.account)
    pages, cursor = space.read_all(cursor)
    assert stale(pages) == [space.free]
    now = space.record(space.free, companies=True)
    assert (now.values["company"], now.version) == ("Old Ltd", before)
    space.sandbox.delete("ContactAccountRelation", space.link)
    pages, cursor = space.read_all(cursor)
    assert stale(pages) == [space.linked]
    assert space.record(space.linked, companies=True).values["company"] is None
    assert stale(space.read_all(cursor)[0]) == []


def test_contacts_of_an_account_that_was_deleted_are_stale(space: Companies) -> None:
    _, cursor = space.read_all()
    space.sandbox.delete("Account", space.account)
    pages, _ = space.read_all(cursor)
    assert stale(pages) == [space.linked]
    assert related(pages) == {}


def test_what_is_recent_is_told_once_and_told_again_when_it_changes(space: Companies) -> None:
    _, cursor = space.read_all()
    space.sandbox.edit("Account", space.account, {"name": "New Ltd"})
    told = []
    for name in ("", "", "Newer Ltd"):
        if name:
            space.sandbox.edit("Account", space.account, {"name": name})
        space.clock.advance(seconds=5)
        pages, cursor = space.read(cursor, companies=True)
        told.append(related(pages))
    thing = f"account:{space.account}"
    assert told == [{thing: "New Ltd"}, {}, {thing: "Newer Ltd"}]


def test_links_made_just_before_the_first_read_came_with_the_contacts(space: Companies) -> None:
    space.link_to(space.free, space.account)
    space.clock.advance(seconds=2)
    pages, cursor = space.read(companies=True)
    assert space.held[space.free].values["company"] == "Old Ltd"
    assert (stale(pages), related(pages)) == ([], {})
    space.clock.advance(seconds=5)
    pages, cursor = space.read(cursor, companies=True)
    assert (stale(pages), related(pages)) == ([], {})


def test_many_changes_are_read_page_by_page_and_survive_a_broken_read(space: Companies) -> None:
    accounts = [space.add_account(f"Account {number}") for number in range(250)]
    _, cursor = space.read_all()
    for account in accounts:
        space.sandbox.edit("Account", account, {"name": "Renamed"})
    space.clock.advance(minutes=5)
    told: dict[str, object] = {}
    for _ in range(6):
        pages, cursor = space.read(cursor, stop_after=3, companies=True)
        told |= related(pages)
    assert set(told) == {f"account:{account}" for account in accounts}


def test_a_first_read_that_was_broken_off_misses_no_change_of_a_company(
    space: Companies,
) -> None:
    for number in range(230):
        space.add(last_name=f"Person {number}")
    space.clock.advance(minutes=5)
    _, cursor = space.read(stop_after=2, companies=True)
    space.sandbox.edit("Account", space.account, {"name": "New Ltd"})
    pages, cursor = space.read_all(cursor)
    assert related(pages) == {f"account:{space.account}": "New Ltd"}
    assert pages[-1].complete
    assert pages[-1].full


def test_a_read_that_is_broken_off_after_each_page_comes_to_its_end(space: Companies) -> None:
    _, cursor = space.read_all()
    for _ in range(4):
        pages, cursor = space.read(cursor, stop_after=1, companies=True)
        if pages[-1].complete:
            break
    assert pages[-1].complete
    assert "at" not in cursor


def test_a_read_that_goes_on_long_after_it_was_broken_off_shows_what_came_since(
    space: Companies,
) -> None:
    _, cursor = space.read_all()
    _, cursor = space.read(cursor, stop_after=1, companies=True)
    space.clock.advance(minutes=10)
    id_ = space.add(last_name="New")
    pages, cursor = space.read(cursor, companies=True)
    assert pages[-1].complete
    assert id_ in space.held


def test_companies_that_are_not_in_use_cost_nothing(space: Companies) -> None:
    space.reset()
    _, cursor = space.read()
    assert space.asked == {"GET Contacts": 1}
    assert set(cursor) == {"full", "shape", "Contacts"}


def test_a_feed_that_the_key_may_not_read_is_named(space: Companies) -> None:
    space.sandbox.faults.add(Fault("status", code=403, path_contains="ContactAccountRelations"))
    with pytest.raises(Exception, match="ContactAccountRelations"):
        space.read_all()
