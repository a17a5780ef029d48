"""The contract of writing: one outcome for each contact, nothing more written than asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from connections.connectors.base import (
    ConnectorError,
    Moved,
    Outcome,
    Rejected,
    Written,
)
from connections.schema import Role, Type, Value, is_blank
from tests.connectors.harness import ADA, Harness, Person, Reader, person, texts_of


class WritingContract:
    def test_creations_have_one_outcome_each_in_order(self, harness: Harness) -> None:
        people = [ADA, *(person(number) for number in range(3))]
        outcomes = harness.connector.create(
            [harness.creation(number, each) for number, each in enumerate(people)]
        )
        harness.settle()
        written = [each for each in outcomes if isinstance(each, Written)]
        assert len(written) == len(people)
        records = harness.connector.get_written([each.id for each in written])
        live = harness.live()
        family_name = harness.key(Role.FAMILY_NAME)
        for wanted, outcome in zip(people, written, strict=True):
            record = records[outcome.id]
            assert record.id == outcome.id
            assert record.values[family_name] == wanted[Role.FAMILY_NAME]
            assert live[outcome.id][Role.EMAILS] == wanted[Role.EMAILS]
            if outcome.record is not None:
                assert outcome.record.values == record.values
        assert {role: live[written[0].id].get(role) for role in ADA} == ADA

    def test_i4_what_was_written_has_the_same_version_in_the_feed(self, harness: Harness) -> None:
        reader = Reader(harness.connector)
        reader.read()
        id_ = harness.create(ADA)
        record = harness.record(id_)
        (outcome,) = harness.connector.update([harness.update(record, {Role.CITY: "Graz"})])
        assert isinstance(outcome, Written)
        harness.settle()
        again = outcome.record or harness.record(id_)
        assert again.version > record.version
        reader.held[id_] = again
        assert reader.read() == []

    def test_i2_the_mark_travels_with_the_contact(self, harness: Harness) -> None:
        outcomes = harness.connector.create(
            [harness.creation(number, person(number)) for number in range(2)]
        )
        harness.settle()
        reader = Reader(harness.connector)
        reader.read()
        for number, outcome in enumerate(outcomes):
            assert isinstance(outcome, Written)
            record = reader.held[outcome.id]
            if harness.carries_marks:
                assert record.mark == harness.mark(number)
            harness.connector.update([harness.update(record, {Role.CITY: "Graz"})])
            harness.settle()
            assert harness.record(outcome.id).mark == record.mark

    def test_batches_of_the_declared_sizes_are_one_request(self, harness: Harness) -> None:
        app = harness.connector.app
        batch = [harness.creation(number, person(number)) for number in range(app.create_batch)]
        # What a connector needs to know of the app is asked once.
        harness.create(ADA)
        before = harness.requests()
        outcomes = harness.connector.create(batch)
        assert harness.requests() - before == 1
        ids = [each.id for each in outcomes if isinstance(each, Written)]
        assert len(set(ids)) == app.create_batch
        harness.settle()
        records = list(harness.connector.get_written(ids).values())
        assert len(records) == len(ids)
        updates = [harness.update(record, {Role.CITY: "Graz"}) for record in records]
        before = harness.requests()
        outcomes = harness.connector.update(updates[: app.update_batch])
        assert harness.requests() - before == 1
        assert all(isinstance(each, Written) for each in outcomes)
        harness.settle()
        records = list(harness.connector.get_written(ids).values())
        before = harness.requests()
        addresses = [record.asked_as for record in records[: app.get_batch]]
        assert None not in harness.connector.get(addresses).values()
        assert harness.requests() - before == 1

    def test_i3_an_update_changes_what_it_names_and_nothing_else(self, harness: Harness) -> None:
        id_ = harness.add(ADA)
        harness.settle()
        before = harness.live()[id_]
        changes: Person = {
            Role.CITY: "Graz",
            Role.EMAILS: ("ada@example.org", "new@example.org"),
            Role.NOTES: None,
        }
        (outcome,) = harness.connector.update([harness.update(harness.record(id_), changes)])
        assert isinstance(outcome, Written)
        assert outcome.id == id_
        after = harness.live()[id_]
        for role in before.keys() | changes.keys():
            expected = changes[role] if role in changes else before[role]
            if is_blank(expected):
                assert is_blank(after.get(role))
            else:
                assert after[role] == expected

    def test_va8_a_field_that_shows_an_entry_of_a_list_is_written_alone(
        self, harness: Harness
    ) -> None:
        emails = ("one@example.org", "two@example.org", "three@example.org")
        id_ = harness.add({**ADA, Role.EMAILS: emails})
        harness.settle()
        of_emails = {
            each.view_index: each.key
            for each in harness.connector.fields()
            if each.view_of == harness.key(Role.EMAILS)
        }
        for index, key in list(of_emails.items())[:2]:
            record = harness.record(id_)
            assert record.values[key] == emails[index]
            update = replace(harness.update(record, {}), changes={key: f"new{index}@example.org"})
            harness.connector.update([update])
            harness.settle()
            assert harness.record(id_).values[key] == f"new{index}@example.org"
        replaced = [f"new{index}@example.org" for index in range(min(2, len(of_emails)))]
        expected = {*replaced, *emails[len(replaced) :]}
        assert set_of(harness.live()[id_][Role.EMAILS]) == expected

    @pytest.mark.parametrize("role", sorted(ADA))
    def test_va3_a_field_can_be_cleared(self, harness: Harness, role: Role) -> None:
        if harness.fields[role].derived or harness.fields[role].read_only:
            return
        id_ = harness.add(ADA)
        harness.settle()
        nothing: Value = () if role in (Role.EMAILS, Role.PHONES) else None
        update = harness.update(harness.record(id_), {role: nothing})
        (outcome,) = harness.connector.update([update])
        assert isinstance(outcome, Written)
        harness.settle()
        assert is_blank(harness.live()[id_].get(role))
        assert is_blank(harness.record(id_).values[harness.key(role)])

    def test_updates_of_different_fields_share_a_batch(self, harness: Harness) -> None:
        ids = [harness.add(ADA), harness.add(ADA)]
        harness.settle()
        changes: list[Person] = [{Role.CITY: "Graz"}, {Role.NOTES: "Other"}]
        batch = [
            harness.update(harness.record(id_), each)
            for id_, each in zip(ids, changes, strict=True)
        ]
        outcomes = harness.connector.update(batch)
        assert [each.id for each in outcomes if isinstance(each, Written)] == ids
        live = harness.live()
        for id_, each in zip(ids, changes, strict=True):
            assert {role: live[id_].get(role) for role in ADA} == {**ADA, **each}

    def test_an_edit_since_the_last_read_is_not_overwritten(self, harness: Harness) -> None:
        id_, other = harness.add(ADA), harness.add(person(1))
        harness.settle()
        stale, fresh = harness.record(id_), harness.record(other)
        harness.edit(id_, {Role.NOTES: "Edited"})
        harness.settle()
        batch = [harness.update(each, {Role.CITY: "Linz"}) for each in (stale, fresh)]
        before = harness.live()
        try:
            outcomes = harness.connector.update(batch)
        except Rejected:
            assert harness.connector.app.compare_and_set
            assert harness.live() == before
            return
        assert isinstance(outcomes[1], Written)
        assert harness.live()[id_][Role.NOTES] == "Edited"
        if harness.connector.app.compare_and_set:
            assert isinstance(outcomes[0], Moved | Rejected)
            assert harness.live()[id_][Role.CITY] == "Wien"

    def test_an_update_of_what_is_gone_writes_nothing(self, harness: Harness) -> None:
        id_ = harness.add(ADA)
        harness.settle()
        record = harness.record(id_)
        harness.delete(id_)
        harness.settle()
        before = harness.live()
        try:
            (outcome,) = harness.connector.update([harness.update(record, {Role.CITY: "Graz"})])
        except Rejected:
            pass
        else:
            assert isinstance(outcome, Moved | Rejected)
        assert harness.live() == before

    def test_a_refused_creation_leaves_the_others_done_or_none(self, harness: Harness) -> None:
        people = [person(1), {**person(2), **harness.refused}, person(3)]
        before = harness.live()
        try:
            outcomes = harness.connector.create(
                [harness.creation(number, each) for number, each in enumerate(people)]
            )
        except Rejected as error:
            self._assert_tells_nothing(harness, error)
            assert harness.live() == before
            return
        assert [type(each) for each in outcomes] == [Written, Rejected, Written]
        assert isinstance(outcomes[1], Rejected)
        self._assert_tells_nothing(harness, outcomes[1])
        created = {each.id for each in outcomes if isinstance(each, Written)}
        assert harness.live().keys() - before.keys() == created

    def test_a_refused_update_leaves_the_others_done_or_none(self, harness: Harness) -> None:
        ids = [harness.add(person(number)) for number in range(3)]
        harness.settle()
        before = harness.live()
        batch = [harness.update(harness.record(id_), {Role.CITY: "Graz"}) for id_ in ids]
        batch[1] = replace(batch[1], changes=harness.by_key(harness.refused))
        try:
            outcomes = harness.connector.update(batch)
        except Rejected as error:
            self._assert_tells_nothing(harness, error)
            assert harness.live() == before
            return
        assert [type(each) for each in outcomes] == [Written, Rejected, Written]
        assert isinstance(outcomes[1], Rejected)
        self._assert_tells_nothing(harness, outcomes[1])
        after = harness.live()
        assert [after[id_][Role.CITY] for id_ in ids] == ["Graz", "Wien", "Graz"]

    def test_references_are_fields_that_every_record_has(self, harness: Harness) -> None:
        app = harness.connector.app
        users = {user.id for user in harness.connector.users()}
        scopes = {scope.id for scope in harness.connector.scopes()}
        fields = {each.key: each for each in harness.connector.fields()}
        record = harness.record(harness.create(ADA))
        for key, ids in ((app.owner_field, users), (app.unit_field, scopes)):
            if key:
                assert fields[key].type is Type.REFERENCE
                assert record.values[key] in ids
        if key := app.label_field:
            assert fields[key].type is Type.REFERENCES
            assert record.values[key] == ()

    def test_references_are_written_and_nothing_else_changes(self, harness: Harness) -> None:
        wanted = harness.references()
        creation = harness.creation(1, person(1))
        new = replace(creation, values={**creation.values, **wanted})
        (created,) = harness.connector.create([new])
        id_ = harness.add(ADA)
        harness.settle()
        before = harness.live()[id_]
        update = replace(harness.update(harness.record(id_), {}), changes=wanted)
        (updated,) = harness.connector.update([update])
        harness.settle()
        for outcome in (created, updated):
            assert isinstance(outcome, Written)
            values = harness.record(outcome.id).values
            assert {key: set_of(values[key]) for key in wanted} == {
                key: set_of(value) for key, value in wanted.items()
            }
        assert harness.live()[id_] == before
        if key := harness.connector.app.label_field:
            update = replace(harness.update(harness.record(id_), {}), changes={key: ()})
            harness.connector.update([update])
            harness.settle()
            assert harness.record(id_).values[key] == ()

    def test_ru9_a_reference_to_nothing_is_refused_by_name(self, harness: Harness) -> None:
        nothing = "0190a1b2-0000-4000-8000-00000000ffff"
        id_ = harness.add(ADA)
        harness.settle()
        known = harness.record(id_).values
        for key, value in harness.references().items():
            changes: dict[str, Value] = {key: (nothing,) if isinstance(value, tuple) else nothing}
            creation = harness.creation(1, person(1))
            update = replace(harness.update(harness.record(id_), {}), changes=changes)
            writes: list[Callable[[], list[Outcome]]] = [
                partial(harness.connector.update, [update]),
                partial(
                    harness.connector.create,
                    [replace(creation, values={**creation.values, **changes})],
                ),
            ]
            for write in writes:
                try:
                    (outcome,) = write()
                except Rejected as error:
                    outcome = error
                assert isinstance(outcome, Rejected)
                assert (outcome.field, nothing in texts_of(outcome)) == (key, False)
            assert harness.record(id_).values[key] == known[key]
        assert list(harness.live()) == [id_]

    def _assert_tells_nothing(self, harness: Harness, error: ConnectorError) -> None:
        """The message is for people and for the log: it holds no content and no secret."""
        assert error.message
        keys = {each.key for each in harness.connector.fields()}
        assert error.field in {"", *keys}
        for value in harness.refused.values():
            for entry in value if isinstance(value, tuple) else (value,):
                assert str(entry) not in texts_of(error)
        assert not any(secret in texts_of(error) for secret in harness.secrets)


def set_of(value: Value) -> frozenset[str]:
    """Return a reference, or references, whose order says nothing."""
    return frozenset(map(str, value if isinstance(value, tuple) else [value]))
