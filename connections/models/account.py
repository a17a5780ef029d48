"""One authorized login at an app."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings as project
from django.core.exceptions import ValidationError
from django.db import models, transaction

from connections.configuration import Side
from connections.connectors import connector_class
from connections.connectors.base import App, Scope, User
from connections.encryption import EncryptedJSONField
from connections.schema import Field, Option, Role, Type


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What an app offers for an account: its fields, users and scope values, as last asked for."""

    fields: tuple[Field, ...] = ()
    users: tuple[User, ...] = ()
    scopes: tuple[Scope, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Catalogue:
        return cls(
            tuple(_field(each) for each in stored.get("fields", ())),
            tuple(User(**each) for each in stored.get("users", ())),
            tuple(Scope(**each) for each in stored.get("scopes", ())),
        )

    def with_custom(self, keys: Iterable[str], prefix: str) -> Catalogue:
        """Return it with the custom fields of these keys too, each named by what follows the
        prefix.
        """
        listed = {field.key for field in self.fields}
        more = (Field(key, key.removeprefix(prefix), Type.TEXT) for key in keys)
        return replace(self, fields=(*self.fields, *(f for f in more if f.key not in listed)))

    def field(self, key: str, prefix: str) -> Field | None:
        """Return a field; one that begins with the prefix of custom fields need not be listed."""
        found = next((field for field in self.fields if field.key == key), None)
        if found is None and prefix and key.removeprefix(prefix).strip() not in ("", key):
            return self.with_custom([key], prefix).fields[-1]
        return found

    def inside(self, scopes: list[str]) -> frozenset[str]:
        """Return the given scope values and all below them."""
        found = set(scopes)
        for scope in self.scopes:  # parents come before their children
            if scope.parent in found:
                found.add(scope.id)
        return frozenset(found)


def _field(stored: dict[str, Any]) -> Field:
    role = stored["role"]
    options = tuple(Option(**option) for option in stored["options"])
    return Field(
        **stored
        | {"type": Type(stored["type"]), "role": Role(role) if role else None, "options": options}
    )


def check_one_line(value: str) -> None:
    """Raise ValidationError unless a name is one line of text."""
    if len(value.splitlines()) > 1:
        raise ValidationError("Must be one line.")


class Account(models.Model):
    """One authorized login at an app, with its credentials and its identity (space, user)."""

    class Status(models.TextChoices):
        AUTHORIZED = "authorized", "Authorized"
        NEEDS_AUTHORIZATION = "needs_authorization", "Needs authorization"
        DELETING = "deleting", "Being deleted"

    label = models.CharField(max_length=100, unique=True, validators=[check_one_line])
    app = models.CharField(max_length=30)
    settings = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(null=True, editable=False)
    identity = models.CharField(max_length=255, blank=True, editable=False)
    identity_label = models.CharField(max_length=255, blank=True, editable=False)
    status = models.CharField(
        max_length=30, choices=Status.choices, default=Status.NEEDS_AUTHORIZATION
    )
    status_reason = models.TextField(blank=True, editable=False)
    authorized_at = models.DateTimeField(null=True, editable=False)
    authorized_by = models.ForeignKey(
        project.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False
    )
    catalogue = models.JSONField(default=dict, blank=True, editable=False)
    catalogue_at = models.DateTimeField(null=True, editable=False)
    custom_keys = models.JSONField(default=list, blank=True, editable=False)
    """The keys of custom fields that records brought along, where nothing lists them; they stay."""
    _offers: tuple[object, object, Catalogue] | None = None

    class Meta:
        ordering: ClassVar = ["label"]

    def __str__(self) -> str:
        return self.label

    @property
    def declared(self) -> App:
        """What its app declares."""
        return connector_class(self.app).app

    @property
    def app_label(self) -> str:
        """The name of its app; the key of one that this version does not know."""
        try:
            return self.declared.label
        except KeyError:
            return self.app

    @property
    def offers(self) -> Catalogue:
        """What the app offers; made of what is stored once, as pages ask for it often."""
        held = self._offers
        if held is None or held[0] is not self.catalogue or held[1] is not self.custom_keys:
            offers = Catalogue.from_json(self.catalogue)
            if self.custom_keys:
                offers = offers.with_custom(self.custom_keys, self.declared.custom_prefix)
            held = self._offers = self.catalogue, self.custom_keys, offers
        return held[2]

    @property
    def own_user(self) -> User | None:
        """Who owns what is created where nobody else is named: the chosen user, else the one of the
        login's email address.
        """
        sought = str(self.settings.get("user") or self.settings.get("email") or "").casefold()
        users = self.offers.users if sought else ()
        return next(
            (each for each in users if sought in (each.id.casefold(), each.email.casefold())), None
        )

    def keep_catalogue(self, catalogue: Catalogue, at: datetime) -> None:
        """Store what the app offers."""
        self.catalogue, self.catalogue_at = catalogue.to_json(), at
        self.save(update_fields=["catalogue", "catalogue_at"])

    keep_catalogue.alters_data = True  # type: ignore[attr-defined]

    def keep_custom_keys(self, keys: Iterable[str]) -> None:
        """Offer the custom fields of these keys from now on."""
        with transaction.atomic():
            row = Account.objects.select_for_update().only("custom_keys").get(pk=self.pk)
            row.custom_keys = list(dict.fromkeys([*row.custom_keys, *sorted(keys)]))
            row.save(update_fields=["custom_keys"])
        self.custom_keys = row.custom_keys

    keep_custom_keys.alters_data = True  # type: ignore[attr-defined]


def side_labels(left: Account, right: Account) -> dict[Side, str]:
    """Return how the sides of a connection go on screen: by their apps, two of one app by their
    accounts.
    """
    if left.app == right.app:
        return {"left": left.label, "right": right.label}
    return {"left": left.app_label, "right": right.app_label}
