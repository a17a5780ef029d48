"""A contact with a name alone is created only when a person who looked says so [MA2]."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from connections.models import Connection
from syncengine.models import Change, Contact
from syncengine.state import Status
from tests.connectors.memory import MemoryApp
from tests.syncengine.pages import Book, path, text, user
from tests.syncengine.test_commands import Ended
from tests.syncengine.two import Two
from tests.syncengine.world import World, contact_of, values

pytestmark = pytest.mark.django_db


def alone(w: World) -> tuple[MemoryApp, MemoryApp, Connection]:
    """Return a world in which Cid, who has nothing but a name, waits in review."""
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Cid")
    connection = w.connect("left", "right", avoid_duplicates=False)
    w.settle(connection)
    assert contact_of(connection, left="Cid").status == Status.REVIEW
    assert not right.live()
    return left, right, connection


def test_ma2_a_name_alone_is_created_once_a_person_says_so(w: World) -> None:
    _, right, connection = alone(w)
    contact = contact_of(connection, left="Cid")
    (case,) = Ended("review", connection.name, "--json").value
    assert case["contact"] == contact.pk

    assert Ended("review", connection.name, "--create", str(contact.pk)).code == 0
    w.settle(connection)
    assert values(right, "given_name") == [("Cid",)]
    assert contact_of(connection, left="Cid").status == Status.IN_SYNC
    story = Change.objects.filter(contact=contact).order_by("pk").values_list("kind", "reason")
    assert list(story) == [
        (Change.Kind.REVIEW, story[0][1]),
        (Change.Kind.NOTE, "to be created, as a person asked"),
        (Change.Kind.CREATED, ""),
    ]


def test_ma2_created_beside_namesakes_it_is_kept_apart_from_them(w: World) -> None:
    left, right, connection = alone(w)
    right.add(given_name="Cid", city="Wien")
    right.add(given_name="Cid", city="Graz")
    w.settle(connection)
    contact = contact_of(connection, left="Cid")
    assert contact.status == Status.REVIEW

    assert Ended("review", connection.name, "--create", str(contact.pk)).code == 0
    w.settle(connection)
    assert len(right.live()) == 3
    assert Contact.objects.exclude(left=None).exclude(right=None).count() == 1
    assert len(left.live()) == 1


def test_ma1_a_contact_with_an_address_cannot_be_created_beside_its_like(w: World) -> None:
    left, right, connection = alone(w)
    left.add(given_name="Ada", emails=("ada@example.org",))
    right.add(given_name="Ada", emails=("ada@example.org",))
    right.add(given_name="Ada", emails=("ada@example.org",))
    w.settle(connection)
    ada = contact_of(connection, left="Ada")
    ended = Ended("review", connection.name, "--create", str(ada.pk))
    assert (ended.code, "name alone" in ended.err) == (2, True)

    Contact.objects.filter(pk=ada.pk).update(asked=Contact.Asked.CREATE)
    w.settle(connection)
    assert contact_of(connection, left="Ada").status == Status.REVIEW
    assert len(right.live()) == 2


def test_ma2_the_review_page_offers_it_where_it_can_be_done(client: Client) -> None:
    client.force_login(user("Operator"))
    book = Book.of()
    cid = book.contact(Status.REVIEW, {"first_name": "Cid"}, reason="a name alone")
    ada = book.contact(Status.REVIEW, {"first_name": "A", "emails": ("a@x.org",)}, reason="several")
    page = client.get(path(book, "health")).content.decode()
    assert page.count('value="create"') == 1
    for contact in (cid, ada):
        client.post(path(book, "answer", contact.pk), {"asked": "create"})
        contact.refresh_from_db()
    assert (cid.asked, ada.asked) == ("create", "")
    assert "Create anyway. The next run does it." in text(client, path(book, "health"))


def test_ma5_the_review_page_shows_the_survivor_and_its_counterpart(
    w: World, client: Client
) -> None:
    client.force_login(user(""))
    two = Two(w)
    two.merge_bob_into_ada()
    page = text(client, reverse("admin:connections_connection_health", args=[two.connection.pk]))
    assert "Its counterpart was merged into another contact there" in page
    assert "Bob deleted" in page
    assert "Ada linked already" in page
    assert "Ada its counterpart" in page
    assert "Keep them apart" in page
    assert "Create anyway" not in page
