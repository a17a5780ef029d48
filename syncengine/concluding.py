"""What the outcomes of a wave of writes come to, contact by contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings

from connections.configuration import Side
from connections.connectors.base import (
    ConnectorError,
    Doubt,
    Moved,
    Outcome,
    Rejected,
    RemoteRecord,
    Update,
    Written,
)
from connections.models import Account
from connections.rules import ActionKey
from connections.schema import same
from syncengine import brake, contacts
from syncengine.job import FRESH_ENOUGH, Job
from syncengine.models import Change, Contact, Intent, Record
from syncengine.models.mirror import is_newer
from syncengine.sending import Batch, Request
from syncengine.state import PUTS_BACK, Decision, Status

MOST_RETRIES = 8
"""How often a write that an app refused without naming a field is tried again by itself."""


@dataclass(slots=True)
class Write:
    """One request of one contact, with its batch's outcome and, for a creation, its intent."""

    contact: Contact
    decision: Decision
    side: Side
    request: Request
    intent: Intent | None = None
    outcome: Outcome | ConnectorError | None = None
    record: Record | None = None
    known_before: bool = False
    read_again: bool = False
    """Whether it moved, and was read as it is now."""


@dataclass(slots=True)
class Wave:
    """What is under way at once."""

    writes: list[Write] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    parts: list[list[Write]] = field(default_factory=list)
    """The writes of each batch."""
    shown: dict[Side, dict[str, RemoteRecord]] = field(default_factory=dict)
    """By side and id, what was read back since the answers did not show it."""
    fresh: dict[Side, list[RemoteRecord]] = field(default_factory=dict)


def _shows_less(write: Write) -> bool:
    """Return whether what was read back is a record as it was before: lists may be late."""
    assert isinstance(write.outcome, Written)
    assert isinstance(write.request, Update)
    assert write.record is not None
    return write.outcome.record is None and not is_newer(
        write.record.version, write.request.version
    )


