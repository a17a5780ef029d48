"""The brake: a run that would do more than a limit stops before its first write [I9, PL3]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syncengine.models import Run, SyncState
from syncengine.state import Decision, Effect

WINDOW = timedelta(hours=24)
UNSEEN = "unseen"
"""The allowance of a first sync that was approved without a look at its preview."""


class Kind(StrEnum):
    CREATIONS = "creations"
    OVERWRITES = "overwrites"
    CLEARS = "clears"
    DEPARTURES = "departures"


BY_EFFECT = {Effect.OVERWRITE: Kind.OVERWRITES, Effect.CLEAR: Kind.CLEARS}
LEAST = {Kind.CREATIONS: 25, Kind.OVERWRITES: 25, Kind.CLEARS: 10, Kind.DEPARTURES: 10}


def kinds(decision: Decision) -> set[Kind]:
    """Return what a decision counts as; a contact counts once a kind."""
    if decision.create_on is not None:
        return {Kind.CREATIONS}
    found = _of_effects(change.effect for change in decision.changes)
    if decision.leaves_scope:
        found.add(Kind.DEPARTURES)
    return found


def late_kinds(decision: Decision) -> set[Kind]:
    """Return what earlier writes of a contact count as that were done, but not answered."""
    return _of_effects(decision.late)


def _of_effects(effects: Iterable[Effect]) -> set[Kind]:
    return {BY_EFFECT[effect] for effect in effects if effect in BY_EFFECT}


class Held(Exception):
    """The run would do more than the limits; `counts` is what it would do, a kind."""

    def __init__(self, message: str, counts: Mapping[str, int]) -> None:
        super().__init__(message)
        self.message = message
        self.counts = dict(counts)


@dataclass(slots=True)
class Brake:
    """What a run may still do, a kind."""

    limits: Mapping[Kind, int]
    used: Counter[str]
    allowance: dict[str, int]

    @classmethod
    def of(cls, run: Run, state: SyncState, percent: int, now: datetime) -> Brake:
        """Return the brake of a run: its limits, what the last 24 hours used, and what a person
        approved.
        """
        links = run.links_at_start or 0
        used: Counter[str] = Counter()
        recent = Run.objects.filter(
            connection=run.connection, kind=Run.Kind.SYNC, started_at__gt=now - WINDOW
        ).exclude(braked={})
        for braked in recent.values_list("braked", flat=True):
            used.update(braked)
        valid = state.approved_revision == run.revision or UNSEEN in state.allowance
        return cls(
            limits={kind: max(least, links * percent // 100) for kind, least in LEAST.items()},
            used=used,
            allowance=dict(state.allowance) if valid else {},
        )

    def left(self, kind: Kind) -> float:
        """Return how many more contacts may be treated so."""
        if UNSEEN in self.allowance:
            return float("inf")
        return self.allowance.get(kind, 0) + self.limits[kind] - self.used[kind]

    @property
    def least_left(self) -> float:
        return min(self.left(kind) for kind in Kind)

    def check(self, tally: Counter[Kind]) -> None:
        """Raise `Held` where a tally is more than may be done."""
        over = [kind for kind in Kind if tally[kind] and tally[kind] > self.left(kind)]
        if over:
            words = ", ".join(
                f"{tally[kind]} {kind} (limit {self.limits[kind]} in 24 hours)" for kind in over
            )
            raise Held(f"It would do {words}.", {kind.value: tally[kind] for kind in Kind})

    def spend(self, tally: Counter[Kind]) -> dict[str, int]:
        """Count what was done: the allowance first; return what counts for the limits."""
        counted: dict[str, int] = {}
        for kind, number in tally.items():
            covered = (
                number if UNSEEN in self.allowance else min(number, self.allowance.get(kind, 0))
            )
            if covered and UNSEEN not in self.allowance:
                self.allowance[kind] -= covered
            if number > covered:
                counted[kind.value] = number - covered
        self.used.update(counted)
        return counted
