"""What matching and lists cost where there are many contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connections.encryption import EncryptedTextField
from syncengine import matching
from syncengine.book import Draft
from syncengine.matching import Matcher
from syncengine.models import Contact
from tests.connectors.memory import MemoryApp
from tests.syncengine.pages import Book, path
from tests.syncengine.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def decrypted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is decrypted, by column."""
    found: Counter[str] = Counter()
    real = EncryptedTextField.from_db_value

    def counting(field: Any, value: Any, *rest: Any) -> Any:
        found[f"{field.model.__name__}.{field.name}"] += value is not None
        return real(field, value, *rest)

    monkeypatch.setattr(EncryptedTextField, "from_db_value", counting)
    return found


def namesakes(app: MemoryApp, number: int) -> None:
    for each in range(number):
        app.add(given_name="Front", family_name="Desk", phones=(f"+43 1 {each:05}",))


def test_ma2_namesakes_without_an_address_are_decrypted_once_each(
    w: World, decrypted: Counter[str]
) -> None:
    left, _ = w.app("left"), w.app("right")
    connection = w.connect("left", "right", avoid_duplicates=False)
    namesakes(left, 40)
    w.sync(connection)
    once = decrypted["Record.content"]
    assert once <= 3 * 40


def test_ma2_the_queries_for_contacts_without_an_address_do_not_grow_with_their_number(
    w: World,
) -> None:
    left, _ = w.app("left"), w.app("right")
    connection = w.connect("left", "right", avoid_duplicates=False)
    w.sync(connection)
    taken = []
    for number in (5, 40):
        for each in range(number):
            left.add(given_name=f"N{each} of {number}", family_name="X")
        with CaptureQueriesContext(database) as queries:
            w.sync(connection)
        taken.append(len(queries))
    assert taken[1] <= taken[0] + 3


def test_lists_of_contacts_decrypt_nothing(boss: Client, decrypted: Counter[str]) -> None:
    book = Book.of()
    run = book.run()
    for number in range(3):
        contact = book.person(f"Ann {number}")
        contact.acted = {"rule:x:set_field:notes": ["left", "former value", "former value", True]}
        contact.save()
        book.change(run, contact)
    pages = (
        path(book, "run", run.pk),
        path(book, "health") + "?show=in_sync",
        reverse("admin:syncengine_contact_changelist"),
        reverse("admin:syncengine_contact_change", args=[contact.pk]),
    )
    decrypted.clear()
    for page in pages:
        answer = boss.get(page)
        assert answer.status_code == 200
        assert "former value" not in answer.content.decode()
    assert not {name for name in decrypted if name.startswith(("Contact.", "Record."))}


@pytest.mark.parametrize("avoid_duplicates", [True, False])
def test_ma2_who_has_an_address_is_not_matched_again_for_a_namesake(
    w: World, monkeypatch: pytest.MonkeyPatch, avoid_duplicates: bool
) -> None:
    left, _ = w.app("left"), w.app("right")
    connection = w.connect("left", "right", avoid_duplicates=avoid_duplicates)
    for each in range(40):
        left.add(given_name="Front", family_name="Desk", emails=(f"desk{each}@example.org",))
    sought, seek = Counter[int](), Matcher.seek

    def counting(matcher: Matcher, seekers: Sequence[Draft]) -> None:
        sought.update(draft.left for draft in seekers if draft.left)
        seek(matcher, seekers)

    monkeypatch.setattr(Matcher, "seek", counting)
    monkeypatch.setattr(matching, "CHUNK", 10)
    w.sync(connection)
    assert sought.total() == len(sought) == 40


def test_ma2_who_has_no_address_is_matched_again_when_a_namesake_goes(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    connection = w.connect("left", "right", avoid_duplicates=False)
    left.add(given_name="Front", family_name="Desk", phones=("+43 1 111",))
    here = left.add(given_name="Front", family_name="Desk", phones=("+43 1 111",))
    right.add(given_name="Front", family_name="Desk", phones=("+43 1 111",))
    w.settle(connection)
    assert not Contact.objects.filter(left__isnull=False, right__isnull=False).exists()
    left.edit(here, given_name="Back")
    w.settle(connection)
    assert Contact.objects.filter(left__isnull=False, right__isnull=False).count() == 2
    assert len(right.live()) == 2
