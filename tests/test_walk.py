"""Every page of the admin with every role: who may look, who may act, and that acting is a POST."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from connections.models import Account, Connection
from syncengine import clock, engine
from syncengine.admin.connection import PAGES
from syncengine.models import Contact, Record, Run
from syncengine.state import Status

pytestmark = pytest.mark.django_db

VIEWER, OPERATOR, ADMINISTRATOR = "Viewer", "Operator", "Administrator"
ROLES = (VIEWER, OPERATOR, ADMINISTRATOR)
LOOKING = {
    "history",
    "run",
    "contact",
    "health",
    "preview",
    "preview_one",
    "held",
    "poll",
    "export",
}
ACTING = {
    "answer": OPERATOR,
    "retry_all": OPERATOR,
    "ask_preview": OPERATOR,
    "copy": ADMINISTRATOR,
    "check_again": ADMINISTRATOR,
    "sync": OPERATOR,
    "pause": OPERATOR,
    "resume": OPERATOR,
    "start": ADMINISTRATOR,
    "go_on": ADMINISTRATOR,
    "apply_edit": ADMINISTRATOR,
    "drop_edit": ADMINISTRATOR,
    "rule_move": ADMINISTRATOR,
}
EDITING = {"mapping", "mapping_remove", "rule", "rule_delete"}
"""Pages of what is edited: a GET shows a form, and there may be nothing of that to edit."""
RULE = {"side": "left", "key": "left"}


@pytest.fixture
def ids() -> dict[str, int]:
    left, right = (
        Account.objects.create(label=label, app=app, status=Account.Status.AUTHORIZED)
        for label, app in (("CRM", "pipeliner"), ("Book", "google"))
    )
    connection = Connection.objects.create(name="North", left=left, right=right)
    record = Record.objects.create(
        mirror=engine.mirror_of(left),
        remote_id="1",
        address="1",
        version="1",
        number=1,
        name="Ada",
        content={"values": {}, "raw": {}},
    )
    state = engine.state_of(connection)
    state.held = {"clears": 12}
    state.save()
    run = Run.objects.create(
        connection=connection, connection_name="North", cause="x", started_at=clock.now()
    )
    Run.objects.update(finished_at=clock.now(), status=Run.Status.DONE)
    contact = Contact.objects.create(connection=connection, left=record, status=Status.REVIEW)
    return {"connection_id": connection.pk, "run_id": run.pk, "contact_id": contact.pk}


def address(name: str, ids: dict[str, int]) -> str:
    route = next(route for each, route, _ in PAGES if each == name)
    given = {**ids, **RULE}
    kwargs = {key: value for key, value in given.items() if f":{key}>" in route}
    return reverse(f"admin:connections_connection_{name}", kwargs=kwargs)


def enter(client: Client, role: str) -> None:
    user = User.objects.create_user(role, password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)


def test_each_page_has_its_place_in_this_test() -> None:
    assert {name for name, _, _ in PAGES} == LOOKING | EDITING | set(ACTING)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(LOOKING))
def test_every_role_may_look(client: Client, ids: dict[str, int], role: str, name: str) -> None:
    enter(client, role)
    answer = client.get(address(name, ids))
    assert answer.status_code == 200


@pytest.mark.parametrize("name", sorted(LOOKING | EDITING | set(ACTING)))
def test_nobody_sees_anything_without_logging_in(
    client: Client, ids: dict[str, int], name: str
) -> None:
    for answer in (client.get(address(name, ids)), client.post(address(name, ids))):
        assert answer.status_code == 302
        assert "/login/" in answer.headers["Location"]


@pytest.mark.parametrize("name", sorted(ACTING))
def test_acting_is_a_post(client: Client, ids: dict[str, int], name: str) -> None:
    enter(client, ADMINISTRATOR)
    before = list(Connection.objects.values())
    answer = client.get(address(name, ids))
    assert answer.status_code in (302, 405)
    assert list(Connection.objects.values()) == before
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(ACTING))
def test_each_button_holds_to_its_role(
    client: Client, ids: dict[str, int], role: str, name: str
) -> None:
    enter(client, role)
    answer = client.post(address(name, ids))
    if ROLES.index(role) >= ROLES.index(ACTING[name]):
        assert answer.status_code != 403
    else:
        assert answer.status_code == 403
        assert not OrmQ.objects.exists()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(EDITING))
def test_only_administrators_open_what_edits(
    client: Client, ids: dict[str, int], role: str, name: str
) -> None:
    enter(client, role)
    expected = (200, 404) if role == ADMINISTRATOR else (403,)
    for answer in (client.get(address(name, ids)), client.post(address(name, ids))):
        assert answer.status_code in expected


@pytest.mark.parametrize("role", ROLES)
def test_only_administrators_add_change_and_delete(
    client: Client, ids: dict[str, int], role: str
) -> None:
    enter(client, role)
    account = Account.objects.values_list("pk", flat=True)[0]
    pages = [
        reverse("admin:connections_connection_add"),
        reverse("admin:connections_connection_delete", args=[ids["connection_id"]]),
        reverse("admin:connections_account_add"),
        reverse("admin:connections_account_delete", args=[account]),
    ]
    expected = 200 if role == ADMINISTRATOR else 403
    assert [client.get(page).status_code for page in pages] == [expected] * len(pages)


@pytest.mark.parametrize("role", ROLES)
def test_every_list_opens(client: Client, ids: dict[str, int], role: str) -> None:
    enter(client, role)
    for page in (
        reverse("admin:index"),
        reverse("admin:connections_connection_changelist"),
        reverse("admin:connections_connection_change", args=[ids["connection_id"]]),
        reverse("admin:connections_account_changelist"),
        reverse("admin:syncengine_run_changelist"),
        reverse("admin:syncengine_change_changelist"),
        reverse("admin:syncengine_contact_changelist"),
    ):
        assert client.get(page).status_code == 200, page
