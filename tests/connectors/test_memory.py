"""The in-memory connector: the contract under each habit, and what the habits do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connections.connectors.base import (
    AuthorizationLost,
    Connector,
    ConnectorError,
    Creation,
    Doubt,
    RateLimited,
    Rejected,
    RemoteRecord,
    Scope,
    Unavailable,
    User,
    Written,
)
from connections.schema import Birthday, Role, Value, kept_as
from tests.connectors.contract import ConnectorContract
from tests.connectors.harness import FaultKind, Harness, Person, Reader
from tests.connectors.memory import (
    APPS,
    Fault,
    Habits,
    Killed,
    Memory,
    MemoryApp,
    OtherMemory,
    Refusal,
    behaving,
    connect,
)
from tests.connectors.memory_habits import Point, fields_of, joined, split

SCOPES = (Scope("1", "All"), Scope("2", "Some", "1"))
USERS = (User("ann", "Ann", "ann@example.com", "2"), User("bob", "Bob", "bob@example.com"))
HABITS = {
    "plain": Habits(scopes=SCOPES),
    "by time": Habits(feed="modified", get_batch=1, answers_records=False),
    "by time and swept": Habits(feed="modified", deletions="none", marks=False),
    "by time and late": Habits(feed="modified", late=90, out_of_order=True, late_get=True),
    "late": Habits(late=90, out_of_order=True, deletions="gone"),
    "renaming": Habits(renames=True, deletions="gone", compare_and_set=True, get_batch=7),
    "renaming for good": Habits(renames=True, forgets_addresses=True, answers_records=False),
    "whole batches": Habits(partial_refusals=False, compare_and_set=True, get_shows_deleted=True),
    "one name": Habits(one_name=True, compare_and_set=True, slots=3),
    "owners and units": Habits(scopes=SCOPES, users=USERS, units=True, answers_records=False),
    "labels": Habits(scopes=SCOPES, labels=True, partial_refusals=False, compare_and_set=True),
}


class Clock:
    """A time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemoryHarness(Harness):
    secrets = ("unused secret",)
    unknown_address = "nobody"

    def __init__(self, habits: Habits) -> None:
        self.clock = Clock()
        self.app = MemoryApp("contract", habits, self.clock)
        self.app.refusals.append(Refusal(lambda values: values.get("city") == "Refused", "city"))
        self.connector = connect(self.app)
        self.refused = {Role.CITY: "Refused"}
        self.carries_marks = habits.marks
        self.keys = {each.role: each.key for each in fields_of(habits)}

    def another(self) -> Connector:
        return connect(self.app)

    def _values(self, person: Person) -> dict[str, Any]:
        return {self.keys[role]: value for role, value in person.items()}

    def add(self, person: Person) -> str:
        return self.app.add(**self._values(person))

    def edit(self, id_: str, changes: Person) -> None:
        self.app.edit(id_, **self._values(changes))

    def delete(self, id_: str) -> None:
        self.app.delete(id_)

    def restore(self, id_: str) -> None:
        self.app.restore(id_)

    def live(self) -> dict[str, dict[Role, Value]]:
        people: dict[str, dict[Role, Value]] = {}
        for id_, values in self.app.live().items():
            names = split(values.pop("full_name")) if self.app.habits.one_name else {}
            people[id_] = {
                role: value
                for role, key in self.keys.items()
                if role and (value := {**values, **names}.get(key))
            }
        return people

    def plant(self, id_: str, role: Role, content: str) -> None:
        self.app.plant(id_, **{str(self.keys[role]): content})

    def fail(self, kind: FaultKind) -> None:
        done: Point = "after" if kind in ("cut after", "garbled") else "before"
        errors: dict[FaultKind, ConnectorError] = {
            "busy": RateLimited("Memory asks for patience", 5),
            "locked out": AuthorizationLost("Memory does not know this account"),
        }
        in_doubt = kind != "down"
        error = errors.get(kind, Unavailable("Memory broke down", in_doubt=in_doubt))
        self.app.faults.append(Fault(error, point=done, times=1000))

    def heal(self) -> None:
        self.app.faults.clear()

    def expire_cursors(self) -> None:
        self.app.expire_cursors()

    def small_pages(self) -> None:
        self.app.habits = replace(self.app.habits, page_size=2, short_pages=True)

    def wait(self, seconds: float) -> None:
        self.clock.move(seconds)

    def requests(self) -> int:
        return self.app.requests.total()


class TestMemory(ConnectorContract):
    @pytest.fixture(params=list(HABITS.values()), ids=list(HABITS))
    def harness(self, request: pytest.FixtureRequest) -> Iterator[Harness]:
        with behaving(Memory, request.param):
            yield MemoryHarness(request.param)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def only(reader: Reader) -> RemoteRecord:
    (record,) = reader.held.values()
    return record


