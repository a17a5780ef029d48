from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connections.models import Account, Connection
from connections.setups import (
    ActionSetup,
    ConditionSetup,
    MappingSetup,
    OwnersSetup,
    RuleSetup,
    Setup,
    default_rule,
)
from syncengine import control, engine
from syncengine.exporting import as_yaml, export
from syncengine.importing import import_file
from syncengine.models import Change, Run
from tests.syncengine.apps import FILE, Apps, apps, second_space, take

__all__ = ["apps"]

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


def exported() -> str:
    connections = Connection.objects.select_related("left", "right")
    return as_yaml(export(connections, Account.objects.all()))


def configuration() -> list[Any]:
    return list(Connection.objects.order_by("name").values())


def test_cn9_no_secret_is_exported(apps: Apps) -> None:
    import_file(FILE.encode(), apps.environment)

    text = exported()

    assert "secrets" not in text
    for secret in ("demo-token", "demo-password", apps.environment["GOOGLE_REFRESH_TOKEN"]):
        assert secret not in text


def test_cn9_an_export_changes_nothing_where_it_came_from(apps: Apps) -> None:
    import_file(FILE.encode(), apps.environment)
    before = configuration()
    apps.asked()

    report = import_file(exported().encode(), {})

    assert [each.result for each in (*report.accounts, *report.connections)] == ["unchanged"] * 3
    assert configuration() == before
    assert apps.asked() == 0


def test_cn9_an_export_makes_the_same_connection_elsewhere(apps: Apps) -> None:
    (south,) = (i for i, row in apps.pipeliner.rows("SalesUnit").items() if row["name"] == "South")
    apps.pipeliner.add("SalesUnit", {"name": "North", "parent_id": south})
    text = FILE.replace("[North, Rome]", "[South/North, Rome]").replace("name: North", "name: NO")
    import_file(text.encode(), apps.environment)
    before = configuration()
    text = exported()
    assert "South/North" in text
    Connection.objects.all().delete()

    import_file(text.encode(), {})

    without_id = [{**each, "id": None} for each in before]
    assert [{**each, "id": None} for each in configuration()] == without_id


def test_cn9_an_export_takes_a_scope_away_again(apps: Apps) -> None:
    import_file(FILE.replace("[North, Rome]", "[]").encode(), apps.environment)
    text = exported()
    Connection.objects.update(left_scope=["something"])

    import_file(text.encode(), {})

    assert Connection.objects.get().left_scope == []


@pytest.mark.parametrize(
    "name", ["${NAME}", "$${NAME} $", "true", "12", "a: b # c", "'\"", "Größe 👩‍💻"]
)
def test_cn9_any_name_survives(apps: Apps, name: str) -> None:
    import_file(FILE.encode(), apps.environment)
    Connection.objects.update(name=name)

    (done,) = import_file(exported().encode(), {}).connections

    assert (done.name, done.result) == (name, "unchanged")


def test_cn9_a_connection_is_imported_before_its_accounts_are_authorized(apps: Apps) -> None:
    import_file(FILE.replace("[North, Rome]", "[]").encode(), apps.environment)
    before, text = Connection.objects.get().setup(), exported()
    Connection.objects.all().delete()
    Account.objects.all().delete()

    report = import_file(text.encode(), {})

    assert {each.state for each in report.accounts} == {Account.Status.NEEDS_AUTHORIZATION}
    assert Connection.objects.get().setup() == before


# -- rules, mappings, owners ------------------------------------------------------------------


def full(connection: Connection) -> Setup:
    """Return a set-up that has something of everything."""
    left, right = connection.left.offers, connection.right.offers
    units = [scope.id for scope in left.scopes]
    (label,) = [scope.id for scope in right.scopes if scope.name == "Customers"]
    fields = {field.key: field for field in left.fields}
    regions = [each.value for each in fields["cf_region_id"].options]
    interests = [each.value for each in fields["cf_interests"].options]
    ann, bob = (user.id for user in left.users[:2])
    one = RuleSetup(
        "11111111",
        "left",
        "any",
        (
            ConditionSetup("scope", "not_in", (units[0], units[1])),
            ConditionSetup("owner", "is", (ann, bob)),
            ConditionSetup("field", "none_of", (regions[1],), "cf_region_id"),
            ConditionSetup("field", "is", ("false",), "cf_newsletter"),
            ConditionSetup("field", "between", ("1", "2.5"), "cf_revenue"),
            ConditionSetup("field", "not_empty", (), "notes" if "notes" in fields else "comments"),
            ConditionSetup("field", "is", ("${HOME} \n~",), "city"),
        ),
        (ActionSetup("add_label", (label,), "", "always", True),),
    )
    two = RuleSetup(
        "22222222",
        "right",
        "any",
        (ConditionSetup("exists", "is", ("false",)),),
        (
            ActionSetup("set_unit", (units[2],), "", "creation"),
            ActionSetup("set_owner", (bob,)),
            ActionSetup("set_field", tuple(interests[:2]), "cf_interests"),
            ActionSetup("set_field", ("true",), "cf_newsletter", "start", True),
        ),
    )
    return replace(
        connection.setup(),
        rules=(default_rule("left"), one, two),
        mappings=(
            MappingSetup("cf_nickname", "nickname"),
            MappingSetup("cf_birthday", "birthday", "left_to_right"),
            MappingSetup(
                "cf_region_id",
                "custom.Region",
                "left_to_right",
                ((regions[0], "${N}"), (regions[1], "")),
            ),
        ),
        owners=OwnersSetup((), bob, ""),
    )


