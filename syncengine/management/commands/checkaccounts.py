from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.core.management.base import CommandParser

from connections import accounts
from connections.accounts import OtherIdentity
from connections.connectors.base import AuthorizationLost, ConnectorError, Rejected
from connections.models import Account
from syncengine import clock
from syncengine.management.base import Exit, ReportingCommand, Usage
from syncengine.notices import lose_authorization


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking for one account; `checked` says whether the app could be asked."""

    account: str
    app: str
    identity: str
    status: str
    checked: bool
    message: str = ""

    @property
    def is_good(self) -> bool:
        return self.checked and self.status == Account.Status.AUTHORIZED


class Command(ReportingCommand):
    help = (
        "Asks each app whether it still accepts our accounts, and what it offers now. "
        "An account that is not accepted becomes “Needs authorization”; an app that cannot be "
        "reached changes nothing."
    )
    epilog = "Exit codes: 0 all accounts are accepted, 1 at least one is not, 2 usage."
    examples = (
        "Examples:\n  manage.py checkaccounts\n  manage.py checkaccounts “Google Ops” --json\n"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "labels", nargs="*", metavar="LABEL", help="the accounts; without any, all of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        answers = []
        for account in _chosen(options["labels"]):
            answer = _ask(account)
            answers.append(answer)
            self.say(_words(answer), options)
        self.give([asdict(answer) for answer in answers], options)
        self.end(Exit.DONE if all(answer.is_good for answer in answers) else Exit.FAILED)


def _chosen(labels: list[str]) -> list[Account]:
    found = {account.label: account for account in Account.objects.all()}
    unknown = [label for label in labels if label not in found]
    if unknown:
        known = ", ".join(found) or "none yet"
        raise Usage(f"no account is called {', '.join(unknown)}; there are: {known}")
    return [found[label] for label in labels or found]


def _ask(account: Account) -> Answer:
    message, checked = "", True
    try:
        _refresh(account)
    except (AuthorizationLost, Rejected) as error:
        message = error.message
        lose_authorization(account, message)
    except OtherIdentity as error:
        message = str(error)
        lose_authorization(account, message)
    except ConnectorError as error:
        message, checked = error.message, False
    return Answer(
        account.label, account.app, account.identity_label, account.status, checked, message
    )


def _refresh(account: Account) -> None:
    """Ask the app, and store what it says; raises what is wrong."""
    if not account.secrets:
        raise AuthorizationLost(account.status_reason or "it was never authorized")
    connector = accounts.open_account(account)
    identity = connector.identify()
    if account.identity and identity.key != account.identity:
        raise OtherIdentity(account.identity_label, identity.label)
    catalogue = accounts.ask_catalogue(connector)
    account.identity, account.identity_label = identity.key, identity.label
    account.status, account.status_reason = Account.Status.AUTHORIZED, ""
    account.save(update_fields=["identity", "identity_label", "status", "status_reason"])
    account.keep_catalogue(catalogue, clock.now())


def _words(answer: Answer) -> str:
    status = Account.Status(answer.status).label.lower()
    who = f" as {answer.identity}" if answer.identity else ""
    if not answer.checked:
        return f"{answer.account}: could not be asked ({answer.message}); it stays “{status}”{who}"
    message = f": {answer.message}" if answer.message else ""
    return f"{answer.account}: {status}{who}{message}"
