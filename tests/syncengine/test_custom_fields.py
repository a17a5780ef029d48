"""Custom fields that records bring along and nothing lists, as Google Contacts has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connections.connectors.base import RemoteRecord
from connections.models import Account, Catalogue
from connections.schema import Field, Type
from syncengine import clock, reading
from syncengine.models import Record
from tests.connectors.memory import OtherMemory
from tests.connectors.memory_app import Row
from tests.syncengine.builders import ANN, JOB, configure, synced
from tests.syncengine.builders import FIELDS as APP_FIELDS
from tests.syncengine.world import World, world

pytestmark = pytest.mark.django_db

REGION = Field("custom.Region", "Region", Type.TEXT)


class Customs:
    """What people have typed as custom fields, by contact."""

    def __init__(self) -> None:
        self.of: dict[str, dict[str, str]] = {}


@pytest.fixture
def customs(monkeypatch: pytest.MonkeyPatch) -> Customs:
    made, plain = Customs(), OtherMemory._record

    def record(self: OtherMemory, row: Row) -> RemoteRecord:
        shown = plain(self, row)
        mine = {f"custom.{key}": value for key, value in made.of.get(row.id, {}).items()}
        return shown if shown.deleted else replace(shown, values={**shown.values, **mine})

    monkeypatch.setattr(OtherMemory, "_record", record)
    return made


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        monkeypatch.setattr(OtherMemory, "app", replace(OtherMemory.app, custom_prefix="custom."))
        yield made


def account() -> Account:
    return Account.objects.get(label="right")


def test_custom_fields_are_offered_once_a_record_has_them_and_stay(
    w: World, customs: Customs
) -> None:
    w.app("left")
    right = w.app("right")
    ada = right.add(given_name="Ada", emails=("ada@example.org",))
    customs.of[ada] = {"Region": "North"}
    connection = w.connect("left", "right")
    w.sync(connection)
    assert REGION in account().offers.fields

    right.delete(ada)
    account().keep_catalogue(Catalogue(APP_FIELDS), clock.now())
    w.sync(connection)
    assert account().offers.fields == (*APP_FIELDS, REGION)


def test_at_most_so_many_custom_fields_are_offered(
    w: World, customs: Customs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_CUSTOM", 3)
    w.app("left")
    right = w.app("right")
    ids = [right.add(given_name=f"N{n}", emails=(f"n{n}@example.org",)) for n in range(3)]
    for number, id_ in enumerate(ids):
        customs.of[id_] = {f"{number}": "x", f"{number}b": "x"}
    w.sync(w.connect("left", "right"))
    assert len(account().custom_keys) == 3


def test_a_custom_field_that_a_newer_row_lacks_is_blank(w: World, customs: Customs) -> None:
    w.app("left")
    right = w.app("right")
    ada = right.add(given_name="Ada", emails=("ada@example.org",))
    customs.of[ada] = {"Region": "North", "Team": "Red"}
    connection = w.connect("left", "right")
    w.sync(connection)
    customs.of[ada] = {"Team": "Red"}
    right.edit(ada, city="Wien")
    w.sync(connection)
    values = Record.objects.get(remote_id=ada).values
    assert (values["custom.Region"], values["custom.Team"]) == (None, "Red")


def test_a_custom_field_that_a_contact_never_had_is_filled_where_it_is_mapped() -> None:
    app = configure()
    right = replace(app.right, custom_prefix="custom.")
    pairs = (*app.pairs, replace(app.pairs[0], left=JOB, right=REGION))
    apart = synced(replace(app, right=right, pairs=pairs), {**ANN, "job": None})
    assert apart.right is not None
    apart.right.pop("custom.Region", None)
    assert apart.left is not None
    apart.left["job"] = "North"
    apart.settle()
    assert apart.right["custom.Region"] == "North"
