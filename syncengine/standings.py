"""Where connections stand: all that lists and heads of pages say of them, in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from connections.configuration import SIDES
from connections.models import Account, Connection
from syncengine import clock
from syncengine.models import Contact, Mirror, Run, SyncState
from syncengine.states import NEEDS_A_LOOK, State, connection_state, next_step, what_it_did


def with_accounts(rows: QuerySet[Connection]) -> QuerySet[Connection]:
    """Return connections with both accounts, without what lists need not read."""
    heavy = (f"{side}__{name}" for side in SIDES for name in ("secrets", "catalogue"))
    return rows.select_related("left", "right").defer(*heavy)


@dataclass(slots=True)
class Standing:
    """Where a connection stands: its state, its newest sync and how many contacts are what.

    `read` and `awake` say how far a run in hand has come: the contacts that a first read has
    brought, and those that are still to be decided.
    """

    connection: Connection
    sync_state: SyncState | None
    run: Run | None
    preview: Run | None
    now: datetime
    counts: Mapping[str, int] = field(default_factory=dict)
    read: int = 0
    awake: int = 0

    @property
    def state(self) -> State:
        return connection_state(
            self.connection,
            self.sync_state,
            self.run,
            preview=self.preview,
            read=self.read,
            now=self.now,
        )

    @property
    def going(self) -> Run | None:
        """The run or preview that is in hand."""
        return self.run if self.run and self.run.finished_at is None else self.preview

    @property
    def did(self) -> str:
        """What the newest sync did, in a few words."""
        return what_it_did(self.run) if self.run else ""

    @property
    def next(self) -> str:
        """What comes next, in a few words."""
        return next_step(self.state, self.sync_state, self.now)

    @property
    def unauthorized(self) -> Account | None:
        """The account that needs authorization, if one does."""
        accounts = (self.connection.left, self.connection.right)
        needs = Account.Status.NEEDS_AUTHORIZATION
        return next((each for each in accounts if each.status == needs), None)

    @property
    def can_sync(self) -> bool:
        """Whether a sync that is asked for now would run."""
        return self.state.word == "Active"

    @property
    def needs_a_look(self) -> int:
        return sum(self.counts.get(status, 0) for status in NEEDS_A_LOOK)

    @property
    def done(self) -> int:
        """How many contacts the run in hand has written or linked."""
        run = self.going
        if run is None:
            return 0
        return sum(
            (
                run.created_left,
                run.created_right,
                run.updated_left,
                run.updated_right,
                run.linked,
                run.failed,
            )
        )

    @property
    def total(self) -> int:
        """How many there are to do in all; 0 while that is not known."""
        run = self.going
        if run is None or run.kind == Run.Kind.PREVIEW or run.step == Run.Step.READ:
            return 0
        return self.done + self.awake

    def progress(self) -> dict[str, Any]:
        """Return what keeps a page up to date, as JSON holds it.

        `run` names the newest run and its status, so that a page can tell when there is news.
        """
        state = self.state
        return {
            "word": state.word,
            "css": state.css,
            "line": state.line,
            "next": self.next,
            "going": self.going is not None or self.is_preview_asked,
            "run": self.run_mark,
            "did": self.did,
            "done": self.done,
            "total": self.total,
        }

    @property
    def run_mark(self) -> str:
        """The newest run with its status, and the preview in hand, as one text."""
        newest = f"{self.run.pk} {self.run.status}" if self.run else ""
        if self.preview:
            return f"{newest} preview {self.preview.pk}"
        return f"{newest} preview asked" if self.is_preview_asked else newest

    @property
    def is_preview_asked(self) -> bool:
        """Whether a person waits for a preview that has not begun."""
        return bool(self.sync_state and self.sync_state.preview_asked_at)


def standings(connections: Iterable[Connection], *, counted: bool = True) -> list[Standing]:
    """Return where each connection stands, in a constant number of queries; without `counted`, not
    how many contacts are what.

    The connections come with both accounts.
    """
    rows = list(connections)
    ids = [row.pk for row in rows]
    runs = _newest_runs(ids)
    previews = {
        run.connection_id or 0: run
        for run in Run.objects.filter(connection__in=ids, kind=Run.Kind.PREVIEW, finished_at=None)
    }
    states = {each.connection_id: each for each in SyncState.objects.filter(connection__in=ids)}
    counts = _counts(ids) if counted else {}
    going = [*(pk for pk, run in runs.items() if run.finished_at is None), *previews]
    awake, read = (_awake(going), _read(rows, going)) if going else ({}, {})
    now = clock.now()
    return [
        Standing(
            connection=row,
            sync_state=states.get(row.pk),
            run=runs.get(row.pk),
            preview=previews.get(row.pk),
            now=now,
            counts=counts.get(row.pk, {}),
            read=read.get(row.pk, 0),
            awake=awake.get(row.pk, 0),
        )
        for row in rows
    ]


def standing(connection: Connection, *, counted: bool = True) -> Standing:
    """Return where one connection stands."""
    return standings([connection], counted=counted)[0]


def _newest_runs(ids: Collection[int]) -> dict[int, Run]:
    of_one = Run.objects.filter(connection=OuterRef("pk"), kind=Run.Kind.SYNC)
    newest = Subquery(of_one.order_by("-started_at").values("pk")[:1])
    chosen = Connection.objects.filter(pk__in=ids).order_by().values(newest=newest)
    return {run.connection_id or 0: run for run in Run.objects.filter(pk__in=chosen)}


def _counts(ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    """Return, by connection, how many contacts have which status."""
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    mine = Contact.objects.filter(connection__in=ids).order_by()
    for pk, status, number in mine.values_list("connection_id", "status").annotate(Count("pk")):
        found[pk][status] = number
    return found


def _awake(ids: Collection[int]) -> Mapping[int, int]:
    mine = Contact.objects.filter(connection__in=ids, awake=True).order_by()
    return dict(mine.values_list("connection_id").annotate(Count("pk")))


def _read(rows: Iterable[Connection], ids: Collection[int]) -> Mapping[int, int]:
    """Return, by connection, how many contacts the first reads of its accounts have brought."""
    pairs = {row.pk: [row.account(side).pk for side in SIDES] for row in rows if row.pk in ids}
    accounts = {pk for pair in pairs.values() for pk in pair}
    first = Mirror.objects.filter(account__in=accounts, read_at=None)
    numbers = dict(first.values_list("account_id", "last_number"))
    return {pk: sum(numbers.get(each, 0) for each in pair) for pk, pair in pairs.items()}
