"""The steps of a run: reads both accounts, then matches, decides and applies under both leases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from connections.accounts import ask_catalogue
from connections.configuration import SIDES, Side
from connections.connectors.base import AuthorizationLost, ConnectorError
from connections.vanished import vanished
from syncengine import asking, brake, clock, contacts, doubts, leases, notices, twins
from syncengine.applying import Applier, Decided
from syncengine.brake import Brake
from syncengine.job import Job
from syncengine.leases import Held, LeaseLost
from syncengine.matching import Matcher
from syncengine.models import Change, Contact, Intent, Mirror, Run, SyncState
from syncengine.models.mirror import aged
from syncengine.reading import Reader, take_turns
from syncengine.state import Status

LONG_SLICE_SECONDS = 300.0
"""The slice of a read that had to start again twice [I7]."""
CHUNK = 400
"""How many contacts are decided at once."""
READ_ENOUGH = 30.0
"""Seconds for which an account that was read to its end counts as read."""
READ_AGAIN = 55.0
"""Seconds after which an account is read again before the next chunk, so that its writes are not
too late.
"""
CATALOGUE_DAILY = 86400.0
CATALOGUE_BEFORE_WRITE = 600.0


class NameGone(ConnectorError):
    """The set-up names a unit, label, user or field that no longer exists: a person must choose
    again.
    """


class Busy(Exception):
    """Another worker holds one of the accounts."""


def holder(row: SyncState | Mirror) -> str:
    """Return who holds a connection or an account since when, for people."""
    row.refresh_from_db(fields=["lease_owner", "lease_since"])
    since = f" since {row.lease_since:%Y-%m-%d %H:%M:%S} UTC" if row.lease_since else ""
    return f"{row.lease_owner or 'another worker'}{since}"


class Steps:
    """Does the steps of a job; each returns False where the slice is over first."""

    def __init__(self, job: Job, asked_at: datetime | None) -> None:
        self.job = job
        self.asked_at = asked_at

    # Reading

    def read(self) -> bool:
        """Read both accounts, and see whether the configuration is another one than last time."""
        if not self._read_accounts():
            return False
        self._check_mirrors()
        self._check_names()
        self._note_revision()
        return True

    def _read_accounts(self) -> bool:
        """Read both accounts, in turns where both are to be read and free."""
        mirrors = list(self.job.mirrors.values())
        if not any(map(self._is_read, mirrors)):
            held = leases.take(mirrors, self.job.hand.owner)
            if held is not None:
                return self._read_held(held, SIDES)
        return all(self._read(side) for side in SIDES)

    def _read(self, side: Side) -> bool:
        """Read an account, unless somebody read it to the end just now."""
        mirror = self.job.mirrors[side]
        if self._is_read(mirror):
            return True
        held = leases.take([mirror], self.job.hand.owner)
        if held is None:
            raise Busy(holder(mirror))
        return self._read_held(held, [side])

    def _read_held(self, held: Held, sides: Sequence[Side]) -> bool:
        job = self.job
        try:
            for side in sides:
                job.mirrors[side].refresh_from_db()
            job.hold = held
            return self._read_under(
                [side for side in sides if not self._is_read(job.mirrors[side])]
            )
        finally:
            job.hold = None
            held.release()

    def _is_read(self, mirror: Mirror) -> bool:
        if mirror.read_started_at is not None or mirror.read_at is None:
            return False
        if mirror.confirming and not mirror.held_reason:
            return False
        if self.asked_at is not None:
            return not self._began_before_asked(mirror)
        return aged(mirror.read_at, clock.now()) <= READ_ENOUGH

    def _read_under(self, sides: Sequence[Side]) -> bool:
        """Read accounts that are held, and return whether all were read to their ends."""
        with ExitStack() as stack:
            going = [stack.enter_context(closing(self._reading(side))) for side in sides]
            return all(take_turns(going))

    def _reading(self, side: Side) -> Generator[None, None, bool]:
        job, mirror = self.job, self.job.mirrors[side]
        account = job.connection.account(side)
        if mirror.restarts >= 2:
            job.clockwork.lengthen(LONG_SLICE_SECONDS)
        reader = Reader(
            mirror, job.connectors[side], job.held, job.clockwork.is_over, job.roles[side]
        )
        try:
            self._refresh_catalogue(side, CATALOGUE_DAILY)
            self._note_companies(side, mirror)
            ended = yield from reader.read()
            if ended and self._began_before_asked(mirror):
                ended = yield from reader.read()
            return ended
        except AuthorizationLost as error:
            notices.lose_authorization(account, error.message)
            raise

    def _began_before_asked(self, mirror: Mirror) -> bool:
        """Return whether the last read to its end lacks what people did before they asked: it may
        have been the rest of one that an earlier run had to break off.
        """
        return (
            self.asked_at is not None
            and mirror.read_at is not None
            and mirror.read_at < self.asked_at
        )

    def _note_companies(self, side: Side, mirror: Mirror) -> None:
        """Read everything anew once a company field comes into use: rows read before lack what it
        needs.
        """
        uses = self.job.connectors[side].login.companies
        if uses and not mirror.with_companies and mirror.cursor is not None:
            mirror.cursor = None
        if uses != mirror.with_companies:
            mirror.with_companies = uses
            mirror.save(update_fields=["with_companies", "cursor"])

    def _refresh_catalogue(self, side: Side, older_than: float) -> None:
        account = self.job.connection.account(side)
        now = clock.now()
        if aged(account.catalogue_at, now) > older_than:
            before = account.catalogue
            self.job.ensure()
            account.keep_catalogue(ask_catalogue(self.job.connectors[side]), now)
            if account.catalogue != before:
                self.job.reconfigure()

    def _check_mirrors(self) -> None:
        for side in SIDES:
            mirror = self.job.mirrors[side]
            if mirror.held_reason:
                label = self.job.connection.account(side).label
                raise brake.Held(f"{label}: {mirror.held_reason}.", {})

    def _check_names(self) -> None:
        """Stop where the set-up names what no longer exists, before anything is written [RU9]."""
        connection = self.job.connection
        if found := vanished(self.job.setup, connection.left, connection.right):
            raise NameGone("; ".join(found))

    def _note_revision(self) -> None:
        """Decide everything anew where the configuration is another one than last time [CN8]."""
        job, run = self.job, self.job.run
        if run.kind == Run.Kind.PREVIEW and run.revision != job.revision:
            run.cursor = 0
        run.revision = job.revision
        if run.links_at_start is None:
            run.links_at_start = Contact.objects.filter(
                connection=job.connection, left__isnull=False, right__isnull=False
            ).count()
            run.save(update_fields=["links_at_start", "revision"])
        if run.kind == Run.Kind.PREVIEW or job.state.revision == job.revision:
            return
        with leases.commit(job.hand):
            Contact.objects.filter(connection=job.connection).update(awake=True)
            job.state.revision = job.revision
            job.state.left_seen = job.state.right_seen = 0
            job.state.save(update_fields=["revision", "left_seen", "right_seen"])
            run.counted = False
            run.save(update_fields=["counted"])

    # Matching and applying

    def match_decide_apply(self) -> bool:
        """Do what is to be done under the leases of both accounts, where there is anything."""
        if not self._anything_to_do():
            return True
        self._take_accounts()
        job = self.job
        assert job.hold is not None
        try:
            return self._match_and_apply()
        finally:
            hold, job.hold = job.hold, None
            hold.release()

    def _anything_to_do(self) -> bool:
        job = self.job
        mine = Contact.objects.filter(connection=job.connection)
        return (
            self._unmatched()
            or mine.filter(awake=True).exists()
            or mine.filter(wake_at__lte=clock.now()).exists()
            or mine.exclude(asked="").exists()
            or doubts.open_intents(job).exists()
        )

    def _unmatched(self) -> bool:
        job = self.job
        return any(job.state.seen(side) < job.mirrors[side].last_number for side in SIDES)

    def _take_accounts(self) -> None:
        job = self.job
        hold = leases.take(list(job.mirrors.values()), job.hand.owner)
        if hold is None:
            busy = [mirror for mirror in job.mirrors.values() if mirror.lease_owner]
            raise Busy(holder(busy[0] if busy else job.mirrors["left"]))
        job.hold = hold
        job.state.refresh_from_db()
        for mirror in job.mirrors.values():
            mirror.refresh_from_db()

    def _match_and_apply(self) -> bool:
        """Match all that changed, then decide and apply chunk after chunk until nobody is awake."""
        job = self.job
        if self._any_awake() or self._unmatched():
            for side in SIDES:
                self._refresh_catalogue(side, CATALOGUE_BEFORE_WRITE)
            self._check_names()
            self._note_revision()
        job.brake = Brake.of(job.run, job.state, job.connection.brake_percent, clock.now())
        if not self._match():
            return False
        self._count_first(job.brake)
        applier = Applier(job)
        try:
            return self._apply_all(applier)
        except LeaseLost:
            raise
        except Exception:
            applier.finish()
            raise

    def _apply_all(self, applier: Applier) -> bool:
        job = self.job
        while True:
            if not self._keep_fresh(applier):
                return False
            chunk = self._awake()
            if chunk:
                decided = self._decide(chunk)
                self._check_brake(decided)
                job.run.step = Run.Step.APPLY
                applier.apply(decided)
            else:
                applier.finish()
                if not self._any_awake():
                    return True
            if job.clockwork.is_over():
                applier.finish()
                return False

    def _match(self) -> bool:
        job = self.job
        assert job.hold is not None
        with leases.commit(*job.held) as now:
            Contact.objects.filter(connection=job.connection, wake_at__lte=now).update(
                awake=True, wake_at=None
            )
            matcher = Matcher(job.connection, job.configuration, job.mirrors, job.roles, now)
            lines = doubts.resolve(job, matcher, now)
            lines += asking.answer(job, matcher, now)
            doubts.seek_again(job, matcher)
            matcher.book.save()
            Change.objects.bulk_create(lines)
            if lines:
                job.save_run()
        for side in SIDES:
            while job.state.seen(side) < job.mirrors[side].last_number:
                with leases.commit(*job.held) as now:
                    self._match_chunk(side, now)
                if job.clockwork.is_over():
                    return False
        return True

    def _match_chunk(self, side: Side, now: datetime) -> None:
        job = self.job
        matcher = Matcher(job.connection, job.configuration, job.mirrors, job.roles, now)
        reached = matcher.match(side, job.state.seen(side))
        drafts = matcher.book.save()
        review = [each.contact_id or 0 for each in drafts if each.status == Status.REVIEW]
        doubtful = Contact.objects.filter(pk__in=review).select_related("left", "right")
        Change.objects.bulk_create(
            contacts.change(job.run, contact, Change.Kind.REVIEW, now, reason=contact.reason)
            for contact in doubtful.defer("left__content", "right__content")
        )
        setattr(job.state, f"{side}_seen", reached)
        job.state.save(update_fields=[f"{side}_seen"])
        job.run.step = Run.Step.MATCH
        job.save_run()

    def _keep_fresh(self, applier: Applier) -> bool:
        """Read a target again that was not read for a minute, before anything is decided for it
        [I3].
        """
        job = self.job
        now = clock.now()
        stale = [side for side in SIDES if aged(job.mirrors[side].read_at, now) > READ_AGAIN]
        if not stale or not self._any_awake():
            return True
        assert job.hold is not None
        # What is under way must not come back as somebody else's.
        applier.finish()
        if not self._read_under(stale):
            return False
        self._check_mirrors()
        return self._match()

    def _any_awake(self) -> bool:
        return self._awake_rows().exists()

    def _awake_rows(self) -> QuerySet[Contact]:
        """Return who is awake; those that are being created rest until that is certain."""
        being_created = Intent.objects.filter(contact=OuterRef("pk"), state=Intent.State.OPEN)
        mine = Contact.objects.filter(connection=self.job.connection, awake=True)
        return mine.exclude(Exists(being_created))

    # Deciding

    def _awake(self, after: int = 0) -> list[Contact]:
        """Return the next contacts that are awake, with both records."""
        rows = self._awake_rows().filter(pk__gt=after).select_related("left", "right")
        return list(rows.order_by("pk")[:CHUNK])

    def _decide(self, chunk: list[Contact]) -> list[Decided]:
        job, now = self.job, clock.now()
        decided = [
            (contact, contacts.decide(job.configuration, contact, job.mirrors, now))
            for contact in chunk
        ]
        return twins.flagged(job.connection, decided)

    def _count_first(self, found: Brake) -> None:
        """Count all before the first write, where it may be too much."""
        job = self.job
        if job.run.counted:
            return
        awake = self._awake_rows().count()
        if awake > found.least_left and awake > CHUNK:
            self._count_all(found)
        job.run.counted = True
        job.run.save(update_fields=["counted"])

    def _count_all(self, found: Brake) -> None:
        """Decide all that is awake, only to count it [I9]."""
        tally: Counter[brake.Kind] = Counter()
        after = 0
        while chunk := self._awake(after):
            self.job.ensure()
            after = chunk[-1].pk
            for _, decision in self._decide(chunk):
                tally.update(brake.kinds(decision))
        found.check(tally)

    def _check_brake(self, decided: list[Decided]) -> None:
        tally: Counter[brake.Kind] = Counter()
        for _, decision in decided:
            tally.update(brake.kinds(decision))
        assert self.job.brake is not None
        self.job.brake.check(tally)
