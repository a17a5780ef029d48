"""The names by which a file calls what an account has: users, units, labels, fields, options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connections.configuring import field_of
from connections.conversion import label_key
from connections.models import Account
from connections.schema import CHOICES, Field, Type
from syncengine.importing.scopes import MOST_OFFERED, ScopeNames
from syncengine.importing.section import FLAGS


class Unknown(Exception):
    """The account has nothing of that name, or several; the message says what is allowed."""


class Names:
    """The names of one account: users by email, options by label, each by its id where that is
    ambiguous; fields by key, units and labels as `ScopeNames` has them.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.app = account.declared
        self.offers = account.offers
        self.scopes = ScopeNames(self.offers)

    # Users

    def user(self, text: str) -> str:
        """Return the id of a user; raises `Unknown`."""
        if not self.app.owner_field:
            raise Unknown(f"{self.app.label} has no owners")
        users = self.offers.users
        found = [user.id for user in users if user.email.casefold() == text.casefold()]
        if len(found) != 1:
            found = [user.id for user in users if user.id == text] or found
        return _the_one(text, found, [self.user_name(user.id) for user in users])

    def user_name(self, id_: str) -> str:
        """Return the email of a user, the id where others have it too or there is none."""
        users = self.offers.users
        email = next((user.email for user in users if user.id == id_), "")
        alike = sum(user.email.casefold() == email.casefold() for user in users)
        return email if email and alike == 1 else id_

    # Units and labels

    def scope(self, text: str) -> str:
        """Return the id of a unit or a label; raises `Unknown`."""
        found = self.scopes.ids(text)
        if len(found) > 1:
            raise Unknown(f"“{text}” is ambiguous; allowed: {self.scopes.offered(found)}")
        if not found:
            raise Unknown(f"“{text}” is unknown; allowed: {self.scopes.offered()}")
        return found[0]

    # Fields and their values

    def field(self, key: str) -> Field:
        """Return a field; raises `Unknown`."""
        found = field_of(self.account, key)
        if found is None:
            keys = [field.key for field in self.offers.fields]
            raise Unknown(f"{self.account} has no field “{key}”; allowed: {_offered(keys)}")
        return found

    def value(self, field: Field, text: str) -> str:
        """Return a value as rules keep it: an option's id, true or false; raises `Unknown`."""
        if field.type in CHOICES:
            return self.option(field, text)
        if field.type is Type.BOOLEAN and text.casefold() in FLAGS:
            return "true" if FLAGS[text.casefold()] else "false"
        return text

    def value_name(self, field: Field | None, text: str) -> str | bool:
        """Return a value as the file has it."""
        if field is not None and field.type in CHOICES:
            return self.option_name(field, text)
        if field is not None and field.type is Type.BOOLEAN and text in ("true", "false"):
            return text == "true"
        return text

    def option(self, field: Field, text: str) -> str:
        """Return the value of an option of a field; raises `Unknown`."""
        if any(option.value == text for option in field.options):
            return text
        key = label_key(text)
        found = [option.value for option in field.options if label_key(option.label) == key]
        return _the_one(
            text, found, [self.option_name(field, each.value) for each in field.options]
        )

    def option_name(self, field: Field, value: str) -> str:
        """Return the label of an option, its value where the label may mean another one."""
        label = next((each.label for each in field.options if each.value == value), value)
        others = [each for each in field.options if each.value != value]
        key = label_key(label)
        alike = any(label == each.value or label_key(each.label) == key for each in others)
        return value if alike or not label.strip() else label


def _the_one(text: str, found: Sequence[str], names: Iterable[str]) -> str:
    if len(found) > 1:
        raise Unknown(f"“{text}” is ambiguous; allowed: {_offered(found)}")
    if not found:
        raise Unknown(f"“{text}” is unknown; allowed: {_offered(list(names))}")
    return found[0]


def _offered(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_OFFERED} more" if len(names) > MOST_OFFERED else ""
    return ", ".join(names[:MOST_OFFERED]) + more if names else "none"
