"""Both stand-ins over real HTTP, and the file that connects them, for tests of the commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from connections.models import Account, Connection
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from syncengine.importing import Problem, Refused, Report, import_file

FILE = """\
accounts:
  - label: Pipeliner North
    app: pipeliner
    settings:
      email: ann@example.com
      service_url: "${PIPELINER_URL}"
      space_id: demo
      user: ann@example.com
    secrets:
      api_token: "${PIPELINER_TOKEN}"
      api_password: "${PIPELINER_PASSWORD}"
  - label: Google Ops
    app: google
    settings: {email: ops@example.com}
    secrets: {refresh_token: "${GOOGLE_REFRESH_TOKEN}"}
connections:
  - name: North
    left:
      account: Pipeliner North
      scope: {sales_units: [North, Rome]}
    right: {account: Google Ops}
    direction: both
    winner: right
    first_merge: fill_gaps
    phone_region: AT
    time_zone: Europe/Vienna
    avoid_duplicates: false
    copy_blanks: false
    interval_minutes: 7
    brake_percent: 30
    switched_off: [company, birthday]
    state: active
"""

SECOND = """\
accounts:
  - label: Second
    app: pipeliner
    settings:
      {email: USER, service_url: "${PIPELINER_URL}", space_id: demo, user: USER}
    secrets: {api_token: "${PIPELINER_TOKEN}", api_password: "${PIPELINER_PASSWORD}"}
connections:
  - name: Two
    left: {account: Pipeliner North}
    right: {account: Second}
"""


class Apps:
    """The stand-ins, and the environment that the file reads."""

    def __init__(self, settings: Settings) -> None:
        self.pipeliner = PipelinerSandbox()
        self.google = GoogleSandbox()
        url = self.google.start()
        settings.GOOGLE_API_URL = settings.GOOGLE_ACCOUNTS_URL = settings.GOOGLE_OAUTH_URL = url
        settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "demo-client", "demo-secret"
        self.environment = {
            "PIPELINER_URL": self.pipeliner.start(),
            "PIPELINER_TOKEN": self.pipeliner.token,
            "PIPELINER_PASSWORD": self.pipeliner.password,
            "GOOGLE_REFRESH_TOKEN": self.google.issue_refresh_token(),
        }

    def asked(self) -> int:
        """Return how many requests came since this was last asked."""
        count = self.pipeliner.requests.total + self.google.requests.total
        self.pipeliner.requests.reset()
        self.google.requests.reset()
        return count

    def close(self) -> None:
        self.pipeliner.close()
        self.google.close()


@pytest.fixture
def apps(settings: Settings) -> Iterator[Apps]:
    made = Apps(settings)
    yield made
    made.close()


def take(apps: Apps, text: str = FILE, *, approve: bool = False) -> Report:
    return import_file(text.encode(), apps.environment, approve=approve)


def second_space(apps: Apps, user: str, more: str = "") -> None:
    """Connect the space with another login at the same space, so that both sides have owners; more
    are further keys of the connection Two.
    """
    take(apps, SECOND.replace("USER", user) + more)


def refusals(apps: Apps, text: str) -> list[Problem]:
    """Return why a file is refused, after a look that nothing of it was stored."""
    before = list(Account.objects.values()), list(Connection.objects.values())
    with pytest.raises(Refused) as refused:
        take(apps, text)
    assert (list(Account.objects.values()), list(Connection.objects.values())) == before
    return refused.value.problems


def refusal(apps: Apps, text: str) -> Problem:
    (problem,) = refusals(apps, text)
    return problem


def edited(old: str, new: str) -> str:
    assert FILE.count(old) == 1
    return FILE.replace(old, new)
