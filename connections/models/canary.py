from __future__ import annotations

from django.db import models

from connections.encryption import EncryptedTextField

SONG = "The keys of this installation read what it wrote."


class Canary(models.Model):
    """One row of known text: it tells whether the keys still read what was written."""

    text = EncryptedTextField(default=SONG)

    class Meta:
        verbose_name_plural = "canaries"

    def __str__(self) -> str:
        return "Canary"

    @classmethod
    def listen(cls) -> None:
        """Return when the keys are right, else raise `CannotDecrypt`; the first call writes it."""
        cls.objects.get_or_create(pk=1)
