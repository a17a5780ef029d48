"""The contract of reading: what a feed shows, also when it is broken off, and values as Python."""

from __future__ import annotations

import json
import random
from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from connections.connectors.base import (
    CursorExpired,
    Rejected,
    Unavailable,
    Written,
)
from connections.connectors.intake import is_storable
from connections.schema import LISTS, TEXTS, Birthday, Field, Role, Type, Value, by_key, is_blank
from tests.connectors.harness import ADA, Harness, Reader, person


class ReadingContract:
    @pytest.fixture
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the session wait for nothing before it repeats a request."""
        monkeypatch.setattr("connections.connectors.http.RETRY_DELAYS", (0, 0))

    def test_a_full_read_sees_all_and_says_so(self, harness: Harness) -> None:
        ids = {harness.add(person(number)) for number in range(7)}
        harness.settle()
        harness.small_pages()
        reader = Reader(harness.connector)
        reader.read()
        assert reader.live().keys() == harness.live().keys() >= ids
        assert len(reader.pages) > 1
        assert all(page.full for page in reader.pages)
        assert [page.complete for page in reader.pages[:-1]] == [False] * (len(reader.pages) - 1)
        assert reader.pages[-1].complete

    def test_an_empty_account_is_read_to_the_end(self, harness: Harness) -> None:
        for id_ in harness.live():
            harness.delete(id_)
        harness.settle()
        reader = Reader(harness.connector)
        reader.catch_up()
        assert reader.live() == {}

    def test_i6_an_idle_read_is_one_request_a_feed(self, harness: Harness) -> None:
        for number in range(3):
            harness.add(person(number))
        reader = Reader(harness.connector)
        for _ in range(2):
            harness.settle()
            reader.read()
        harness.settle()
        before = harness.requests()
        assert reader.read() == []
        assert harness.requests() - before == harness.idle_requests
        assert not any(page.full for page in reader.pages)
        assert reader.pages[-1].complete

    def test_a_change_appears_once_and_raises_the_version(self, harness: Harness) -> None:
        changed, same = harness.add(person(1)), harness.add(person(2))
        harness.settle()
        reader = Reader(harness.connector)
        reader.read()
        before = reader.held[changed]
        harness.edit(changed, {Role.CITY: "Graz"})
        harness.settle()
        new = reader.read()
        assert [record.id for record in new] == [changed]
        assert new[0].version > before.version
        assert new[0].values[harness.key(Role.CITY)] == "Graz"
        assert reader.read() == []
        assert same in reader.live()

    def test_a_creation_appears_once(self, harness: Harness) -> None:
        reader = Reader(harness.connector)
        reader.read()
        id_ = harness.add(ADA)
        harness.settle()
        assert [record.id for record in reader.read()] == [id_]
        assert reader.read() == []

    def test_a_deletion_is_told_and_a_restored_contact_is_back(self, harness: Harness) -> None:
        gone, stays = harness.add(person(1)), harness.add(person(2))
        harness.settle()
        reader = Reader(harness.connector)
        reader.read()
        harness.delete(gone)
        harness.settle()
        reader.catch_up()
        assert gone not in reader.live()
        assert stays in reader.live()
        if harness.can_restore:
            harness.restore(gone)
            harness.settle()
            reader.catch_up()
            assert gone in reader.live()

    @pytest.mark.parametrize("pages", [1, 2, 3, 4])
    def test_a_full_read_that_broke_off_leaves_no_hole(self, harness: Harness, pages: int) -> None:
        ids = [harness.add(person(number)) for number in range(9)]
        harness.settle()
        harness.small_pages()
        reader = Reader(harness.connector)
        reader.read(pages=pages)
        self._edit_meanwhile(harness, ids)
        reader.read()
        reader.read()
        self._assert_holds_what_lives(harness, reader)
        reader.catch_up()
        self._assert_holds_all(harness, reader)

    @pytest.mark.parametrize("pages", [1, 2, 3, 4])
    def test_a_read_of_changes_that_broke_off_leaves_no_hole(
        self, harness: Harness, pages: int
    ) -> None:
        ids = [harness.add(person(number)) for number in range(9)]
        harness.settle()
        harness.small_pages()
        reader = Reader(harness.connector)
        reader.read()
        harness.settle()
        for number, id_ in enumerate(ids):
            harness.edit(id_, {Role.CITY: f"City {number}"})
        harness.settle()
        reader.read(pages=pages)
        self._edit_meanwhile(harness, ids)
        reader.read()
        reader.read()
        self._assert_holds_what_lives(harness, reader)
        reader.catch_up()
        self._assert_holds_all(harness, reader)

    def test_a_read_that_failed_between_pages_goes_on_there(
        self, harness: Harness, quick: None
    ) -> None:
        ids = [harness.add(person(number)) for number in range(9)]
        harness.settle()
        harness.small_pages()
        reader = Reader(harness.connector)
        pages = harness.connector.changes(None, reader.known)
        reader.take(next(pages))
        harness.fail("down")
        with pytest.raises(Unavailable):
            next(pages)
        harness.heal()
        self._edit_meanwhile(harness, ids)
        reader.read()
        reader.read()
        self._assert_holds_what_lives(harness, reader)
        reader.catch_up()
        self._assert_holds_all(harness, reader)

    def test_all_is_read_again_when_the_cursor_has_expired(self, harness: Harness) -> None:
        ids = [harness.add(person(number)) for number in range(9)]
        harness.settle()
        reader = Reader(harness.connector)
        reader.read()
        harness.expire_cursors()
        self._edit_meanwhile(harness, ids)
        if harness.cursors_expire:
            with pytest.raises(CursorExpired):
                reader.read()
            reader.restart()
        reader.catch_up()
        self._assert_holds_all(harness, reader)

    def test_a_cursor_that_expires_between_pages_leaves_no_hole(self, harness: Harness) -> None:
        ids = [harness.add(person(number)) for number in range(9)]
        harness.settle()
        harness.small_pages()
        reader = Reader(harness.connector)
        reader.read(pages=1)
        harness.expire_cursors()
        self._edit_meanwhile(harness, ids)
        for _ in range(3):
            try:
                reader.catch_up()
            except CursorExpired:
                reader.restart()
        reader.catch_up()
        self._assert_holds_all(harness, reader)

    @pytest.mark.parametrize("seed", range(6))
    def test_no_order_of_edits_writes_and_broken_reads_leaves_a_hole(
        self, harness: Harness, seed: int
    ) -> None:
        choose = random.Random(seed)
        harness.small_pages()
        reader = Reader(harness.connector)
        deleted: list[str] = []
        restored: set[str] = set()
        for number in range(60):
            live = sorted(harness.live())
            step = choose.choice(["add", "edit", "delete", "restore", "write", "read", "wait"])
            if step == "add" or not live:
                harness.add(person(number))
            elif step == "edit":
                harness.edit(choose.choice(live), {Role.CITY: f"City {number}"})
            elif step == "delete":
                deleted.append(choose.choice(live))
                harness.delete(deleted[-1])
            elif step == "restore" and deleted and harness.can_restore:
                harness.restore(deleted[-1])
                restored.add(deleted.pop())
            elif step == "write":
                self._write_what_is_held(harness, reader, choose)
            elif step == "read":
                reader.read(pages=choose.choice([1, 2, 3, None]))
            elif step == "wait":
                harness.wait(choose.choice([1, 10, 30, 120]))
        harness.settle()
        for _ in range(2):
            reader.read()
        self._assert_holds_what_lives(harness, reader, but=restored)
        reader.catch_up()
        self._assert_holds_all(harness, reader)

    def test_a_write_that_lists_show_late_is_not_passed_over(self, harness: Harness) -> None:
        ids = [harness.add(person(number)) for number in range(30)]
        harness.settle()
        harness.small_pages()
        reader = Reader(harness.connector)
        reader.read()
        for number, id_ in enumerate(ids):
            harness.edit(id_, {Role.CITY: f"City {number}"})
            harness.wait(2)
            reader.read()
        harness.settle()
        reader.read()
        self._assert_holds_all(harness, reader)

    def _write_what_is_held(self, harness: Harness, reader: Reader, choose: random.Random) -> None:
        """Change a contact as the engine does: from what was read last, and keep the answer."""
        live = harness.live()
        held = [record for id_, record in sorted(reader.live().items()) if id_ in live]
        if not held:
            return
        update = harness.update(choose.choice(held), {Role.CITY: "Written"})
        try:
            outcomes = harness.connector.update([update])
        except Rejected:
            return
        if isinstance(outcomes[0], Written) and outcomes[0].record is not None:
            reader.held[update.id] = outcomes[0].record

    def _edit_meanwhile(self, harness: Harness, ids: list[str]) -> None:
        for id_ in (ids[0], ids[4], ids[8]):
            harness.edit(id_, {Role.CITY: "Linz"})
        harness.delete(ids[2])
        harness.add(person(99))
        harness.settle()

    def _assert_holds_all(self, harness: Harness, reader: Reader) -> None:
        assert reader.live().keys() == harness.live().keys()
        self._assert_holds_what_lives(harness, reader)

    def _assert_holds_what_lives(
        self, harness: Harness, reader: Reader, but: Collection[str] = ()
    ) -> None:
        """What a feed may miss are deletions, and restored contacts."""
        city = harness.key(Role.CITY)
        live = {id_: values for id_, values in harness.live().items() if id_ not in but}
        cities = {id_: reader.held[id_].values[city] for id_ in live if id_ in reader.held}
        assert cities == {id_: values.get(Role.CITY) for id_, values in live.items()}

    def test_values_cross_as_plain_python_of_their_type(self, harness: Harness) -> None:
        id_ = harness.add(ADA)
        bare = harness.add({Role.GIVEN_NAME: "Ada", Role.FAMILY_NAME: "Bare"})
        harness.settle()
        fields = by_key(harness.connector.fields())
        reader = Reader(harness.connector)
        reader.read()
        record = reader.held[id_]
        for role, value in ADA.items():
            assert record.values[harness.key(role)] == value
        assert record.values[harness.key(Role.FULL_NAME)] == "Ada Example"
        for each in (record, reader.held[bare]):
            assert each.values.keys() <= fields.keys()
            assert all(harness.key(role) in each.values for role in Role if role in harness.fields)
            for key, value in each.values.items():
                assert is_plain(fields[key], value), f"{key}: {value!r}"
            json.dumps(each.raw)
        assert is_blank(reader.held[bare].values[harness.key(Role.EMAILS)])

    @pytest.mark.parametrize(
        "content", ["a\x00b", "half \ud83d a sign", "long " * 100_000], ids=["NUL", "half", "long"]
    )
    def test_content_that_cannot_be_kept_fails_no_read(
        self, harness: Harness, content: str
    ) -> None:
        id_ = harness.add(ADA)
        harness.plant(id_, Role.NOTES, content)
        harness.settle()
        notes = harness.key(Role.NOTES)
        reader = Reader(harness.connector)
        reader.read()
        address = reader.held[id_].asked_as
        for record in (reader.held[id_], harness.connector.get([address])[address]):
            assert record is not None
            assert record.left_out[notes]
            assert notes not in record.values
            assert record.values[harness.key(Role.CITY)] == "Wien"
            assert is_storable(dict(record.raw))

    def test_get_answers_by_address_and_none_for_what_is_not_there(self, harness: Harness) -> None:
        id_, gone = harness.add(ADA), harness.add(person(1))
        harness.settle()
        reader = Reader(harness.connector)
        reader.read()
        address, gone_address = (reader.held[each].asked_as for each in (id_, gone))
        harness.delete(gone)
        harness.settle()
        found = harness.connector.get([address, harness.unknown_address, gone_address])
        assert found.keys() == {address, harness.unknown_address, gone_address}
        record, deleted = found[address], found[gone_address]
        assert record is not None
        assert (record.id, record.values) == (id_, reader.held[id_].values)
        assert record.version == reader.held[id_].version
        assert found[harness.unknown_address] is None
        assert deleted is None or deleted.deleted

    def test_nothing_is_asked_for_nothing(self, harness: Harness) -> None:
        before = harness.requests()
        assert harness.connector.get([]) == {}
        assert harness.connector.get_written([]) == {}
        assert harness.requests() == before


def is_plain(field: Field, value: Value) -> bool:
    """Return whether a value has the Python type that belongs to the field's."""
    if value is None:
        return field.type not in LISTS
    types: dict[Type, type | tuple[type, ...]] = {
        **dict.fromkeys(TEXTS, str),
        **dict.fromkeys([*LISTS, Type.MULTI_CHOICE, Type.REFERENCES], tuple),
        Type.INTEGER: int,
        Type.DECIMAL: Decimal,
        Type.BOOLEAN: bool,
        Type.DATE: date,
        Type.DATETIME: datetime,
        Type.BIRTHDAY: Birthday,
        Type.CHOICE: str,
        Type.REFERENCE: str,
    }
    expected = types[field.type]
    if isinstance(value, datetime):
        return field.type is Type.DATETIME and value.utcoffset() == timedelta(0)
    if isinstance(value, bool):
        return field.type is Type.BOOLEAN
    if isinstance(value, tuple) and not isinstance(value, Birthday):
        return expected is tuple and all(isinstance(entry, str) for entry in value)
    return isinstance(value, expected)