class Conclusion:
    """What the outcomes of one contact's writes come to."""

    def __init__(self, job: Job, writes: Sequence[Write], now: datetime) -> None:
        self.job = job
        self.writes = writes
        self.now = now
        self.contact = writes[0].contact
        self.decision = writes[0].decision
        self.base = dict(self.decision.base)
        self.sent = dict(self.decision.sent)
        self.acted = self.decision.acted
        self.flags = list(self.decision.flags)
        self.lines: list[Change] = []
        self.tally: Counter[brake.Kind] = Counter()
        self.again = False
        self.stopped: ConnectorError | None = None

    def reach(self) -> None:
        """Put the outcomes on the contact's row, and say what happened in the history."""
        newly_linked = self.contact.is_new_link
        attempts = self.contact.attempts
        contacts.rest(self.contact, replace(self.decision, status=Status.IN_SYNC))
        self.contact.attempts = attempts
        if newly_linked:
            self.job.counts["linked"] += 1
            self._line(Change.Kind.LINKED, None)
        for write in self.writes:
            self._one(write)
        if self.decision.leaves_scope:
            # It has left, whatever became of what was to be put back.
            self.tally[brake.Kind.DEPARTURES] = 1
        contacts.keep(self.contact, self.base, self.sent, self.acted)
        self.contact.flags = self.flags
        contacts.note_numbers(self.contact)
        if not self.sent:
            self.contact.settles_at = None
        elif self.contact.settles_at is not None:
            settles_at = self.contact.settles_at
            self.contact.wake_at = min(self.contact.wake_at or settles_at, settles_at)
        if self.again:
            self.contact.awake = True

    def _one(self, write: Write) -> None:
        outcome = write.outcome
        if isinstance(outcome, Written):
            self._written(write)
        elif isinstance(outcome, Rejected):
            self._rejected(write, outcome)
        elif isinstance(outcome, Doubt):
            self._doubt(write)
        elif isinstance(outcome, Moved):
            self._drop(write)
            if write.read_again:
                self.again = True
            else:
                # A later read shows what became of it.
                self.contact.wake_at = self.now + timedelta(seconds=FRESH_ENOUGH)
        else:
            assert isinstance(outcome, ConnectorError)
            self._drop(write)
            self.again = True
            self.stopped = self.stopped or outcome

    def _written(self, write: Write) -> None:
        for key in [key for key in self.sent if key[1] == write.side]:
            self.sent[key] = self.sent[key].done()
        creates = write.intent is not None
        if write.record is None:
            if write.intent is not None:
                assert isinstance(write.outcome, Written)
                write.intent.remote_id = write.outcome.id
                self._doubt(write)
            else:
                self._done(write)
            return
        if creates and write.known_before:
            self._close(write, Intent.State.DROPPED)
            self._drop_sent(write.side)
            self._end(
                Status.REVIEW, "the app answered a creation with a contact that it had already"
            )
            return
        if not creates and _shows_less(write):
            self._done(write)
            return
        if write.side == "left":
            self.contact.left = write.record
        else:
            self.contact.right = write.record
        if creates:
            self._close(write, Intent.State.DONE)
        judged = contacts.judge_answer(
            self.job.configuration, self.contact, self.base, self.sent, self.acted, write.side
        )
        self.base, self.sent, self.acted = judged.base, dict(judged.waiting), judged.acted
        self.flags += [flag for flag in judged.flags if flag not in self.flags]
        self.again = self.again or self._differs(write)
        self._done(write)

    def _differs(self, write: Write) -> bool:
        """Return whether the record that came back holds anything but what was agreed."""
        assert write.record is not None
        values, region = write.record.values, self.job.configuration.phone_region or None
        for pair in self.job.configuration.pairs:
            field_ = pair.field(write.side)
            agreed = self.base.get(pair.key)
            if agreed and not same(field_, values.get(field_.key), agreed.of(write.side), region):
                return True
        return False

    def _done(self, write: Write) -> None:
        creates = write.intent is not None
        self.job.counts[f"{'created' if creates else 'updated'}_{write.side}"] += 1
        self.job.counts["conflicts"] += sum(
            change.conflict for change in self.decision.changes if change.side == write.side
        )
        self.tally = Counter(brake.kinds(self.decision))
        self.contact.attempts = 0
        # Its mappings rest until what stood before is there again.
        self.again = self.again or self.decision.puts_back(write.side)
        self._line(Change.Kind.CREATED if creates else Change.Kind.UPDATED, write.side)

    def _line(self, kind: Change.Kind, side: Side | None, reason: str = "") -> None:
        fields = [change for change in self.decision.changes if change.side == side]
        self.lines.append(
            contacts.change(
                self.job.run,
                self.contact,
                kind,
                self.now,
                side=side,
                reason=reason or self.decision.reason,
                fields=fields,
            )
        )

    def _rejected(self, write: Write, refusal: Rejected) -> None:
        self._forget_put_back(write.side, refusal.field)
        self._drop(write)
        label = self.job.configuration.side(write.side).app_label
        field_name = f" ({refusal.field})" if refusal.field else ""
        self._end(Status.FAILING, f"{label} refused it{field_name}: {refusal.message}")
        self.job.counts["failed"] += 1
        if refusal.field:
            # What the app offers may have changed: it is asked again before the next write.
            account = self.job.connection.account(write.side)
            Account.objects.filter(pk=account.pk).update(catalogue_at=None)
        else:
            self._retry_later()
        self._line(Change.Kind.FAILED, write.side, self.contact.reason)

    def _forget_put_back(self, side: Side, field: str) -> None:
        """Leave what an action set as it is where the app no longer takes what stood before."""
        refused = {
            key
            for (key, on), sent in self.sent.items()
            if on == side and sent.options == PUTS_BACK and ActionKey.of(key).field == field
        }
        if refused:
            self.acted = {key: each for key, each in self.acted.items() if key not in refused}
            self.again = True

    def _retry_later(self) -> None:
        """Try again by itself where no field is at fault: it may be something that passes."""
        self.contact.attempts += 1
        if self.contact.attempts <= MOST_RETRIES:
            seconds = settings.PIPESITE_RETRY_SECONDS * 2 ** (self.contact.attempts - 1)
            self.contact.wake_at = self.now + timedelta(seconds=min(seconds, 3600))

    def _doubt(self, write: Write) -> None:
        settles_at = self.job.settles_at(write.side, self.now, answered=True)
        if write.intent is not None:
            write.intent.settles_at = settles_at
        self.contact.settles_at = settles_at
        self._end(Status.DOUBT, "whether the last write was done is not known yet")
        self.contact.wake_at = settles_at

    def _end(self, status: Status, reason: str) -> None:
        self.contact.status, self.contact.reason = status, reason

    def _drop(self, write: Write) -> None:
        """Take back what was put on record for a write that was not done."""
        if write.intent is not None:
            self._close(write, Intent.State.DROPPED)
        self._drop_sent(write.side)

    def _drop_sent(self, side: Side) -> None:
        contacts.forget_writes(self.contact, [key for key in self.sent if key[1] == side])
        self.sent = {key: each for key, each in self.sent.items() if key[1] != side}

    def _close(self, write: Write, state: Intent.State) -> None:
        assert write.intent is not None
        write.intent.state, write.intent.closed_at, write.intent.record = (
            state,
            self.now,
            write.record,
        )
