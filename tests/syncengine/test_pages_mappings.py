"""The page of a custom mapping, and what the set-up page says of mappings [VA4, VA5, RU6, RU9]."""

from __future__ import annotations

import re
from dataclasses import asdict, replace

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connections.connectors.pipeliner_fields import standard_fields
from connections.schema import Field, Option, Type
from connections.setups import ActionSetup, MappingSetup, RuleSetup, default_rule
from syncengine import mappings as engine_mappings
from tests.syncengine.mapping_pages import (
    COLOURS,
    FARBE,
    PIPELINER,
    REGION,
    address,
    between_pipeliners,
    book,
    form_of,
    keep,
    mappings,
    offer,
    options_of,
    save,
    setup,
)
from tests.syncengine.pages import path, queries, text
from tests.syncengine.setups import fields_of

pytestmark = pytest.mark.django_db
COLOUR = MappingSetup("cf_colour", "cf_farbe")


# Choosing


def test_va5_fields_are_picked_by_group_with_their_type_and_an_example(boss: Client) -> None:
    made = book(state="active")
    made.person("Ada Lovelace")
    record = made.record("left", cf_colour="2", cf_region="Ost" * 20, emails=("a@x.org",), job="x")
    made.contact(left=dict(record.values), right={"emails": ("a@x.org",)})
    page = boss.get(address(made)).content.decode()
    found = options_of(page, "left")
    assert found["cf_colour"] == "Colour · choice · Blue"
    assert found["cf_region"] == f"Region · text · {('Ost' * 20)[:40]}…"
    assert re.findall(r'<optgroup label="([^"]*)"', page)[:2] == ["Company", "Custom"]
    assert {"owner_id", "first_name", "city"}.isdisjoint(found)
    assert {"nickname", "birthday", "website", "custom.Team"} <= options_of(page, "right").keys()
    assert {"given_name", "city"}.isdisjoint(options_of(page, "right"))


def test_va5_only_compatible_fields_are_offered_then_from_either_side(boss: Client) -> None:
    made = between_pipeliners()
    assert options_of(
        boss.get(address(made, left="cf_colour")).content.decode(), "right"
    ).keys() == {"cf_farbe"}
    page = boss.get(address(made, right="cf_farbe")).content.decode()
    assert options_of(page, "left").keys() == {"cf_colour", "cf_region", "cf_rating"}
    assert not options_of(page, "right")
    assert "Choose another field" in page


def test_va5_a_mapping_is_made_and_the_log_says_so(boss: Client) -> None:
    made = book()
    page = save(boss, made, left="cf_region", right="custom.Team")
    assert mappings(made) == (REGION,)
    assert "“North” is saved." in page
    assert "Mapping of Region and Team: – → both ways." in page
    assert LogEntry.objects.count() == 1
    shown = text(boss, path(made, "change"))
    assert "Your own mappings Region text both ways Team text" in shown


def test_va5_a_new_custom_field_is_typed(boss: Client) -> None:
    made = book()
    page = boss.get(
        address(made, left="cf_region", choose="right", right="", right_new="Sales area")
    )
    assert "Sales area" in page.content.decode()
    save(boss, made, left="cf_region", right="custom.Sales area")
    assert mappings(made) == (MappingSetup("cf_region", "custom.Sales area"),)
    assert "Sales area text" in text(boss, path(made, "change"))
    assert "right_new" in boss.get(address(made)).content.decode()
    assert "left_new" not in boss.get(address(made)).content.decode()