def connected(apps: Apps) -> Connection:
    apps.google.add_group("Customers")
    take(apps)
    made = Connection.objects.get()
    made.keep_setup(full(made))
    return made


def test_cn9_all_of_a_setup_is_exported_and_read_again_as_it_was(apps: Apps) -> None:
    made = connected(apps)
    before = made.setup()
    text = exported()
    apps.asked()

    assert import_file(text.encode(), {}).connections[0].result == "unchanged"
    assert apps.asked() == 0
    made.keep_setup(Setup())
    import_file(text.encode(), {})

    assert without_keys(Connection.objects.get().setup()) == without_keys(before)
    assert exported() == text


def without_keys(setup: Setup) -> Setup:
    return replace(setup, rules=tuple(replace(each, key="") for each in setup.rules))


def test_cn9_names_stand_in_an_export_and_no_ids(apps: Apps) -> None:
    made = connected(apps)

    text = exported()

    for offers in (made.left.offers, made.right.offers):
        ids = [*(user.id for user in offers.users), *(scope.id for scope in offers.scopes)]
        assert not [id_ for id_ in ids if id_ in text]
        for field in offers.fields:
            assert not [option for option in field.options if option.value in text]


def test_cn9_what_is_switched_off_is_exported_with_the_default_mapping(apps: Apps) -> None:
    take(apps)

    (connection,) = export(Connection.objects.all(), [])["connections"]

    assert connection["mappings"] == "default"
    assert connection["switched_off"] == ["company", "birthday"]
    assert connection["rules"] == [{"side": "left"}, {"side": "right"}]
    assert connection["owners"] == {"fallback": "", "table": []}


def test_cn9_an_option_that_stands_for_several_is_exported_as_a_list(apps: Apps) -> None:
    made = connected(apps)
    (small, _, large) = next(
        field.options for field in made.left.offers.fields if field.key == "cf_size_id"
    )
    mapping = MappingSetup(
        "cf_size_id", "cf_size_id", "both", ((small.value, large.value), ("", small.value))
    )
    second_space(apps, "bob@example.com")
    two = Connection.objects.get(name="Two")
    double = (*mapping.options, (small.value, small.value))
    two.keep_setup(replace(two.setup(), mappings=(replace(mapping, options=double),)))
    before, text = two.setup(), exported()
    two.keep_setup(Setup())

    import_file(text.encode(), {})

    assert Connection.objects.get(name="Two").setup().mappings == before.mappings


def previewed() -> list[tuple[Any, ...]]:
    """Make a preview of the only connection, and return what it says."""
    connection = Connection.objects.select_related("left", "right").get()
    for _ in engine.to_the_end(connection.pk, cause="a test", kind=Run.Kind.PREVIEW):
        pass
    run = control.latest_preview(connection)
    assert run is not None
    changes = Change.objects.filter(run=run)
    # Behind these stands the rule that did it, which is another one elsewhere.
    fields = {c.pk: [field[:8] for field in c.fields or ()] for c in changes}
    return sorted((c.kind, c.side, c.name, str(fields[c.pk]), c.reason) for c in changes)


def test_cn9_an_export_imported_elsewhere_gives_the_same_preview(apps: Apps) -> None:
    for city, name in (("Wien", "Ada"), ("Linz", "Bob"), ("Graz", "Cy")):
        apps.pipeliner.add_contact(
            {"first_name": name, "last_name": "Lee", "city": city, "email1": f"{name}@x.org"}
        )
    apps.google.add_contact(
        {"names": [{"givenName": "Dee"}], "emailAddresses": [{"value": "d@x.org"}]}
    )
    apps.google.add_group("Customers")
    text = (
        FILE[: FILE.index("    switched_off")].replace("[North, Rome]", "[]")
        + """\
    state: active
    mappings:
      - {left: first_name, right: given_name}
      - {left: last_name, right: family_name}
      - {left: emails, right: emails}
    rules:
      - side: left
        conditions: [{kind: field, field: city, operator: is, value: Wien}]
        actions: [{kind: add_label, value: Customers, when: always, undo: true}]
      - side: right
        actions: [{kind: set_owner, value: bob@example.com}]
"""
    )
    take(apps, text)
    before, file = previewed(), exported()
    assert {name for _, _, name, _, _ in before} >= {"Ada Lee", "Dee"}
    assert "Customers" in str(before)
    Connection.objects.all().delete()
    Account.objects.all().delete()

    # Elsewhere the accounts are new, and get their secrets from whoever imports.
    elsewhere = file.replace(
        "- label: Pipeliner North\n",
        '- label: Pipeliner North\n  secrets: {api_token: "${PIPELINER_TOKEN}", '
        'api_password: "${PIPELINER_PASSWORD}"}\n',
    ).replace(
        "- label: Google Ops\n",
        '- label: Google Ops\n  secrets: {refresh_token: "${GOOGLE_REFRESH_TOKEN}"}\n',
    )
    take(apps, elsewhere)

    assert previewed() == before
