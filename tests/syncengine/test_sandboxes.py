"""The engine over the stand-ins of Pipeliner and Google, by real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from connections import accounts
from connections.connectors.base import RemoteRecord
from connections.models import Account, Connection
from connections.sandbox.base import Fault
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from syncengine import clock, control
from syncengine.models import Contact, Run
from syncengine.state import Status
from tests.syncengine.world import Clock, World, writes

pytestmark = pytest.mark.django_db(transaction=True)


class Sides:
    """Both stand-ins, a connection between them, and people's edits in neutral words."""

    def __init__(self, settings: Settings, world: World) -> None:
        self.pipeliner = PipelinerSandbox()
        self.google = GoogleSandbox()
        self.world = world
        url = self.google.start()
        settings.GOOGLE_API_URL = settings.GOOGLE_ACCOUNTS_URL = settings.GOOGLE_OAUTH_URL = url
        settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "demo-client", "demo-secret"
        login = {"service_url": self.pipeliner.start(), "space_id": "demo"}
        checked = accounts.check(
            "pipeliner",
            {"email": "ops@example.com", "user": "ann@example.com", **login},
            {"api_token": "demo-token", "api_password": "demo-password"},
        )
        left = accounts.authorize(Account(label="Pipeliner"), checked, clock.now())
        token = {"refresh_token": self.google.issue_refresh_token()}
        checked = accounts.check("google", {"email": "ops@example.com"}, token)
        right = accounts.authorize(Account(label="Google"), checked, clock.now())
        self.connection = Connection.objects.create(
            name="North", left=left, right=right, phone_region="AT", time_zone="Europe/Vienna"
        )

    def start(self) -> None:
        control.start(self.connection, None)

    def sync(self) -> Run:
        return self.world.sync(self.connection)

    def close(self) -> None:
        self.pipeliner.close()
        self.google.close()

    def owner(self) -> str:
        """Return the id of a Pipeliner user."""
        return next(iter(self.pipeliner.rows("Client")))

    def person(self) -> dict[str, Any]:
        """Return the only contact in Google."""
        (person,) = self.google.contacts().values()
        return person

    def person_id(self) -> str:
        (id_,) = self.google.contacts()
        return id_

    def row(self) -> dict[str, Any]:
        """Return the only contact in Pipeliner."""
        (row,) = self.pipeliner.contacts().values()
        return dict(row)


@pytest.fixture
def sides(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sides]:
    own_clock = Clock()
    monkeypatch.setattr(clock, "now", own_clock)
    made = Sides(settings, World(own_clock))
    yield made
    made.close()


ADA = {
    "title": "Dr.",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email1": "ada@example.org",
    "phone1": "0660 123456",
    "city": "Wien",
    "address": "Hauptstraße 1",
    "comments": "first\nsecond",
    "quick_account_name": "Engines",
    "position": "Analyst",
}


def test_a_contact_of_pipeliner_arrives_in_google_with_all_that_is_mapped(sides: Sides) -> None:
    sides.pipeliner.add_contact(ADA)
    sides.start()
    run = sides.sync()

    person = sides.person()
    assert run.created_right == 1
    assert person["names"][0]["honorificPrefix"] == "Dr."
    assert person["names"][0]["familyName"] == "Lovelace"
    assert person["emailAddresses"][0]["value"] == "ada@example.org"
    assert person["organizations"][0]["name"] == "Engines"
    assert person["addresses"][0]["city"] == "Wien"
    assert person["biographies"][0]["value"] == "first\nsecond"
    assert writes(sides.sync()) == 0


def test_both_sides_edit_different_fields_and_both_edits_arrive(sides: Sides) -> None:
    id_ = sides.pipeliner.add_contact(ADA)
    sides.start()
    sides.sync()

    sides.pipeliner.edit_contact(id_, {"city": "Graz"})
    phones = [{"value": "0660 123456", "type": "mobile"}, {"value": "+43 1 999", "type": "work"}]
    sides.google.edit_contact(sides.person_id(), {"phoneNumbers": phones})
    run = sides.sync()

    assert (run.updated_left, run.updated_right, run.conflicts) == (1, 1, 0)
    assert sides.row()["phone2"] == "+43 1 999"
    assert sides.person()["addresses"][0]["city"] == "Graz"
    assert [each["type"] for each in sides.person()["phoneNumbers"]] == ["mobile", "work"]
    assert writes(sides.sync()) == 0


def test_va9_the_company_is_not_written_while_an_account_is_linked(sides: Sides) -> None:
    account = sides.pipeliner.add(
        "Account", {"name": "Analytical Engines", "owner_id": sides.owner()}
    )
    id_ = sides.pipeliner.add_contact(ADA | {"account_relations": []})
    sides.pipeliner.add(
        "ContactAccountRelation", {"contact_id": id_, "account_id": account, "is_primary": True}
    )
    sides.start()
    sides.sync()
    assert sides.person()["organizations"][0]["name"] == "Analytical Engines"

    sides.google.edit_contact(
        sides.person_id(), {"organizations": [{"name": "Other", "title": "Analyst"}]}
    )
    run = sides.sync()
    assert run.failed == 0
    assert sides.row()["quick_account_name"] == "Engines"

    sides.pipeliner.edit("Account", account, {"name": "Engines & Co"})
    sides.sync()
    assert sides.person()["organizations"][0]["name"] == "Engines & Co"


def test_i6_nothing_changed_costs_one_request_a_side_and_three_with_a_company(sides: Sides) -> None:
    sides.pipeliner.add_contact(ADA)
    sides.start()
    sides.sync()
    sides.sync()

    run = sides.sync()
    assert (run.requests_left, run.requests_right) == (3, 1)

    sides.connection.switched_off = ["company"]
    sides.connection.save()
    sides.sync()
    run = sides.sync()
    assert (run.requests_left, run.requests_right) == (1, 1)


