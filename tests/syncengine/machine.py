"""A state machine over the engine: people, faults, kills and settings in any order."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Q
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from connections import accounts
from connections.connectors.base import AuthorizationLost, ConnectorError, RateLimited, Unavailable
from connections.models import Account, Connection
from connections.schema import Value, is_blank
from syncengine import control, engine
from syncengine.engine import Progress
from syncengine.models import Contact, Intent, Run
from syncengine.state import Status
from tests.connectors.memory import Fault, Habits, Killed, MemoryApp, Refusal
from tests.syncengine.machine_checks import Watch, links_of
from tests.syncengine.machine_truth import LISTS, Ref, Truth, keys
from tests.syncengine.machine_world import WatchedMemory, mortal_world
from tests.syncengine.world import approve, writes

ROUNDS = 12
"""How many rounds of syncs it may take until a round does nothing [I1]."""
LEASE = 125
ROUND_SECONDS = 700
"""Between two rounds: longer than a lease, an app's lateness and its settling time together."""
DAY = 25 * 3600
ENDED_WELL = (Run.Status.DONE, Run.Status.PARTLY_FAILED)
MOST_REQUESTS = 400
"""More than any slice over so few contacts has reason to send."""

SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    "pair": (("left", "right"),),
    "star": (("left", "right"), ("left", "right2")),
    "chain": (("left", "right"), ("left2", "right"), ("left2", "right2")),
}
TEXTS = (
    "Wien",
    "A & B <c>",
    "  two  spaces ",
    "Zoe\u0308",
    "of two lines\r\nor more",
    "a text that is longer than what some apps keep of it, by far",
)
ERRORS: dict[str, ConnectorError | Killed] = {
    "down": Unavailable("down"),
    "cut": Unavailable("cut", in_doubt=True),
    "busy": RateLimited("slow down", 7),
    "locked out": AuthorizationLost("no longer accepted"),
    "killed": Killed(),
}


@dataclass(frozen=True)
class Setup:
    """How a world begins: what its apps do, who is connected with whom, and how."""

    left: Habits = field(default_factory=Habits)
    right: Habits = field(default_factory=Habits)
    shape: str = "pair"
    settings: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        sides = (f"{side}({_unlike_plain(getattr(self, side))})" for side in ("left", "right"))
        return f"{self.shape} of {' and '.join(sides)} {dict(self.settings)}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


def _unlike_plain(habits: Habits) -> str:
    plain = Habits()
    own = ((each.name, getattr(habits, each.name)) for each in fields(habits))
    return ", ".join(f"{name}={value!r}" for name, value in own if value != getattr(plain, name))


picks = st.integers(0, 7)
texts = st.sampled_from(TEXTS)


