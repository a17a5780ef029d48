from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.models import F, Value
from django.db.models.functions import Cast
from pytest_django import DjangoDbBlocker

from connections.encryption import (
    CannotDecrypt,
    EncryptedJSONField,
    EncryptedTextField,
    encrypted_columns,
)
from connections.management.commands import rotatekeys
from connections.models.canary import Canary

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]

ROOT = Path(__file__).resolve().parents[2]
TEXT = "naïve 李小龙 🙂 ' \" \\ \n"
JSON = {"name": "Zoë", "numbers": [1, 2.5, None, True], "nested": {"": "李"}}

UseKeys = Callable[..., None]
NewKey = Callable[[], str]


class Secret(models.Model):
    number = models.IntegerField(unique=True)
    plain = models.TextField(default="")
    text = EncryptedTextField()
    note = EncryptedTextField(null=True)
    value = EncryptedJSONField(null=True)

    objects: ClassVar[models.Manager[Secret]] = models.Manager()

    class Meta:
        app_label = "tests"

    def __str__(self) -> str:
        return str(self.number)


@pytest.fixture(scope="module", autouse=True)
def table(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A table of the model above."""
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Secret)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(Secret)


@pytest.fixture(autouse=True)
def known_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command see that model, and no other, as the product's."""
    columns = [(Secret, ["text", "note", "value"])]
    monkeypatch.setattr(rotatekeys, "encrypted_columns", lambda: columns)


def stored(name: str = "text") -> list[str]:
    """What the column holds."""
    rows = Secret.objects.annotate(token=Cast(name, models.TextField())).order_by("pk")
    return list(rows.values_list("token", flat=True))


def test_values_come_back_and_are_stored_as_tokens() -> None:
    Secret.objects.create(number=1, text=TEXT, note="", value=JSON)

    row = Secret.objects.get()

    assert (row.text, row.note, row.value) == (TEXT, "", JSON)
    for name in ("text", "note", "value"):
        assert stored(name)[0].startswith("gAAAA")


@pytest.mark.parametrize("value", [JSON, [], {}, "text", 0, False, [None]])
def test_any_json_value_comes_back(value: Any) -> None:
    Secret.objects.create(number=1, text="", value=value)

    assert Secret.objects.get().value == value


def test_none_is_null() -> None:
    Secret.objects.create(number=1, text="a", note=None, value=None)

    row = Secret.objects.get(note__isnull=True, value__isnull=True)

    assert (row.note, row.value) == (None, None)
    assert stored("note") == stored("value") == [None]


def test_values_lists_are_plain() -> None:
    Secret.objects.create(number=1, text=TEXT, value=JSON)

    assert Secret.objects.values_list("text", "value").get() == (TEXT, JSON)


def test_bulk_update_keeps_the_values() -> None:
    rows = Secret.objects.bulk_create(
        Secret(number=number, text=f"old {number}", value=[number]) for number in range(5)
    )
    for row in rows:
        row.text, row.note, row.value = f"new {row.number}", TEXT, {"n": row.number}

    Secret.objects.bulk_update(rows, ["text", "note", "value"])

    for row in Secret.objects.all():
        assert (row.text, row.note) == (f"new {row.number}", TEXT)
        assert row.value == {"n": row.number}


def test_update_with_a_value() -> None:
    Secret.objects.create(number=1, text="old")

    Secret.objects.update(text="new", value=JSON)

    row = Secret.objects.get()
    assert (row.text, row.value) == ("new", JSON)


def test_update_with_an_expression_is_not_encrypted_as_text() -> None:
    Secret.objects.create(number=1, text=TEXT)

    Secret.objects.update(note=F("text"))
    assert Secret.objects.get().note == TEXT

    Secret.objects.update(note=Value("wrapped", output_field=EncryptedTextField()))
    assert Secret.objects.get().note == "wrapped"


def test_upsert_replaces_the_values() -> None:
    Secret.objects.create(number=1, text="old", value=[1])

    Secret.objects.bulk_create(
        [Secret(number=1, text="new", value=JSON), Secret(number=2, text="other")],
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["text", "value"],
    )

    assert list(Secret.objects.order_by("number").values_list("text", "value")) == [
        ("new", JSON),
        ("other", None),
    ]


def test_a_wrong_key_raises_and_names_the_field(use_keys: UseKeys, new_key: NewKey) -> None:
    Secret.objects.create(number=1, text="a", value=JSON)
    token = stored()[0]
    use_keys(new_key())

    with pytest.raises(CannotDecrypt, match=r"tests\.Secret\.text cannot be decrypted") as caught:
        Secret.objects.get()

    assert token not in str(caught.value)
    with pytest.raises(CannotDecrypt, match=r"tests\.Secret\.value"):
        Secret.objects.values_list("value").get()


@pytest.mark.parametrize("text", ["", "plain", "gAAAA", "ünïcode"])
def test_text_that_is_no_token_raises(text: str) -> None:
    Secret.objects.create(number=1, text="a")
    Secret.objects.update(text=Value(text, output_field=models.TextField()))

    with pytest.raises(CannotDecrypt):
        Secret.objects.get()


def test_defer_lists_rows_that_no_key_opens(use_keys: UseKeys, new_key: NewKey) -> None:
    Secret.objects.create(number=1, text="a", plain="shown")
    use_keys(new_key())

    row = Secret.objects.defer("text", "note", "value").get()

    assert row.plain == "shown"
    with pytest.raises(CannotDecrypt):
        _ = row.text


def test_a_pasted_token_stays_a_token() -> None:
    Secret.objects.create(number=1, text="a")
    token = stored()[0]

    assert Secret._meta.get_field("text").to_python(token) == token


@pytest.mark.parametrize("lookup", ["text", "text__in", "text__contains", "value__name", "value"])
def test_lookups_that_could_never_match_are_refused(lookup: str) -> None:
    with pytest.raises(FieldError, match="is encrypted"):
        Secret.objects.filter(**{lookup: "a"})


def test_rotation_to_a_new_key(use_keys: UseKeys, new_key: NewKey) -> None:
    old, new = new_key(), new_key()
    use_keys(old)
    Secret.objects.bulk_create(
        Secret(number=number, text=f"text {number}", note=None, value=JSON)
        for number in range(1200)
    )
    use_keys(new, old)
    Secret.objects.create(number=1200, text="text 1200", value=JSON)

    lines = StringIO()
    call_command("rotatekeys", stdout=lines)

    assert lines.getvalue().splitlines() == [
        "tests.Secret: 1000 rotated, 0 current, 0 failed",
        "tests.Secret: 2000 rotated, 0 current, 0 failed",
        "tests.Secret: 2400 rotated, 2 current, 0 failed",
    ]
    use_keys(new)
    for row in Secret.objects.all():
        assert (row.text, row.note, row.value) == (f"text {row.number}", None, JSON)


def test_rotation_again_changes_nothing(use_keys: UseKeys, new_key: NewKey) -> None:
    old, new = new_key(), new_key()
    use_keys(old)
    Secret.objects.create(number=1, text="a", value=JSON)
    use_keys(new, old)
    call_command("rotatekeys", stdout=StringIO())
    before = stored()
    out = StringIO()

    call_command("rotatekeys", "--json", stdout=out)

    assert json.loads(out.getvalue()) == [
        {"model": "tests.Secret", "rotated": 0, "current": 2, "failed": 0}
    ]
    assert stored() == before


def test_rotation_without_the_old_key_fails_and_leaves_the_rest(
    use_keys: UseKeys, new_key: NewKey
) -> None:
    lost, old, new = new_key(), new_key(), new_key()
    use_keys(lost)
    Secret.objects.create(number=1, text="lost")
    token = stored()[0]
    use_keys(old)
    Secret.objects.create(number=2, text="kept")
    use_keys(new, old)
    out = StringIO()

    with pytest.raises(CommandError, match=r"FIELD_ENCRYPTION_KEYS.*tests\.Secret \(1\)"):
        call_command("rotatekeys", "--json", stdout=out)

    assert json.loads(out.getvalue())[0]["failed"] == 1
    use_keys(new)
    assert Secret.objects.get(number=2).text == "kept"
    assert stored()[0] == token


def test_every_model_with_an_encrypted_field_is_known() -> None:
    assert (Canary, ["text"]) in list(encrypted_columns())


def test_no_other_file_uses_the_package_s_fields() -> None:
    files = [
        path
        for top in ("pipesite", "syncengine", "connections")
        for path in ROOT.glob(f"{top}/**/*.py")
    ]
    users = [path for path in files if re.search(r"\bencrypted_model_fields\b", path.read_text())]

    assert users == [ROOT / "connections" / "encryption.py"]
