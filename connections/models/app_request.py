"""The next app that people want, and who wants it [PL8]."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings as project
from django.db import models
from django.db.models.functions import Lower


class AppRequest(models.Model):
    """An app that somebody proposed to be connected."""

    name = models.CharField(max_length=80)
    why = models.CharField("What for", max_length=300, blank=True)
    proposed_by = models.ForeignKey(
        project.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    proposed_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = "proposed app"
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="app_proposed_once",
                violation_error_message="This app is proposed already: vote for it.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Vote(models.Model):
    """One person's vote for an app, once each."""

    request = models.ForeignKey(AppRequest, models.CASCADE, related_name="votes")
    voter = models.ForeignKey(project.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    cast_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "voter"], name="vote_once"),
        ]

    def __str__(self) -> str:
        return f"{self.voter} for {self.request}"
