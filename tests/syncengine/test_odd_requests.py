"""Addresses and forms that no page makes: never an error of ours, whatever the database."""

from __future__ import annotations

import pytest
from django.test import Client

from syncengine.state import Status
from tests.syncengine.pages import Book

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]

BIG, HUGE = "9" * 30, "9" * 4500
CONNECTIONS = "/admin/connections/connection"
ADDRESSES = (
    "{mine}/preview/contact/?record={number}",
    "{mine}/history/?p={number}",
    "{mine}/run/{number}/",
    "{mine}/contact/{number}/",
    CONNECTIONS + "/{number}/change/",
    CONNECTIONS + "/{number}/delete/",
    CONNECTIONS + "/{number}/history/",
    CONNECTIONS + "/poll/?id={number}",
    "/admin/connections/account/add/?account={number}",
    "/admin/connections/apprequest/{number}/delete/",
    "/admin/syncengine/run/{number}/change/",
)
FORMS = (
    ("{mine}/preview/apply/", {"preview": "{number}"}),
    ("{mine}/preview/start/", {"preview": "{number}"}),
    ("{mine}/contact/{contact}/answer/", {"asked": "link", "record": "{number}"}),
    ("{mine}/held/go/", {"run": "{number}"}),
    ("/admin/connections/account/add/", {"account": "{number}"}),
    (CONNECTIONS + "/add/", {"name": "x", "left": "{number}", "right": "1"}),
)


@pytest.fixture
def places(boss: Client) -> dict[str, object]:
    book = Book.of()
    contact = book.contact(Status.REVIEW, {"first_name": "Ann", "emails": ("ann@example.org",)})
    book.contact(Status.FAILING, {"first_name": "Bob"}, reason="is required")
    book.run()
    return {"mine": f"{CONNECTIONS}/{book.connection.pk}", "contact": contact.pk}


@pytest.mark.parametrize("number", [BIG, HUGE, "²", "-1"], ids=["big", "huge", "square", "minus"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_number_that_no_row_has_finds_nothing(
    boss: Client, places: dict[str, object], address: str, number: str
) -> None:
    answer = boss.get(address.format(**places, number=number))
    assert answer.status_code in (200, 302, 404)


@pytest.mark.parametrize("number", [BIG, HUGE], ids=["big", "huge"])
@pytest.mark.parametrize(("address", "data"), FORMS)
def test_a_form_with_a_number_that_no_row_has_does_nothing(
    boss: Client, places: dict[str, object], address: str, data: dict[str, str], number: str
) -> None:
    sent = {key: value.format(number=number) for key, value in data.items()}
    answer = boss.post(address.format(**places), sent)
    assert answer.status_code in (200, 302, 404)


@pytest.mark.parametrize(
    "address",
    [
        "{mine}/history/?q=%00",
        "{mine}/preview/contact/?q=a%00",
        "{mine}/health/?show=review&reason=%00",
        "{mine}/mapping/?left_new=%00",
        CONNECTIONS + "/?state__exact=%00",
        CONNECTIONS + "/?q=%00",
        "/admin/auth/user/?%00=1",
        "/admin/syncengine/contact/?q=%00",
    ],
)
def test_an_address_with_a_nul_is_refused(
    boss: Client, places: dict[str, object], address: str
) -> None:
    assert boss.get(address.format(**places)).status_code == 400


def test_a_reason_with_a_nul_has_nothing_tried_again(
    boss: Client, places: dict[str, object]
) -> None:
    answer = boss.post(f"{places['mine']}/health/retry/", {"reason": "\0"}, follow=True)
    assert "0 contacts are tried again" in answer.content.decode()
