"""The edit that waits, at the terminal: shown, previewed, applied, dropped."""

from __future__ import annotations

import builtins

import pytest

from connections.models import Connection, PendingEdit
from syncengine import pending
from syncengine.models import SyncState
from tests.syncengine.previews import add, edit
from tests.syncengine.test_commands import Ended
from tests.syncengine.world import World

pytestmark = pytest.mark.django_db
NAME = "left-right"


@pytest.fixture
def edited(w: World) -> Connection:
    """Return a connection in sync with an edit that waits."""
    add(w.app("left"), "Ada")
    w.app("right")
    connection = w.connect("left", "right")
    w.settle(connection)
    edit(connection, phone_region="AT")
    return connection


def test_pl1_a_preview_is_of_the_edit_that_waits_and_says_so(edited: Connection) -> None:
    ended = Ended("preview", NAME)
    assert "With the edit that waits to be applied:\n  Phone region: none → AT" in ended.out
    assert "Nothing has been written." in ended.out
    assert Ended("preview", NAME, "--json").value["edit"] == {"Phone region": "none → AT"}
    pending.drop(edited)
    assert Ended("preview", NAME, "--json").value["edit"] is None


def test_the_edit_is_shown_and_stays(edited: Connection) -> None:
    ended = Ended("edit", NAME)
    assert (ended.code, "Phone region: none → AT" in ended.out) == (0, True)
    assert pending.of(edited) is not None


def test_cn10_an_edit_is_applied_after_its_preview(edited: Connection) -> None:
    ended = Ended("edit", NAME, "--apply", "--yes")
    assert (ended.code, "would link 0" in ended.out, "is applied" in ended.out) == (0, True, True)
    edited.refresh_from_db()
    assert (edited.phone_region, pending.of(edited)) == ("AT", None)
    assert SyncState.objects.get().approved_revision == edited.configuration().revision
    again = Ended("edit", NAME, "--apply", "--yes")
    assert (again.code, "No edit of “left-right” waits." in again.out) == (1, True)


@pytest.mark.parametrize("answer", ["", "n", None])
def test_without_a_yes_nothing_is_applied(
    edited: Connection, monkeypatch: pytest.MonkeyPatch, answer: str | None
) -> None:
    def typed(_question: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr(builtins, "input", typed)
    ended = Ended("edit", NAME, "--apply")
    assert (ended.code, "Not applied." in ended.err) == (1, True)
    assert pending.of(edited) is not None


def test_an_edit_is_dropped(edited: Connection) -> None:
    ended = Ended("edit", NAME, "--drop", "--json")
    assert (ended.code, ended.value["result"]) == (0, "dropped")
    assert not PendingEdit.objects.exists()
    assert Ended("edit", NAME).code == 0
    assert Ended("edit", NAME, "--drop").code == 1


def test_a_connection_is_not_started_while_an_edit_waits(edited: Connection) -> None:
    ended = Ended("start", NAME, "--yes")
    assert (ended.code, "Apply or drop it first." in ended.err) == (1, True)
