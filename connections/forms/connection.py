from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import available_timezones

import phonenumbers
from django import forms

from connections.configuration import SIDES, Side, default_pairs
from connections.forms.account_choices import DEFAULT_SCOPE
from connections.forms.scopes import Branch, topmost, tree
from connections.models import Account, Connection
from connections.neighbours import closes_ring
from connections.schema import Role


class AccountsForm(forms.ModelForm[Connection]):
    """The first step: a name, and the two accounts that are kept in sync."""

    STORED = ("name", "left", "right", "left_scope", "right_scope")

    class Meta:
        model = Connection
        fields = ("name", "left", "right")
        error_messages: ClassVar = {"name": {"unique": "Another connection is called so."}}
        help_texts: ClassVar = {
            "name": "How lists, messages and the history call it.",
            "left": "Accounts that are authorized already are offered; + authorizes another.",
            "right": "Another account, at another app or at the same one.",
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        left, right = data.get("left"), data.get("right")
        if left and right:
            if left == right:
                self.add_error("right", "Choose another account than on the left.")
            elif left.identity and (left.app, left.identity) == (right.app, right.identity):
                self.add_error("right", f"This is the same login as “{left}”.")
        return data

    def save(self, commit: bool = True) -> Connection:
        """Save; a side whose account is new begins with the scope that the account has."""
        for side in SIDES:
            if side in self.changed_data:
                setattr(self.instance, f"{side}_scope", _usual_scope(self.instance.account(side)))
        return super().save(commit)


def _usual_scope(account: Account) -> list[str]:
    offered = {scope.id for scope in account.offers.scopes}
    return [each for each in account.settings.get(DEFAULT_SCOPE, ()) if each in offered]


def _regions() -> list[tuple[str, str]]:
    codes = sorted(phonenumbers.SUPPORTED_REGIONS)
    return [
        ("", "None"),
        *((code, f"{code} (+{phonenumbers.country_code_for_region(code)})") for code in codes),
    ]


PARTS = [("all", "All"), ("these", "These")]


class SetupForm(forms.ModelForm[Connection]):
    """All that decides how two accounts are kept in sync.

    A scope is two fields: `<side>_part`, all or these, and `<side>_scopes`, which ones. `roles` are
    those of the default mapping that are switched on; roles that the two apps do not share are left
    as they are.
    """

    never_copy_blanks = forms.BooleanField(required=False)
    phone_region = forms.ChoiceField(required=False, choices=_regions)
    roles = forms.MultipleChoiceField(required=False)
    left_part = forms.ChoiceField(choices=PARTS, required=False)
    right_part = forms.ChoiceField(choices=PARTS, required=False)
    left_scopes = forms.MultipleChoiceField(required=False)
    right_scopes = forms.MultipleChoiceField(required=False)

    class Meta:
        model = Connection
        fields = (
            "name",
            "direction",
            "winner",
            "first_merge",
            "avoid_duplicates",
            "phone_region",
            "time_zone",
            "interval_minutes",
            "brake_percent",
        )
        error_messages: ClassVar = {"name": {"unique": "Another connection is called so."}}
        widgets: ClassVar = {
            "time_zone": forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
        }

    STORED = (*Meta.fields, "left_scope", "right_scope", "copy_blanks", "switched_off")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connection = self.instance
        self.shared = shared_roles(connection)
        self.fields["roles"].choices = [(role.value, role.value) for role in self.shared]  # type: ignore[attr-defined]
        self.initial["roles"] = [role.value for role in self.shared if connection.syncs(role)]
        self.initial["never_copy_blanks"] = not connection.copy_blanks
        for side in SIDES:
            chosen: list[str] = getattr(connection, f"{side}_scope")
            offered = [scope.id for scope in connection.account(side).offers.scopes]
            every = [*offered, *(each for each in chosen if each not in offered)]
            self.fields[f"{side}_scopes"].choices = [(each, each) for each in every]  # type: ignore[attr-defined]
            self.initial[f"{side}_scopes"] = chosen
            self.initial[f"{side}_part"] = "these" if chosen else "all"

    def tree(self, side: Side) -> list[Branch]:
        """Return the scope values of a side; what is ticked stays ticked."""
        ticked = set(self[f"{side}_scopes"].value() or ())
        return tree(self.instance.account(side).offers.scopes, ticked)

    def gone(self, side: Side) -> list[str]:
        """Return the values of a side's stored scope that the app no longer has."""
        offered = {scope.id for scope in self.instance.account(side).offers.scopes}
        return [each for each in getattr(self.instance, f"{side}_scope") if each not in offered]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for side in SIDES:
            self._clean_scope(side, data)
        return data

    def _clean_scope(self, side: Side, data: Mapping[str, Any]) -> None:
        name = f"{side}_scopes"
        if data.get(f"{side}_part") != "these" or name not in data:
            return
        account = self.instance.account(side)
        what = (account.declared.scope_label or "values").lower()
        if not data[name]:
            self.add_error(name, f"Choose at least one of the {what}, or all.")
        elif gone := [each for each in self.gone(side) if each in data[name]]:
            is_one = len(gone) == 1
            self.add_error(
                name,
                f"{', '.join(gone)} no longer {'exists' if is_one else 'exist'} in {account}. "
                f"Untick {'it' if is_one else 'them'}.",
            )

    def scope(self, side: Side) -> list[str]:
        """Return the scope that was chosen for a side; empty is all of it.

        The order of a scope that did not change stays: its first value is where contacts are
        created.
        """
        present: list[str] = getattr(self.instance, f"{side}_scope")
        if self.cleaned_data.get(f"{side}_part") != "these":
            return []
        chosen = topmost(self.tree(side))
        return present if set(chosen) == set(present) else chosen

    def _post_clean(self) -> None:
        """Put on the connection what its own fields do not say by themselves."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        connection = self.instance
        connection.copy_blanks = not self.cleaned_data["never_copy_blanks"]
        connection.switched_off = self._switched_off(set(self.cleaned_data["roles"]))
        scopes = {side: self.scope(side) for side in SIDES}
        connection.left_scope, connection.right_scope = scopes["left"], scopes["right"]
        if connection.state == Connection.State.ACTIVE and (ring := closes_ring(connection)):
            self.add_error("direction", ring)

    def _switched_off(self, on: set[str]) -> list[str]:
        """Return the roles that are off, those first that were off before."""
        shared = [role.value for role in self.shared]
        before: list[str] = self.instance.switched_off
        kept = [each for each in before if each not in shared or each not in on]
        return [*kept, *(each for each in shared if each not in on and each not in before)]


class FixedSetupForm(SetupForm):
    """The same, to look at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.disabled = True


def shared_roles(connection: Connection) -> list[Role]:
    """Return the roles that the default mapping of a connection's apps has, on or off."""
    pairs = default_pairs(connection.left.offers.fields, connection.right.offers.fields)
    return [pair.left.role for pair in pairs if pair.left.role is not None]


def time_zones() -> list[str]:
    """Return the names of all time zones that places have."""
    return sorted(each for each in available_timezones() if "/" in each or each == "UTC")
