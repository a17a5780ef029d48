"""From where a visitor comes, which is whom wrong passwords keep out."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from pipesite.visitors import address_of

NGINX = "127.0.0.1"
ANN, EVE = "203.0.113.7", "203.0.113.66"


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        (NGINX, ANN, ANN),
        (NGINX, f"10.0.0.1, {ANN}", ANN),
        (NGINX, "2001:db8::7", "2001:db8::7"),
        (NGINX, "", NGINX),
        (NGINX, "nonsense", NGINX),
        (NGINX, f"{ANN}, unknown", NGINX),
        (EVE, ANN, EVE),
    ],
)
def test_only_a_trusted_server_says_from_where_a_visitor_comes(
    peer: str, forwarded: str, found: str
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == found


def test_a_server_elsewhere_is_trusted_by_its_address(settings: Settings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.5", HTTP_X_FORWARDED_FOR=ANN)
    assert address_of(request) == "10.0.0.5"
    settings.FORWARDED_ALLOW_IPS = ["10.0.0.5"]
    assert address_of(request) == ANN


@pytest.mark.django_db
def test_wrong_passwords_from_one_address_keep_nobody_else_out(client: Client) -> None:
    User.objects.create_superuser("ann", password="right")
    login = reverse("admin:login")

    def enter(password: str, address: str) -> int:
        sent = {"username": "ann", "password": password}
        return client.post(login, sent, HTTP_X_FORWARDED_FOR=address).status_code

    for _ in range(6):
        last = enter("wrong", EVE)
    assert last == 429
    assert AccessAttempt.objects.get().ip_address == EVE
    assert enter("right", EVE) == 429
    assert enter("right", ANN) == 302
