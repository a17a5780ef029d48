"""The page of a rule: what it offers, what it saves, and its lists of names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from connections.connectors.base import AuthorizationLost, Scope, Unavailable
from connections.models import Account, Catalogue
from connections.setups import ActionSetup, ConditionSetup, RuleSetup, default_rule
from syncengine.views import rule as rule_page
from tests.connections.rule_accounts import UNITS
from tests.syncengine.pages import text
from tests.syncengine.posting import fields_of
from tests.syncengine.rule_pages import ANN, NORTH, OF_ANN, form, made, press, save, saved, url
from tests.syncengine.test_sandboxes import Sides, sides

pytestmark = pytest.mark.django_db
__all__ = ["sides"]


def test_a_rule_is_made_step_by_step_without_a_script(boss: Client) -> None:
    book = made(default_rule("left"), default_rule("right"))
    address = url(book)
    posted = form(boss, address)
    assert posted["c-0-subject"] == [""]
    posted = press(boss, address, {**posted, "c-0-subject": "field:cf_score"}, "_choose", "c-0")
    assert posted["c-0-operator"] == ["is"]
    posted = press(boss, address, {**posted, "c-0-operator": "between"}, "_choose", "c-0")
    assert posted["c-0-value"] == ["", ""]
    posted = press(boss, address, {**posted, "c-0-value": ["40", "80"]}, "_add", "condition")
    assert posted["c-0-value"] == ["40", "80"]
    posted = press(boss, address, {**posted, "c-1-subject": "owner"}, "_choose", "c-1")
    posted = press(boss, address, {**posted, "c-1-value": ["u-bob"]}, "_add", "action")
    posted = press(boss, address, {**posted, "a-0-subject": "add_label"}, "_choose", "a-0")
    words = save(boss, address, {**posted, "a-0-value": "key", "a-0-undo": "on", "match": "any"})
    made_rule = saved(book)[1]
    assert made_rule == RuleSetup(
        made_rule.key,
        "left",
        "any",
        (
            ConditionSetup("field", "between", ("40", "80"), "cf_score"),
            ConditionSetup("owner", "is", ("u-bob",)),
        ),
        (ActionSetup("add_label", ("key",), undo=True),),
    )
    assert "“North” is saved." in words
    assert "lead score is between 40 and 80 or owner is Bob" in words
    (entry,) = LogEntry.objects.all()
    assert "New rule 2 for contacts from Pipeliner" in entry.change_message


def test_an_untouched_form_saves_what_there_was(boss: Client) -> None:
    kinds = RuleSetup(
        "r9",
        "right",
        conditions=(
            ConditionSetup("label", "not_in", ("vip", "key")),
            ConditionSetup("exists", "is", ("false",)),
            ConditionSetup("field", "is_empty", (), "city"),
            ConditionSetup("field", "last_days", ("9",), "birthday"),
            ConditionSetup("field", "is", ("9",), "custom.Shoe size"),
        ),
        actions=(
            ActionSetup("set_unit", ("oslo",), when="creation"),
            ActionSetup("set_owner", ("u-ann",), when="always", undo=True),
            ActionSetup("set_field", ("t1", "t2"), "cf_tags"),
            ActionSetup("set_field", ("o2",), "cf_status"),
            ActionSetup("set_field", ("false",), "cf_news"),
            ActionSetup("set_field", ("2026-03-01",), "cf_seen"),
            ActionSetup("set_field", ("one\ntwo",), "comments"),
        ),
    )
    book = made(default_rule("left"), kinds)
    address = url(book, "r9", "right")
    words = save(boss, address, form(boss, address))
    assert "Nothing was changed" in words
    assert saved(book, "right") == (kinds,)


@pytest.mark.parametrize(
    ("subject", "operators", "inputs"),
    [
        ("scope", ["is in", "is not in"], ["north", "oslo"]),
        ("owner", ["is", "is not"], ["u-ann", "u-bob"]),
        ("exists", ["is"], ['<option value="true" selected>yes']),
        ("field:city", ["contains", "is empty"], ['type="text"']),
        ("field:cf_score", ["is at least", "is between"], ['type="number"']),
        ("field:cf_seen", ["is before", "is in the last"], ['type="date"']),
        ("field:cf_news", ["is"], ['value="false"']),
        ("field:cf_status", ["is one of", "is none of"], ['value="o1"']),
        ("field:cf_tags", ["has any of", "has none of"], ['value="t1"']),
    ],
)
def test_ru4_operators_and_inputs_follow_what_is_tested(
    boss: Client, subject: str, operators: list[str], inputs: list[str]
) -> None:
    address = url(made())
    posted = {**form(boss, address), "c-0-subject": subject, "_choose": "c-0"}
    page = boss.post(address, posted).content.decode()
    row = page[page.index('aria-label="Condition 1"') : page.index("Remove condition 1")]
    for each in (*operators, *inputs):
        assert each in row


def test_users_units_and_options_are_offered_by_name_and_never_typed(boss: Client) -> None:
    address = url(made(), side="right")
    posted = form(boss, address)
    for subject, name in (("set_owner", "Ann Bergström"), ("set_unit", "Oslo")):
        posted = press(boss, address, {**posted, "_add": "action"}, "_add", "action")
        posted = {**posted, "a-0-subject": subject, "_choose": "a-0"}
        page = boss.post(address, posted).content.decode()
        row = page[page.index('aria-label="Action 1"') : page.index("Remove action 1")]
        assert f"{name}</option>" in row
        assert 'type="text"' not in row


def test_a_custom_field_that_is_not_listed_is_typed_by_name(boss: Client) -> None:
    book = made()
    address = url(book, side="right")
    posted = press(
        boss, address, {**form(boss, address), "c-0-subject": "custom"}, "_choose", "c-0"
    )
    assert posted["c-0-custom"] == [""]
    assert "Give the name of the custom field." in save(boss, address, posted)
    posted = press(boss, address, {**posted, "c-0-custom": " Shoe size "}, "_choose", "c-0")
    save(boss, address, {**posted, "c-0-value": "43"})
    (condition,) = saved(book, "right")[1].conditions
    assert condition == ConditionSetup("field", "is", ("43",), "custom.Shoe size")


def test_rows_are_removed_and_what_was_typed_elsewhere_stays(boss: Client) -> None:
    book = made()
    address = url(book, "r2")
    posted = {**form(boss, address), "c-1-value": "false"}
    posted = press(boss, address, posted, "_remove", "c-0")
    assert (posted["c-0-subject"], posted["c-0-value"]) == (["exists"], ["false"])
    assert "c-1-subject" not in posted
    assert saved(book) == (NORTH, ANN)


def test_the_sentence_follows_what_is_chosen_before_it_is_saved(boss: Client) -> None:
    address = url(made(), "r1")
    posted = {**form(boss, address), "c-0-value": ["south"], "_add": "condition"}
    page = boss.post(address, posted).content.decode()
    words = re.sub(r"<[^>]*>", "", page[page.index("ps-rule-read") :])
    assert "If sales unit is in South then add label VIP" in words


def test_cn3_the_default_rule_gets_conditions_and_an_identity_of_its_own(boss: Client) -> None:
    book = made(default_rule("left"), default_rule("right"))
    address = url(book, "left")
    posted = press(boss, address, form(boss, address), "_add", "condition")
    posted |= {"c-0-subject": "owner", "c-0-for": "owner", "c-0-value": "u-ann"}
    save(boss, address, posted)
    (edited,) = saved(book)
    assert edited.conditions == (OF_ANN,)
    assert edited.key != "left"


def test_ru6_the_form_says_which_mapping_rests(boss: Client) -> None:
    book = made()
    address = url(book)
    posted = press(boss, address, form(boss, address), "_add", "action")
    posted |= {"a-0-subject": "field:job_title", "_choose": "a-0"}
    page = boss.post(address, posted).content.decode()
    assert "While this rule matches, the mapping of Job title rests: this action sets it." in page


def test_the_form_says_how_many_the_saved_rule_matches(boss: Client) -> None:
    book = made()
    book.person("Ada Lovelace", matched="r1 r2")
    book.person("Bob Baker", matched="r2")
    assert "The saved rule matches 1 of 2 contacts." in text(boss, url(book, "r1"))
    assert "The saved rule" not in text(boss, url(book))


def test_a_pop_up_closes_once_its_rule_is_saved(boss: Client) -> None:
    book = made()
    address = url(book, "r1") + "?_popup=1"
    page = boss.get(address).content.decode()
    assert 'class="ps-nav"' not in page
    answer = boss.post(address, {**form(boss, url(book, "r1")), "_save": "1"})
    assert 'id="edited"' in answer.content.decode()


def test_cn4_the_form_of_a_rule_that_does_nothing_says_so(boss: Client) -> None:
    words = text(boss, url(made(direction="right_to_left"), "r1"))
    assert "Nothing is written to Google Contacts in this direction" in words


# Refreshing the lists


def test_the_lists_are_refreshed_and_what_was_typed_stays(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = made()
    more = (*UNITS, Scope("west", "West"))

    def ask(account: Account) -> Catalogue:
        offers = account.offers
        return replace(offers, scopes=more) if account.app == "pipeliner" else offers

    monkeypatch.setattr(rule_page, "open_account", lambda account, **_: account)
    monkeypatch.setattr(rule_page, "ask_catalogue", ask)
    address = url(book, "r1")
    posted = {**form(boss, address), "c-0-value": ["south"], "_refresh": "1"}
    page = boss.post(address, posted).content.decode()
    assert "The lists are as both apps have them now." in page
    assert "West" in page
    assert fields_of(page, "rule_form")["c-0-value"] == ["south"]
    assert Account.objects.get(app="pipeliner").catalogue_at is not None


def test_the_lists_come_from_the_live_apps(boss: Client, sides: Sides) -> None:
    connection = sides.connection
    Account.objects.update(catalogue={})
    address = reverse("admin:connections_connection_rule", args=[connection.pk, "left", "new"])
    posted = {**form(boss, address), "_refresh": "1"}
    posted = dict(fields_of(boss.post(address, posted).content.decode(), "rule_form"))
    page = boss.post(address, {**posted, "c-0-subject": "scope", "_choose": "c-0"}).content.decode()
    assert "Oslo" in page


def test_an_app_that_cannot_be_asked_says_why(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(account: Account, **_: Any) -> None:
        if account.app == "google":
            raise AuthorizationLost("Google ended the grant")
        raise Unavailable("Pipeliner is down")

    book = made()
    monkeypatch.setattr(rule_page, "open_account", refuse)
    address = url(book, "r1")
    page = boss.post(address, {**form(boss, address), "_refresh": "1"}).content.decode()
    assert "could not be asked: Pipeliner is down. Its lists are as they were." in page
    assert "needs authorization (Google ended the grant)" in page
    assert Account.objects.get(app="google").status == Account.Status.NEEDS_AUTHORIZATION
    page = boss.post(address, {**form(boss, address), "_refresh": "1"}).content.decode()
    assert "needs authorization: its lists are as they were." in page
