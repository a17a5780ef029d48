from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .pipeliner_client import PipelinerClient


@pytest.fixture
def api() -> Iterator[PipelinerClient]:
    with PipelinerClient() as client:
        yield client


def named(api: PipelinerClient, count: int) -> list[str]:
    return [api.create(last_name=f"N{number:03}")["id"] for number in range(count)]


def test_a_list_has_thirty_rows_a_page_and_says_the_total(api: PipelinerClient) -> None:
    named(api, 31)
    page = api.get("Contacts")
    assert page["success"] is True
    assert (len(page["data"]), page["total"]) == (30, 31)
    assert page["page_info"]["has_next_page"] is True
    assert page["page_info"]["has_previous_page"] is False


def test_the_default_order_is_by_id_and_its_cursor_holds_the_id(api: PipelinerClient) -> None:
    ids = sorted(named(api, 5))
    page = api.get("Contacts", first=2)
    assert [row["id"] for row in page["data"]] == ids[:2]
    assert json.loads(base64.b64decode(page["page_info"]["end_cursor"])) == [ids[1]]
    assert [row["id"] for row in api.walk("Contacts", first=2)] == ids


def test_newest_first_pages_by_a_cursor_of_value_and_id(api: PipelinerClient) -> None:
    ids = named(api, 5)
    page = api.get("Contacts", first=2, order_by="-modified")
    last = page["data"][-1]
    assert json.loads(base64.b64decode(page["page_info"]["end_cursor"])) == [
        last["modified"],
        last["id"],
    ]
    walked = [row["id"] for row in api.walk("Contacts", first=2, order_by="-modified")]
    assert walked == ids[::-1]


def test_a_row_edited_during_a_walk_by_modified_appears_again(api: PipelinerClient) -> None:
    ids = named(api, 4)
    page = api.get("Contacts", first=2, order_by="modified")
    api.patch(f"Contacts/{ids[0]}", {"city": "Wien"})
    rest = api.walk("Contacts", first=2, order_by="modified", after=page["page_info"]["end_cursor"])
    assert [row["id"] for row in rest] == [ids[2], ids[3], ids[0]]


def test_rows_of_one_time_are_told_apart_by_id_between_pages(api: PipelinerClient) -> None:
    ids = named(api, 4)
    space = api.sandbox.space
    with api.sandbox.store.transaction():
        for contact in ids:
            row = space.live("Contact", contact)
            assert row is not None
            space.put(
                "Contact", row | {"modified": row["created"][:19] + "+00:00"}, keep_modified=True
            )
    for order, expected in (("modified", sorted(ids)), ("-modified", sorted(ids, reverse=True))):
        rows = api.walk("Contacts", first=1, order_by=order)
        assert [row["id"] for row in rows] == expected


def test_several_orders_mix_directions_and_page_without_gaps(api: PipelinerClient) -> None:
    for city in ("B", "A", "B", ""):
        for name in ("x", "y"):
            api.create(city=city, last_name=name)
    rows = api.walk("Contacts", first=3, order_by="-city,last_name")
    assert [(row["city"], row["last_name"]) for row in rows] == [
        ("B", "x"),
        ("B", "x"),
        ("B", "y"),
        ("B", "y"),
        ("A", "x"),
        ("A", "y"),
        ("", "x"),
        ("", "y"),
    ]


def test_unset_custom_values_come_first_in_order(api: PipelinerClient) -> None:
    api.create(last_name="two", cf_children=2)
    api.create(last_name="unset")
    api.create(last_name="one", cf_children=1)
    rows = api.walk("Contacts", first=1, order_by="cf_children")
    assert [row["last_name"] for row in rows] == ["unset", "one", "two"]


def test_before_goes_back(api: PipelinerClient) -> None:
    ids = sorted(named(api, 6))
    third = api.get("Contacts", first=3)["page_info"]["end_cursor"]
    page = api.get("Contacts", first=1, before=third)
    assert [row["id"] for row in page["data"]] == [ids[1]]
    assert page["page_info"]["has_previous_page"] is True
    assert page["page_info"]["has_next_page"] is True


def test_last_takes_the_end_of_the_first(api: PipelinerClient) -> None:
    ids = sorted(named(api, 6))
    page = api.get("Contacts", first=4, last=1)
    assert [row["id"] for row in page["data"]] == [ids[3]]


def test_past_the_end_there_are_no_rows_and_no_cursors(api: PipelinerClient) -> None:
    named(api, 2)
    end = api.get("Contacts")["page_info"]["end_cursor"]
    page = api.get("Contacts", after=end)
    assert page == {
        "success": True,
        "total": 2,
        "page_info": {
            "start_cursor": None,
            "end_cursor": None,
            "has_previous_page": False,
            "has_next_page": False,
        },
        "data": [],
    }


def test_limit_and_offset_leave_out_the_page_info(api: PipelinerClient) -> None:
    ids = sorted(named(api, 4))
    page = api.get("Contacts", limit=2, offset=1)
    assert [row["id"] for row in page["data"]] == ids[1:3]
    assert "page_info" not in page


