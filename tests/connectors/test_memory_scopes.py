"""Scopes, owners, units and labels of an app in memory."""

from __future__ import annotations

from connections.connectors.base import Creation, Scope, User, Written
from connections.schema import Value
from tests.connectors.memory import Habits, MemoryApp, connect

SCOPES = (Scope("1", "All"), Scope("2", "Some", "1"))
USERS = (User("ann", "Ann", "ann@example.com", "2"), User("bob", "Bob", "bob@example.com"))


def test_a_new_contact_is_in_the_scope_it_was_created_in() -> None:
    app = MemoryApp("app", Habits(scopes=(Scope("1", "All"),)))
    connector = connect(app)
    (outcome,) = connector.create([Creation("", {"given_name": "Ada"}, scope="1")])
    assert isinstance(outcome, Written)
    assert outcome.record is not None
    assert outcome.record.scopes == ("1",)
    app.put_into(outcome.id)
    app.archive(outcome.id)
    record = connector.get_written([outcome.id])[outcome.id]
    assert (record.scopes, record.archived) == ((), True)


def test_owner_unit_and_labels_say_in_which_scopes_a_contact_is() -> None:
    habits = Habits(scopes=SCOPES, users=USERS, units=True, labels=True)
    app = MemoryApp("app", habits)
    connector = connect(app)
    id_ = app.add(family_name="Example")
    assert app.live()[id_] == {"family_name": "Example", "owner": "ann", "unit": "2"}
    app.edit(id_, owner="bob", unit="1", labels=("2",))
    (outcome,) = connector.create([Creation("m", {"family_name": "New", "owner": "bob"})])
    assert isinstance(outcome, Written)
    records = connector.get_written([id_, outcome.id])
    assert records[id_].scopes == ("1", "2")
    assert (records[outcome.id].values["unit"], records[outcome.id].scopes) == ("1", ("1",))
    assert records[outcome.id].values["labels"] == ()


def test_a_new_contact_gets_the_label_it_was_created_in() -> None:
    connector = connect(MemoryApp("app", Habits(scopes=SCOPES, labels=True)))
    values: dict[str, Value] = {"family_name": "New", "labels": ("2",)}
    (outcome,) = connector.create([Creation("m", values, scope="1")])
    assert isinstance(outcome, Written)
    record = connector.get_written([outcome.id])[outcome.id]
    assert record.values["labels"] == record.scopes == ("2", "1")
