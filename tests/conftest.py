from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from encrypted_model_fields import fields as package
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

# A time limit for one example would fail on a busy machine.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.register_profile("soak", deadline=None, max_examples=5000)
hypothesis_settings.load_profile("suite")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite in a file of this run, as an installation does: Django's own choice, memory
    shared by threads, fails with "table is locked" where a file waits.
    """
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "tests.sqlite3")
        # Throwaway data needs no disk flushes.
        database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[..., None]:
    """Put other encryption keys in force for this test, newest first."""

    def use(*keys: str) -> None:
        settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEY = list(keys)
        # The package reads its keys once, when it is imported.
        monkeypatch.setattr(package, "CRYPTER", package.get_crypter())

    return use


@pytest.fixture
def new_key() -> Callable[[], str]:
    return lambda: Fernet.generate_key().decode()


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> None:
    """A real password hash takes a third of a second; here nobody guesses."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
