from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connections.connectors.base import Creation, Outcome, Rejected, Written
from connections.connectors.pipeliner_writes import _slots
from connections.sandbox.base import Fault
from connections.schema import Value
from tests.connectors.pipeliner_helpers import Space, space

__all__ = ["space"]

MARK = "2026-03-01T11:22:33.000450+00:00"


def creation(mark: str = MARK, scope: str = "", **values: Value) -> Creation:
    return Creation(mark, {"last_name": "Example", **values}, scope)


def create(space: Space, *batch: Creation, **options: Any) -> list[Outcome]:
    return space.connector(**options).create(batch)


def written(outcome: Outcome) -> str:
    assert isinstance(outcome, Written)
    return outcome.id


def bodies(space: Space, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Return what will be sent to write: (request, JSON body) each."""
    seen: list[tuple[Any, Any]] = []
    before = space.sandbox.before

    def watch(request: Any, route: Any) -> Any:
        if request.method != "GET":
            seen.append((request, request.get_json()))
        return before(request, route)

    monkeypatch.setattr(space.sandbox, "before", watch)
    return seen


# -- creating -----------------------------------------------------------------------------------


def test_a_contact_is_created_with_owner_mark_and_unit(space: Space) -> None:
    (outcome,) = create(
        space,
        creation(
            scope=space.units["Vienna"],
            first_name="Ada",
            emails=("ada@example.org", "ada@example.com"),
            phones=("+43 1 000",),
            company="Example AG",
            address="Line 1\nLine 2",
            middle_name=None,
        ),
    )
    row = space.row(written(outcome))
    assert row["owner_id"] == space.clients["bob@example.com"]
    assert row["unit_id"] == space.units["Vienna"]
    assert [row["email1"], row["email2"], row["email3"]] == [
        "ada@example.org", "ada@example.com", "",
    ]  # fmt: skip
    assert (row["phone1"], row["quick_account_name"]) == ("+43 1 000", "Example AG")
    assert row["address"] == "Line 1\nLine 2"
    record = space.record(written(outcome))
    assert record.mark == MARK
    assert record.values["full_name"] == "Ada Example"


@pytest.mark.parametrize("microsecond", [0, 450, 999_999])
def test_i2_the_mark_comes_back_as_it_was_sent(space: Space, microsecond: int) -> None:
    moment = datetime(2026, 3, 1, 11, 22, 33, microsecond, UTC)
    mark = moment.isoformat(timespec="microseconds")
    (outcome,) = create(space, creation(mark))
    assert space.record(written(outcome)).mark == mark
    pages, _ = space.read()
    assert [record.mark for page in pages for record in page.records] == [mark]


def test_without_a_unit_the_owners_own_is_taken_and_values_say_more_than_defaults(
    space: Space,
) -> None:
    rome, dora = space.units["Rome"], space.clients["dora@example.com"]
    default, chosen = create(
        space, creation(), creation(scope=space.units["Oslo"], unit_id=rome, owner_id=dora)
    )
    row = space.row(written(default))
    assert row["unit_id"] == space.units["North"]
    row = space.row(written(chosen))
    assert (row["unit_id"], row["owner_id"]) == (rome, dora)


def test_the_owner_may_be_named_by_email(space: Space) -> None:
    (outcome,) = create(space, creation(), settings={"user": "carl@example.com"})
    assert space.row(written(outcome))["owner_id"] == space.clients["carl@example.com"]
    with pytest.raises(Rejected) as caught:
        create(space, creation(), settings={"user": "gone@example.com"})
    assert caught.value.field == "owner_id"


def test_a_batch_of_a_hundred_is_one_request_with_outcomes_in_order(space: Space) -> None:
    batch = [creation(last_name=f"Person {number}") for number in range(100)]
    space.reset()
    outcomes = create(space, *batch)
    assert space.sandbox.requests.by == {"POST Contacts/batch-modify": 1}
    names = [space.row(written(outcome))["last_name"] for outcome in outcomes]
    assert names == [f"Person {number}" for number in range(100)]


def test_bad_contacts_do_not_stop_the_others_of_their_batch(space: Space) -> None:
    outcomes = create(
        space,
        creation(first_name="One"),
        creation(emails=("a@example.org", "", "not an address")),
        Creation(MARK, {"city": "Rome"}),
        creation(company="x" * 300),
        creation(emails=tuple(f"{number}@example.org" for number in range(6))),
        creation(cf_no_such="x"),
        creation(first_name="Two"),
    )
    assert [type(each) for each in outcomes] == [Written, *[Rejected] * 5, Written]
    fields = [each.field for each in outcomes if isinstance(each, Rejected)]
    assert fields == ["emails", "", "company", "emails", "cf_no_such"]
    names = {row["first_name"] for row in space.sandbox.contacts().values()}
    assert names == {"One", "Two"}
    assert space.row(written(outcomes[-1]))["first_name"] == "Two"


def test_a_refusal_says_why_but_not_what_was_sent(space: Space) -> None:
    (outcome,) = create(space, creation(emails=("secret-thing",), first_name="Ada"))
    assert isinstance(outcome, Rejected)
    assert "email" in outcome.message
    assert "secret-thing" not in outcome.message
    dead = "00000000-0000-4000-8000-000000000000"
    (outcome,) = create(space, creation(cf_region_id=dead))
    assert isinstance(outcome, Rejected)
    assert ("No option" in outcome.message, dead in outcome.message) == (True, False)
    space.sandbox.require_fields("cf_nickname")
    (outcome,) = create(space, creation())
    assert isinstance(outcome, Rejected)
    assert (outcome.field, "Example" in outcome.message) == ("cf_nickname", False)


def test_custom_fields_of_every_type_are_written_and_cleared(space: Space) -> None:
    options = {field.key: [each.value for each in field.options] for field in space.fields}
    values: dict[str, Value] = {
        "cf_nickname": "Addie",
        "cf_background": "Long\ntext",
        "cf_private_email": "ada@example.net",
        "cf_hotline": "+43 1 111",
        "cf_website": "https://example.org/",
        "cf_newsletter": True,
        "cf_children": 2,
        "cf_score": Decimal("1.25"),
        "cf_revenue": Decimal("1000.5"),
        "cf_birthday": date(1980, 2, 29),
        "cf_last_call": datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        "cf_region_id": options["cf_region_id"][1],
        "cf_size_id": options["cf_size_id"][0],
        "cf_interests": tuple(options["cf_interests"][:2]),
    }
    (outcome,) = create(space, Creation(MARK, values | {"last_name": "Example"}))
    id_ = written(outcome)
    record = space.record(id_)
    assert {key: record.values[key] for key in values} == values
    blank: dict[str, Value] = dict.fromkeys(values) | {"cf_interests": ()}
    assert space.update(id_, blank) == [Written(id_)]
    cleared = space.record(id_).values
    assert {key for key in values if cleared[key] not in (None, ())} == {
        "cf_newsletter",
        "cf_revenue",
    }
    # The app has no other blank for these.
    assert (cleared["cf_newsletter"], cleared["cf_revenue"]) == (False, 0)


def test_a_number_that_json_would_round_is_refused(space: Space) -> None:
    (outcome,) = create(space, creation(cf_score=Decimal("0.12345678901234567890")))
    assert isinstance(outcome, Rejected)
    assert outcome.field == "cf_score"


# -- changing -----------------------------------------------------------------------------------


def test_only_what_changed_is_sent_and_others_edits_stay(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = space.add(first_name="Ada", city="Rome", email1="a@example.org")
    update = space.update_of(id_, {"city": "Oslo", "state_province": None})
    space.sandbox.edit_contact(id_, {"country": "Norway"})
    seen = bodies(space, monkeypatch)
    assert space.connector().update([update]) == [Written(id_)]
    ((request, body),) = seen
    assert (request.method, body) == ("PATCH", {"city": "Oslo", "state_province": ""})
    assert request.headers["Webhook-Skip-Key"] == "pipesite"
    assert request.args["validation-level"] == "2"
    row = space.row(id_)
    assert (row["city"], row["country"], row["email1"]) == ("Oslo", "Norway", "a@example.org")


def test_several_are_changed_by_one_batch(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [space.add(last_name=f"Person {number}") for number in range(5)]
    updates = [space.update_of(id_, {"city": f"City {id_}"}) for id_ in ids]
    space.sandbox.delete_contact(ids[1])
    space.sandbox.edit_contact(ids[3], {"is_archived": True})
    seen = bodies(space, monkeypatch)
    outcomes = space.connector().update(updates)
    kinds = [Written, Rejected, Written, Rejected, Written]
    assert [type(each) for each in outcomes] == kinds
    ((request, body),) = seen
    assert request.path.endswith("/Contacts/batch-modify")
    assert dict(request.args) == {"rollback-method": "1", "validation-level": "2"}
    assert request.headers["Webhook-Skip-Key"] == "pipesite"
    assert [set(item) for item in body] == [{"id", "city"}] * 5
    assert space.row(ids[4])["city"] == f"City {ids[4]}"


def test_an_old_fault_of_a_contact_does_not_stop_an_edit(space: Space) -> None:
    ids = [space.add(), space.add()]
    space.sandbox.require_fields("cf_nickname")
    assert space.update(ids[0], {"city": "Rome"}) == [Written(ids[0])]
    updates = [space.update_of(id_, {"country": "Italy"}) for id_ in ids]
    assert space.connector().update(updates) == [Written(id_) for id_ in ids]


def test_one_contact_that_is_gone_or_refused_is_rejected_alone(space: Space) -> None:
    id_ = space.add()
    update = space.update_of(id_, {"city": "Rome"})
    (outcome,) = space.update(id_, {"phones": ("1" * 300,)})
    assert isinstance(outcome, Rejected)
    assert outcome.field == "phones"
    space.sandbox.faults.add(Fault("status", code=403, method="PATCH"))
    (outcome,) = space.connector().update([update])
    assert isinstance(outcome, Rejected)
    space.sandbox.delete_contact(id_)
    (outcome,) = space.connector().update([update])
    assert isinstance(outcome, Rejected)


def test_va9_the_company_is_written_only_while_no_account_is_linked(space: Space) -> None:
    id_, other = space.add(quick_account_name="Old"), space.add()
    assert space.update(id_, {"company": "New"}) == [Written(id_)]
    assert space.row(id_)["quick_account_name"] == "New"
    account = space.sandbox.add(
        "Account", {"name": "Ltd", "owner_id": space.clients["ann@example.com"]}
    )
    link = {"contact_id": id_, "account_id": account, "is_primary": True}
    space.sandbox.add("ContactAccountRelation", link)
    updates = [space.update_of(each, {"company": "Newer"}) for each in (id_, other)]
    refused, done = space.connector().update(updates)
    assert isinstance(refused, Rejected)
    assert refused.field == "company"
    assert done == Written(other)
    assert space.row(id_)["quick_account_name"] == "New"
    assert space.update(id_, {"city": "Rome"}) == [Written(id_)]


@pytest.mark.parametrize("key", ["full_name", "company.name", "cf_budget", "cf_rating", "id"])
def test_what_cannot_be_written_is_refused_before_it_is_sent(space: Space, key: str) -> None:
    id_ = space.add()
    update = space.update_of(id_, {key: "x", "city": "Rome"})
    space.reset()
    (outcome,) = space.connector().update([update])
    assert isinstance(outcome, Rejected)
    assert outcome.field == key
    assert space.sandbox.requests.by == {}


def test_a_change_that_changes_nothing_is_not_sent(space: Space) -> None:
    ids = [space.add(email1="a@example.org"), space.add(email1="b@example.org")]
    same: dict[str, Value] = {"emails": ("a@example.org",)}
    first = space.update_of(ids[0], same)
    second = space.update_of(ids[1], {"city": "Rome"})
    space.reset()
    connector = space.connector()
    assert connector.update([first]) == connector.update([first, first])[1:] == [Written(ids[0])]
    assert space.sandbox.requests.by == {}
    assert connector.update([first, second]) == [Written(ids[0]), Written(ids[1])]
    assert space.row(ids[1])["city"] == "Rome"


# -- the slots of lists -------------------------------------------------------------------------

GAP = ["a", "", "c", "", ""]


@pytest.mark.parametrize(
    ("held", "wanted", "sent"),
    [
        (["", "", "", "", ""], ("a", "b"), {"email1": "a", "email2": "b"}),
        (GAP, ("a", "c"), {}),
        (GAP, ("c", "a"), {}),
        (GAP, ("a", "c", "n"), {"email2": "n"}),
        (GAP, ("c",), {"email1": ""}),
        (GAP, ("n", "c"), {"email1": "n"}),
        (GAP, ("a", "n"), {"email2": "n", "email3": ""}),
        (GAP, (), {"email1": "", "email3": ""}),
        (GAP, None, {"email1": "", "email3": ""}),
        (["a", "b", "c", "d", "e"], ("b", "c", "d", "e", "n"), {"email1": "n"}),
        (["a", "a", "", "", ""], ("a",), {}),
        (["a ", "", "", "", ""], ("a", "b"), {"email2": "b"}),
        (["a", None, "", "", ""], ("n",), {"email1": "n"}),
        (["a", None, "", "", ""], ("a", "n"), {"email3": "n"}),
        (None, ("a",), {"email1": "a"}),
    ],
)
def test_va1_entries_that_stay_keep_their_slots(
    held: Any, wanted: Value, sent: Mapping[str, str]
) -> None:
    assert _slots("emails", wanted, held) == sent


def test_more_entries_than_slots_are_refused() -> None:
    with pytest.raises(Rejected) as caught:
        _slots("phones", tuple("123456"), None)
    assert caught.value.field == "phones"


def test_a_view_is_written_to_its_slot(space: Space) -> None:
    id_ = space.add(email1="a@example.org")
    assert space.update(id_, {"email3": "c@example.org", "phone1": None}) == [Written(id_)]
    row = space.row(id_)
    assert [row["email1"], row["email2"], row["email3"]] == ["a@example.org", "", "c@example.org"]
