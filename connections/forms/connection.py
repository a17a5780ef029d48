from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

import phonenumbers
from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget, AdminTextInputWidget
from django.http import QueryDict

from connections.configuration import SIDES, Side, default_pairs
from connections.forms.account_choices import DEFAULT_SCOPE
from connections.forms.scopes import Branch, topmost, tree
from connections.mapped import mapped_twice
from connections.models import Account, Connection
from connections.neighbours import closes_ring
from connections.rule_checks import added, in_full
from connections.schema import Role
from connections.setups import Setup


class AccountsForm(forms.ModelForm[Connection]):
    """The first step: a name, and the two accounts that are kept in sync."""

    STORED = ("name", "left", "right", "left_scope", "right_scope")

    class Meta:
        model = Connection
        fields = ("name", "left", "right")
        error_messages: ClassVar = {"name": {"unique": "Another connection is called so."}}
        help_texts: ClassVar = {
            "name": "How lists, messages and the history call it.",
            "left": "An account that is authorized already; + authorizes another.",
            "right": "Another account, at another app or at the same one. "
            "Left and right only say where each stands on the pages.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for side in SIDES:
            field = self.fields[side]
            assert isinstance(field, forms.ModelChoiceField)
            is_any = field.queryset is not None and field.queryset.exists()
            field.empty_label = "Choose an account" if is_any else "None is authorized yet"

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
_PLAIN = (
    "direction",
    "winner",
    "first_merge",
    "avoid_duplicates",
    "phone_region",
    "time_zone",
    "interval_minutes",
    "brake_percent",
)


def as_edited(connection: Connection, setup: Setup) -> Connection:
    """Return the connection as an edit of its set-up would have its columns, not to be saved."""
    edited = copy(connection)
    edited.put_columns(setup)
    return edited


class SetupForm(forms.ModelForm[Connection]):
    """All that decides how two accounts are kept in sync, but for rules, mappings and owners.

    It begins with a set-up, and makes another one of what was typed. A scope is two fields:
    `<side>_part`, all or these, and `<side>_scopes`, which ones. `roles` are those of the default
    mapping that are switched on; roles that the two apps do not share are left as they are.
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
        fields = ("name", *_PLAIN)
        error_messages: ClassVar = {"name": {"unique": "Another connection is called so."}}
        widgets: ClassVar = {
            "name": AdminTextInputWidget(attrs={"class": "vLargeTextField"}),
            "time_zone": AdminTextInputWidget(attrs={"list": "time-zones", "autocomplete": "off"}),
            "interval_minutes": AdminIntegerFieldWidget(attrs={"min": 1, "max": 1440}),
            "brake_percent": AdminIntegerFieldWidget(attrs={"min": 1, "max": 100}),
        }

    def __init__(
        self,
        connection: Connection,
        setup: Setup,
        data: QueryDict | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        """Show `setup` of a connection; `fixed` only to look at."""
        super().__init__(data, instance=as_edited(connection, setup))
        self.began_with = setup
        self.shared = shared_roles(connection)
        self.fields["roles"].choices = [(role.value, role.value) for role in self.shared]  # type: ignore[attr-defined]
        self.initial["roles"] = [r.value for r in self.shared if r.value not in setup.switched_off]
        self.initial["never_copy_blanks"] = not setup.copy_blanks
        for side in SIDES:
            chosen = setup.scope(side)
            offered = [scope.id for scope in connection.account(side).offers.scopes]
            every = [*offered, *(each for each in chosen if each not in offered)]
            self.fields[f"{side}_scopes"].choices = [(each, each) for each in every]  # type: ignore[attr-defined]
            self.initial[f"{side}_scopes"] = list(chosen)
            self.initial[f"{side}_part"] = "these" if chosen else "all"
        self.fields["name"].show_hidden_initial = True
        for field in self.fields.values():
            field.disabled = fixed

    @property
    def renames(self) -> bool:
        """Whether another name was typed than the page showed."""
        return "name" in self.changed_data

    def tree(self, side: Side) -> list[Branch]:
        """Return the scope values of a side; what is ticked stays ticked."""
        ticked = set(self[f"{side}_scopes"].value() or ())
        return tree(self.instance.account(side).offers.scopes, ticked)

    def gone(self, side: Side) -> list[str]:
        """Return the values of a side's scope that the app no longer has."""
        offered = {scope.id for scope in self.instance.account(side).offers.scopes}
        return [each for each in self.began_with.scope(side) if each not in offered]

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

    def _scope(self, side: Side) -> tuple[str, ...]:
        """Return the scope that was chosen for a side; empty is all of it.

        The order of a scope that did not change stays: its first value is where contacts are
        created.
        """
        present = self.began_with.scope(side)
        if self.cleaned_data.get(f"{side}_part") != "these":
            return ()
        chosen = tuple(topmost(self.tree(side)))
        return present if set(chosen) == set(present) else chosen

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        is_active = self.instance.state == Connection.State.ACTIVE
        if not self.errors and is_active and (ring := closes_ring(self.instance)):
            self.add_error("direction", ring)
        if not self.errors:
            account = self.instance.account
            for told in mapped_twice(self.setup(), account("left"), account("right")):
                self.add_error("roles", told)
        accounts = self.instance.left, self.instance.right
        for each in () if self.errors else added(self.began_with, self.setup(), *accounts):
            self.add_error("direction", in_full(each, self.setup(), *accounts))

    def setup(self) -> Setup:
        """Return the set-up that it began with as it is edited now."""
        data = self.cleaned_data
        return replace(
            self.began_with,
            **{name: data[name] for name in _PLAIN},
            left_scope=self._scope("left"),
            right_scope=self._scope("right"),
            copy_blanks=not data["never_copy_blanks"],
            switched_off=self._switched_off(set(data["roles"])),
        )

    def _switched_off(self, on: set[str]) -> tuple[str, ...]:
        """Return the roles that are off, those first that were off before."""
        shared = [role.value for role in self.shared]
        before = self.began_with.switched_off
        kept = [each for each in before if each not in shared or each not in on]
        return (*kept, *(each for each in shared if each not in on and each not in before))


def shared_roles(connection: Connection) -> list[Role]:
    """Return the roles that the default mapping of a connection's apps has, on or off."""
    pairs = default_pairs(connection.left.offers.fields, connection.right.offers.fields)
    return [pair.left.role for pair in pairs if pair.left.role is not None]


@cache
def time_zones() -> list[str]:
    """Return the names of all time zones that places have."""
    return sorted(each for each in available_timezones() if "/" in each or each == "UTC")