def test_va5_a_new_custom_field_is_not_offered_where_text_does_not_fit(boss: Client) -> None:
    made = book(direction="right_to_left")
    assert "right_new" in boss.get(address(made, left="cf_region")).content.decode()
    assert "right_new" not in boss.get(address(made, left="cf_score")).content.decode()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"choose": "left", "left": ""}, "Choose a field."),
        ({"left": "cf_none"}, "Pipeliner no longer has the field cf_none. Choose another one."),
        ({"right": "custom.Team", "right_new": "x"}, "Choose a field or name a new one, not both."),
        ({"right": "", "right_new": "x" * 101}, "A name has at most 100 characters."),
        ({"left": "cf_sum", "right": "custom. "}, "Google Contacts no longer has the field"),
    ],
)
def test_a_wrong_choice_is_told_beside_its_input(
    boss: Client, query: dict[str, str], says: str
) -> None:
    assert says in text(boss, address(book(), **query))


@pytest.mark.parametrize(
    ("left", "right", "says"),
    [
        ("city", "custom.Team", "“City” is mapped already."),
        ("cf_rating", "city", "“City” is mapped already."),
        ("cf_region", "custom.Else", "“Region” is mapped already."),
        ("email2", "custom.Else", "“Email 2” is mapped already, by itself or as part of its list."),
        ("owner_id", "custom.Else", "“Owner” cannot be mapped. Use a rule to set it."),
        ("cf_score", "birthday", "A whole number cannot become a birthday."),
    ],
)
def test_va5_what_cannot_be_mapped_says_why_and_is_not_saved(
    boss: Client, left: str, right: str, says: str
) -> None:
    made = book()
    keep(made, REGION)
    url = address(made, left=left, right=right)
    page = text(boss, url)
    assert says in page
    assert "Add this mapping" not in page
    shown = boss.get(path(made, "change")).content.decode()
    found = re.search(r'name="seen" value="([^"]*)"', shown)
    assert found is not None
    boss.post(url, {"direction": "both", "seen": found[1]})
    assert mappings(made) == (REGION,)


# Direction


def arrows(client: Client, url: str) -> list[str]:
    return re.findall(r'name="direction" value="(\w+)"', client.get(url).content.decode())


def test_va5_a_read_only_field_gives_a_one_way_arrow_and_the_reason(boss: Client) -> None:
    made = book()
    url = address(made, left="cf_sum", right="custom.Team")
    assert arrows(boss, url) == ["left_to_right"]
    assert "One way: Sum is read-only in Pipeliner." in text(boss, url)
    url = address(made, left="cf_score", right="custom.Team")
    assert arrows(boss, url) == ["left_to_right"]
    assert "One way: text cannot become a whole number. Use a rule to set it." in text(boss, url)


def test_cn2_no_mapping_is_wider_than_the_connection(boss: Client) -> None:
    made = book(direction="left_to_right")
    query = {"left": "cf_region", "right": "custom.Team"}
    assert arrows(boss, address(made, **query)) == ["left_to_right"]
    says = "The connection syncs Pipeliner to Google Contacts only, and no mapping goes further."
    assert says in text(boss, address(made, **query))
    page = save(boss, made, **query, direction="both")
    assert "The connection syncs left to right only, and no mapping goes further." in page
    assert 'class="errorlist"' in page
    assert not mappings(made)
    save(boss, made, **query)
    assert mappings(made)[0].direction == "left_to_right"


def test_va5_a_mapping_may_be_narrower_than_the_connection(boss: Client) -> None:
    made = book()
    save(boss, made, left="cf_region", right="custom.Team", direction="right_to_left")
    assert mappings(made)[0].direction == "right_to_left"
    assert "To Pipeliner only, as you chose." in text(boss, path(made, "change"))
    page = boss.get(address(made, key="cf_region")).content.decode()
    assert form_of(page)["direction"] == "right_to_left"


def test_a_direction_is_wanted(boss: Client) -> None:
    made = book()
    page = save(boss, made, left="cf_region", right="custom.Team", direction="")
    assert "Choose a direction." in page
    assert not mappings(made)


# Options


