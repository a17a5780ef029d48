"""Files that an import does not take, and what it says of them."""

from __future__ import annotations

import pytest

from connections.models import Connection
from syncengine.importing import Refused, import_file
from tests.syncengine.apps import FILE, Apps, apps, edited, refusal, refusals, take

__all__ = ["apps"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "told"),
    [
        ("direction: both", "direction: sideways", 22, "direction", "left_to_right"),
        ("winner: right", "winner: nobody", 23, "winner", "left, right"),
        ("first_merge: fill_gaps", "first_merge: [x]", 24, "first_merge", "text"),
        ("phone_region: AT", "phone_region: Austria", 25, "phone_region", "AT"),
        ("time_zone: Europe/Vienna", "time_zone: Mars", 26, "time_zone", "Europe/Vienna"),
        ("avoid_duplicates: false", "avoid_duplicates: perhaps", 27, "avoid_duplicates", "true"),
        ("copy_blanks: false", 'copy_blanks: "false"', 28, "copy_blanks", "true, false"),
        ("interval_minutes: 7", "interval_minutes: 0", 29, "interval_minutes", "1 to 1440"),
        ("interval_minutes: 7", "interval_minutes: 1441", 29, "interval_minutes", "1 to 1440"),
        ("interval_minutes: 7", 'interval_minutes: "7"', 29, "interval_minutes", "1 to 1440"),
        ("interval_minutes: 7", "interval_minutes: 7.5", 29, "interval_minutes", "1 to 1440"),
        ("brake_percent: 30", "brake_percent: {a: 1}", 30, "brake_percent", "single"),
        ("[company, birthday]", "[company, age]", 31, "switched_off", "birthday"),
        ("[company, birthday]", "company", 31, "switched_off", "list"),
        ("state: active", "state: running", 32, "state", "draft, active, paused"),
        ("state: active", "sate: active", 32, "sate", "state"),
        ("state: active", "state:", 32, "state", "empty"),
        ("state: active", "winner: left", 32, "winner", "line 23"),
        ("name: North", "name: 12", 17, "name", "quotes"),
        ("name: North", "name: true", 17, "name", "quotes"),
        ("name: North", f"name: {'n' * 101}", 17, "name", "100"),
        ("name: North", 'name: "a\\nb"', 17, "name", "one line"),
        ("name: North", 'name: "a\\0b"', 17, "name", "control"),
        ("name: North", 'name: "\\ud800"', 17, "name", "control"),
        ("right: {account: Google Ops}", "right: Google Ops", 21, "right", "keys"),
        ("right: {account: Google Ops}", "right: {}", 21, "right.account", "missing"),
        ("    right: {account: Google Ops}\n", "", 17, "right", "missing"),
        ("scope: {sales_units: [North, Rome]}", "scope: North", 20, "left.scope", "keys"),
        ("state: active", "rules: all", 32, "rules", "list"),
        ("state: active", "owners: []", 32, "owners", "keys"),
    ],
)
def test_cn9_an_error_names_the_line_the_key_and_what_is_allowed(
    apps: Apps, old: str, new: str, line: int, key: str, told: str
) -> None:
    found = refusals(apps, edited(old, new))

    (problem,) = [each for each in found if each.key == f"connections[0].{key}"]
    assert problem.line == line
    assert any(word in problem.message for word in told.split("|"))


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "told"),
    [
        ("  - label: Google Ops", "  - label: Pipeliner North", 12, "accounts[1].label", "line 2"),
        ("    app: google\n", "", 12, "accounts[1].app", "missing"),
        ("app: google", "app: outlook", 13, "accounts[1].app", "google, pipeliner"),
        ("{email: ops@example.com}", "{}", 12, "accounts[1].settings.email", "missing"),
        ("{email: ops@", "{size: 1, email: ops@", 14, "accounts[1].settings.size", "email"),
        (
            "{refresh_token:",
            "{token: x, refresh_token:",
            15,
            "accounts[1].secrets.token",
            "refresh",
        ),
        ("      api_token: ", "      #", 2, "accounts[0].secrets.api_token", "missing"),
        ("connections:", "conections:", 16, "conections", "accounts, connections"),
        ("accounts:", "accounts: x\nx:", 1, "accounts", "list"),
    ],
)
def test_cn9_an_error_in_an_account_names_its_place(
    apps: Apps, old: str, new: str, line: int, key: str, told: str
) -> None:
    found = refusals(apps, edited(old, new))

    (problem,) = [each for each in found if each.key == key]
    assert problem.line == line
    assert told in problem.message


