"""What people are told by email."""

from __future__ import annotations

import smtplib

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from connections.models import Account
from syncengine import notices
from tests.syncengine.world import World

pytestmark = pytest.mark.django_db


def account_of_ops(w: World, label: str) -> Account:
    w.app("left")
    account = Account.objects.get()
    account.label = label
    account.authorized_by = User.objects.create(username="ops2", email="ops@example.org")
    account.save()
    return account


def test_ac5_a_label_of_several_lines_does_not_keep_the_notice_back(w: World) -> None:
    notices.lose_authorization(account_of_ops(w, "North\nSouth"), "it was revoked")
    (message,) = mail.outbox
    assert message.subject == "North South needs authorization"
    assert message.from_email == settings.DEFAULT_FROM_EMAIL == "pipesite@localhost"


@pytest.mark.parametrize("error", [smtplib.SMTPServerDisconnected, TimeoutError, ValueError])
def test_a_notice_that_cannot_be_sent_stops_nothing(
    w: World, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object) -> int:
        raise error

    account = account_of_ops(w, "North")
    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    notices.lose_authorization(account, "it was revoked")
    assert Account.objects.get().status == Account.Status.NEEDS_AUTHORIZATION


def test_a_mail_server_is_not_waited_for_long() -> None:
    assert settings.EMAIL_TIMEOUT == 10


def test_a_label_is_one_line(w: World, boss: Client) -> None:
    w.app("left")
    account = Account.objects.get()
    page = reverse("admin:connections_account_change", args=[account.pk])
    answer = boss.post(page, {"label": "North\nSouth"})
    assert "Must be one line." in answer.content.decode()
    assert Account.objects.get().label == "left"
