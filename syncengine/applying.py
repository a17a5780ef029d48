"""Carries decisions out: commits what will be sent, sends it, and commits what came of it: the
fourth step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connections.configuration import SIDES, Side
from connections.connectors.base import (
    AuthorizationLost,
    ConnectorError,
    Creation,
    Rejected,
    Update,
    Written,
)
from syncengine import brake, bulk, clock, contacts, leases, notices, rivals, sending, wording
from syncengine.concluding import Conclusion, Wave, Write
from syncengine.job import FRESH_ENOUGH, Job
from syncengine.mirroring import Taker
from syncengine.models import Change, Contact, Intent, IntentKey
from syncengine.models.mirror import aged
from syncengine.sending import Batch, Flight
from syncengine.state import Decision, Status

Decided = tuple[Contact, Decision]
CREATIONS_AGAIN = timedelta(hours=1)
"""When to try again to create where the app said that it takes no new contacts."""


class Applier:
    """Applies decisions of a job; `stopped` is the error that ends the run, where there was one.

    While one wave of writes is under way, the next one is decided and planned.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.stopped: ConnectorError | None = None
        self._flying: tuple[Wave, Flight] | None = None
        self._full: dict[Side, str] = {}
        """Why a side takes no new contacts at all, where it said so."""

    def apply(self, decided: Sequence[Decided]) -> None:
        """Settle what needs no write and send the rest; what could not be sent stays awake.

        Raises the error of a connector that ends the run.
        """
        self._settle([each for each in decided if not _is_loud(each[1])])
        loud = self._without_rivals([each for each in decided if _is_loud(each[1])])
        while loud and self.stopped is None and self._fresh():
            self.job.still_wanted()
            loud = self._without_refused(loud)
            if not loud:
                break
            size = self._wave_size(loud)
            self._send(loud[:size])
            loud = loud[size:]
            if self.job.clockwork.is_over():
                break
        if self.stopped is not None:
            raise self.stopped

    def finish(self) -> None:
        """Wait for the writes that are under way, and commit what came of them."""
        landed = self._land()
        if landed is not None:
            self._conclude(landed)
        if self.stopped is not None:
            raise self.stopped

    def _fresh(self) -> bool:
        now = clock.now()
        return all(aged(self.job.mirrors[side].read_at, now) <= FRESH_ENOUGH for side in SIDES)

    # What needs no write

    def _settle(self, decided: Sequence[Decided]) -> None:
        if not decided:
            return
        job = self.job
        with leases.commit(*job.held) as now:
            lines: list[Change] = []
            tally: Counter[brake.Kind] = Counter()
            for contact, decision in decided:
                tally.update(brake.kinds(decision) | brake.late_kinds(decision))
                lines += self._lines_of_rest(contact, decision, now)
                contacts.keep(contact, decision.base, decision.sent, decision.acted)
                if not decision.sent:
                    contact.settles_at = None
                contacts.rest(contact, decision)
                if decision.sent:
                    contact.wake_at = contact.settles_at
            bulk.update(Contact, [vars(contact) for contact, _ in decided], contacts.RESTING)
            bulk.insert(Change, [vars(line) for line in lines])
            job.spend(tally)
            job.save_run()

    def _lines_of_rest(
        self, contact: Contact, decision: Decision, now: datetime
    ) -> Iterable[Change]:
        news = contact.status != decision.status or contact.reason != decision.reason
        kind: Change.Kind | None = None
        if contact.is_new_link:
            self.job.counts["linked"] += 1
            kind = Change.Kind.LINKED
        elif decision.status is Status.GONE and news:
            kind = Change.Kind.GONE
        elif decision.status is Status.FAILING and news:
            self.job.counts["failed"] += 1
            kind = Change.Kind.FAILED
        elif decision.status is Status.EXCLUDED and news and contact.is_linked:
            kind = Change.Kind.EXCLUDED
        if kind is not None:
            reason = decision.reason or contact.reason
            yield contacts.change(self.job.run, contact, kind, now, reason=reason)

    # What must not go out now

    def _without_rivals(self, decided: Sequence[Decided]) -> list[Decided]:
        """Leave out what waits for a write that is under way elsewhere."""
        waits = rivals.waiting(self.job, decided, clock.now())
        self.job.counts["rivals"] += len(waits)
        self._settle([(each, waits[each.pk]) for each, _ in decided if each.pk in waits])
        return [each for each in decided if each[0].pk not in waits]

    def _without_refused(self, decided: Sequence[Decided]) -> list[Decided]:
        """Leave out creations where the app has refused them all; they fail without a request."""
        wake_at = clock.now() + CREATIONS_AGAIN
        refused = [
            (contact, Decision(Status.FAILING, self._full[decision.create_on], wake_at=wake_at))
            for contact, decision in decided
            if decision.create_on in self._full
        ]
        self._settle(refused)
        return [each for each in decided if each[1].create_on not in self._full]

    # Waves

    def _wave_size(self, decided: Sequence[Decided]) -> int:
        """Return how many of the next contacts fill the batches that may be under way at once."""
        room = Counter[tuple[Side, bool]]()
        for size, (_, decision) in enumerate(decided):
            for side in decision.writes:
                app, creates = self.job.connectors[side].app, decision.create_on == side
                batch = app.create_batch if creates else app.update_batch
                if room[side, creates] >= batch * app.concurrency:
                    return size
                room[side, creates] += 1
        return len(decided)

    def _send(self, decided: Sequence[Decided]) -> None:
        wave = self._plan(decided)
        landed = self._land()
        if self.stopped is None:
            self.job.ensure()
            self._flying = wave, Flight(wave.batches, self.job.connectors)
        if landed is not None:
            self._conclude(landed)
        if self.stopped is not None and self._flying is None:
            for write in wave.writes:
                write.outcome = sending.not_sent(self.stopped)
            self._conclude(wave)

    def _land(self) -> Wave | None:
        """Return the wave that was under way, with its outcomes; None where none was."""
        if self._flying is None:
            return None
        (wave, flight), self._flying = self._flying, None
        wave.shown = flight.wait()
        for batch, writes in zip(wave.batches, wave.parts, strict=True):
            wave.fresh.setdefault(batch.side, []).extend(batch.fresh)
            self.stopped = self.stopped or batch.broken
            for write, outcome in zip(writes, batch.outcomes, strict=True):
                write.outcome = outcome
                if isinstance(outcome, Rejected) and outcome.stops_creations:
                    label = self.job.configuration.side(batch.side).app_label
                    self._full[batch.side] = f"{label} refused it: {outcome.message}"
        return wave

    def _plan(self, decided: Sequence[Decided]) -> Wave:
        """Commit what is about to be sent: creations as intents, updates on their contacts."""
        job, wave = self.job, Wave()
        with leases.commit(*job.held) as now:
            for contact, decision in decided:
                contacts.keep(contact, decision.base, decision.sent, decision.acted)
                contacts.note_writes(contact, decision.sent, now)
                contact.settles_at = max(job.settles_at(side, now) for side in decision.writes)
                for side in decision.writes:
                    wave.writes.append(self._write(contact, decision, side))
            creations = [write for write in wave.writes if isinstance(write.request, Creation)]
            self._record_intents(creations, now)
            self._batch(wave)
            for contact, _ in decided:
                contact.status, contact.reason = Status.DOUBT, wording.IN_DOUBT
                contact.awake, contact.wake_at = False, contact.settles_at
            bulk.update(Contact, [vars(contact) for contact, _ in decided], contacts.SENDING)
            job.run.step = job.run.Step.APPLY
            job.spend(Counter(kind for _, each in decided for kind in brake.late_kinds(each)))
            job.save_run()
        return wave

    def _write(self, contact: Contact, decision: Decision, side: Side) -> Write:
        changes = decision.writes[side]
        if decision.create_on == side:
            contacts.note_version(contact, side, "")
            scope = self.job.configuration.side(side).create_scope
            return Write(contact, decision, side, Creation("", changes, scope))
        record = contact.record(side)
        assert record is not None
        contacts.note_version(contact, side, record.version)
        remote = record.as_remote()
        request = Update(
            remote.id, remote.address, remote.version, remote.values, remote.raw, changes
        )
        return Write(contact, decision, side, request)

    def _record_intents(self, creations: Sequence[Write], now: datetime) -> None:
        job = self.job
        for index, write in enumerate(creations):
            moment = now + timedelta(microseconds=index)
            write.intent = Intent(
                contact_id=write.contact.pk,
                mirror_id=job.mirrors[write.side].pk,
                mark=moment.isoformat(timespec="microseconds"),
                created_at=now,
                settles_at=job.settles_at(write.side, now),
            )
            assert isinstance(write.request, Creation)
            write.request = replace(write.request, mark=write.intent.mark)
        intents = [write.intent for write in creations if write.intent is not None]
        for intent, id_ in zip(
            intents, bulk.insert(Intent, [vars(intent) for intent in intents]), strict=True
        ):
            intent.pk = id_
        keys: list[bulk.Row] = [
            {"intent_id": write.intent.pk, "mirror_id": job.mirrors[write.side].pk, "key": key}
            for write in creations
            if write.intent is not None
            for key in sorted(rivals.keys_of(job, write.contact, write.side))
        ]
        bulk.insert(IntentKey, keys)

    def _batch(self, wave: Wave) -> None:
        groups: dict[tuple[Side, bool], list[Write]] = {}
        for write in wave.writes:
            groups.setdefault((write.side, write.intent is not None), []).append(write)
        for (side, creates), writes in groups.items():
            app = self.job.connectors[side].app
            size = app.create_batch if creates else app.update_batch
            for start in range(0, len(writes), size):
                part = writes[start : start + size]
                wave.batches.append(Batch(side, [write.request for write in part]))
                wave.parts.append(part)

    # What came of it

    def _conclude(self, wave: Wave) -> None:
        """Commit the outcomes: ids, versions, bases, changes and errors."""
        job = self.job
        with leases.commit(*job.held) as now:
            calm = {side: job.state.seen(side) == job.mirrors[side].last_number for side in SIDES}
            self._take(wave, now)
            lines: list[Change] = []
            tally: Counter[brake.Kind] = Counter()
            by_contact: dict[int, list[Write]] = {}
            for write in wave.writes:
                by_contact.setdefault(write.contact.pk, []).append(write)
            for writes in by_contact.values():
                conclusion = Conclusion(job, writes, now)
                conclusion.reach()
                self.stopped = self.stopped or conclusion.stopped
                lines += conclusion.lines
                tally.update(conclusion.tally)
            intents = [write.intent for write in wave.writes if write.intent is not None]
            bulk.update(
                Intent,
                [vars(intent) for intent in intents],
                ["state", "settles_at", "closed_at", "record", "remote_id"],
            )
            self._keep(by_contact)
            if any(intent.state == Intent.State.DROPPED for intent in intents):
                # Those that waited for such a creation may now be created themselves.
                rivals.wake_waiting(job)
            bulk.insert(Change, [vars(line) for line in lines])
            job.spend(tally)
            self._move_on(wave, calm)
            job.save_run()
        for write in wave.writes:
            if isinstance(write.outcome, AuthorizationLost):
                account = job.connection.account(write.side)
                notices.lose_authorization(account, write.outcome.message)

    def _keep(self, by_contact: Mapping[int, Sequence[Write]]) -> None:
        """Write the contacts, those of creations with their new half: other columns have indexes
        that need not be touched.
        """
        rows: dict[Side | None, list[bulk.Row]] = {}
        for pk in sorted(by_contact):
            created = (write.side for write in by_contact[pk] if write.intent is not None)
            rows.setdefault(next(created, None), []).append(vars(by_contact[pk][0].contact))
        for side, part in rows.items():
            bulk.update(Contact, part, [*contacts.RESTING, *([side] if side else [])])

    def _take(self, wave: Wave, now: datetime) -> None:
        for side in SIDES:
            written = {
                write.outcome.id: write.outcome.record
                or wave.shown.get(side, {}).get(write.outcome.id)
                for write in wave.writes
                if write.side == side and isinstance(write.outcome, Written)
            }
            fresh = wave.fresh.get(side, ())
            rows = [*fresh, *(row for row in written.values() if row)]
            created = {
                write.outcome.id
                for write in wave.writes
                if write.side == side and write.intent and isinstance(write.outcome, Written)
            }
            ids = {row.id for row in rows} | created
            if not ids:
                continue
            now_at = {row.id: row.version for row in fresh}
            mirror = self.job.mirrors[side]
            known = set(
                mirror.records.filter(remote_id__in=ids).values_list("remote_id", flat=True)
            )
            custom = self.job.connectors[side].app.custom_prefix
            taken = Taker(mirror, self.job.roles[side], now, custom=custom).take(rows)
            missing = ids - set(taken)
            if missing:
                taken |= {
                    row.remote_id: row for row in mirror.records.filter(remote_id__in=missing)
                }
            mirror.save(update_fields=["last_number"])
            for write in wave.writes:
                if write.side == side and isinstance(write.outcome, Written):
                    write.known_before = write.outcome.id in known
                    write.record = taken.get(write.outcome.id)
                elif write.side == side and isinstance(write.request, Update):
                    seen = write.request.version
                    write.read_again = now_at.get(write.request.id, seen) != seen

    def _move_on(self, wave: Wave, calm: dict[Side, bool]) -> None:
        """Count our own writes as matched, where nobody can wait for a key that they moved."""
        job = self.job
        if job.counts["rivals"] or any(wave.fresh.values()):
            return
        moved = []
        for side in SIDES:
            emails = job.email_fields(side)
            touched = any(
                write.side == side
                and isinstance(write.request, Update)
                and not emails.isdisjoint(write.request.changes)
                for write in wave.writes
            )
            if calm[side] and not touched:
                setattr(job.state, f"{side}_seen", job.mirrors[side].last_number)
                moved.append(f"{side}_seen")
        if moved:
            job.state.save(update_fields=moved)


def _is_loud(decision: Decision) -> bool:
    return any(decision.writes.values())