class Machine(RuleBasedStateMachine):
    """People, faults, kills and settings; `setups` says in which worlds."""

    setups: ClassVar[st.SearchStrategy[Setup]] = st.just(Setup())

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.count = 0

    @initialize(data=st.data())
    def build(self, data: st.DataObject) -> None:
        setup = data.draw(self.setups, label="setup")
        self.setup = setup
        self.stack.enter_context(_rolled_back())
        self.world, self.reaper = self.stack.enter_context(mortal_world(setup.left, setup.right))
        self.clock = self.world.clock
        pairs = SHAPES[setup.shape]
        for key in dict.fromkeys(key for pair in pairs for key in pair):
            self.world.app(key, setup.left if key.startswith("left") else setup.right)
        self.connections = [
            self.world.connect(left, right, **dict(setup.settings)).pk for left, right in pairs
        ]
        self.are_names_joined = setup.left.one_name or setup.right.one_name
        self.name_fields = ("name",) if self.are_names_joined else ("given_name", "family_name")
        self.truth = Truth(
            self.world.apps, (*self.name_fields, "company", "city", "postal_code", "notes")
        )
        self.watch = Watch(self.truth)
        self.is_killed = False
        for pick in data.draw(st.lists(picks, min_size=1, max_size=3), label="first people"):
            if pick < 4:
                self._add_one(self.app(pick), TEXTS[pick], named=True, emails=pick % 3)
            else:
                self._add_twins(self.app(0), self.app(pick - 3), TEXTS[pick - 4])
        if data.draw(st.booleans(), label="synced first"):
            for connection_id in self.connections:
                self._sync(connection_id)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None and hasattr(self, "watch"):
                self.be_quiet()
        finally:
            self.stack.close()

    # -- who and what ------------------------------------------------------------------------------

    def app(self, pick: int) -> MemoryApp:
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

    # -- people ------------------------------------------------------------------------------------

    def _person(
        self, app: MemoryApp, values: dict[str, Value], *, named: bool = True
    ) -> dict[str, Value]:
        if named:
            given, family = self.word("Ga"), self.word("Fa")
            names: dict[str, Value] = (
                {"full_name": f"{given} {family}"}
                if app.habits.one_name
                else {"given_name": given, "family_name": family}
            )
            values = values | names
        return values

    def is_full(self) -> bool:
        """Return whether there are people enough: the fewer, the more happens to each."""
        return len(self.truth.live) >= 4 * len(self.world.apps)

    def _add(self, app: MemoryApp, token: str, values: dict[str, Value]) -> None:
        id_ = app.add(**values, job_title=token)  # type: ignore[arg-type]
        ref = Ref(app.key, id_)
        person = self.truth.add(ref, token)
        lets_be = person.is_twin and any(each.first_merge != "winner" for each in self.now())
        if lets_be or not self.reaches_all(app.key):
            person.apart |= {*self.truth.text_names, *LISTS}

    @rule(
        pick=picks,
        text=texts,
        named=st.sampled_from((True, True, True, False)),
        emails=st.integers(0, 2),
    )
    def add(self, pick: int, text: str, named: bool, emails: int) -> None:
        if not self.is_full():
            self._add_one(self.app(pick), text, named=named, emails=emails)

    def _add_one(self, app: MemoryApp, text: str, *, named: bool, emails: int) -> None:
        values = self._person(
            app,
            {
                "emails": tuple(self.email() for _ in range(emails)),
                "phones": (self.phone(),),
                "company": self.text(text),
            },
            named=named,
        )
        self._add(app, f"T{self.next()}", values)

    @rule(pick=picks, other_pick=picks, text=texts)
    def add_a_twin(self, pick: int, other_pick: int, text: str) -> None:
        """The same person is entered in two apps, and both show it before anything is synced.

        Otherwise the engine cannot know of the second one: see I2's last sentence in `test_limits`.
        """
        self._add_twins(self.app(pick), self.app(other_pick), text)

    def _add_twins(self, one: MemoryApp, two: MemoryApp, text: str) -> None:
        if one is two or self.is_full():
            return
        token, email = f"T{self.next()}", self.email()
        for app in (one, two):
            self._add(app, token, self._person(app, {"emails": (email,), "city": self.text(text)}))
        self.clock.go(max(one.habits.late, two.habits.late) + 1)

    @rule(pick=picks, app_pick=picks, text=texts)
    def add_a_duplicate(self, pick: int, app_pick: int, text: str) -> None:
        """Somebody else is entered with an address of one who is there."""
        ref, app = self.ref(pick), self.app(app_pick)
        if ref is None or self.is_full() or not (emails := self.truth.row(ref).get("emails")):
            return
        assert isinstance(emails, tuple)
        values = self._person(app, {"emails": (str(emails[0]),), "company": self.text(text)})
        self._add(app, f"T{self.next()}", values)

    def _edit(self, ref: Ref, changes: dict[str, Value]) -> None:
        app, person = self.world.apps[ref.app], self.truth.of[ref]
        if "emails" in changes:
            self._lose_twin(ref)
        before = {name: self.truth.entries(ref, name) for name in LISTS}
        app.edit(ref.id, **changes)
        at = self.clock()
        for key in changes:
            self.truth.edited_at[ref, key] = at
            name = "name" if self.are_names_joined and key.endswith("name") else key
            if name in LISTS:
                person.lists[name].edit(ref, before[name], self.truth.entries(ref, name))
                is_blank_now = not self.truth.entries(ref, name)
            else:
                person.text(name).edit(ref, self.truth.value(ref, name))
                is_blank_now = is_blank(self.truth.value(ref, name))
            if not self.reaches_all(ref.app) or (is_blank_now and self.are_blanks_kept()):
                person.apart.add(name)
        person.emails |= self.truth.entries(ref, "emails")

    @rule(pick=picks, key=st.sampled_from(("company", "city", "postal_code", "notes")), text=texts)
    def edit(self, pick: int, key: str, text: str) -> None:
        if ref := self.ref(pick):
            self._edit(ref, {key: self.text(text)})

    @rule(pick=picks, key=st.sampled_from(("company", "city", *LISTS)), text=texts, clears=picks)
    def disagree(self, pick: int, key: str, text: str, clears: int) -> None:
        """The same field of one person is edited in all apps."""
        ref = self.ref(pick)
        for each in sorted(self.truth.of[ref].refs & self.truth.live) if ref else ():
            if each in self.watch.created and self.is_in_doubt(each.app):
                continue
            if key in LISTS:
                self._edit_list(each, key, ("add", "replace", "remove")[clears % 3], clears)
            else:
                self._edit(each, {key: self.text(text) if clears else None})
            clears = max(0, clears - 1)

    @rule(pick=picks, part=st.sampled_from(("given_name", "family_name")))
    def rename(self, pick: int, part: str) -> None:
        ref = self.ref(pick)
        if ref is None:
            return
        word = self.word("Gb" if part == "given_name" else "Fb")
        if not self.world.apps[ref.app].habits.one_name:
            self._edit(ref, {part: word})
            return
        given, _, family = str(self.truth.value(ref, "name") or "").rpartition(" ")
        names = (word, family) if part == "given_name" else (given, word)
        self._edit(ref, {"full_name": " ".join(filter(None, names))})

    @rule(pick=picks, key=st.sampled_from(("company", "city", "notes", "emails", "phones")))
    def clear(self, pick: int, key: str) -> None:
        ref = self.ref(pick)
        if ref is not None and self.truth.row(ref).get(key):
            self._edit(ref, {key: None if key not in LISTS else ()})

    @rule(
        pick=picks,
        key=st.sampled_from(LISTS),
        what=st.sampled_from(("add", "remove", "replace")),
        entry=picks,
    )
    def edit_list(self, pick: int, key: str, what: str, entry: int) -> None:
        if ref := self.ref(pick):
            self._edit_list(ref, key, what, entry)

    def _edit_list(self, ref: Ref, key: str, what: str, entry: int) -> None:
        now = self.truth.row(ref).get(key) or ()
        assert isinstance(now, tuple)
        new = self.email() if key == "emails" else self.phone()
        place = entry % len(now) if now else 0
        if what == "add":
            if self.world.apps[ref.app].habits.slots not in (None, len(now)):
                self._edit(ref, {key: (*now, new)})
        elif now:
            middle = (new,) if what == "replace" else ()
            self._edit(ref, {key: (*now[:place], *middle, *now[place + 1 :])})

    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        ref = self.ref(pick)
        if ref is None:
            return
        self.world.apps[ref.app].delete(ref.id)
        self.truth.live.discard(ref)
        self._lose_twin(ref)

    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        if ref := self.ref(pick, live=False):
            self.world.apps[ref.app].restore(ref.id)
            self.truth.live.add(ref)
            self.truth.restored(ref)

    @rule(pick=picks, archived=st.booleans())
    def archive(self, pick: int, archived: bool) -> None:
        if ref := self.ref(pick):
            self.world.apps[ref.app].archive(ref.id, archived)

    # -- syncs -------------------------------------------------------------------------------------

    @rule(pick=picks, seconds=st.sampled_from((5, 0)))
    def sync(self, pick: int, seconds: float) -> None:
        self._sync(self.connections[pick % len(self.connections)], seconds)

    @rule(pick=picks)
    def sync_a_slice(self, pick: int) -> None:
        self._slice(self.connections[pick % len(self.connections)], 0)

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
        self, connection_id: int, seconds: float, asked_at: Any = None
    ) -> engine.Advance | None:
        requests = self._requests()
        advance = None
        try:
            with self.reaper.about():
                advance = engine.advance(
                    connection_id, cause="a test", asked_at=asked_at, seconds=seconds
                )
        except Killed:
            self.is_killed = True
        assert self._requests() - requests < MOST_REQUESTS, "it asks without end"
        if advance is not None and advance.progress is Progress.BUSY:
            assert self.is_killed, f"nobody else is there, but {advance.who} holds it"
            self.clock.go(LEASE)
            self.is_killed = False
        self.watch.observe(self.now(), self._overtaken())
        return advance

    def _requests(self) -> int:
        return sum(app.requests.total() for app in self.world.apps.values())

    def _overtaken(self) -> list[Any]:
        overtaken = list(WatchedMemory.overtaken)
        WatchedMemory.overtaken.clear()
        return overtaken

    @rule(seconds=st.sampled_from((1, 20, 70, 400, 2000)))
    def wait(self, seconds: float) -> None:
        self.clock.go(seconds)

    # -- what goes wrong ---------------------------------------------------------------------------

    @rule(
        pick=picks,
        error=st.sampled_from(sorted(ERRORS)),
        verb=st.sampled_from(("", "changes", "get", "create", "update")),
        point=st.sampled_from(("before", "middle", "after")),
        after=st.sampled_from((0, 0, 1, 2)),
    )
    def break_down(self, pick: int, error: str, verb: str, point: Any, after: int) -> None:
        if error in ("busy", "locked out", "down"):
            point = "before"
        app = self.app(pick)
        app.faults.append(Fault(ERRORS[error], verb, point, after))
        for connection in self.now():
            if app.key in (connection.left.label, connection.right.label):
                self._sync(connection.pk)
        self._authorize()

    @rule(pick=picks, what=st.sampled_from(("odd answer", "expired", "refused", "full")))
    def behave_badly(self, pick: int, what: str) -> None:
        app = self.app(pick)
        if what == "odd answer":
            app.doubts += 1
        elif what == "expired":
            app.expire_cursors()
        else:
            app.refusals.append(
                Refusal(lambda values: bool(values.get("company")), "company", what == "full")
            )

    @rule(pick=picks, moments=st.integers(0, 14) | st.integers(0, 120))
    def kill(self, pick: int, moments: int) -> None:
        """The process ends in the midst of a sync, at a commit or at any statement."""
        if moments < 15:
            self.reaper.commits = moments
        else:
            self.reaper.statements = moments - 15
        self._sync(self.connections[pick % len(self.connections)])

    # -- settings ----------------------------------------------------------------------------------

    @rule(
        pick=picks,
        setting=st.sampled_from(
            (
                ("winner", "left"),
                ("winner", "right"),
                ("direction", "both"),
                ("direction", "left_to_right"),
                ("direction", "right_to_left"),
                ("copy_blanks", True),
                ("copy_blanks", False),
                ("first_merge", "winner"),
                ("first_merge", "fill_gaps"),
                ("first_merge", "link_only"),
                ("switched_off", ["notes"]),
                ("switched_off", ["emails"]),
                ("switched_off", []),
                ("state", "paused"),
            )
        ),
    )
    def configure(self, pick: int, setting: tuple[str, Any]) -> None:
        name, value = setting
        connection = self.now()[pick % len(self.connections)]
        Connection.objects.filter(pk=connection.pk).update(**{name: value})
        connection.refresh_from_db()
        approve(connection)
        if name in ("winner", "copy_blanks", "state"):
            return
        for person in self.truth.people:
            self.truth.merged_anew(person)
            if connection.first_merge != "winner" or not self.is_two_way():
                person.apart |= {*self.truth.text_names, *LISTS}

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

    # -- quiet -------------------------------------------------------------------------------------

    @rule(often=st.integers(0, 2))
    def have_a_rest(self, often: int) -> None:
        if not often:
            self.be_quiet()

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
        self.reaper.spare()
        for app in self.world.apps.values():
            app.faults.clear()
            app.refusals.clear()
            app.doubts = 0
        self._authorize()
        for connection in self.now():
            if connection.state != Connection.State.ACTIVE:
                control.resume(connection)
        Contact.objects.filter(status=Status.FAILING).update(asked=Contact.Asked.RETRY)

    def _authorize(self) -> None:
        """A person authorizes again what needs it [AC5]."""
        for account in Account.objects.filter(status=Account.Status.NEEDS_AUTHORIZATION):
            self.world.apps[account.label].faults.clear()
            checked = accounts.check(account.app, account.settings, account.secrets or {})
            accounts.authorize(account, checked, self.clock())

    def _settle(self, *, may_fail: bool = False) -> None:
        """Sync until nothing is done and nobody waits; a deleted one fails until it is swept."""
        for _ in range(ROUNDS):
            if self._round() and not self._restless(may_fail):
                return
        raise AssertionError(f"I1: it does not come to an end: {self._restless(may_fail)}")

    def _round(self) -> bool:
        """Sync all, and return whether nothing was done."""
        self.clock.go(ROUND_SECONDS)
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


__all__ = ["Machine", "Setup", "keys"]
