"""The encrypted model fields that everything uses.

A column holds a Fernet token. It cannot be filtered, ordered or made unique; `isnull` alone works.
`dumpdata` writes the plain values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from encrypted_model_fields import fields as package

if TYPE_CHECKING:
    PackageField = models.TextField[Any, Any]
else:
    PackageField = package.EncryptedTextField


class CannotDecrypt(Exception):
    """A stored value that none of the keys opens: it must never count as blank."""

    def __init__(self, model: str, field: str) -> None:
        super().__init__(model, field)
        self.model = model
        self.field = field

    def __str__(self) -> str:
        return (
            f"{self.model}.{self.field} cannot be decrypted with the keys in FIELD_ENCRYPTION_KEYS"
        )


class EncryptedTextField(PackageField):
    """A text that is kept encrypted.

    Over the package's field, which returns the ciphertext when the key is wrong, decrypts what a
    form posts, and encrypts the SQL of an expression (`bulk_update`, `F`).
    """

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: isnull is all that can be asked of it")
        return super().get_lookup(lookup_name)

    def to_python(self, value: Any) -> Any:
        return models.TextField.to_python(self, value)

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """The plain value; raises `CannotDecrypt`."""
        if value is None:
            return None
        try:
            return self._from_text(package.decrypt_str(value))
        except InvalidToken as error:
            raise CannotDecrypt(self.model._meta.label, self.name) from error

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        return package.encrypt_str(self._to_text(value)).decode()

    def _to_text(self, value: Any) -> str:
        return str(value)

    def _from_text(self, text: str) -> Any:
        return text


class EncryptedJSONField(EncryptedTextField):
    """One JSON value that is kept as one encrypted text; None is NULL."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        return value

    def _to_text(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def _from_text(self, text: str) -> Any:
        return json.loads(text)


def seal(value: Any) -> str:
    """Return the JSON value encrypted, for what is kept a while outside of a model."""
    return str(package.CRYPTER.encrypt(json.dumps(value).encode()).decode())


def unseal(token: str, lasts: timedelta) -> Any:
    """Return the value, None where it was sealed longer ago or with a key that is gone."""
    try:
        return json.loads(package.CRYPTER.decrypt(token.encode(), int(lasts.total_seconds())))
    except InvalidToken:
        return None


def encrypted_columns() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Each model that has encrypted fields, with their names."""
    for model in apps.get_models():
        names = [
            field.name
            for field in model._meta.local_concrete_fields
            if isinstance(field, EncryptedTextField)
        ]
        if names and model._meta.managed:
            yield model, names


def rotated(token: str) -> str | None:
    """The token under the newest key, or None where it is already; raises `InvalidToken`."""
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(token)
    except InvalidToken:
        return str(package.CRYPTER.rotate(token).decode())
    return None
