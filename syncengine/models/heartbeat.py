"""Signs of life of the workers."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When a worker last showed that it is alive, a row a worker; `worker` is `processes.group`."""

    worker = models.CharField(max_length=100, unique=True, default="")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.worker} {self.at:%Y-%m-%d %H:%M:%S}"