def test_cn9_names_stand_once(apps: Apps) -> None:
    text = FILE + "  - {name: North, left: {account: Google Ops}, right: {account: Google Ops}}\n"

    problem = refusal(apps, text)

    assert (problem.line, problem.key) == (33, "connections[1].name")
    assert "line 17" in problem.message


def test_cn9_all_errors_are_told_together_in_the_order_of_the_file(apps: Apps) -> None:
    text = (
        FILE.replace("${PIPELINER_TOKEN}", "wrong")
        .replace("winner: right", "winner: up")
        .replace("interval_minutes: 7", "interval_minutes: often")
    )

    assert [each.line for each in refusals(apps, text)] == [10, 23, 29]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "empty"),
        ("- a\n- b\n", 1, "accounts or connections"),
        ("accounts: []\n---\naccounts: []\n", 2, "second document"),
        ("accounts: !!python/object:os.system []\n", 1, "tag"),
        ("accounts: []\nconnections: !mine []\n", 2, "tag"),
        ("%TAG ! tag:example.com,2026:\n---\naccounts: []\n", 1, "tag"),
        ("accounts: &a []\nconnections: *a\n", 1, "anchors"),
        ("accounts: []\nconnections: *a\n", 2, "alias"),
        ("accounts: " + "[" * 5000, 1, "levels"),
        ("accounts: []\n? [a, b]\n: c\n", 2, "key"),
        ("accounts: [\n", 2, "not YAML"),
        ("accounts: []\n  secret: hidden\n", 2, "not YAML"),
        ("accounts: []\n\tx: 1\n", 2, "not YAML"),
        ("accounts: []\nx: a\0b\n", 2, "NUL"),
        ("#" * 1_000_001, 1, "larger"),
    ],
)
def test_cn9_what_is_not_plain_yaml_is_refused(apps: Apps, text: str, line: int, told: str) -> None:
    problem = refusal(apps, text)

    assert problem.line == line
    assert told in problem.message
    assert "hidden" not in problem.message


def test_cn9_a_bomb_of_aliases_is_refused_before_it_unfolds(apps: Apps) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]

    assert "aliases" in refusal(apps, "\n".join(lines)).message


def test_a_file_that_is_not_utf_8_is_refused(apps: Apps) -> None:
    with pytest.raises(Refused, match="line 2: the file must be text in UTF-8"):
        import_file(b"accounts: []\nx: \xff\n", {})


def test_secrets_and_the_environment_never_show_in_what_is_told(apps: Apps) -> None:
    apps.environment["HIDDEN"] = "s3cret"
    text = (
        FILE.replace('"${PIPELINER_TOKEN}"', "[s3cret]")
        .replace("winner: right", 'winner: "${HIDDEN}"')
        .replace("phone_region: AT", 'phone_region: "${HIDDEN}"')
        .replace("interval_minutes: 7", "interval_minutes: ${HIDDEN}")
    )

    told = "\n".join(str(each) for each in refusals(apps, text))

    assert "s3cret" not in told
    assert "${HIDDEN}" in told


def test_a_dollar_more_keeps_a_variable_from_being_read(apps: Apps) -> None:
    take(apps, edited("name: North", 'name: "$${North} $5"'))

    assert Connection.objects.get().name == "${North} $5"