def test_va5_the_table_of_options_begins_with_equal_labels(boss: Client) -> None:
    made = between_pipeliners()
    page = save(boss, made, left="cf_colour", right="cf_farbe", option_1="b", option_2="")
    assert mappings(made)[0].options == (("1", "r"), ("2", "b"), ("3", ""), ("", "g"))
    assert "Options of Colour: 2 of 3 paired" in page
    shown = text(boss, path(made, "change"))
    assert "Red both ways red Blue both ways Blau Green not copied" in shown
    page = boss.get(address(made, key="cf_colour")).content.decode()
    chosen = {name: value for name, value in form_of(page).items() if "option" in name}
    assert chosen == {"option_0": "r", "option_1": "b", "option_2": ""}
    assert 'aria-label="Green becomes"' in page


def test_va5_one_way_to_the_left_the_table_has_the_right_sides_options(boss: Client) -> None:
    made = between_pipeliners(direction="right_to_left")
    page = save(boss, made, left="cf_colour", right="cf_farbe", option_1="1")
    assert 'aria-label="Blau becomes"' in boss.get(address(made, key="cf_colour")).content.decode()
    assert mappings(made)[0].options == (("1", "r"), ("1", "b"), ("3", "g"))
    assert "Red" in page


def test_ru9_options_that_are_gone_are_marked_and_leave_the_table(boss: Client) -> None:
    made = between_pipeliners()
    keep(made, replace(COLOUR, options=(("1", "rot"), ("9", "b"), ("3", "g"))))
    shown = text(boss, path(made, "change"))
    assert "Options of Colour: 1 of 3 paired some are gone" in shown
    assert "Red both ways rot (gone)" in shown
    assert "9 (gone) both ways Blau" in shown
    page = save(boss, made, key="cf_colour")
    assert "This option is gone. Choose another one, or “not copied”." in page
    assert mappings(made)[0].options[0] == ("1", "rot")
    save(boss, made, key="cf_colour", option_0="r")
    assert mappings(made)[0].options == (("1", "r"), ("2", ""), ("3", "g"))


# Editing and removing


def test_a_mapping_is_edited_in_its_place(boss: Client) -> None:
    made = book()
    keep(made, REGION, MappingSetup("cf_score", "department", "left_to_right"))
    page = boss.get(address(made, key="cf_region")).content.decode()
    assert "Mapping of Region and Team" in page
    assert "custom.Team" in options_of(
        boss.get(address(made, key="cf_region", left="cf_region", right="")).content.decode(),
        "right",
    )
    save(boss, made, key="cf_region", left="cf_region", right="nickname", direction="left_to_right")
    assert [each.right for each in mappings(made)] == ["nickname", "department"]


def test_va5_saving_keeps_the_texts_of_options_that_an_import_gave(boss: Client) -> None:
    made = book()
    colour = MappingSetup("cf_colour", "custom.Team", "left_to_right", (("1", "R"),))
    keep(made, colour)
    query = {"key": "cf_colour", "left": "cf_colour", "right": "custom.Team"}
    save(boss, made, **query, direction="left_to_right")
    assert mappings(made)[0] == colour


def test_removing_asks_first_and_frees_both_fields(boss: Client) -> None:
    made = book()
    keep(made, REGION)
    asked = text(boss, address(made, "mapping_remove", key="cf_region"))
    assert "Remove the mapping of Region and Team" in asked
    assert "Both fields are free for another mapping" in asked
    assert mappings(made) == (REGION,)
    page = save(boss, made, "mapping_remove", key="cf_region")
    assert mappings(made) == ()
    assert "Mapping of Region and Team: both ways → –." in page
    assert "cf_region" in options_of(boss.get(address(made)).content.decode(), "left")
    assert boss.get(address(made, "mapping_remove", key="cf_region")).status_code == 404