def test_deleted_rows_show_on_request_alone(api: PipelinerClient) -> None:
    kept, gone = named(api, 2)
    api.delete(f"Contacts/{gone}")
    assert [row["id"] for row in api.get("Contacts")["data"]] == [kept]
    assert api.get("Contacts")["total"] == 1
    both = {
        row["id"]: row["is_deleted"] for row in api.get("Contacts", include_deleted="true")["data"]
    }
    assert both == {kept: False, gone: True}


def test_archived_rows_stay_in_lists(api: PipelinerClient) -> None:
    api.create(is_archived=True)
    assert api.get("Contacts")["data"][0]["is_archived"] is True


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [
        ("eq", "Ada", ["Ada"]),
        ("ieq", "ada", ["Ada", "ada"]),
        ("not-eq", "Ada", ["ada", "Bob", ""]),
        ("not-ieq", "ADA", ["Bob", ""]),
        ("contains", "d", ["Ada", "ada"]),
        ("icontains", "AD", ["Ada", "ada"]),
        ("starts", "A", ["Ada"]),
        ("istarts", "A", ["Ada", "ada"]),
        ("ends", "b", ["Bob"]),
        ("iends", "B", ["Bob"]),
        ("empty", None, [""]),
        ("not-empty", None, ["Ada", "ada", "Bob"]),
        ("null", None, []),
    ],
)
def test_text_filters(api: PipelinerClient, op: str, value: str | None, found: list[str]) -> None:
    for name in ("Ada", "ada", "Bob", ""):
        api.create(first_name=name)
    query: dict[str, Any] = {"filter-op[first_name]": op, "filter[first_name]": value}
    page = api.get("Contacts", order_by="modified", **query)
    assert [row["first_name"] for row in page["data"]] == found
    assert page["total"] == len(found)


def test_a_filter_without_an_operator_is_equal(api: PipelinerClient) -> None:
    api.create(email1="ada@example.com")
    api.create(email1="ADA@example.com")
    query: dict[str, Any] = {"filter[email1]": "ada@example.com"}
    assert api.get("Contacts", **query)["total"] == 1


def test_all_filters_must_hold(api: PipelinerClient) -> None:
    api.create(first_name="Ada", city="Wien")
    api.create(first_name="Ada", city="Graz")
    query: dict[str, Any] = {
        "filter[first_name]": "Ada",
        "filter[city]": "Wien",
        "filter[is_deleted]": "false",
    }
    assert api.get("Contacts", **query)["total"] == 1


@pytest.mark.parametrize(
    "form",
    [
        "2026-02-05T00:13:56Z",
        "2026-02-05 00:13:56",
        "2026-02-05 01:13:56.0+01:00",
        "2026-02-05T00:13:56.000000+00:00",
    ],
)
def test_times_in_filters_may_have_any_documented_form(api: PipelinerClient, form: str) -> None:
    api.create(created="2026-02-05 00:13:55Z", last_name="before")
    api.create(created="2026-02-05 00:13:56Z", last_name="at")
    api.create(created="2026-02-05 00:13:56.5Z", last_name="after")
    query: dict[str, Any] = {
        "filter[created]": form,
        "filter-op[created]": "gte",
        "order-by": "created",
    }
    rows = api.get("Contacts", **query)["data"]
    assert [row["last_name"] for row in rows] == ["at", "after"]
    # No fraction is written where there is none.
    assert rows[0]["created"] == "2026-02-05 00:13:56+00:00"


def test_the_last_of_two_equal_filters_wins_and_a_warning_is_logged(
    api: PipelinerClient, caplog: pytest.LogCaptureFixture
) -> None:
    api.create(city="Wien")
    with caplog.at_level(logging.WARNING):
        answer = api.call("GET", "Contacts?filter[city]=Graz&filter[city]=Wien")
    assert answer.json()["total"] == 1
    assert "filter[city] is given more than once" in caplog.text


@pytest.mark.parametrize(
    "query",
    [
        "first=101",
        "first=0",
        "first=x",
        "first=1&first=2",
        "nonsense=1",
        "include_deleted=true",
        "include-deleted=yes",
        "after=nonsense",
        "after=WzFd",
        "after=WyJhIiwiYiJd",
        "order-by=nonsense",
        "order-by=owner",
        "order-by=account_relations",
        "filter[nonsense]=1",
        "filter[owner]=1",
        "filter[formatted_name]=1",
        "filter[revision]=1&filter-op[revision]=gt",
        "filter[city]=a&filter-op[city]=nonsense",
        "filter[city]=a&filter-op[city]=gt",
        "filter-op[city]=contains",
        "filter[modified]=2026-01-01,2026-02-01&filter-op[modified]=between",
        "filter[modified]=2026-01-01&filter-op[modified]=gte",
        "filter[modified]=2026-01-01+00:00:00+00:00&filter-op[modified]=gte",
        "filter[modified]=2026-01-32T00:00:00Z&filter-op[modified]=gte",
        "filter[id]=00000000-0000-0000-0000-000000008e97,00000000-0000-0000-0000-000000008e98",
        "filter[is_deleted]=0",
        "filter[gender]=x",
        "expand=nonsense",
        "expand=city",
        "expand=picture.nonsense",
        "expand=owner.nonsense",
        "load-only=nonsense",
        "load-only=owner.email",
    ],
)
def test_what_is_unknown_in_a_query_answers_400(api: PipelinerClient, query: str) -> None:
    api.create()
    body = api.get(f"Contacts?{query}", 400)
    assert (body["code"], body["name"]) == (117, "ERROR_PARAMETER_INVALID")
    assert (body["success"], body["http_status"]) == (False, 400)


