from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.utils.formats import date_format
from django.utils.timezone import localtime

from connections.connectors.base import App, ConnectorError, LoginField
from connections.models import Account

_WIDGETS: Mapping[str, forms.Widget] = {
    "text": AdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    "email": forms.EmailInput(attrs={"autocomplete": "username", "class": "vTextField"}),
    "url": AdminTextInputWidget(attrs={"inputmode": "url", "spellcheck": "false"}),
    # Without `render_value` what was typed is never shown again.
    "secret": forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "vTextField"}),
}


class LoginForm(forms.Form):
    """The values that an app asks for [AC2].

    A secret is write-only: of an account that has one it may be left empty, which keeps it, unless
    it would then be sent to another place than the one it was given for.
    """

    use_required_attribute = False

    def __init__(
        self,
        app: App,
        account: Account,
        initial: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial))
        self.app, self.account = app, account
        self.stored: dict[str, str] = account.secrets or {}
        for declared in app.login:
            self.fields[declared.key] = self._field(declared)

    def _field(self, declared: LoginField) -> forms.Field:
        secret = declared.kind == "secret"
        stored = secret and declared.key in self.stored
        kind = forms.EmailField if declared.kind == "email" else forms.CharField
        return kind(
            label=declared.label,
            help_text=self._set_on() if stored else declared.help,
            max_length=5000 if secret else 500,
            required=not stored,
            widget=_WIDGETS[declared.kind],
        )

    def _set_on(self) -> str:
        at = self.account.authorized_at
        when = f"on {date_format(localtime(at), 'j M Y')}" if at else "before"
        return f"Set {when}. Leave it empty to keep it."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for place in self._keys("url"):
            moved = place in data and data[place] != self.account.settings.get(place)
            for key in self._keys("secret") if moved and self.stored else ():
                if not data.get(key):
                    self.add_error(key, "Type it again: it goes to another address now.")
        return data

    def _keys(self, kind: str) -> list[str]:
        return [declared.key for declared in self.app.login if declared.kind == kind]

    @property
    def settings(self) -> dict[str, Any]:
        """The account's settings with those that were typed."""
        hidden = self._keys("secret")
        typed = {key: value for key, value in self.cleaned_data.items() if key not in hidden}
        return {**self.account.settings, **typed}

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that were typed, and those that were kept."""
        return {key: self.cleaned_data[key] or self.stored[key] for key in self._keys("secret")}

    def refuse(self, error: ConnectorError) -> None:
        """Show what the app said beside the field that it names."""
        self.add_error(error.field if error.field in self.fields else None, error.message)
