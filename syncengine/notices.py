"""Tells people what they must know, by email."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

from connections.models import Account

logger = logging.getLogger(__name__)


def lose_authorization(account: Account, reason: str) -> None:
    """Mark the account as *Needs authorization*, and tell who authorized it, once [AC5]."""
    # Not one that was authorized anew meanwhile, nor one of which another run has told.
    as_it_was = Account.objects.filter(
        pk=account.pk, status=Account.Status.AUTHORIZED, authorized_at=account.authorized_at
    )
    lost = Account.Status.NEEDS_AUTHORIZATION
    if not as_it_was.update(status=lost, status_reason=reason):
        return
    account.status, account.status_reason = lost, reason
    person = account.authorized_by
    if person is None or not person.email:
        return
    try:
        send_mail(
            f"{' '.join(account.label.split())} needs authorization",
            f"{account.label} is no longer accepted: {reason}\n\n"
            "Its connections wait. Authorize it again, and they go on; every link is kept.\n"
            f"{settings.PIPESITE_URL}\n",
            None,
            [person.email],
        )
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("the notice about %s was not sent: %s", account.label, type(error).__name__)
