from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.kills.apps import Apps
from tests.kills.harness import LEASE, ROOT, SETTLING, Installation, Outcome, outcome

Databases = Callable[[], str]


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Return a function that makes a migrated database and returns its address.

    It is of the kind that the tests run on.
    """
    server = os.environ["DATABASE_URL"]
    if server.startswith("sqlite"):
        directory = tmp_path_factory.mktemp("databases")
        template = directory / "template.sqlite3"
        _migrate(f"sqlite:///{template}")

        def copy() -> str:
            path = directory / f"{uuid.uuid4().hex}.sqlite3"
            shutil.copy(template, path)
            return f"sqlite:///{path}"

        return copy
    template_name = f"kills_{uuid.uuid4().hex}"
    _migrate(_create(server, template_name))
    return lambda: _create(server, f"kills_{uuid.uuid4().hex}", template_name)


def _create(server: str, name: str, template: str = "template1") -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )


@pytest.fixture
def install(new_database: Databases, tmp_path: Path) -> Iterator[Callable[..., Installation]]:
    """Return a function that makes an installation between two apps with so many contacts.

    Its other arguments are settings of the connection.
    """
    with ExitStack() as stack:

        def make(
            people: int, *, lease: int = LEASE, settling: int = SETTLING, **connection: object
        ) -> Installation:
            it = Installation(Apps(people), new_database(), tmp_path, lease, settling)
            stack.enter_context(running(it))
            it.connect(**connection)
            return it

        yield make


@pytest.fixture(scope="session")
def undisturbed(
    new_database: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], Outcome]:
    """Return a function that gives the outcome of a first sync of so many contacts."""

    @cache
    def sync(people: int) -> Outcome:
        directory = tmp_path_factory.mktemp("undisturbed")
        with running(Installation(Apps(people), new_database(), directory)) as it:
            it.connect()
            done = it.sync()
            assert done.code == 0, done
            return outcome(it.apps, it.settle())

    return sync


@contextmanager
def running(it: Installation) -> Iterator[Installation]:
    """Have the apps run, and no process afterwards."""
    it.apps.start()
    try:
        yield it
    finally:
        it.close()
        it.apps.close()
