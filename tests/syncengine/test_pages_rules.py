"""The rules of a connection in the admin: their block on the set-up page, and the page of one."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from connections.connectors.base import AuthorizationLost, Scope, Unavailable
from connections.models import Account, Catalogue, Connection, PendingEdit
from connections.setups import (
    ActionSetup,
    ConditionSetup,
    RuleSetup,
    Setup,
    default_rule,
)
from syncengine import pending
from syncengine.views import rule as rule_page
from tests.connections.rule_accounts import UNITS, book, crm
from tests.syncengine.pages import Book, path, queries, text, user
from tests.syncengine.posting import fields_of
from tests.syncengine.test_sandboxes import Sides, sides

pytestmark = pytest.mark.django_db
__all__ = ["sides"]

IN_NORTH = ConditionSetup("scope", "in", ("north",))
OF_ANN = ConditionSetup("owner", "is", ("u-ann",))
ADD_VIP = ActionSetup("add_label", ("vip",), undo=True)
NORTH = RuleSetup("r1", "left", conditions=(IN_NORTH,), actions=(ADD_VIP,))
ANN = RuleSetup("r2", "left", "any", (OF_ANN, ConditionSetup("exists", "is", ("true",))))
RULES = (NORTH, ANN, default_rule("right"))
Posted = dict[str, Any]


@pytest.fixture
def ops(client: Client) -> Client:
    client.force_login(user("Administrator"))
    return client


def made(*rules: RuleSetup, state: str = "draft", **settings: Any) -> Book:
    """Return a connection of the two accounts with these rules."""
    made = Book.of(state=state)
    for account, like in ((made.connection.left, crm()), (made.connection.right, book())):
        account.catalogue = like.catalogue
        account.save()
    made.connection.keep_setup(replace(Setup(), rules=rules or RULES, **settings))
    return made


def url(book: Book, key: str = "new", side: str = "left", page: str = "rule") -> str:
    name = f"admin:connections_connection_{page}"
    return reverse(name, args=[book.connection.pk, side, key])


def form(client: Client, address: str, **query: str) -> Posted:
    """Return what the form of a rule posts untouched."""
    answer = client.get(address, query)
    assert answer.status_code == 200
    return dict(fields_of(answer.content.decode(), "rule_form"))


def press(client: Client, address: str, posted: Posted, button: str, value: str = "1") -> Posted:
    """Press a button of the form that gives the form back, and return what that posts."""
    answer = client.post(address, {**posted, button: value})
    assert answer.status_code == 200
    return dict(fields_of(answer.content.decode(), "rule_form"))


def save(client: Client, address: str, posted: Posted, *, follow: bool = True) -> str:
    """Save, and return the words of the page that follows."""
    answer = client.post(address, {**posted, "_save": "1"}, follow=follow)
    return html.unescape(re.sub(r"<[^>]*>", "", answer.content.decode()))


def saved(book: Book, side: str = "left") -> tuple[RuleSetup, ...]:
    setup = pending.current(Connection.objects.get(pk=book.connection.pk))
    return setup.rules_of("left" if side == "left" else "right")


def block(client: Client, book: Book) -> str:
    """Return the words of the rules on the set-up page."""
    words = text(client, path(book, "change"))
    return words[words.index("Rules A contact is in") : words.index("Settings Winner")]


# The block on the set-up page


def test_ru1_the_rules_of_both_sides_stand_as_sentences_in_their_order(ops: Client) -> None:
    words = block(ops, made())
    left, right = words.split("Contacts from Google Contacts", 1)
    assert "Contacts from Pipeliner" in left
    first, second = left.index("sales unit is in /North"), left.index("owner is Ann Bergström")
    assert first < second
    assert "then add label VIP in Google Contacts, removed again when the contact leaves" in left
    assert "Rule 2. Any one condition is enough. Updates only; never creates." in left
    assert "any contact is in the scope then keep it in sync with Pipeliner" in right
    assert "Rule 1. All contacts, old and new." in right


def test_each_rule_says_how_many_contacts_match_it(ops: Client) -> None:
    book = made()
    for matched in ("r1", "r1 r2", "r1 right", "right", ""):
        book.person("Ada Lovelace", matched=matched)
    words = block(ops, book)
    assert "Rule 1. Matches 3 contacts." in words
    assert "never creates. Matches 1 contact." in words
    assert "old and new. Matches 2 contacts." in words


def test_the_page_costs_no_query_a_rule_or_contact(ops: Client) -> None:
    book = made(NORTH, default_rule("right"))
    book.person("Ada Lovelace", matched="r1")
    before = queries(ops, path(book, "change"))
    many = tuple(replace(NORTH, key=f"r{number}") for number in range(9))
    book.connection.keep_setup(Setup(rules=(*many, default_rule("right"))))
    for number in range(9):
        book.person("Bob Baker", matched=f"r{number}")
    assert queries(ops, path(book, "change")) == before


def test_cn5_and_ru7_warnings_stand_beside_their_rule(ops: Client) -> None:
    words = block(ops, made())
    assert "Rule 1 for contacts from Google Contacts keeps every linked contact in sync" in words


def test_cn4_a_side_without_rules_says_what_that_means(ops: Client) -> None:
    words = block(ops, made(NORTH))
    assert "No contact of Google Contacts is created in Pipeliner." in words


def test_cn4_the_receiving_sides_rules_do_nothing(ops: Client) -> None:
    words = block(ops, made(direction="right_to_left"))
    assert "Nothing is written to Google Contacts in this direction: these rules do" in words


def test_cn10_a_rule_of_the_edit_that_waits_says_that_it_is_edited(ops: Client) -> None:
    book = made(state="active")
    book.person("Ada Lovelace", matched="r1")
    book.connection.refresh_from_db()
    address = url(book, "r1")
    posted = form(ops, address)
    save(ops, address, {**posted, "c-0-value": ["south"]})
    words = block(ops, book)
    assert "sales unit is in South" in words
    assert "Edited: matched 1 contact before." in words
    assert book.connection.setup().rules_of("left")[0] == NORTH


def test_who_may_not_edit_sees_the_rules_without_buttons(client: Client) -> None:
    book = made()
    client.force_login(user("Viewer"))
    page = client.get(path(book, "change")).content.decode()
    assert "Ann Bergström" in page
    assert "/rules/" not in page
    for name in ("rule", "rule_delete"):
        assert client.get(url(book, "r1", page=name)).status_code == 403
    assert client.post(url(book, "r1", page="rule_move"), {"to": "down"}).status_code == 403


# Moving and deleting


def test_ru1_a_rule_moves_up_and_down(ops: Client) -> None:
    book = made()
    seen = fields_of(ops.get(path(book, "change")).content.decode(), "rule_tools")
    answer = ops.post(url(book, "r1", page="rule_move"), {**seen, "to": "down"}, follow=True)
    assert [rule.key for rule in saved(book)] == ["r2", "r1"]
    assert "Order of the rules for contacts from Pipeliner" in answer.content.decode()


def test_cn10_a_move_from_an_old_page_moves_nothing(ops: Client) -> None:
    book = made()
    seen = fields_of(ops.get(path(book, "change")).content.decode(), "rule_tools")
    book.connection.keep_setup(Setup(rules=(ANN, NORTH)))
    answer = ops.post(url(book, "r1", page="rule_move"), {**seen, "to": "up"}, follow=True)
    assert "Nothing was moved: the set-up was edited meanwhile." in answer.content.decode()
    assert [rule.key for rule in saved(book)] == ["r2", "r1"]


def test_deleting_a_rule_asks_first_with_what_it_comes_to(ops: Client) -> None:
    book = made()
    for matched in ("r1", "r1", "r1 r2"):
        book.person("Ada Lovelace", matched=matched)
    address = url(book, "r1", page="rule_delete")
    words = text(ops, address)
    assert "2 contacts that no other rule matches leave the sync" in words
    assert "What its actions set with undo is put back" in words
    assert "It is the last rule" not in words
    assert saved(book) == (NORTH, ANN)
    posted = {"seen": re.findall(r'name="seen" value="([^"]+)"', ops.get(address).content.decode())}
    ops.post(address, posted)
    assert saved(book) == (ANN,)


def test_cn4_the_last_rule_of_a_side_can_go_but_not_the_last_of_both(ops: Client) -> None:
    book = made(NORTH, default_rule("right"))
    address = url(book, "r1", page="rule_delete")
    page = ops.get(address).content.decode()
    assert "It is the last rule for contacts from Pipeliner" in page
    assert "No contact of Pipeliner is created in Google Contacts." in page
    ops.post(address, {"seen": re.findall(r'name="seen" value="([^"]+)"', page)})
    assert saved(book) == ()
    last = url(book, "right", "right", "rule_delete")
    page = ops.get(last).content.decode()
    assert "Rule not deleted: A connection needs a rule on one side at least." in page
    assert "Delete this rule" not in page
    assert ops.post(last, {}).status_code == 200
    assert saved(book, "right") == (default_rule("right"),)


def test_cn10_deleting_from_an_old_page_shows_what_changed_first(ops: Client) -> None:
    book = made()
    address = url(book, "r1", page="rule_delete")
    seen = re.findall(r'name="seen" value="([^"]+)"', ops.get(address).content.decode())
    book.connection.keep_setup(Setup(rules=(NORTH,), winner="right"))
    page = ops.post(address, {"seen": seen}).content.decode()
    assert "the set-up was edited meanwhile" in page
    assert "Winner" in page
    assert saved(book) == (NORTH,)


# The page of a rule


def test_a_rule_is_made_step_by_step_without_a_script(ops: Client) -> None:
    book = made(default_rule("left"), default_rule("right"))
    address = url(book)
    posted = form(ops, address)
    assert posted["c-0-subject"] == [""]
    posted = press(ops, address, {**posted, "c-0-subject": "field:cf_score"}, "_choose", "c-0")
    assert posted["c-0-operator"] == ["is"]
    posted = press(ops, address, {**posted, "c-0-operator": "between"}, "_choose", "c-0")
    assert posted["c-0-value"] == ["", ""]
    posted = press(ops, address, {**posted, "c-0-value": ["40", "80"]}, "_add", "condition")
    assert posted["c-0-value"] == ["40", "80"]
    posted = press(ops, address, {**posted, "c-1-subject": "owner"}, "_choose", "c-1")
    posted = press(ops, address, {**posted, "c-1-value": ["u-bob"]}, "_add", "action")
    posted = press(ops, address, {**posted, "a-0-subject": "add_label"}, "_choose", "a-0")
    words = save(ops, address, {**posted, "a-0-value": "key", "a-0-undo": "on", "match": "any"})
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


def test_an_untouched_form_saves_what_there_was(ops: Client) -> None:
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
    words = save(ops, address, form(ops, address))
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
    ops: Client, subject: str, operators: list[str], inputs: list[str]
) -> None:
    address = url(made())
    posted = {**form(ops, address), "c-0-subject": subject, "_choose": "c-0"}
    page = ops.post(address, posted).content.decode()
    row = page[page.index('aria-label="Condition 1"') : page.index("Remove condition 1")]
    for each in (*operators, *inputs):
        assert each in row


def test_users_units_and_options_are_offered_by_name_and_never_typed(ops: Client) -> None:
    address = url(made(), side="right")
    posted = form(ops, address)
    for subject, name in (("set_owner", "Ann Bergström"), ("set_unit", "Oslo")):
        posted = press(ops, address, {**posted, "_add": "action"}, "_add", "action")
        posted = {**posted, "a-0-subject": subject, "_choose": "a-0"}
        page = ops.post(address, posted).content.decode()
        row = page[page.index('aria-label="Action 1"') : page.index("Remove action 1")]
        assert f"{name}</option>" in row
        assert 'type="text"' not in row


def test_a_custom_field_that_is_not_listed_is_typed_by_name(ops: Client) -> None:
    book = made()
    address = url(book, side="right")
    posted = press(ops, address, {**form(ops, address), "c-0-subject": "custom"}, "_choose", "c-0")
    assert posted["c-0-custom"] == [""]
    assert "Give the name of the custom field." in save(ops, address, posted)
    posted = press(ops, address, {**posted, "c-0-custom": " Shoe size "}, "_choose", "c-0")
    save(ops, address, {**posted, "c-0-value": "43"})
    (condition,) = saved(book, "right")[1].conditions
    assert condition == ConditionSetup("field", "is", ("43",), "custom.Shoe size")


def test_rows_are_removed_and_what_was_typed_elsewhere_stays(ops: Client) -> None:
    book = made()
    address = url(book, "r2")
    posted = {**form(ops, address), "c-1-value": "false"}
    posted = press(ops, address, posted, "_remove", "c-0")
    assert (posted["c-0-subject"], posted["c-0-value"]) == (["exists"], ["false"])
    assert "c-1-subject" not in posted
    assert saved(book) == (NORTH, ANN)


def test_the_sentence_follows_what_is_chosen_before_it_is_saved(ops: Client) -> None:
    address = url(made(), "r1")
    posted = {**form(ops, address), "c-0-value": ["south"], "_add": "condition"}
    page = ops.post(address, posted).content.decode()
    words = re.sub(r"<[^>]*>", "", page[page.index("ps-rule-read") :])
    assert "If sales unit is in South then add label VIP" in words


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"c-0-value": []}, "Choose at least one sales unit."),
        ({"c-0-subject": ""}, "Choose what to test, or remove this condition."),
        ({"c-0-subject": "field:city"}, "Give a value, or choose “is empty”."),
        ({"a-0-subject": ""}, "Choose what to do, or remove this action."),
        ({"a-0-value": ""}, "Choose the label."),
        ({"a-0-when": "creation"}, "Undo: not with “on creation only”."),
        ({"a-0-subject": "field:job_title"}, "Give a value."),
        ({"a-0-subject": "field:birthday", "a-0-for": "field:birthday"}, "“vip” is no date."),
    ],
)
def test_what_is_wrong_stands_beside_its_input(ops: Client, changed: Posted, message: str) -> None:
    book = made()
    address = url(book, "r1")
    answer = ops.post(address, {**form(ops, address), **changed, "_save": "1"})
    page = answer.content.decode()
    row = next(iter(changed))[:3]
    error = re.search(rf'<ul class="errorlist" id="{row}-e"><li>([^<]*)', page)
    assert error is not None
    assert error.group(1).startswith(message)
    assert f'aria-describedby="{row}-e"' in page
    assert "<title>Error: Edit rule 1" in page
    assert saved(book) == (NORTH, ANN)


def test_ru7_a_loop_that_undo_closes_is_refused(ops: Client) -> None:
    vip = ConditionSetup("label", "in", ("vip",))
    right = RuleSetup(
        "x", "right", conditions=(vip,), actions=(ActionSetup("set_unit", ("north",)),)
    )
    book = made(replace(NORTH, actions=()), right)
    address = url(book, "r1")
    posted = press(ops, address, form(ops, address), "_add", "action")
    posted |= {"a-0-subject": "add_label", "a-0-for": "add_label", "a-0-value": "vip"}
    words = save(ops, address, {**posted, "a-0-undo": "on"})
    assert "would start and stop each other for ever" in words
    assert saved(book)[0].actions == ()
    words = save(ops, address, posted)
    assert "This rule tests the label VIP, which rule 1 for contacts from Pipeliner sets" in words
    assert saved(book)[0].actions == (ActionSetup("add_label", ("vip",)),)


def test_ru7_what_an_edit_makes_of_another_rule_is_told_by_that_rules_name(ops: Client) -> None:
    vip = ConditionSetup("label", "in", ("vip",))
    sets = ActionSetup("set_unit", ("north",), undo=True)
    right = RuleSetup("x", "right", conditions=(vip,), actions=(sets,))
    address = url(made(replace(NORTH, actions=()), right), "r1")
    posted = press(ops, address, form(ops, address), "_add", "action")
    posted |= {"a-0-subject": "add_label", "a-0-for": "add_label", "a-0-value": "vip"}
    words = save(ops, address, posted)
    assert "Rule 1 for contacts from Google Contacts: With undo, this rule and rule 1" in words


def test_ru7_a_direction_that_lets_undo_close_a_loop_is_refused(ops: Client) -> None:
    vip = ConditionSetup("label", "in", ("vip",))
    unit = ActionSetup("set_unit", ("north",))
    back = RuleSetup("x", "right", conditions=(vip,), actions=(unit,))
    book = made(NORTH, back, direction="left_to_right")
    address = path(book, "change")
    posted = fields_of(ops.get(address).content.decode(), "connection_form")
    page = ops.post(address, {**posted, "direction": "both"}).content.decode()
    assert "Rule 1 for contacts from Pipeliner: With undo, this rule and rule 1 for" in page
    assert Connection.objects.get().direction == "left_to_right"


def test_a_second_rule_for_everyone_is_refused(ops: Client) -> None:
    book = made(default_rule("left"))
    address = url(book)
    posted = press(ops, address, form(ops, address), "_remove", "c-0")
    words = save(ops, address, posted)
    assert "Rule 1 takes in every contact already. Add a condition or an action." in words


def test_cn3_the_default_rule_gets_conditions_and_an_identity_of_its_own(ops: Client) -> None:
    book = made(default_rule("left"), default_rule("right"))
    address = url(book, "left")
    posted = press(ops, address, form(ops, address), "_add", "condition")
    posted |= {"c-0-subject": "owner", "c-0-for": "owner", "c-0-value": "u-ann"}
    save(ops, address, posted)
    (edited,) = saved(book)
    assert edited.conditions == (OF_ANN,)
    assert edited.key != "left"


def test_ru6_the_form_says_which_mapping_rests(ops: Client) -> None:
    book = made()
    address = url(book)
    posted = press(ops, address, form(ops, address), "_add", "action")
    posted |= {"a-0-subject": "field:job_title", "_choose": "a-0"}
    page = ops.post(address, posted).content.decode()
    assert "While this rule matches, the mapping of Job title rests: this action sets it." in page


def test_the_form_says_how_many_the_saved_rule_matches(ops: Client) -> None:
    book = made()
    book.person("Ada Lovelace", matched="r1 r2")
    book.person("Bob Baker", matched="r2")
    assert "The saved rule matches 1 of 2 contacts." in text(ops, url(book, "r1"))
    assert "The saved rule" not in text(ops, url(book))


def test_cn10_an_edit_of_a_running_connection_waits(ops: Client) -> None:
    book = made(state="active")
    address = url(book, "r1")
    words = save(ops, address, {**form(ops, address), "c-0-value": ["oslo"]})
    assert "The edit is saved and waits" in words
    assert PendingEdit.objects.count() == 1
    assert saved(book)[0].conditions[0].value == ("oslo",)
    assert saved(book)[0].key == "r1"


def test_cn10_a_form_older_than_the_set_up_overwrites_nothing_unseen(ops: Client) -> None:
    book = made()
    address = url(book, "r1")
    posted = {**form(ops, address), "c-0-value": ["oslo"]}
    book.connection.keep_setup(Setup(rules=RULES, winner="right"))
    answer = ops.post(address, {**posted, "_save": "1"})
    page = answer.content.decode()
    assert "the set-up was edited meanwhile" in page
    assert "Winner" in page
    again = dict(fields_of(page, "rule_form"))
    assert again["c-0-value"] == ["oslo"]
    save(ops, address, again)
    stored = Connection.objects.get().setup()
    assert stored.winner == "right"
    assert stored.rules_of("left")[0].conditions[0].value == ("oslo",)


def test_a_pop_up_closes_once_its_rule_is_saved(ops: Client) -> None:
    book = made()
    address = url(book, "r1") + "?_popup=1"
    page = ops.get(address).content.decode()
    assert 'class="ps-nav"' not in page
    answer = ops.post(address, {**form(ops, url(book, "r1")), "_save": "1"})
    assert 'id="edited"' in answer.content.decode()


def test_what_is_gone_shows_as_gone_and_is_kept_until_it_is_unticked(ops: Client) -> None:
    gone = replace(NORTH, conditions=(ConditionSetup("scope", "in", ("north", "lost")),))
    book = made(gone, default_rule("right"))
    assert "lost (gone)" in block(ops, book)
    address = url(book, "r1")
    posted = form(ops, address)
    assert posted["c-0-value"] == ["north", "lost"]
    assert "Pipeliner has no sales unit “lost” any more." in save(ops, address, posted)
    save(ops, address, {**posted, "c-0-value": ["north"]})
    assert saved(book)[0].conditions == (IN_NORTH,)


def test_ru9_the_form_marks_what_is_gone_before_anything_is_saved(ops: Client) -> None:
    gone = replace(NORTH, actions=(replace(ADD_VIP, value=("lost",)),))
    shown = text(ops, url(made(gone, default_rule("right")), "r1"))
    assert "has no label “lost” any more. Choose another." in shown
    assert "Nothing was saved" not in shown


def test_there_is_no_page_for_a_rule_or_a_side_that_is_not_there(ops: Client) -> None:
    book = made()
    assert ops.get(url(book, "nobody")).status_code == 404
    assert ops.get(url(book, "r1", "middle")).status_code == 404
    assert ops.get(url(book, "nobody", page="rule_delete")).status_code == 404
    Connection.objects.update(state="deleting")
    assert ops.get(url(book, "r1")).status_code == 404


def test_cn4_the_form_of_a_rule_that_does_nothing_says_so(ops: Client) -> None:
    words = text(ops, url(made(direction="right_to_left"), "r1"))
    assert "Nothing is written to Google Contacts in this direction" in words


@pytest.mark.parametrize(
    "nonsense",
    [
        {"c-0-subject": "field:nonsense", "c-0-for": "field:nonsense", "c-0-operator": "x"},
        {"c-0-subject": "nonsense", "a-0-when": "nonsense", "match": "nonsense"},
        {"c-0-subject": "field", "a-0-subject": "set_field"},
        {"c-0-subject": "label", "a-0-subject": "set_unit"},
        {"c-0-operator": "between", "a-0-value": ["vip", "\0"]},
        {"_remove": "c-9", "_choose": "x", "_add": "nonsense"},
    ],
)
@pytest.mark.parametrize("button", ["_save", "_choose"])
def test_what_no_browser_would_send_does_no_harm(
    ops: Client, nonsense: Posted, button: str
) -> None:
    book = made()
    address = url(book, "r1")
    answer = ops.post(address, {**form(ops, address), **nonsense, button: "1"})
    assert answer.status_code in (200, 302)
    assert len(saved(book)) == 2
    assert ops.get(path(book, "change")).status_code == 200


# Refreshing the lists


def test_the_lists_are_refreshed_and_what_was_typed_stays(
    ops: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = made()
    more = (*UNITS, Scope("west", "West"))

    def ask(account: Account) -> Catalogue:
        offers = account.offers
        return replace(offers, scopes=more) if account.app == "pipeliner" else offers

    monkeypatch.setattr(rule_page, "open_account", lambda account, **_: account)
    monkeypatch.setattr(rule_page, "ask_catalogue", ask)
    address = url(book, "r1")
    posted = {**form(ops, address), "c-0-value": ["south"], "_refresh": "1"}
    page = ops.post(address, posted).content.decode()
    assert "The lists are as both apps have them now." in page
    assert "West" in page
    assert fields_of(page, "rule_form")["c-0-value"] == ["south"]
    assert Account.objects.get(app="pipeliner").catalogue_at is not None


def test_the_lists_come_from_the_live_apps(ops: Client, sides: Sides) -> None:
    connection = sides.connection
    Account.objects.update(catalogue={})
    address = reverse("admin:connections_connection_rule", args=[connection.pk, "left", "new"])
    posted = {**form(ops, address), "_refresh": "1"}
    posted = dict(fields_of(ops.post(address, posted).content.decode(), "rule_form"))
    page = ops.post(address, {**posted, "c-0-subject": "scope", "_choose": "c-0"}).content.decode()
    assert "Oslo" in page


def test_an_app_that_cannot_be_asked_says_why(ops: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(account: Account, **_: Any) -> None:
        if account.app == "google":
            raise AuthorizationLost("Google ended the grant")
        raise Unavailable("Pipeliner is down")

    book = made()
    monkeypatch.setattr(rule_page, "open_account", refuse)
    address = url(book, "r1")
    page = ops.post(address, {**form(ops, address), "_refresh": "1"}).content.decode()
    assert "could not be asked: Pipeliner is down. Its lists are as they were." in page
    assert "needs authorization (Google ended the grant)" in page
    assert Account.objects.get(app="google").status == Account.Status.NEEDS_AUTHORIZATION
    page = ops.post(address, {**form(ops, address), "_refresh": "1"}).content.decode()
    assert "needs authorization: its lists are as they were." in page
