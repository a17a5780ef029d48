"""What the state machine stands on: a world, who is in it, syncs, and how it comes to rest."""

from __future__ import annotations

import sys
from abc import abstractmethod
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Q
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from connections import accounts
from connections.models import Account, Connection
from syncengine import control, engine
from syncengine.engine import Progress
from syncengine.models import Contact, Intent, Run
from syncengine.state import Status
from tests.connectors.memory import Killed
from tests.syncengine.machine_apps import App
from tests.syncengine.machine_checks import Watch, links_of
from tests.syncengine.machine_setup import SHAPES, Setup
from tests.syncengine.machine_truth import Ref, Truth
from tests.syncengine.machine_world import MachineWorld
from tests.syncengine.world import writes

ROUNDS = 12
"""How many rounds of syncs it may take until a round does nothing [I1]."""
LEASE = 125
DAY = 25 * 3600
ENDED_WELL = (Run.Status.DONE, Run.Status.PARTLY_FAILED)
MOST_REQUESTS = 400
"""More than any slice over so few contacts has reason to send."""


class Base(RuleBasedStateMachine):
    """A world without rules; `setups` says how it may begin."""

    setups: ClassVar[st.SearchStrategy[Setup]] = st.just(Setup())

    @abstractmethod
    def open_world(self, setup: Setup) -> AbstractContextManager[MachineWorld]:
        """Give the world for a setup."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.count = 0

    @initialize(data=st.data())
    def build(self, data: st.DataObject) -> None:
        setup = data.draw(self.setups, label="setup")
        self.setup = setup
        self.stack.enter_context(_rolled_back())
        self.world = self.stack.enter_context(self.open_world(setup))
        self.clock, self.reaper = self.world.clock, self.world.reaper
        pairs = SHAPES[setup.shape]
        for key in dict.fromkeys(key for pair in pairs for key in pair):
            self.world.app(key)
        self.connections = [
            self.world.connect(left, right, **dict(setup.settings)).pk for left, right in pairs
        ]
        self.are_names_joined = any(app.one_name for app in self.world.apps.values())
        self.name_fields = ("name",) if self.are_names_joined else ("given_name", "family_name")
        self.truth = Truth(
            self.world.apps, (*self.name_fields, "company", "city", "postal_code", "notes")
        )
        self.watch = Watch(self.truth)
        self.is_killed = False
        self.is_all_well = True
        self.populate(data)

    def populate(self, data: st.DataObject) -> None:
        """Let people enter somebody before all else."""

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and hasattr(self, "watch"):
                self.be_quiet()
        finally:
            self.stack.close()

    # -- who and what ------------------------------------------------------------------------------

    def app(self, pick: int) -> App:
        apps = list(self.world.apps.values())
        return apps[pick % len(apps)]

    def ref(self, pick: int, *, live: bool = True) -> Ref | None:
        """Return one of the contacts that people see, or that they deleted.

        None that may have been created by an answer that was lost: one that is edited or deleted
        before an app shows it is not told from another [I2]; `test_limits` shows what happens then.
        """
        doubtful = {key for key in self.world.apps if self.is_in_doubt(key)}
        refs = sorted(
            ref
            for ref in self.truth.of
            if (ref in self.truth.live) == live
            and not (ref.app in doubtful and ref in self.watch.created)
        )
        return refs[pick % len(refs)] if refs else None

    def is_in_doubt(self, key: str) -> bool:
        """Return whether a creation in an app may have been done, and that is not known yet."""
        open_ = Intent.objects.filter(state=Intent.State.OPEN, mirror__account__label=key)
        return open_.exists()

    def is_plain(self, connection: Connection) -> bool:
        """Return whether nothing is under way, asked for or out of order that a sync would settle
        before it decides.
        """
        contacts = Contact.objects.filter(connection=connection)
        return (
            connection.state == Connection.State.ACTIVE
            and self.is_all_well
            and not contacts.exclude(asked="").exists()
            and not Contact.objects.filter(sent__isnull=False).exists()
            and not Intent.objects.filter(state=Intent.State.OPEN).exists()
        )

    def is_linked(self, ref: Ref) -> bool:
        """Return whether each connection of its app knows whose counterpart a contact is."""
        links = [link for link in links_of(self.now()) if ref in link.refs and len(link.refs) == 2]
        return len(links) == sum(ref.app in pair for pair in SHAPES[self.setup.shape])

    def _lose_twin(self, ref: Ref) -> None:
        """Note that one who loses their address, or is deleted, before a sync saw whose twin they
        are is not found any more.
        """
        person = self.truth.of[ref]
        if person.is_twin and not self.is_linked(ref):
            person.may_be_made_again = True

    def next(self) -> int:
        self.count += 1
        return self.count

    def text(self, text: str) -> str:
        return f"{self.next()} {text}"

    def email(self) -> str:
        return f"P{self.next()}@Example.org"

    def phone(self) -> str:
        return f"+43 1 58858{self.next():04d}"

    def word(self, stem: str) -> str:
        return stem + "".join("abcdefghij"[int(digit)] for digit in str(self.next()))

    def now(self) -> list[Connection]:
        return list(Connection.objects.select_related("left", "right").order_by("pk"))

    def are_blanks_kept(self) -> bool:
        return not all(connection.copy_blanks for connection in self.now())

    def is_two_way(self) -> bool:
        return all(connection.direction == "both" for connection in self.now())

    def reaches_all(self, key: str) -> bool:
        """Return whether what is entered in an app flows to all others."""
        reached, links = {key}, []
        for each in self.now():
            if each.direction in ("both", "left_to_right"):
                links.append((each.left.label, each.right.label))
            if each.direction in ("both", "right_to_left"):
                links.append((each.right.label, each.left.label))
        while more := {two for one, two in links if one in reached and two not in reached}:
            reached |= more
        return reached == set(self.world.apps)

    # -- syncs

    def _sync(self, connection_id: int, seconds: float = 5) -> Run | None:
        """Sync to the end of a run, or until the process is killed."""
        asked_at = self.clock()
        for _ in range(200):
            advance = self._slice(connection_id, seconds, asked_at)
            if advance is None:
                return None
            if advance.progress is Progress.FINISHED:
                return advance.run
        raise AssertionError("the run does not end")

    def _slice(
        self,
        connection_id: int,
        seconds: float,
        asked_at: datetime | None = None,
        kind: Run.Kind = Run.Kind.SYNC,
    ) -> engine.Advance | None:
        requests = self._requests()
        advance = None
        try:
            with self.reaper.about():
                advance = engine.advance(
                    connection_id, kind=kind, cause="a test", asked_at=asked_at, seconds=seconds
                )
        except Killed:
            self.is_killed = True
        assert self._requests() - requests < MOST_REQUESTS, "it asks without end"
        if advance is not None and advance.progress is Progress.BUSY:
            assert self.is_killed, f"nobody else is there, but {advance.who} holds it"
            self.clock.go(LEASE)
            self.is_killed = False
        self.watch.observe(self.now())
        return advance

    def _requests(self) -> int:
        return sum(app.requested() for app in self.world.apps.values())

    # -- quiet -------------------------------------------------------------------------------------

    def be_quiet(self) -> None:
        """Nobody does anything and all works: the syncs come to an end, and I1 to I5 hold."""
        self._mend()
        self._settle(may_fail=True)
        self.clock.go(DAY)
        self._settle()
        before = self.watch.writes()
        for _ in range(2):
            self._round()
        assert self.watch.writes() == before, "I4: it writes though nobody did anything"
        self.watch.check(self.now())

    def _mend(self) -> None:
        self.is_all_well = True
        self.reaper.spare()
        for app in self.world.apps.values():
            app.mend()
        self._authorize()
        for connection in self.now():
            if connection.state != Connection.State.ACTIVE:
                control.resume(connection)
        Contact.objects.filter(status=Status.FAILING).update(asked=Contact.Asked.RETRY)

    def _authorize(self) -> None:
        """A person authorizes again what needs it [AC5]."""
        for account in Account.objects.filter(status=Account.Status.NEEDS_AUTHORIZATION):
            secrets = self.world.apps[account.label].let_in(account.secrets or {})
            checked = accounts.check(account.app, account.settings, secrets)
            accounts.authorize(account, checked, self.clock())

    def _settle(self, *, may_fail: bool = False) -> None:
        """Sync until nothing is done and nobody waits; a deleted one fails until it is swept."""
        for _ in range(ROUNDS):
            if self._round() and not self._restless(may_fail):
                return
        raise AssertionError(f"I1: it does not come to an end: {self._restless(may_fail)}")

    def _round(self) -> bool:
        """Sync all, and return whether nothing was done."""
        self.clock.go(self.world.round_seconds)
        is_calm = True
        for connection_id in self.connections:
            run = self._sync(connection_id)
            assert run is not None
            if run.status == Run.Status.HELD:
                control.resume(run.connection, approve=True)  # type: ignore[arg-type]
                is_calm = False
            else:
                assert run.status in ENDED_WELL, f"{run.status}: {run.message}"
            is_calm = is_calm and not writes(run) and not run.linked
        return is_calm

    def _restless(self, may_fail: bool) -> list[str]:
        waiting = {Status.WAITING, Status.DOUBT, *(() if may_fail else (Status.FAILING,))}
        restless = Contact.objects.filter(Q(status__in=waiting) | Q(awake=True))
        return [f"{each}: {each.status} {each.reason}" for each in restless]


class _rolled_back:
    """Takes back, at the end, all that was written to the database."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def __exit__(self, *error: object) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
