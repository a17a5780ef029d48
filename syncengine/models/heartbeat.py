"""A sign of life of the worker."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """One row: when the worker last showed that it is alive."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