def test_the_connector_class_declares_the_habits_meanwhile() -> None:
    habits = Habits(feed="modified", deletions="none", get_batch=1, scopes=(Scope("1", "All"),))
    with behaving(OtherMemory, habits):
        assert (OtherMemory.app.get_batch, OtherMemory.app.scope_kind) == (1, "lists")
        assert OtherMemory.app.sweep_every == timedelta(days=1)
        assert Memory.app.get_batch == 100
    assert OtherMemory.app.get_batch == 100


def test_an_app_is_found_by_the_key_in_the_settings() -> None:
    first = MemoryApp("first")
    MemoryApp("second")
    first.add(given_name="Ada")
    assert APPS["first"] is first
    assert connect(first).get(["first-00001"])["first-00001"] is not None
    assert connect(APPS["second"]).get(["first-00001"]) == {"first-00001": None}


def test_values_are_normalised_as_they_are_stored() -> None:
    app = MemoryApp("app", Habits(normalises=True))
    id_ = app.add(
        given_name="  Zoe\u0308 ",
        street="Ring  1 \r\n Top 2",
        emails=(" Ada@Example.ORG",),
        phones=("+43 (1) 588-58/01",),
    )
    assert app.live()[id_] == {
        "given_name": "Zoë",
        "street": "Ring 1\nTop 2",
        "emails": ("ada@example.org",),
        "phones": ("+431588580" + "1",),
    }


def test_texts_are_cut_and_lists_are_not() -> None:
    app = MemoryApp("app", Habits(cut_at=20))
    long_email = "somebody.with.a.long.name@example.org"
    id_ = app.add(notes="twenty characters or more", emails=(long_email,))
    assert app.live()[id_] == {"notes": "twenty characters or", "emails": (long_email,)}


def test_what_the_api_writes_is_escaped_and_what_people_type_is_not() -> None:
    app = MemoryApp("app", Habits(escapes=True))
    typed = app.add(company="A & B")
    (outcome,) = connect(app).create([Creation("", {"company": "A & <B>"})])
    assert isinstance(outcome, Written)
    assert app.live()[typed]["company"] == "A & B"
    assert app.live()[outcome.id]["company"] == "A &amp; &lt;B&gt;"


@pytest.mark.parametrize(
    "habits",
    [Habits(normalises=True), Habits(escapes=True), Habits(reorders=True), Habits(cut_at=30)],
)
def test_i4_a_habit_is_never_taken_for_an_edit(habits: Habits) -> None:
    app = MemoryApp("app", habits)
    sent: dict[str, Value] = {
        "given_name": " Zoe\u0308  Maria",
        "company": "Smith & Sons <Vienna>, Import and Export",
        "emails": ("Ada@Example.org", "b@example.org"),
        "phones": ("+43 1 588 58-01", "0664/5885802"),
        "birthday": Birthday(None, 2, 29),
    }
    (outcome,) = connect(app).create([Creation("", sent)])
    assert isinstance(outcome, Written)
    assert outcome.record is not None
    seen = outcome.record.values
    for field in fields_of(habits):
        if field.key in sent:
            assert kept_as(field, sent[field.key], seen[field.key], "AT"), field.key


def test_lists_show_a_write_late_and_get_at_once(clock: Clock) -> None:
    app = MemoryApp("app", Habits(late=60), clock)
    connector = connect(app)
    reader = Reader(connector)
    id_ = app.add(given_name="Ada")
    assert reader.read() == []
    assert connector.get([id_])[id_] is not None
    clock.move(59)
    assert reader.read() == []
    clock.move(1)
    assert [record.id for record in reader.read()] == [id_]


def test_get_is_as_late_as_lists_where_that_is_a_habit(clock: Clock) -> None:
    app = MemoryApp("app", Habits(late=60, late_get=True), clock)
    id_ = app.add(given_name="Ada")
    assert connect(app).get([id_]) == {id_: None}
    clock.move(60)
    assert connect(app).get([id_])[id_] is not None


def test_writes_are_shown_out_of_order(clock: Clock) -> None:
    app = MemoryApp("app", Habits(late=60, out_of_order=True), clock)
    ids = [app.add(given_name=f"Ada {number}") for number in range(20)]
    reader = Reader(connect(app))
    shown: list[str] = []
    for _ in range(60):
        clock.move(1)
        shown += [record.id for record in reader.read()]
    assert sorted(shown) == ids != shown


