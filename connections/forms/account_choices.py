from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from connections.connectors.base import App
from connections.forms.scopes import Branch, topmost, tree
from connections.models import Catalogue

DEFAULT_SCOPE = "default_scope"
"""The setting of an account that new connections take their scope from; other than the settings
that a connector names it is never exported.
"""


class ChoicesForm(forms.Form):
    """Who a person is in the app, and the scope that new connections of the account start from."""

    use_required_attribute = False

    user = forms.ChoiceField(
        label="Your user",
        help_text="New contacts belong to this user where no rule says otherwise.",
    )
    part = forms.ChoiceField(choices=[("all", "all"), ("these", "these")], initial="all")
    scopes = forms.MultipleChoiceField(required=False)

    def __init__(
        self,
        app: App,
        catalogue: Catalogue,
        settings: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data)
        self.catalogue = catalogue
        self.fields["scopes"].choices = [(each.id, each.name) for each in catalogue.scopes]  # type: ignore[attr-defined]
        if not catalogue.scopes:
            del self.fields["part"], self.fields["scopes"]
        else:
            self.initial["scopes"] = settings.get(DEFAULT_SCOPE, [])
            self.initial["part"] = "these" if self.initial["scopes"] else "all"
        if not app.owner_field:
            del self.fields["user"]
            return
        names = [
            (user.id, f"{user.name} ({user.email})" if user.email else user.name)
            for user in catalogue.users
        ]
        self.fields["user"].choices = [("", "Choose …"), *names]  # type: ignore[attr-defined]
        self.initial["user"] = self._user(settings)

    def _user(self, settings: Mapping[str, Any]) -> str:
        """Return the id of the user who was chosen before, or who has the login's email address."""
        sought = str(settings.get("user") or settings.get("email") or "").casefold()
        found = [
            user.id
            for user in self.catalogue.users
            if sought and sought in (user.id.casefold(), user.email.casefold())
        ]
        return found[0] if found else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("part") == "these" and not data.get("scopes"):
            self.add_error("scopes", "Choose at least one, or all.")
        return data

    @property
    def tree(self) -> list[Branch]:
        """The scope values as a tree; what is ticked stays ticked."""
        return tree(self.catalogue.scopes, set(self["scopes"].value() or ()))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that were chosen; an empty scope is all of it."""
        chosen: dict[str, Any] = {}
        if "user" in self.fields:
            chosen["user"] = self.cleaned_data["user"]
        if "scopes" in self.fields:
            these = self.cleaned_data["part"] == "these"
            chosen[DEFAULT_SCOPE] = topmost(self.tree) if these else []
        return chosen
