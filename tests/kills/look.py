"""Prints, as JSON, what an installation knows: for tests that look at it from outside."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any, Self

import django


@dataclass(frozen=True, slots=True)
class Look:
    """`links` are the ids of linked records; `unsettled` counts contacts that are not at rest."""

    links: list[tuple[str, str]]
    statuses: dict[str, int]
    unsettled: int
    runs: list[tuple[str, int]]
    """The status of each run that is no preview, and how often it was taken over."""

    @classmethod
    def from_json(cls, read: dict[str, Any]) -> Self:
        """Return what was printed."""
        links, runs = ([tuple(each) for each in read[name]] for name in ("links", "runs"))
        return cls(**{**read, "links": links, "runs": runs})

    @property
    def is_done(self) -> bool:
        """Return whether a run has come to its end, and none is under way."""
        return bool(self.runs) and self.runs[-1][0] != "running"


def look() -> Look:
    """Return what the database of the settings holds."""
    from django.db.models import Count, Q

    from syncengine.models import Contact, Intent, Run
    from syncengine.state import Status

    linked = Contact.objects.filter(left__isnull=False, right__isnull=False)
    counted = Contact.objects.values_list("status").annotate(n=Count("pk"))
    syncs = Run.objects.filter(kind=Run.Kind.SYNC).order_by("pk")
    moving = Q(status__in=[Status.DOUBT, Status.WAITING]) | Q(awake=True)
    moving |= Q(pk__in=Intent.objects.filter(state=Intent.State.OPEN).values("contact"))
    return Look(
        links=list(linked.values_list("left__remote_id", "right__remote_id")),
        statuses=dict(counted.order_by("status")),
        unsettled=Contact.objects.filter(moving).count(),
        runs=list(
            Run.objects.filter(kind=Run.Kind.SYNC).order_by("pk").values_list("status", "takeovers")
        ),
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipesite.settings")
    django.setup()
    sys.stdout.write(json.dumps(asdict(look())))
