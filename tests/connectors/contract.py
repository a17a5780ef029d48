"""The tests that every connector passes: a subclass adds the fixture `harness` and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connections.connectors.base import (
    AuthorizationLost,
    ConnectorError,
    RateLimited,
    Unavailable,
)
from connections.schema import Role, Type
from tests.connectors.contract_reading import ReadingContract
from tests.connectors.contract_writing import WritingContract
from tests.connectors.harness import ADA, FaultKind, Harness, person, texts_of


class ConnectorContract(ReadingContract, WritingContract):
    def test_an_identity_is_stable(self, harness: Harness) -> None:
        first = harness.connector.identify()
        assert first.key
        assert first.label
        assert harness.another().identify() == first

    def test_fields_have_keys_of_their_own_and_each_role_once(self, harness: Harness) -> None:
        fields = harness.connector.fields()
        keys = [each.key for each in fields]
        roles = [each.role for each in fields if each.role is not None]
        assert len(set(keys)) == len(keys)
        assert len(set(roles)) == len(roles)
        assert {Role.FULL_NAME, Role.GIVEN_NAME, Role.FAMILY_NAME, Role.EMAILS} <= set(roles)
        assert all(each.label for each in fields)
        assert {each.view_of for each in fields} <= {"", *keys}

    def test_an_app_has_one_name_or_parts_and_derives_the_other(self, harness: Harness) -> None:
        by_role = {each.role: each for each in harness.connector.fields()}
        assert by_role[Role.FULL_NAME].derived is not by_role[Role.FAMILY_NAME].derived

    def test_choices_have_options_of_their_own(self, harness: Harness) -> None:
        for field in harness.connector.fields():
            values = [option.value for option in field.options]
            assert len(set(values)) == len(values)
            if values:
                assert field.type in (Type.CHOICE, Type.MULTI_CHOICE)

    def test_scopes_come_after_their_parents(self, harness: Harness) -> None:
        seen = {""}
        for scope in harness.connector.scopes():
            assert scope.name
            assert scope.id not in seen
            assert scope.parent in seen
            seen.add(scope.id)

    def test_users_are_told_where_contacts_have_owners(self, harness: Harness) -> None:
        users = harness.connector.users()
        assert bool(users) is bool(harness.connector.app.owner_field)
        assert len({user.id for user in users}) == len(users)

    READS = ("identify", "scopes", "changes", "get", "get_written")
    WRITES = ("create", "update")

    @pytest.mark.parametrize("verb", [*READS, *WRITES])
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("busy", RateLimited),
            ("locked out", AuthorizationLost),
            ("down", Unavailable),
            ("cut before", Unavailable),
            ("cut after", Unavailable),
            ("garbled", Unavailable),
        ],
    )
    def test_each_fault_is_one_of_the_errors_and_tells_no_secret(
        self,
        harness: Harness,
        quick: None,
        verb: str,
        kind: FaultKind,
        expected: type[ConnectorError],
    ) -> None:
        call = self._call(harness, verb)
        before = harness.live()
        harness.fail(kind)
        with pytest.raises(ConnectorError) as caught:
            call()
        harness.heal()
        error = caught.value
        assert type(error) is expected
        assert error.message
        assert not any(secret in texts_of(error) for secret in harness.secrets)
        if isinstance(error, RateLimited):
            assert 0 <= error.retry_after <= 3600
        if harness.live() != before:
            assert verb in self.WRITES
            assert isinstance(error, Unavailable)
            assert error.in_doubt
        if kind == "cut after" and verb in self.WRITES:
            assert harness.live() != before

    def _call(self, harness: Harness, verb: str) -> Callable[[], Any]:
        """Return the verb with arguments that are all right."""
        # What a connector needs to know of the app before it writes is asked by the first write.
        id_ = harness.create(ADA)
        record = harness.record(id_)
        arguments: dict[str, tuple[Any, ...]] = {
            "get": ([record.asked_as],),
            "get_written": ([id_],),
            "create": ([harness.creation(1, person(1))],),
            "update": ([harness.update(record, {Role.CITY: "Graz"})],),
        }
        if verb == "changes":
            return lambda: list(harness.connector.changes(None, lambda _: False))
        # What it keeps of an earlier answer must not hide the fault from one that reads.
        connector = harness.connector if verb in self.WRITES else harness.another()
        return lambda: getattr(connector, verb)(*arguments.get(verb, ()))
