from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from pipesite import environment
from pipesite.environment import EXAMPLES

ROOT = Path(__file__).resolve().parents[1]
KEYS = tuple(base64.urlsafe_b64encode(bytes([n] * 32)).decode() for n in (1, 2))
SECRET = "a-secret-that-must-not-be-shown"


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in an environment that holds none of our variables but these."""
    ours = {name for key in EXAMPLES for name in (key, f"{key}_FILE")}
    base = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=base | {"PIPESITE_ENV_FILE": os.devnull} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


REQUIRED = {
    "FIELD_ENCRYPTION_KEYS": KEYS[0],
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdef",
}


def test_the_table_in_the_docs_names_every_variable_and_no_other() -> None:
    table = (ROOT / "docs" / "settings.md").read_text()

    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", table, re.M)) == sorted(EXAMPLES)


def test_the_settings_read_every_variable() -> None:
    source = (ROOT / "pipesite" / "settings.py").read_text()
    read = set(re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', source))

    assert read | {"PIPESITE_ENV_FILE"} == set(EXAMPLES)


def test_production_settings_pass_the_deployment_check() -> None:
    result = manage("check", "--deploy", PIPESITE_URL="https://pipesite.example.com", **REQUIRED)

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout
    assert "?:" not in result.stdout + result.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
@pytest.mark.parametrize("command", ["check", "migrate", "runserver"])
def test_a_missing_variable_ends_every_command_with_its_name_and_an_example(
    name: str, command: str
) -> None:
    result = manage(command, **(REQUIRED | {name: ""}))

    assert result.returncode == 1
    assert f"{name} is not set. Example: {name}=" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_example_is_no_secret() -> None:
    result = manage("check", **(REQUIRED | {"SECRET_KEY": EXAMPLES["SECRET_KEY"]}))

    assert result.returncode == 1
    assert "SECRET_KEY must not be the example" in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"postgres://user:{SECRET}/@host/name"),
        ("EMAIL_URL", f"smtp://user:{SECRET}/@host"),
        ("FIELD_ENCRYPTION_KEYS", SECRET),
    ],
)
def test_a_malformed_secret_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured) as caught:
        READERS[name]()

    assert SECRET not in "".join(traceback.format_exception(caught.value))


READERS: dict[str, Callable[[], object]] = {
    "DATABASE_URL": lambda: environment.database("DATABASE_URL", "sqlite:///var/x", ROOT),
    "DEBUG": lambda: environment.flag("DEBUG", False),
    "EMAIL_URL": lambda: environment.email("EMAIL_URL", "consolemail://"),
    "FIELD_ENCRYPTION_KEYS": lambda: environment.encryption_keys("FIELD_ENCRYPTION_KEYS"),
    "PIPESITE_LEASE_SECONDS": lambda: environment.whole("PIPESITE_LEASE_SECONDS", 5, highest=9),
    "PIPESITE_URL": lambda: environment.web_address("PIPESITE_URL", "http://localhost:8000"),
    "TIME_ZONE": lambda: environment.time_zone("TIME_ZONE", "UTC"),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user/database"),
        ("DATABASE_URL", "postgres://u:p%40ss#w@h/d"),
        ("DATABASE_URL", "postgres://u:p@h:port/d"),
        ("DATABASE_URL", "postgres://u:p@h"),
        ("DATABASE_URL", "sqlite://"),
        ("DEBUG", "ture"),
        ("EMAIL_URL", "mail.example.org"),
        ("EMAIL_URL", "smtp://host:port"),
        ("FIELD_ENCRYPTION_KEYS", "too-short"),
        ("FIELD_ENCRYPTION_KEYS", "päärs"),
        ("FIELD_ENCRYPTION_KEYS", " , "),
        ("PIPESITE_LEASE_SECONDS", "0"),
        ("PIPESITE_LEASE_SECONDS", "10"),
        ("PIPESITE_LEASE_SECONDS", "2m"),
        ("PIPESITE_URL", "pipesite.example.org"),
        ("PIPESITE_URL", "https://"),
        ("PIPESITE_URL", "https://user:password@host"),
        ("PIPESITE_URL", "https://["),
        ("TIME_ZONE", "Vienna"),
        ("TIME_ZONE", "../etc"),
    ],
)
def test_a_malformed_variable_is_named_with_an_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=rf"^{name} must .* Example: {name}="):
        READERS[name]()


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("DEBUG", "YES", True),
        ("DEBUG", "0", False),
        ("DEBUG", "", False),
        ("FIELD_ENCRYPTION_KEYS", f"{KEYS[0]}, {KEYS[1]},", list(KEYS)),
        ("PIPESITE_LEASE_SECONDS", "9", 9),
        ("PIPESITE_LEASE_SECONDS", "", 5),
        ("PIPESITE_URL", "https://pipesite.example.com/", "https://pipesite.example.com"),
        ("TIME_ZONE", "Europe/Vienna", "Europe/Vienna"),
    ],
)
def test_a_well_formed_variable_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, meant: object
) -> None:
    monkeypatch.setenv(name, value)

    assert READERS[name]() == meant


def test_a_value_may_begin_with_a_dollar_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "$HOME$x")

    assert environment.text("SECRET_KEY") == "$HOME$x"


def test_a_variable_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE names a file that cannot"):
        environment.text("SECRET_KEY")

    (tmp_path / "key").write_text("from the file\n")

    assert environment.text("SECRET_KEY") == "from the file"


def test_sqlite_lets_several_processes_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")

    database = environment.database("DATABASE_URL", "sqlite:///var/pipesite.sqlite3", ROOT)

    assert database["NAME"] == str(ROOT / "var" / "pipesite.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_postgres_address_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:p%40ss%23@db.example.com:5433/pipesite")

    database = environment.database("DATABASE_URL", "", ROOT)

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("ann", "p@ss#")
    assert (database["HOST"], database["PORT"]) == ("db.example.com", 5433)
    assert database["NAME"] == "pipesite"


def test_a_mail_server_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://ann:p%40ss@mail.example.com:587")

    mail = environment.email("EMAIL_URL", "")

    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]) == ("ann", "p@ss")
    assert mail["EMAIL_USE_TLS"] is True


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text("# a comment\n\nDEBUG=1\nGOOGLE_CLIENT_ID=a#b=$c\n")
    monkeypatch.setenv("PIPESITE_ENV_FILE", str(tmp_path / "env"))
    monkeypatch.setenv("DEBUG", "0")
    # Set first, so that what the file brings is taken back after the test.
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "")
    monkeypatch.delenv("GOOGLE_CLIENT_ID")

    environment.read_file(tmp_path / "elsewhere")

    assert environment.flag("DEBUG", False) is False
    assert environment.text("GOOGLE_CLIENT_ID", "") == "a#b=$c"


def test_a_malformed_line_of_the_file_is_told_by_its_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "env").write_text(f"DEBUG=1\nSECRET_KEY = {SECRET}\n")
    monkeypatch.setenv("PIPESITE_ENV_FILE", str(tmp_path / "env"))

    with pytest.raises(ImproperlyConfigured, match=r"env, line 2 .* Example: DEBUG=0") as caught:
        environment.read_file(tmp_path / "elsewhere")

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("allowed", "ids"), [(True, []), (False, ["connections.E001"])])
def test_shortened_times_need_local_apps(settings: Settings, allowed: bool, ids: list[str]) -> None:
    settings.PIPESITE_ALLOW_LOCAL_APPS = allowed
    settings.SHORTENED_TIMES = ["PIPESITE_LEASE_SECONDS"]

    messages = [message for message in run_checks() if (message.id or "").startswith("connections")]

    assert [message.id for message in messages] == ids
    assert all("PIPESITE_LEASE_SECONDS" in message.msg for message in messages)


def test_a_shortened_time_stops_a_real_installation() -> None:
    result = manage("check", PIPESITE_RETRY_SECONDS="1", **REQUIRED)

    assert result.returncode == 1
    assert "connections.E001" in result.stderr
    assert "PIPESITE_ALLOW_LOCAL_APPS=1" in result.stderr
