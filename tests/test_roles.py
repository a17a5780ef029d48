"""Who may do what: the groups that a new installation has, and the pause after wrong passwords."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def member(group: str) -> User:
    user = User.objects.create_user(group.lower(), password="right-password", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.mark.parametrize(
    ("group", "may", "may_not"),
    [
        ("Viewer", "connections.view_connection", "connections.operate_connection"),
        ("Operator", "connections.operate_connection", "connections.start_connection"),
        ("Administrator", "connections.start_connection", "auth.add_user"),
    ],
)
def test_each_group_may_do_its_part(group: str, may: str, may_not: str) -> None:
    user = member(group)
    assert user.has_perm(may)
    assert not user.has_perm(may_not)


@pytest.mark.parametrize("group", ["Viewer", "Operator", "Administrator"])
def test_the_queues_own_tables_are_not_for_ops(client: Client, group: str) -> None:
    client.force_login(member(group))
    assert client.get("/admin/django_q/schedule/").status_code == 403


def test_five_wrong_passwords_make_a_pause(client: Client) -> None:
    member("Viewer")
    login = reverse("admin:login")
    for _ in range(5):
        client.post(login, {"username": "viewer", "password": "wrong"})
    answer = client.post(login, {"username": "viewer", "password": "right-password"})
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()


def test_every_page_forbids_inline_scripts(client: Client) -> None:
    policy = client.get(reverse("admin:login")).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
