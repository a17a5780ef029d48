from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from connections.models import AppRequest, Vote

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:connections_apprequest_changelist")


def member(name: str, group: str = "Viewer") -> User:
    made = User.objects.create_user(name, is_staff=True)
    made.groups.add(Group.objects.get(name=group))
    return made


def enter(client: Client, name: str = "ann", group: str = "Viewer") -> User:
    made = member(name, group)
    client.force_login(made)
    return made


def proposed(name: str, *voters: User, by: User | None = None, why: str = "") -> AppRequest:
    made = AppRequest.objects.create(name=name, why=why, proposed_by=by, proposed_at=timezone.now())
    for voter in voters:
        Vote.objects.create(request=made, voter=voter, cast_at=timezone.now())
    return made


def press(client: Client, action: str, app: AppRequest) -> str:
    url = reverse(f"admin:connections_apprequest_{action}", args=[app.pk])
    return client.post(url, follow=True).content.decode()


def propose(client: Client, name: str, why: str = "") -> Any:
    url = reverse("admin:connections_apprequest_add")
    return client.post(url, {"name": name, "why": why}, follow=True)


def test_pl8_an_empty_page_says_the_next_step(client: Client) -> None:
    enter(client)
    page = client.get(PAGE).content.decode()
    assert "No app is proposed yet" in page
    assert "Propose the one that you miss" in page


def test_pl8_a_viewer_proposes_an_app_which_is_a_vote_too(client: Client) -> None:
    ann = enter(client)
    page = propose(client, "  HubSpot  Marketing ", "Newsletter lists").content.decode()
    app = AppRequest.objects.get()
    assert (app.name, app.why, app.proposed_by) == ("HubSpot Marketing", "Newsletter lists", ann)
    assert [vote.voter for vote in app.votes.all()] == [ann]
    assert "1 vote<" in page
    assert "Newsletter lists" in page
    assert "by ann." in page
    assert "Take back my vote" in page


@pytest.mark.parametrize("name", ["hubspot", " HUBSPOT "])
def test_pl8_an_app_is_proposed_once(client: Client, name: str) -> None:
    enter(client)
    proposed("HubSpot")
    page = propose(client, name, "why not").content.decode()
    assert "“HubSpot” is proposed already. Vote for it above." in page
    assert 'value="why not"' in page
    assert AppRequest.objects.count() == 1
    assert not Vote.objects.exists()


def test_pl8_an_app_needs_a_name(client: Client) -> None:
    enter(client)
    assert "This field is required." in propose(client, " ").content.decode()
    assert not AppRequest.objects.exists()


def test_pl8_one_vote_a_person_and_it_can_be_taken_back(client: Client) -> None:
    ann, bob = enter(client), member("bob")
    app = proposed("HubSpot", bob)
    press(client, "vote", app)
    press(client, "vote", app)
    assert {vote.voter for vote in app.votes.all()} == {ann, bob}
    assert app.votes.count() == 2
    press(client, "take", app)
    press(client, "take", app)
    assert [vote.voter for vote in app.votes.all()] == [bob]


def test_pl8_the_most_wanted_app_comes_first_then_by_name(client: Client) -> None:
    ann, bob = enter(client), member("bob")
    proposed("zoho")
    proposed("HubSpot", ann)
    proposed("Asana")
    proposed("Brevo", ann, bob)
    page = client.get(PAGE).content.decode()
    places = [page.index(f">{name}<") for name in ("Brevo", "HubSpot", "Asana", "zoho")]
    assert places == sorted(places)


def test_pl8_voting_is_a_post(client: Client) -> None:
    enter(client)
    app = proposed("HubSpot")
    for action in ("vote", "take"):
        url = reverse(f"admin:connections_apprequest_{action}", args=[app.pk])
        assert client.get(url).status_code == 405
    assert client.get(reverse("admin:connections_apprequest_add")).status_code == 302


def test_pl8_nobody_votes_without_the_permission(client: Client) -> None:
    enter(client).groups.clear()
    app = proposed("HubSpot")
    for action in ("vote", "take"):
        url = reverse(f"admin:connections_apprequest_{action}", args=[app.pk])
        assert client.post(url).status_code == 403
    assert propose(client, "Zoho").status_code == 403
    assert client.get(PAGE).status_code == 403
    assert ">Votes<" not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_pl8_only_administrators_delete_a_proposal(client: Client, group: str) -> None:
    enter(client, group=group)
    app = proposed("HubSpot")
    url = reverse("admin:connections_apprequest_delete", args=[app.pk])
    assert url not in client.get(PAGE).content.decode()
    assert client.post(url).status_code == 403
    assert AppRequest.objects.exists()


def test_pl8_deleting_asks_first_and_takes_the_votes_along(client: Client) -> None:
    boss = enter(client, group="Administrator")
    app = proposed("HubSpot", boss, member("bob"))
    url = reverse("admin:connections_apprequest_delete", args=[app.pk])
    assert url in client.get(PAGE).content.decode()
    assert "Delete HubSpot and 2 votes" in client.get(url).content.decode()
    assert AppRequest.objects.exists()
    assert "“HubSpot” and its votes are deleted." in client.post(url, follow=True).content.decode()
    assert not AppRequest.objects.exists()
    assert not Vote.objects.exists()


def test_pl8_what_was_proposed_stays_when_its_proposer_leaves(client: Client) -> None:
    enter(client)
    bob = member("bob")
    proposed("HubSpot", bob, by=bob)
    bob.delete()
    page = client.get(PAGE).content.decode()
    assert "HubSpot" in page
    assert "0 votes" in page


def test_pl8_the_list_costs_the_same_whatever_its_length(client: Client) -> None:
    ann = enter(client)

    def queries() -> int:
        with CaptureQueriesContext(database) as found:
            client.get(PAGE)
        return len(found)

    proposed("App", ann, by=ann)
    queries()
    few = queries()
    for number in range(20):
        proposed(f"App {number}", ann, by=ann)
    assert queries() == few


def test_pl8_votes_are_in_the_header(client: Client) -> None:
    enter(client)
    assert f'href="{PAGE}"' in client.get(reverse("admin:index")).content.decode()
    assert f'href="{PAGE}" aria-current="page">Votes' in client.get(PAGE).content.decode()
