from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from django.test import Client

from connections.models import Connection
from connections.setups import ConditionSetup, RuleSetup, default_rule
from syncengine import control
from syncengine.models import Contact
from syncengine.views.copying import LONGEST
from tests.syncengine.pages import Book, path, text, user

pytestmark = pytest.mark.django_db

RULE = RuleSetup("abc", "left", conditions=(ConditionSetup("field", "is", ("Wien",), "city"),))


@pytest.fixture
def book() -> Book:
    made = Book.of("North", direction="left_to_right")
    setup = replace(
        made.connection.setup(), rules=(RULE, default_rule("right")), interval_minutes=9
    )
    made.connection.keep_setup(setup)
    made.person("Ada Lee")
    return made


def copied(client: Client, book: Book) -> str:
    return client.post(path(book, "copy"), follow=True).content.decode()


def test_cn6_a_copy_is_a_draft_with_the_same_setup(boss: Client, book: Book) -> None:
    page = copied(boss, book)

    made = Connection.objects.get(name="North (copy)")
    assert (made.left, made.right) == (book.connection.left, book.connection.right)
    assert made.state == Connection.State.DRAFT
    rule, default = made.setup().rules
    assert rule.key not in ("", "abc")
    original = Connection.objects.get(pk=book.connection.pk).setup()
    assert replace(made.setup(), rules=(replace(rule, key="abc"), default)) == original
    assert not Contact.objects.filter(connection=made).exists()
    assert not control.was_read(made)
    assert "choose another one, so that no contact is in both" in page
    assert "connects the same two accounts, and the scopes overlap" in page
    assert "Copied from “North”." in page


def test_cn6_each_copy_has_a_name_of_its_own(boss: Client, book: Book) -> None:
    Connection.objects.update(name="n" * LONGEST)
    copied(boss, book)
    copied(boss, book)

    names = {each.name for each in Connection.objects.all()} - {"n" * LONGEST}
    assert names == {"n" * (LONGEST - 7) + " (copy)", "n" * (LONGEST - 9) + " (copy 2)"}


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_cn6_only_who_may_make_connections_copies_one(
    client: Client, book: Book, group: str
) -> None:
    client.force_login(user(group))

    assert client.post(path(book, "copy")).status_code == 403
    assert "Copy this connection" not in text(client, path(book, "change"))


def test_cn6_looking_at_the_address_copies_nothing(boss: Client, book: Book) -> None:
    assert boss.get(path(book, "copy")).status_code == 405
    assert "Copy this connection" in text(boss, path(book, "change"))
    assert Connection.objects.count() == 1


def test_cn6_one_that_is_being_deleted_is_not_copied(boss: Client, book: Book) -> None:
    Connection.objects.update(state=Connection.State.DELETING)

    assert "is being deleted and was not copied" in copied(boss, book)
    assert Connection.objects.count() == 1


def test_cn9_a_viewer_gets_the_file_of_a_connection_without_secrets(
    client: Client, book: Book
) -> None:
    book.connection.left.secrets = {"api_token": "s3cret"}
    book.connection.left.save()
    client.force_login(user("Viewer"))

    answer = client.get(path(book, "export"))

    assert answer["Content-Disposition"] == 'attachment; filename="north.yaml"'
    assert "s3cret" not in answer.content.decode()
    (connection,) = yaml.safe_load(answer.content)["connections"]
    assert connection["name"] == "North"
    assert connection["rules"][0]["conditions"][0]["value"] == "Wien"
    assert path(book, "export") in client.get(path(book, "change")).content.decode()


def test_cn9_the_file_needs_the_permission_to_look(client: Client, book: Book) -> None:
    nobody = user("Viewer")
    nobody.groups.clear()
    client.force_login(nobody)

    assert client.get(path(book, "export")).status_code == 403