def test_an_older_state_that_is_shown_later_does_not_replace_a_newer(clock: Clock) -> None:
    app = MemoryApp("app", Habits(late=60, out_of_order=True), clock)
    id_ = app.add(given_name="Ada")
    for number in range(20):
        app.edit(id_, city=f"City {number}")
    reader = Reader(connect(app))
    versions = []
    for _ in range(60):
        clock.move(1)
        versions += [record.version for record in reader.read()]
    assert versions == sorted(versions)
    assert only(reader).values["city"] == "City 19"


def test_an_address_changes_with_each_change_and_the_id_stays() -> None:
    app = MemoryApp("app", Habits(renames=True))
    reader = Reader(connect(app))
    id_ = app.add(given_name="Ada")
    reader.read()
    former = only(reader).address
    app.edit(id_, city="Wien")
    reader.read()
    record = only(reader)
    assert (record.id, record.previous_addresses) == (id_, (former,))
    assert record.address not in ("", former)
    found = reader.connector.get([former])[former]
    assert found is not None
    assert found.address == record.address
    app.habits = replace(app.habits, forgets_addresses=True)
    assert reader.connector.get([former]) == {former: None}


def test_ma5_a_merge_leaves_the_address_of_the_lost_one_to_the_kept_one() -> None:
    app = MemoryApp("app")
    kept, lost = app.add(given_name="Ada"), app.add(given_name="A.", city="Wien")
    app.merge(kept, lost)
    reader = Reader(connect(app))
    reader.read()
    assert only(reader).id == kept
    assert only(reader).previous_addresses == (lost,)
    assert app.live() == {kept: {"given_name": "Ada", "city": "Wien"}}


def test_one_name_is_joined_of_parts_and_split_into_them() -> None:
    assert joined(split("Ada van der Example")) == "Ada van der Example"
    app = MemoryApp("app", Habits(one_name=True))
    id_ = app.add(given_name="Ada", family_name="Example")
    app.edit(id_, given_name="Eda")
    assert app.live() == {id_: {"full_name": "Eda Example"}}
    app = MemoryApp("parts")
    id_ = app.add(full_name="Ada Example")
    assert app.live() == {id_: {"given_name": "Ada", "family_name": "Example"}}


def test_a_list_holds_as_many_entries_as_there_are_slots() -> None:
    connector = connect(MemoryApp("app", Habits(slots=1)))
    (outcome,) = connector.create([Creation("", {"emails": ("a@example.org", "b@example.org")})])
    assert isinstance(outcome, Rejected)
    assert outcome.field == "emails"


def test_a_new_contact_without_a_name_is_refused_where_the_app_needs_one() -> None:
    connector = connect(MemoryApp("app", Habits(needs_name=True)))
    nameless, named = connector.create(
        [Creation("", {"city": "Wien"}), Creation("", {"full_name": "Ada"})]
    )
    assert isinstance(nameless, Rejected)
    assert isinstance(named, Written)


@pytest.mark.parametrize(("point", "stored"), [("before", 0), ("middle", 2), ("after", 4)])
def test_a_kill_leaves_done_what_was_done_by_then(point: Point, stored: int) -> None:
    app = MemoryApp("app")
    app.faults.append(Fault(Killed(), "create", point))
    batch = [Creation("", {"given_name": f"Ada {number}"}) for number in range(4)]
    with pytest.raises(Killed):
        connect(app).create(batch)
    assert len(app.live()) == stored
    assert app.faults == []


def test_a_fault_waits_for_its_turn() -> None:
    app = MemoryApp("app")
    app.faults.append(Fault(Unavailable("down"), "get", after=1, times=2))
    connector = connect(app)
    connector.fields()
    connector.get(["a"])
    for _ in range(2):
        with pytest.raises(Unavailable):
            connector.get(["a"])
    connector.get(["a"])


def test_a_doubtful_write_is_done() -> None:
    app = MemoryApp("app")
    app.doubts = 1
    outcomes = connect(app).create([Creation("", {"given_name": name}) for name in "AB"])
    assert [type(each) for each in outcomes] == [Doubt, Written]
    assert len(app.live()) == 2


def test_an_account_can_stop_creations_alone() -> None:
    app = MemoryApp("app")
    id_ = app.add(given_name="Ada")
    app.refusals.append(Refusal(lambda values: True, stops_creations=True))
    harness = MemoryHarness(Habits())
    harness.app, harness.connector = app, connect(app)
    (created,) = harness.connector.create([harness.creation(1, {Role.CITY: "Wien"})])
    (updated,) = harness.connector.update([harness.update(harness.record(id_), {Role.CITY: "W"})])
    assert isinstance(created, Rejected)
    assert created.stops_creations
    assert isinstance(updated, Written)
