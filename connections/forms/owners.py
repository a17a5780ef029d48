"""Who owns a contact on the other side: the table of owners of a connection [VA10]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django import forms
from django.http import QueryDict

from connections.configuration import SIDES, Side, other
from connections.connectors.base import User
from connections.models import Account, Connection
from connections.setups import OwnersSetup

Table = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """A user of one side, the select of who stands for them on the other, and where that is from;
    `is_open` where nobody was found.
    """

    user: str
    field: forms.BoundField
    note: str
    is_open: bool


def has_owners(account: Account) -> bool:
    """Return whether contacts of an account belong to users."""
    return bool(account.declared.owner_field and account.offers.users)


def by_email(left: Account, right: Account) -> Table:
    """Return the users of two accounts who have one email address."""
    if not (has_owners(left) and has_owners(right)):
        return ()
    theirs = {_email(user): user.id for user in reversed(right.offers.users)}
    return tuple(
        (user.id, theirs[_email(user)])
        for user in left.offers.users
        if _email(user) and _email(user) in theirs
    )


def _email(user: User) -> str:
    return user.email.strip().casefold()


class OwnersForm(forms.Form):
    """The table of owners, where both apps have owners, and who owns the contacts of all others.

    A table without a row is filled by equal email addresses. Each left user has a select of right
    users; a right user who stands for nobody has one of left users.
    """

    def __init__(
        self,
        connection: Connection,
        setup: OwnersSetup,
        data: QueryDict | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        super().__init__(data)
        self.began_with = setup
        self.accounts = {side: connection.account(side) for side in SIDES}
        self.sides = [side for side in SIDES if has_owners(self.accounts[side])]
        self.users: dict[Side, dict[str, User]] = {
            side: {user.id: user for user in self.accounts[side].offers.users} for side in SIDES
        }
        self.found = by_email(connection.left, connection.right)
        self.table = setup.table or self.found
        for side in self.sides:
            self.fields[f"{side}_fallback"] = self._fallback(side)
        if self.is_table:
            self._add_rows()
        for field in self.fields.values():
            field.disabled = fixed

    @property
    def is_table(self) -> bool:
        """Whether both apps have owners."""
        return len(self.sides) == len(SIDES)

    # Its fields

    def _fallback(self, side: Side) -> forms.ChoiceField:
        own, chosen = self.accounts[side].own_user, getattr(self.began_with, f"{side}_fallback")
        nobody = f"{own.label} (your user)" if own else "the account's own user"
        return self._choices(side, nobody, chosen)

    def _choices(self, side: Side, nobody: str, chosen: str) -> forms.ChoiceField:
        """Return a select of the users of a side; who is chosen and no longer exists stays."""
        users = [(each.id, each.label) for each in self.users[side].values()]
        if chosen and chosen not in self.users[side]:
            users.append((chosen, f"{chosen} no longer exists"))
        return forms.ChoiceField(
            required=False, initial=chosen, choices=[("", nobody), *users], label=""
        )

    def _add_rows(self) -> None:
        to_right, to_left = _partners(self.table)
        for left in {**self.users["left"], **to_right}:
            self._add_row("left", left, to_right.get(left, ""))
        standing = set(to_right.values())
        for right in {**self.users["right"], **to_left}:
            if right not in standing:
                self._add_row("right", right, to_left.get(right, ""))

    def _add_row(self, side: Side, user: str, partner: str) -> None:
        fallback = "Use the fallback"
        self.fields[_name(side, user)] = self._choices(other(side), fallback, partner)

    # What the page shows

    def fallbacks(self) -> list[tuple[Side, forms.BoundField]]:
        """The select of each side that has owners."""
        return [(side, self[f"{side}_fallback"]) for side in self.sides]

    def rows(self, side: Side) -> Iterator[OwnerRow]:
        """Yield the users of a side who have a select."""
        for name in self.fields:
            if name.startswith(_name(side, "")):
                user = name.removeprefix(_name(side, ""))
                note, is_open = self._note(side, user, str(self[name].value() or ""))
                yield OwnerRow(self._user_name(side, user), self[name], note, is_open)

    @property
    def left_rows(self) -> list[OwnerRow]:
        return list(self.rows("left"))

    @property
    def right_rows(self) -> list[OwnerRow]:
        return list(self.rows("right"))

    def _user_name(self, side: Side, id_: str) -> str:
        user = self.users[side].get(id_)
        return user.label if user else f"{id_} (no longer exists)"

    def _note(self, side: Side, user: str, chosen: str) -> tuple[str, bool]:
        pair = (user, chosen) if side == "left" else (chosen, user)
        twins = dict(self.found) if side == "left" else {right: left for left, right in self.found}
        if chosen and pair in self.found:
            is_new = pair not in self.began_with.table
            return ("email, stored when you save" if is_new else "email"), False
        if chosen:
            gone = chosen not in self.users[other(side)]
            return ("gone: choose another" if gone else "chosen"), gone
        if user in twins:
            name = self._user_name(other(side), twins[user])
            return f"{name} has the same email", False
        return "no one with this email: choose", True

    # What was chosen

    def owners(self) -> OwnersSetup:
        """Return the owners that were chosen."""
        data = self.cleaned_data
        chosen = {f"{side}_fallback": data[f"{side}_fallback"] for side in self.sides}
        return replace(self.began_with, table=self._table(), **chosen)

    def _table(self) -> Table:
        if not self.is_table:
            return self.began_with.table
        found: list[tuple[str, str]] = []
        for name, value in self.cleaned_data.items():
            for side in SIDES:
                if value and name.startswith(_name(side, "")):
                    user = name.removeprefix(_name(side, ""))
                    found.append((user, value) if side == "left" else (value, user))
        table = tuple(dict.fromkeys(found))
        # An order that means nothing is no edit.
        return self.table if _partners(table) == _partners(self.table) else table


def _partners(table: Table) -> tuple[dict[str, str], dict[str, str]]:
    """Return who stands for whom, both ways: the first that the table names does."""
    return dict(reversed(table)), {right: left for left, right in reversed(table)}


def _name(side: Side, user: str) -> str:
    return f"{side}_owner_{user}"
