from __future__ import annotations

from dataclasses import replace

import pytest

from connections.configuration import SIDES, Pair, Side
from connections.schema import Field, Option, Type, Value
from syncengine import deciding
from syncengine.state import Status
from tests.syncengine.builders import ANN, PHONES, TwoApps, configure, linked, one_pair, synced


def sent_job(**seen: Value) -> TwoApps:
    """Return a contact whose job title was just sent to the right side."""
    world = linked()
    world.values("left")["job"] = "Head of purchasing and so on"
    world.take(world.decide(), answered=bool(seen.pop("answered", True)))
    world.values("right").update(seen)
    return world


@pytest.mark.parametrize("answered", [True, False])
def test_i4_nothing_is_written_while_what_was_sent_may_not_be_judged(answered: bool) -> None:
    world = sent_job(answered=answered)
    world.values("left")["notes"] = "tall"
    decision = world.decide("left")
    assert decision.status is (Status.WAITING if answered else Status.DOUBT)
    assert (decision.writes, decision.sent) == ({}, world.sent)
    assert decision.base == world.base


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize(
    "kept",
    [
        "Head of purchasing and so on",
        " head of  PURCHASING and so on",
        "Head of purchasing &#97;nd so on",
    ],
)
def test_i4_what_an_app_made_of_our_value_is_never_copied_back(kept: str, answered: bool) -> None:
    world = sent_job(job=kept, answered=answered)
    decision = world.run()
    assert (decision.status, decision.writes, decision.sent) == (Status.IN_SYNC, {}, {})
    assert decision.base["job=job"].right == kept
    assert decision.flags == ()


@pytest.mark.parametrize("answered", [True, False])
def test_i4_a_value_cut_short_is_flagged_and_never_copied_back(answered: bool) -> None:
    world = sent_job(job="Head of purchasing and", answered=answered)
    decision = world.run()
    assert (decision.writes, decision.flags) == ({}, ("Google cut Job title short",))
    assert world.run().flags == decision.flags
    world.values("right")["job"] = "Buyer"
    assert world.run().writes == {"left": {"job": "Buyer"}}


def test_i4_a_write_without_an_answer_that_was_not_done_is_made_again() -> None:
    decision = sent_job(answered=False).run()
    assert decision.writes == {"right": {"job": "Head of purchasing and so on"}}
    assert decision.conflicts == 0


def test_i4_what_stood_there_is_not_taken_for_a_cut_of_what_was_sent() -> None:
    world = linked()
    for each in SIDES:
        world.values(each)["notes"] = "A long note that stands here"
    world.settle()
    world.values("left")["notes"] = "A long note that stands here and goes on"
    world.take(world.decide(), answered=False)
    assert world.run().writes == {"right": {"notes": "A long note that stands here and goes on"}}


def test_i4_what_stood_there_is_not_taken_for_what_was_sent_in_another_case() -> None:
    world = linked()
    for each in SIDES:
        world.values(each)["notes"] = "LIKES TEA"
    world.settle()
    world.values("left")["notes"] = "Likes tea"
    world.take(world.decide(), answered=False)
    assert world.run().writes == {"right": {"notes": "Likes tea"}}


def test_i4_a_persons_edit_after_our_write_is_copied() -> None:
    world = sent_job(job="Singer")
    decision = world.run()
    assert decision.writes == {"left": {"job": "Singer"}}
    assert decision.conflicts == 0


@pytest.mark.parametrize(
    ("winner", "writes"),
    [
        ("left", {"right": {"job": "Head of purchasing and so on"}}),
        ("right", {"left": {"job": "Singer"}}),
    ],
)
def test_i4_an_edit_beside_a_write_without_an_answer_is_a_conflict(
    winner: Side, writes: dict[Side, dict[str, Value]]
) -> None:
    world = sent_job(job="Singer", answered=False)
    world.configuration = replace(world.configuration, winner=winner)
    decision = world.run()
    assert (decision.writes, decision.conflicts) == (writes, 1)


