"""Editing mappings from an old page, in a pop-up, on a running connection; and who may [CN10]."""

from __future__ import annotations

import pytest
from django.test import Client

from connections.connectors.google_values import FIELDS as GOOGLE
from connections.models import Connection
from tests.syncengine.mapping_pages import (
    PIPELINER,
    REGION,
    TEAM,
    address,
    book,
    form_of,
    keep,
    mappings,
    offer,
    save,
)
from tests.syncengine.pages import Book, path, text, user

pytestmark = pytest.mark.django_db


def test_cn10_an_old_page_saves_nothing_and_then_knowingly(boss: Client) -> None:
    made = book()
    url = address(made, left="cf_region", right="custom.Team")
    typed = form_of(boss.get(url).content.decode()) | {"direction": "right_to_left"}
    save(boss, made, left="cf_score", right="department")
    answer = boss.post(url, typed)
    page = answer.content.decode()
    assert "Nothing was saved" in page
    assert "Mapping of Score and Department: – → Pipeliner to Google Contacts" in page
    assert len(mappings(made)) == 1
    again = form_of(page)
    assert again["direction"] == "right_to_left"
    boss.post(url, again)
    assert [each.left for each in mappings(made)] == ["cf_score", "cf_region"]


def test_cn10_an_old_page_whose_field_was_mapped_meanwhile_offers_no_second_save(
    boss: Client,
) -> None:
    made = book()
    url = address(made, left="cf_region", right="custom.Team")
    typed = form_of(boss.get(url).content.decode())
    save(boss, made, left="cf_region", right="department")
    page = boss.post(url, typed).content.decode()
    assert "What you chose does not fit any more. Choose again below." in page
    assert "Save once more" not in page
    assert [each.right for each in mappings(made)] == ["department"]


def test_cn10_removing_from_an_old_page_asks_again(boss: Client) -> None:
    made = book()
    keep(made, REGION)
    url = address(made, "mapping_remove", key="cf_region")
    typed = form_of(boss.get(url).content.decode())
    save(boss, made, left="cf_score", right="department")
    page = boss.post(url, typed).content.decode()
    assert "Nothing was saved" in page
    assert len(mappings(made)) == 2
    boss.post(url, form_of(page))
    assert [each.left for each in mappings(made)] == ["cf_score"]


def test_cn10_on_a_running_connection_the_mapping_waits(boss: Client) -> None:
    made = Book.of()
    offer(made.connection.left, PIPELINER)
    offer(made.connection.right, (*GOOGLE, TEAM))
    page = save(boss, made, left="cf_region", right="custom.Team")
    assert "Your own mappings" in page
    assert mappings(made) == (REGION,)
    assert Connection.objects.get().setup().mappings == ()


def test_a_pop_up_closes_and_leaves_the_message_to_the_page_that_opened_it(boss: Client) -> None:
    made = book()
    url = address(made, left="cf_region", right="custom.Team", _popup="1")
    page = boss.get(url).content.decode()
    assert 'id="header"' not in page
    answer = boss.post(url, form_of(page))
    assert f'data-connection="{made.connection.pk}"' in answer.content.decode()
    assert "is saved" not in answer.content.decode()
    assert "“North” is saved." in text(boss, path(made, "change"))


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_who_may_not_change_sees_the_mappings_without_buttons(client: Client, group: str) -> None:
    client.force_login(user(group))
    made = book()
    keep(made, REGION)
    page = text(client, path(made, "change"))
    assert "Your own mappings Region text both ways Team text" in page
    assert "Add mapping" not in page
    assert "Remove …" not in page
    assert client.get(address(made)).status_code == 403
    assert client.post(address(made, "mapping_remove", key="cf_region")).status_code == 403
    assert mappings(made) == (REGION,)


def test_a_connection_that_is_being_deleted_has_no_page_of_a_mapping(boss: Client) -> None:
    made = book(state="deleting")
    assert boss.get(address(made)).status_code == 404