def test_an_expired_sync_token_and_a_rename_lose_no_link(sides: Sides) -> None:
    sides.pipeliner.add_contact(ADA)
    sides.start()
    sides.sync()

    sides.google.rename(sides.person_id())
    sides.google.expire_sync_tokens()
    sides.sync()

    assert writes(sides.sync()) == 0
    assert Contact.objects.get().status == Status.IN_SYNC
    assert len(sides.google.contacts()) == 1


def test_i2_a_creation_cut_off_after_the_commit_makes_no_second_contact(sides: Sides) -> None:
    sides.pipeliner.add_contact(ADA)
    sides.google.add_contact(
        {
            "names": [{"givenName": "Bob", "familyName": "Builder"}],
            "emailAddresses": [{"value": "bob@example.org"}],
        }
    )
    sides.google.faults.add(Fault("cut_after", path_contains="batchCreate"))
    sides.pipeliner.faults.add(Fault("cut_after", method="POST", path_contains="batch-modify"))
    sides.start()
    sides.sync()
    sides.sync()
    sides.world.clock.go(3600)
    sides.sync()

    assert len(sides.google.contacts()) == 2
    assert len(sides.pipeliner.contacts()) == 2
    assert set(Contact.objects.values_list("status", flat=True)) == {Status.IN_SYNC}


def test_ac5_a_revoked_grant_makes_the_connection_wait_and_keeps_every_link(sides: Sides) -> None:
    id_ = sides.pipeliner.add_contact(ADA)
    sides.start()
    sides.sync()
    sides.google.revoke_all()

    sides.pipeliner.edit_contact(id_, {"city": "Graz"})
    assert sides.sync().status == Run.Status.WAITING
    account = Account.objects.get(label="Google")
    assert account.status == Account.Status.NEEDS_AUTHORIZATION

    token = {"refresh_token": sides.google.issue_refresh_token()}
    checked = accounts.check("google", {"email": "ops@example.com"}, token)
    accounts.authorize(account, checked, clock.now())
    sides.connection.refresh_from_db()
    sides.sync()
    assert sides.person()["addresses"][0]["city"] == "Graz"


def test_the_intent_travels_with_the_contact(sides: Sides) -> None:
    sides.pipeliner.add_contact(ADA)
    sides.start()
    sides.sync()

    (entry,) = sides.person()["clientData"]
    assert entry["key"] == "pipesite"
    assert RemoteRecord(id="x", version="1", mark=entry["value"]).mark.startswith("20")


def customs(person: dict[str, Any]) -> dict[str, str]:
    """Return a Google contact's custom fields."""
    return {each["key"]: each["value"] for each in person.get("userDefined", ())}


MAPPED = (
    ("cf_nickname", "nickname", "both"),
    ("cf_birthday", "birthday", "both"),
    ("cf_website", "custom.Site", "both"),
    ("phone2", "custom.Second phone", "both"),
    ("cf_children", "custom.Children", "left_to_right"),
    ("cf_region_id", "custom.Region", "left_to_right"),
    ("cf_interests", "custom.Interests", "left_to_right"),
    ("company.city", "custom.Company city", "left_to_right"),
)


def test_va5_custom_mappings_of_each_type_sync_over_http(sides: Sides) -> None:
    for left, right, direction in MAPPED:
        sides.connection.mappings.create(left=left, right=right, direction=direction)
    sides.connection.switched_off = ["phones"]
    sides.connection.save()
    fields = {field.key: field for field in sides.connection.left.offers.fields}
    region, interests = (fields[key].options for key in ("cf_region_id", "cf_interests"))
    id_ = sides.pipeliner.add_contact(
        ADA
        | {
            "cf_nickname": "Countess",
            "cf_birthday": "1815-12-10",
            "cf_website": "https://ada.example",
            "phone2": "01 2222",
            "cf_children": 3,
            "cf_region_id": region[0].value,
            "cf_interests": [option.value for option in interests[:2]],
        }
    )
    sides.start()
    sides.sync()
    person = sides.person()
    assert person["nicknames"][0]["value"] == "Countess"
    assert person["birthdays"][0]["date"] == {"year": 1815, "month": 12, "day": 10}
    assert customs(person) == {
        "Site": "https://ada.example",
        "Second phone": "01 2222",
        "Children": "3",
        "Region": region[0].label,
        "Interests": f"{interests[0].label}, {interests[1].label}",
    }
    assert writes(sides.sync()) == 0

    edited = {**customs(person), "Second phone": "01 3333", "Children": "many"}
    del edited["Site"]
    sides.google.edit_contact(
        sides.person_id(),
        {
            "nicknames": [{"value": "Addie"}],
            "birthdays": [{"date": {"month": 12, "day": 11}}],
            "userDefined": [{"key": key, "value": value} for key, value in edited.items()],
        },
    )
    sides.pipeliner.edit_contact(id_, {"cf_region_id": region[1].value})
    sides.sync()
    row = sides.row()
    assert (row["cf_nickname"], row["phone1"], row["phone2"]) == ("Addie", ADA["phone1"], "01 3333")
    assert not row["cf_website"]
    assert row["cf_birthday"] == "1815-12-10"
    assert row["cf_children"] == 3
    assert customs(sides.person())["Region"] == region[1].label
    assert customs(sides.person())["Children"] == "many"
    (flag,) = Contact.objects.get().flags
    assert flag == (
        "Pipeliner did not get Birthday: the birthday has no year, and the other field needs one"
    )
    assert writes(sides.sync()) == 0