def test_i4_the_sources_next_edit_is_not_lost_while_our_write_is_out() -> None:
    world = sent_job(job="Head of purchasing and so on")
    world.values("left")["job"] = "Director"
    assert world.run().writes == {"right": {"job": "Director"}}


def test_i4_judging_one_side_leaves_the_other_on_record() -> None:
    world = linked()
    world.values("left")["emails"] = ("ann@x.org", "left@x.org")
    world.values("right")["emails"] = ("ann@x.org", "right@x.org")
    first = world.decide()
    world.take(first)
    world.write("right", first.writes["right"])

    judged = deciding.judge(world.configuration, world.state(), {"right"})
    sent = judged.waiting

    assert set(sent) == {("emails=emails", "left")}
    assert judged.flags == ()
    world.base, world.sent = (
        judged.base,
        {key: replace(each, answered=False) for key, each in sent.items()},
    )
    assert world.run().writes == {"left": {"emails": ("ann@x.org", "left@x.org", "right@x.org")}}
    world.settle()
    assert set(world.values("left")["emails"]) == set(world.values("right")["emails"])  # type: ignore[arg-type]


@pytest.mark.parametrize("done", ["left", "right"])
def test_i3_a_first_merge_of_which_one_side_was_not_written_goes_on(done: Side) -> None:
    world = TwoApps(
        configure(),
        {**ANN, "emails": ("ann@x.org", "left@x.org")},
        {**ANN, "emails": ("ann@x.org", "right@x.org")},
    )
    decision = world.decide()
    world.take(decision, answered=False)
    world.write(done, decision.writes[done])
    world.settle()
    expected = {"ann@x.org", "left@x.org", "right@x.org"}
    assert set(world.values("left")["emails"]) == expected  # type: ignore[arg-type]
    assert set(world.values("right")["emails"]) == expected  # type: ignore[arg-type]


def test_i3_a_removal_of_which_one_side_was_not_written_goes_on() -> None:
    world = synced(one_pair(PHONES), {"phones": ("01 1000", "01 2000", "01 3000")})
    world.values("left")["phones"] = ("01 2000", "01 3000")
    world.values("right")["phones"] = ("01 1000", "01 3000")
    decision = world.decide()
    assert decision.writes == {"left": {"phones": ("01 3000",)}, "right": {"phones": ("01 3000",)}}
    world.take(decision, answered=False)
    world.write("left", decision.writes["left"])
    world.settle()
    assert world.values("left")["phones"] == world.values("right")["phones"] == ("01 3000",)


def test_i4_lists_that_an_app_reorders_and_writes_anew_stay_as_they_are() -> None:
    world = linked()
    world.values("left").update(phones=("+43 1 58858", "01 4000"))
    world.take(world.decide())
    world.values("right")["phones"] = ("014000", "+43158858")
    decision = world.run()
    assert (decision.writes, decision.status) == ({}, Status.IN_SYNC)


def test_i3_a_clear_before_the_sight_of_a_first_merge_is_copied() -> None:
    world = TwoApps(one_pair(PHONES), {"phones": ("01 1000",)}, {"phones": ("01 2000",)})
    world.run()
    world.values("left")["phones"] = ()
    assert world.run().writes == {"right": {"phones": None}}


def test_what_was_sent_under_other_options_is_merged_anew() -> None:
    kind, sort = (
        Field(key, key, Type.CHOICE, options=tuple(Option(each, each) for each in options))
        for key, options in (("kind", "12"), ("sort", "xy"))
    )
    pair = Pair(kind, sort, options=(("1", "x"), ("2", "y")))
    configuration = configure((kind,), (sort,), (pair,), avoid_duplicates=False)
    world = TwoApps(configuration, {"kind": "1"}, {"sort": None})
    assert world.run().writes == {"right": {"sort": "x"}}

    swapped = replace(pair, options=(("1", "y"), ("2", "x")))
    world.configuration = replace(configuration, pairs=(swapped,))
    assert world.run().writes == {"right": {"sort": "y"}}
