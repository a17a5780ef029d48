"""Importing accounts and connections, over both stand-ins by real HTTP."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from connections.models import Account, Connection
from syncengine import clock, engine, notices
from syncengine.models import Run
from tests.syncengine.apps import FILE, Apps, apps, edited, refusal, refusals, take

__all__ = ["apps"]

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


def connection() -> Connection:
    return Connection.objects.select_related("left", "right").get()


def units(apps: Apps, *names: str) -> list[str]:
    ids = {row["name"].strip(): id_ for id_, row in apps.pipeliner.rows("SalesUnit").items()}
    return [ids[name] for name in names]


# -- what a file makes ------------------------------------------------------------------------


def test_cn9_a_file_makes_accounts_and_connections(apps: Apps) -> None:
    report = take(apps)

    assert [each.result for each in (*report.accounts, *report.connections)] == ["created"] * 3
    made = connection()
    assert made.left.label == "Pipeliner North"
    assert made.left.status == made.right.status == Account.Status.AUTHORIZED
    assert made.left.identity_label == "ann@example.com in demo"
    assert made.left.settings["space_id"] == "demo"
    assert made.left.secrets == {"api_token": "demo-token", "api_password": "demo-password"}
    assert made.left_scope == units(apps, "North", "Rome")
    assert made.right_scope == []
    assert made.direction == "both"
    assert (made.winner, made.first_merge) == ("right", "fill_gaps")
    assert (made.phone_region, made.time_zone) == ("AT", "Europe/Vienna")
    assert (made.avoid_duplicates, made.copy_blanks) == (False, False)
    assert (made.interval_minutes, made.brake_percent) == (7, 30)
    assert made.state == Connection.State.ACTIVE


def test_va4_roles_of_the_default_mapping_are_switched_off(apps: Apps) -> None:
    take(apps)

    roles = {pair.left.role for pair in connection().configuration().pairs}
    assert not {"company", "birthday"} & roles
    assert "emails" in roles


def test_cn9_an_active_connection_waits_for_its_preview(apps: Apps) -> None:
    (done,) = take(apps).connections

    assert done.waits_for_preview
    assert not engine.state_of(connection()).approved_revision


def test_cn9_approve_lets_the_first_sync_go_ahead_unseen(apps: Apps) -> None:
    (done,) = take(apps, approve=True).connections

    assert not done.waits_for_preview
    state = engine.state_of(connection())
    assert state.approved_revision == connection().configuration().revision
    assert state.allowance


def test_cn9_approve_also_starts_one_that_waits_since_an_earlier_import(apps: Apps) -> None:
    take(apps)
    (done,) = take(apps, approve=True).connections

    assert (done.result, done.keys) == ("changed", ("approved",))
    assert engine.state_of(connection()).approved_revision


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_cn9_approve_starts_no_draft_and_no_paused_one(apps: Apps, state: str) -> None:
    take(apps, edited("state: active", f"state: {state}"), approve=True)

    assert connection().state == state
    assert not engine.state_of(connection()).approved_revision


def test_a_connection_is_a_draft_unless_the_file_says_otherwise(apps: Apps) -> None:
    take(apps, edited("    state: active\n", ""))

    assert connection().state == Connection.State.DRAFT


def test_the_file_of_the_docs_is_taken(apps: Apps, settings: Settings) -> None:
    text = (settings.BASE_DIR / "docs/importing.md").read_text("utf-8")
    file = text.split("```yaml\n")[1].split("```")[0]
    url = '"https://eu-central.api.pipelinersales.com"'
    assert url in file
    apps.google.add_group("From Pipeliner")

    take(apps, file.replace(url, '"${PIPELINER_URL}"').replace("my_space", "demo"))

    made = connection().setup()
    assert [len(rule.conditions) for rule in made.rules] == [2, 0]
    assert [mapping.right for mapping in made.mappings] == ["custom.Region"]
    assert made.owners.left_fallback


# -- importing again --------------------------------------------------------------------------


def test_cn9_the_same_file_again_changes_nothing_and_asks_no_app(apps: Apps) -> None:
    take(apps)
    before = list(Account.objects.values()), list(Connection.objects.values())
    apps.asked()

    report = take(apps)

    assert [each.result for each in (*report.accounts, *report.connections)] == ["unchanged"] * 3
    assert apps.asked() == 0
    assert (list(Account.objects.values()), list(Connection.objects.values())) == before


def test_cn9_what_the_file_leaves_out_stays_as_it_is(apps: Apps) -> None:
    take(apps)
    take(apps, "connections: [{name: North, interval_minutes: 9}]")

    made = connection()
    assert made.interval_minutes == 9
    assert (made.winner, made.copy_blanks, made.left.label) == ("right", False, "Pipeliner North")
    assert made.left_scope == units(apps, "North", "Rome")
    assert made.switched_off == ["company", "birthday"]
    assert made.right.status == Account.Status.AUTHORIZED


def test_pl3_a_held_run_is_counted_again_once_the_set_up_was_imported(apps: Apps) -> None:
    take(apps)
    state = engine.state_of(connection())
    state.held = {"clears": 30}
    state.save()
    take(apps)
    assert engine.state_of(connection()).held == {"clears": 30}
    take(apps, "connections: [{name: North, brake_percent: 50}]")
    assert engine.state_of(connection()).held == {}


def test_cn9_state_counts_on_creation_only(apps: Apps) -> None:
    take(apps)
    take(apps, edited("state: active", "state: paused"))

    assert connection().state == Connection.State.ACTIVE


def test_an_empty_scope_is_everything(apps: Apps) -> None:
    take(apps)
    take(apps, edited("[North, Rome]", "[]"))

    assert connection().left_scope == []


def test_ac5_a_secret_that_is_given_anew_replaces_the_old_one(apps: Apps) -> None:
    take(apps)
    apps.google.revoke_all()
    account = connection().right
    notices.lose_authorization(account, "the grant was withdrawn")
    apps.environment["GOOGLE_REFRESH_TOKEN"] = apps.google.issue_refresh_token()

    _, google = take(apps).accounts

    account.refresh_from_db()
    assert google.keys == ("secrets", "authorization")
    assert account.status == Account.Status.AUTHORIZED
    assert account.secrets["refresh_token"] == apps.environment["GOOGLE_REFRESH_TOKEN"]


def test_ac5_the_same_secrets_authorize_an_account_that_lost_it(apps: Apps) -> None:
    take(apps)
    notices.lose_authorization(connection().left, "it was refused for a while")

    pipeliner, _ = take(apps).accounts

    assert pipeliner.keys == ("authorization",)
    assert connection().left.status == Account.Status.AUTHORIZED


def test_a_setting_that_changes_is_tried_with_the_stored_secrets(apps: Apps) -> None:
    take(apps)
    text = "accounts: [{label: Pipeliner North, settings: {space_id: other}}]"

    assert "no space" in refusal(apps, text).message

    text = "accounts: [{label: Pipeliner North, settings: {email: bob@example.com}}]"
    (done,) = take(apps, text).accounts
    assert done.keys == ("settings",)
    assert connection().left.settings["email"] == "bob@example.com"
    assert connection().left.settings["user"] == "ann@example.com"


def test_ac5_another_identity_is_refused_with_both_names(apps: Apps) -> None:
    take(apps)

    problem = refusal(apps, edited("user: ann@example.com", "user: bob@example.com"))

    assert problem.line == 2
    assert "bob@example.com in demo" in problem.message
    assert "ann@example.com in demo" in problem.message


# -- accounts that are not accepted -----------------------------------------------------------


def test_cn9_without_secrets_an_account_is_made_as_needs_authorization(apps: Apps) -> None:
    (done,) = take(
        apps, "accounts: [{label: Ops, app: google, settings: {email: ops@example.com}}]"
    ).accounts

    assert (done.result, done.state) == ("created", Account.Status.NEEDS_AUTHORIZATION)
    assert Account.objects.get().settings == {"email": "ops@example.com"}
    assert apps.asked() == 0


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("${PIPELINER_TOKEN}", "wrong", 10, "accounts[0].secrets.api_token"),
        ("${PIPELINER_PASSWORD}", "wrong", 10, "accounts[0].secrets.api_token"),
        ("space_id: demo", "space_id: other", 7, "accounts[0].settings.space_id"),
        ("${PIPELINER_URL}", "http://127.0.0.1:1", 6, "accounts[0].settings.service_url"),
        ("user: ann@", "user: nobody@", 8, "accounts[0].settings.user"),
        ("email: ops@", "email: elsewhere@", 14, "accounts[1].settings.email"),
        ("${GOOGLE_REFRESH_TOKEN}", "wrong", 12, "accounts[1]"),
    ],
)
def test_ac2_what_the_app_says_stands_beside_the_key_at_fault(
    apps: Apps, old: str, new: str, line: int, key: str
) -> None:
    problem = refusal(apps, edited(old, new))

    assert (problem.line, problem.key) == (line, key)
    assert "wrong" not in problem.message


def test_a_variable_that_is_not_set_is_named(apps: Apps) -> None:
    del apps.environment["PIPELINER_PASSWORD"]

    problem = refusal(apps, FILE)

    assert (problem.line, problem.key) == (11, "accounts[0].secrets.api_password")
    assert "PIPELINER_PASSWORD" in problem.message


# -- scopes -----------------------------------------------------------------------------------


def test_ac6_an_ambiguous_unit_is_named_by_what_lies_above_it(apps: Apps) -> None:
    (south,) = units(apps, "South")
    inner = apps.pipeliner.add("SalesUnit", {"name": "North", "parent_id": south})

    problem = refusal(apps, edited("[North, Rome]", "[North]"))

    assert (problem.line, problem.key) == (20, "connections[0].left.scope.sales_units")
    assert "Company/North" in problem.message
    assert "South/North" in problem.message
    take(apps, edited("[North, Rome]", "[South/North]"))
    assert connection().left_scope == [inner]


def test_ac6_an_unknown_unit_is_told_with_those_that_there_are(apps: Apps) -> None:
    problem = refusal(apps, edited("[North, Rome]", "[Nirth, Rome]"))

    assert "“Nirth”" in problem.message
    assert "Athens, Company, North" in ", ".join(
        sorted(problem.message.split(": ")[-1].split(", "))
    )


def test_ac6_a_name_that_is_not_known_yet_is_looked_up_live(apps: Apps) -> None:
    take(apps)
    new = apps.pipeliner.add("SalesUnit", {"name": "West"})

    take(apps, edited("[North, Rome]", "[West]"))

    assert connection().left_scope == [new]
    assert "West" in {scope.name for scope in connection().left.offers.scopes}


def test_ac6_labels_are_the_scope_of_google(apps: Apps) -> None:
    label = apps.google.add_group("Customers")

    take(
        apps, edited("{account: Google Ops}", "{account: Google Ops, scope: {labels: [Customers]}}")
    )

    assert connection().right_scope == [label]


def test_ac6_a_scope_of_another_app_is_refused(apps: Apps) -> None:
    problem = refusal(apps, edited("sales_units: [North, Rome]", "labels: [North]"))

    assert problem.key == "connections[0].left.scope.labels"
    assert "sales_units" in problem.message


def test_ac6_a_unit_stands_once(apps: Apps) -> None:
    assert "twice" in refusal(apps, edited("[North, Rome]", "[North, Company/North]")).message


def test_ac6_a_scope_needs_an_account_that_is_authorized(apps: Apps) -> None:
    secrets = FILE[FILE.index("    secrets:\n") : FILE.index("  - label: Google Ops")]

    assert "authorized" in refusal(apps, FILE.replace(secrets, "")).message


# -- what may be connected --------------------------------------------------------------------


def other_google(apps: Apps) -> None:
    """Authorize one more account at Google."""
    apps.google.add_user("two@example.com")
    apps.environment["OTHER"] = apps.google.issue_refresh_token("two@example.com")
    take(
        apps,
        "accounts: [{label: Two, app: google, settings: {email: two@example.com}, "
        'secrets: {refresh_token: "${OTHER}"}}]',
    )


def test_a_side_may_change_before_the_first_read_and_not_after_it(apps: Apps) -> None:
    take(apps)
    other_google(apps)
    take(apps, "connections: [{name: North, right: {account: Two}}]")
    assert connection().right.label == "Two"

    Run.objects.create(connection=connection(), started_at=clock.now())
    problem = refusal(apps, "connections: [{name: North, right: {account: Google Ops}}]")
    assert problem.key == "connections[0].right"
    assert "Two" in problem.message


def test_another_account_needs_a_scope_of_its_own(apps: Apps) -> None:
    take(apps)
    other_google(apps)

    problem = refusal(apps, "connections: [{name: North, left: {account: Two}}]")

    assert problem.key == "connections[0].left"
    assert "scope" in problem.message


def test_an_account_is_not_connected_with_itself(apps: Apps) -> None:
    assert (
        "another account"
        in refusal(apps, edited("{account: Google Ops}", "{account: Pipeliner North}")).message
    )


def test_a_login_is_not_connected_with_itself_under_another_label(apps: Apps) -> None:
    take(apps)
    text = """
accounts:
  - label: Again
    app: google
    settings: {email: ops@example.com}
    secrets: {refresh_token: "${GOOGLE_REFRESH_TOKEN}"}
connections:
  - {name: Round, left: {account: Google Ops}, right: {account: Again}}
"""
    assert "same login" in refusal(apps, text).message


def test_an_unknown_account_is_told_with_those_that_there_are(apps: Apps) -> None:
    problem = refusal(apps, edited("{account: Google Ops}", "{account: Googel}"))

    assert problem.key == "connections[0].right.account"
    assert "Google Ops, Pipeliner North" in problem.message


def test_cn11_a_connection_that_closes_a_ring_is_refused(apps: Apps) -> None:
    take(apps)
    other_google(apps)
    closing = """
connections:
  - {name: Second, left: {account: Google Ops}, right: {account: Two}, state: active}
  - name: Third
    left: {account: Two}
    right: {account: Pipeliner North}
    direction: both
    state: active
"""
    problems = refusals(apps, closing)
    assert any(each.line == 7 and "“North”" in each.message for each in problems)
    assert all("ring" in each.message for each in problems)

    take(apps, closing.replace("direction: both\n    state: active", "direction: both"))
    assert Connection.objects.count() == 3
