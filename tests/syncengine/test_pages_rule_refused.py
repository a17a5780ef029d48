"""The page of a rule: what it refuses, what is gone, and who edits from an old page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client

from connections.models import Connection, PendingEdit
from connections.setups import ActionSetup, ConditionSetup, RuleSetup, Setup, default_rule
from tests.syncengine.pages import path, text
from tests.syncengine.posting import fields_of
from tests.syncengine.rule_pages import (
    ADD_VIP,
    ANN,
    IN_NORTH,
    NORTH,
    RULES,
    Posted,
    block,
    form,
    made,
    press,
    save,
    saved,
    url,
)

pytestmark = pytest.mark.django_db


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
def test_what_is_wrong_stands_beside_its_input(boss: Client, changed: Posted, message: str) -> None:
    book = made()
    address = url(book, "r1")
    answer = boss.post(address, {**form(boss, address), **changed, "_save": "1"})
    page = answer.content.decode()
    row = next(iter(changed))[:3]
    error = re.search(rf'<ul class="errorlist" id="{row}-e"><li>([^<]*)', page)
    assert error is not None
    assert error.group(1).startswith(message)
    assert f'aria-describedby="{row}-e"' in page
    assert "<title>Error: Edit rule 1" in page
    assert saved(book) == (NORTH, ANN)


def test_ru7_a_loop_that_undo_closes_is_refused(boss: Client) -> None:
    vip = ConditionSetup("label", "in", ("vip",))
    right = RuleSetup(
        "x", "right", conditions=(vip,), actions=(ActionSetup("set_unit", ("north",)),)
    )
    book = made(replace(NORTH, actions=()), right)
    address = url(book, "r1")
    posted = press(boss, address, form(boss, address), "_add", "action")
    posted |= {"a-0-subject": "add_label", "a-0-for": "add_label", "a-0-value": "vip"}
    words = save(boss, address, {**posted, "a-0-undo": "on"})
    assert "would start and stop each other for ever" in words
    assert saved(book)[0].actions == ()
    words = save(boss, address, posted)
    assert "This rule tests the label VIP, which rule 1 for contacts from Pipeliner sets" in words
    assert saved(book)[0].actions == (ActionSetup("add_label", ("vip",)),)


def test_ru7_what_an_edit_makes_of_another_rule_is_told_by_that_rules_name(boss: Client) -> None:
    vip = ConditionSetup("label", "in", ("vip",))
    sets = ActionSetup("set_unit", ("north",), undo=True)
    right = RuleSetup("x", "right", conditions=(vip,), actions=(sets,))
    address = url(made(replace(NORTH, actions=()), right), "r1")
    posted = press(boss, address, form(boss, address), "_add", "action")
    posted |= {"a-0-subject": "add_label", "a-0-for": "add_label", "a-0-value": "vip"}
    words = save(boss, address, posted)
    assert "Rule 1 for contacts from Google Contacts: With undo, this rule and rule 1" in words


def test_ru7_a_direction_that_lets_undo_close_a_loop_is_refused(boss: Client) -> None:
    vip = ConditionSetup("label", "in", ("vip",))
    unit = ActionSetup("set_unit", ("north",))
    back = RuleSetup("x", "right", conditions=(vip,), actions=(unit,))
    book = made(NORTH, back, direction="left_to_right")
    address = path(book, "change")
    posted = fields_of(boss.get(address).content.decode(), "connection_form")
    page = boss.post(address, {**posted, "direction": "both"}).content.decode()
    assert "Rule 1 for contacts from Pipeliner: With undo, this rule and rule 1 for" in page
    assert Connection.objects.get().direction == "left_to_right"


def test_a_second_rule_for_everyone_is_refused(boss: Client) -> None:
    book = made(default_rule("left"))
    address = url(book)
    posted = press(boss, address, form(boss, address), "_remove", "c-0")
    words = save(boss, address, posted)
    assert "Rule 1 takes in every contact already. Add a condition or an action." in words


def test_cn10_an_edit_of_a_running_connection_waits(boss: Client) -> None:
    book = made(state="active")
    address = url(book, "r1")
    words = save(boss, address, {**form(boss, address), "c-0-value": ["oslo"]})
    assert "The edit is saved and waits" in words
    assert PendingEdit.objects.count() == 1
    assert saved(book)[0].conditions[0].value == ("oslo",)
    assert saved(book)[0].key == "r1"


def test_cn10_a_form_older_than_the_set_up_overwrites_nothing_unseen(boss: Client) -> None:
    book = made()
    address = url(book, "r1")
    posted = {**form(boss, address), "c-0-value": ["oslo"]}
    book.connection.keep_setup(Setup(rules=RULES, winner="right"))
    answer = boss.post(address, {**posted, "_save": "1"})
    page = answer.content.decode()
    assert "the set-up was edited meanwhile" in page
    assert "Winner" in page
    again = dict(fields_of(page, "rule_form"))
    assert again["c-0-value"] == ["oslo"]
    save(boss, address, again)
    stored = Connection.objects.get().setup()
    assert stored.winner == "right"
    assert stored.rules_of("left")[0].conditions[0].value == ("oslo",)


def test_what_is_gone_shows_as_gone_and_is_kept_until_it_is_unticked(boss: Client) -> None:
    gone = replace(NORTH, conditions=(ConditionSetup("scope", "in", ("north", "lost")),))
    book = made(gone, default_rule("right"))
    assert "lost (gone)" in block(boss, book)
    address = url(book, "r1")
    posted = form(boss, address)
    assert posted["c-0-value"] == ["north", "lost"]
    assert "Pipeliner has no sales unit “lost” any more." in save(boss, address, posted)
    save(boss, address, {**posted, "c-0-value": ["north"]})
    assert saved(book)[0].conditions == (IN_NORTH,)


def test_ru9_the_form_marks_what_is_gone_before_anything_is_saved(boss: Client) -> None:
    gone = replace(NORTH, actions=(replace(ADD_VIP, value=("lost",)),))
    shown = text(boss, url(made(gone, default_rule("right")), "r1"))
    assert "has no label “lost” any more. Choose another." in shown
    assert "Nothing was saved" not in shown


def test_there_is_no_page_for_a_rule_or_a_side_that_is_not_there(boss: Client) -> None:
    book = made()
    assert boss.get(url(book, "nobody")).status_code == 404
    assert boss.get(url(book, "r1", "middle")).status_code == 404
    assert boss.get(url(book, "nobody", page="rule_delete")).status_code == 404
    Connection.objects.update(state="deleting")
    assert boss.get(url(book, "r1")).status_code == 404


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
    boss: Client, nonsense: Posted, button: str
) -> None:
    book = made()
    address = url(book, "r1")
    answer = boss.post(address, {**form(boss, address), **nonsense, button: "1"})
    assert answer.status_code in (200, 302)
    assert len(saved(book)) == 2
    assert boss.get(path(book, "change")).status_code == 200