def test_va4_a_default_mapping_that_is_switched_off_frees_both_fields(boss: Client) -> None:
    made = book(switched_off=["city"])
    page = boss.get(address(made)).content.decode()
    assert "city" in options_of(page, "left")
    assert "city" in options_of(page, "right")
    save(boss, made, left="city", right="custom.Team")
    assert mappings(made) == (MappingSetup("city", "custom.Team"),)
    shown = boss.get(path(made, "change")).content.decode()
    assert "Off, as a mapping of your own has one of its fields." in shown
    (switch,) = re.findall(r'<input[^>]*value="city"[^>]*>', shown)
    assert "disabled" in switch


def test_va4_a_default_mapping_is_not_switched_on_while_its_field_is_mapped(boss: Client) -> None:
    made = book(switched_off=["city"])
    url = path(made, "change")
    typed = fields_of(boss.get(url).content.decode())
    save(boss, made, left="city", right="custom.Team")
    typed["roles"] = [*typed["roles"], "city"]
    typed["seen"] = fields_of(boss.get(url).content.decode())["seen"]
    page = boss.post(url, typed | {"_save": "Save"}).content.decode()
    assert "“City” is mapped twice: once by your own mapping of “City” and “Team”." in page
    assert setup(made).switched_off == ("city",)


# On the set-up page


def test_va5_the_page_counts_what_could_be_mapped_and_says_what_cannot(boss: Client) -> None:
    made = book()
    shown = text(boss, path(made, "change"))
    page = boss.get(address(made)).content.decode()
    left, right = (len(options_of(page, side)) for side in ("left", "right"))
    assert left > 10
    assert f"{left} more fields in Pipeliner, {right} in Google Contacts." in shown
    assert "Owner, Sales unit in Pipeliner. Users, units and labels are no values to copy." in shown
    assert "Labels in Google Contacts. Users, units and labels" in shown


def test_ru6_a_mapping_that_rests_under_a_rule_says_so(boss: Client) -> None:
    made = book()
    rule = RuleSetup(
        "r1", "left", actions=(ActionSetup("set_field", ("x",), "custom.Team", "always"),)
    )
    keep(made, REGION, rules=[asdict(default_rule("left")), asdict(rule)])
    assert (
        "Rests while rule 2 for contacts from Pipeliner matches: "
        "it sets Team in Google Contacts." in text(boss, path(made, "change"))
    )


def test_ru9_a_mapping_of_a_field_that_is_gone_says_what_to_do(boss: Client) -> None:
    made = book()
    keep(made, REGION)
    offer(made.connection.left, standard_fields({}))  # type: ignore[arg-type]
    shown = text(boss, path(made, "change"))
    assert "cf_region (gone) nothing flows Team text" in shown
    assert "Pipeliner no longer has this field. No run writes anything before" in shown
    page = text(boss, address(made, key="cf_region"))
    assert "Pipeliner no longer has the field cf_region. Choose another one." in page


def test_the_page_of_a_narrower_direction_shows_what_flows(boss: Client) -> None:
    made = book(direction="right_to_left")
    keep(made, REGION, MappingSetup("cf_score", "department", "left_to_right"))
    shown = text(boss, path(made, "change"))
    assert "Region text to Pipeliner only Team text" in shown
    assert "Score integer nothing flows Department text" in shown


def test_the_page_costs_the_same_with_many_mappings(boss: Client) -> None:
    made = book()
    keep(made, REGION)
    few = queries(boss, path(made, "change"))
    fields = [Field(f"cf_{n}", f"F {n}", Type.TEXT) for n in range(20)]
    offer(made.connection.left, (*PIPELINER, *fields))
    keep(made, REGION, *(MappingSetup(each.key, f"custom.{each.label}") for each in fields))
    assert queries(boss, path(made, "change")) == few


def test_a_value_is_shown_by_its_label() -> None:
    field = Field("cf_colour", "Colour", Type.MULTI_CHOICE, options=COLOURS)
    assert engine_mappings.in_words(field, {"cf_colour": ("1", "3")}) == ("Red", "Green")
    assert engine_mappings.in_words(field, {}) == ()
    assert FARBE.options[0] == Option("r", "red")