def test_relations_are_uris_of_the_host_that_was_asked(api: PipelinerClient) -> None:
    row = api.create()
    assert row["owner"] == f"{api.base}/entities/Clients/{row['owner_id']}"
    assert row["unit"] == f"{api.base}/entities/SalesUnits/{row['unit_id']}"
    answer = api.session.get(row["owner"], timeout=10).json()
    assert answer["data"]["email"] == "ann@example.com"
    other = api.call("GET", f"Contacts/{row['id']}", headers={"Host": "elsewhere.example"}).json()
    assert other["data"]["owner"].startswith("http://elsewhere.example/api/v100/rest/spaces/demo/")


def test_expand_and_load_only_reach_into_relations(api: PipelinerClient) -> None:
    account = api.post("Accounts", {"name": "Acme", "owner_id": api.owner}, 201)["data"]["id"]
    row = api.create(account_relations=[{"account_id": account, "is_primary": True}])
    query: dict[str, Any] = {
        "expand": "owner,account_relations.account,primary_account",
        "load_only": "id,owner.email,account_relations.account.name,primary_account.name",
    }
    expected = {
        "id": row["id"],
        "owner": {"email": "ann@example.com"},
        "account_relations": [{"account": {"name": "Acme"}}],
        "primary_account": {"name": "Acme"},
    }
    assert api.get("Contacts", **query)["data"] == [expected]
    assert api.get(f"Contacts/{row['id']}", **query)["data"] == expected
    # What was shown before is not shown again after the account has changed.
    api.patch(f"Accounts/{account}", {"name": "Acme 2"})
    assert api.get("Contacts", **query)["data"][0]["primary_account"] == {"name": "Acme 2"}


def test_an_expanded_contact_in_a_relation_is_the_present_one(api: PipelinerClient) -> None:
    account = api.post("Accounts", {"name": "Acme", "owner_id": api.owner}, 201)["data"]["id"]
    row = api.create(account_relations=[{"account_id": account, "is_primary": True}])
    query: dict[str, Any] = {"expand": "contact", "load_only": "contact.city"}
    assert api.get("ContactAccountRelations", **query)["data"] == [{"contact": {"city": ""}}]
    api.patch(f"Contacts/{row['id']}", {"city": "Wien"})
    assert api.get("ContactAccountRelations", **query)["data"] == [{"contact": {"city": "Wien"}}]


def test_a_cursor_fault_refuses_the_next_cursor_once(api: PipelinerClient) -> None:
    named(api, 2)
    end = api.get("Contacts", first=1)["page_info"]["end_cursor"]
    api.session.post(
        api.base.partition("/api")[0] + "/_sandbox/faults", json={"kind": "cursor"}, timeout=10
    )
    assert api.get("Contacts", 400, first=1, after=end)["code"] == 117
    assert len(api.get("Contacts", first=1, after=end)["data"]) == 1


def test_short_pages_lose_nothing(api: PipelinerClient) -> None:
    ids = named(api, 7)
    api.sandbox.habits.short_pages = True
    assert len(api.get("Contacts", first=4)["data"]) == 2
    assert {row["id"] for row in api.walk("Contacts", first=4)} == set(ids)


def test_late_writes_show_in_lists_later_and_by_id_at_once(api: PipelinerClient) -> None:
    (contact,) = named(api, 1)
    api.sandbox.habits.late_seconds = 3600
    api.patch(f"Contacts/{contact}", {"city": "Wien"})
    late = api.create()["id"]
    assert [row["city"] for row in api.get("Contacts")["data"]] == [""]
    assert api.get(f"Contacts/{contact}")["data"]["city"] == "Wien"
    assert api.get(f"Contacts/{late}")["data"]["id"] == late
    api.sandbox.clock.source = lambda: datetime(2100, 1, 1, tzinfo=UTC)
    assert {row["id"]: row["city"] for row in api.get("Contacts")["data"]} == {
        contact: "Wien",
        late: "",
    }


def test_what_is_due_while_nobody_looks_is_shown_however_it_changes_then(
    api: PipelinerClient,
) -> None:
    api.sandbox.habits.late_seconds = 60
    moment = datetime(2100, 1, 1, tzinfo=UTC)
    api.sandbox.clock.source = lambda: moment
    contact = api.create(city="Graz")["id"]
    api.sandbox.clock.source = lambda: moment + timedelta(seconds=61)
    api.patch(f"Contacts/{contact}", {"city": "Wien"})
    assert [row["id"] for row in api.get("Contacts")["data"]] == [contact]
