"""Linked contacts that are in each other's way: two with one address, two merged inside an app."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from syncengine import previewing, reviewing, twins, waiting, wording
from syncengine.models import Change, Contact
from syncengine.state import Decision, Status
from tests.syncengine.two import Two
from tests.syncengine.world import World, values, writes

pytestmark = pytest.mark.django_db


# An edit gives two contacts one address


@pytest.mark.parametrize("side", ["left", "right"])
def test_ma1_an_edit_that_gives_two_contacts_one_address_is_copied_and_both_are_flagged(
    w: World, side: str
) -> None:
    two = Two(w)
    app = w.apps[side]
    bob = two.there(app, "Bob")
    app.edit(bob, emails=("bob@example.org", "ADA@example.org"))
    two.sync()
    both = ("bob@example.org", "ADA@example.org")
    assert values(two.left, "emails") == values(two.right, "emails")
    assert (both,) in values(two.right, "emails")
    assert two.flags() == [[wording.SHARED]] * 2
    assert {each.status for each in Contact.objects.all()} == {Status.IN_SYNC}

    app.edit(bob, emails=("bob@example.org",))
    two.sync()
    assert two.flags() == [[], []]


def test_ma1_the_flag_stays_whatever_else_changes_and_goes_with_the_other_one(w: World) -> None:
    two = Two(w)
    two.left.edit(two.bob, emails=("bob@example.org", "ada@example.org"))
    two.sync()
    two.left.edit(two.ada, city="Wien")
    two.sync()
    assert two.flags() == [[wording.SHARED]] * 2

    two.left.delete(two.bob)
    two.right.delete(two.there(two.right, "Bob"))
    two.sync()
    assert two.contact("Ada").flags == []


def test_ma1_who_shares_an_address_is_asked_for_all_at_once(
    w: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    left, _ = w.app("left"), w.app("right")
    ids = [left.add(given_name=f"N{n}", emails=(f"n{n}@example.org",)) for n in range(8)]
    connection = w.connect("left", "right")
    w.settle(connection)
    for id_ in ids[:6]:
        left.edit(id_, emails=("office@example.org",))
    w.settle(connection)
    decided = [(each, Decision(Status.IN_SYNC)) for each in Contact.objects.order_by("pk")]
    with django_assert_num_queries(3):
        flagged = twins.flagged(connection, decided)
    assert sum(bool(decision.flags) for _, decision in flagged) == 6


# Merged inside an app


def test_ma5_who_lost_a_half_to_a_merger_goes_to_review_beside_the_survivors(w: World) -> None:
    two = Two(w)
    bob = two.merge_bob_into_ada()
    assert (bob.status, bob.reason) == (Status.REVIEW, twins.MERGED)
    assert Change.objects.filter(contact=bob, kind=Change.Kind.REVIEW).count() == 1
    assert len(two.right.live()) == 2

    (case,) = waiting.cases(two.connection)
    assert [(half.name, half.gone) for half in case.halves] == [("Bob", True), ("Bob", False)]
    assert [half.record for half in case.candidates] == [two.contact("Ada").left_id]
    assert [half.record for half in case.beside] == [two.contact("Ada").right_id]
    (question,) = reviewing.questions(two.connection, [bob])
    assert (question.open_candidates, question.may_create) == (0, False)
    assert [person.note for person in question.beside] == ["its counterpart"]


def test_ma5_it_waits_for_a_person_whatever_changes(w: World) -> None:
    two = Two(w)
    two.merge_bob_into_ada()
    two.right.edit(two.there(two.right, "Bob"), city="Wien")
    two.sync()
    two.connection.switched_off = ["city"]
    two.connection.save()
    two.sync()
    Contact.objects.filter(status=Status.REVIEW).update(asked=Contact.Asked.RETRY)
    two.sync()
    assert two.contact("Bob").status == Status.REVIEW
    assert len(two.left.live()) == 1


def test_ma5_a_preview_says_that_it_will_wait_for_a_person(w: World) -> None:
    two = Two(w)
    two.left.merge(two.ada, two.bob)
    run = w.preview(two.connection)
    (line,) = run.changes.all()
    assert run.review == 1
    assert (line.kind, line.reason, line.name) == (Change.Kind.REVIEW, twins.MERGED, "Bob")

    bob = two.contact("Bob")
    (shown,) = previewing.of_records(two.connection, [bob.right_id or 0])
    assert (shown.status, previewing.decide_one(shown)) == (Status.REVIEW, None)
    assert bob.status == Status.IN_SYNC


def test_ma5_merged_on_the_other_side_too_it_is_settled(w: World) -> None:
    two = Two(w)
    two.merge_bob_into_ada()
    two.right.merge(two.there(two.right, "Ada"), two.there(two.right, "Bob"))
    two.sync()
    assert two.contact("Bob").status == Status.GONE
    assert two.contact("Ada").status == Status.IN_SYNC


def test_du2_a_merger_that_is_undone_resumes(w: World) -> None:
    two = Two(w)
    two.merge_bob_into_ada()
    two.left.restore(two.bob)
    two.left.edit(two.bob, city="Wien")
    two.sync()
    assert two.contact("Bob").status == Status.IN_SYNC
    assert ("Wien",) in values(two.right, "city")


def test_ma5_kept_apart_it_is_never_linked_with_the_survivor(w: World) -> None:
    two = Two(w)
    two.left.edit(two.ada, emails=("ada@example.org", "bob@example.org"))
    bob = two.merge_bob_into_ada()
    Contact.objects.filter(pk=bob.pk).update(asked=Contact.Asked.APART)
    two.sync()
    bob = two.contact("Bob")
    assert (bob.status, bob.left) == (Status.EXCLUDED, None)
    assert len(two.left.live()) == 1
    assert two.contact("Ada").status == Status.IN_SYNC


def test_ma5_it_is_linked_with_a_survivor_that_is_free(w: World) -> None:
    two = Two(w)
    Contact.objects.filter(right__name="Ada").update(asked=Contact.Asked.APART)
    two.sync()
    assert not two.contact("Ada").is_linked
    bob = two.merge_bob_into_ada()
    (question,) = reviewing.questions(two.connection, [bob])
    assert question.open_candidates == 1

    Contact.objects.filter(pk=bob.pk).update(asked=Contact.Asked.LINK)
    two.sync()
    linked = Contact.objects.get(left__remote_id=two.ada)
    assert (linked.right_id, linked.status) == (bob.right_id, Status.IN_SYNC)


def test_ma5_a_survivor_whose_own_half_was_merged_into_it_is_free(w: World) -> None:
    two = Two(w)
    two.left.merge(two.ada, two.bob)
    two.right.merge(two.there(two.right, "Bob"), two.there(two.right, "Ada"))
    two.sync()
    bob = two.contact("Bob")
    Contact.objects.filter(pk=bob.pk).update(asked=Contact.Asked.LINK)
    two.sync()
    linked = Contact.objects.get(left__remote_id=two.ada)
    assert (linked.right_id, linked.status) == (bob.right_id, Status.IN_SYNC)
    assert writes(w.sync(two.connection)) == 0


def test_ma5_a_survivor_that_is_linked_is_not_taken_from_its_counterpart(w: World) -> None:
    two = Two(w)
    bob = two.merge_bob_into_ada()
    Contact.objects.filter(pk=bob.pk).update(asked=Contact.Asked.LINK)
    two.sync()
    assert two.contact("Bob").status == Status.REVIEW
    note = Change.objects.get(contact=bob, kind=Change.Kind.NOTE)
    assert note.reason == "asked to link, but the other one is linked already"
