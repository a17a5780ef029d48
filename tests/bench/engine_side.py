"""The engine in a process of its own: makes accounts and connections, and measures their runs.

Run as a module it takes its job as JSON in the first argument and prints a JSON value. The settings
come from the environment.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "pipesite.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection as database  # noqa: E402

from connections import accounts  # noqa: E402
from connections.models import Account, Connection  # noqa: E402
from syncengine import clock, control, engine  # noqa: E402
from syncengine.engine import Progress  # noqa: E402
from syncengine.models import Mirror, Run  # noqa: E402
from tests.bench.child import say, wait_until_ready  # noqa: E402
from tests.bench.pages import measured  # noqa: E402

READ_LONG_AGO = timedelta(minutes=2)
GOOD = {Run.Status.DONE}


def migrate() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)


def set_up(logins: list[dict[str, Any]], connections: list[dict[str, Any]]) -> None:
    """Authorize the accounts and start the connections, approved unseen."""
    for login in logins:
        checked = accounts.check(login["app"], login["settings"], login["secrets"])
        accounts.authorize(Account(label=login["label"]), checked, clock.now())
    by_label = {account.label: account for account in Account.objects.all()}
    for each in connections:
        sides = {side: by_label[each[side]] for side in ("left", "right")}
        if unit := each.pop("left_unit", None):
            scopes = sides["left"].offers.scopes
            each["left_scope"] = [scope.id for scope in scopes if scope.name == unit]
        connection = Connection.objects.create(**{**each, **sides})
        control.start(connection, None)


def change(**values: Any) -> None:
    """Change all connections, and start them again."""
    for connection in Connection.objects.all():
        for name, value in values.items():
            setattr(connection, name, value)
        connection.save()
        control.start(connection, None)


def sync(warm: bool = False, slices_of: float = engine.SLICE_SECONDS) -> dict[str, Any]:
    """Run every connection to its end as if somebody asked, and return what that cost.

    With `warm`, each runs once before that counts: a worker's process has run before.
    """

    def all_() -> list[engine.Advance]:
        return [
            advance
            for pk in _all()
            for advance in engine.to_the_end(pk, cause="the bench", seconds=slices_of)
        ]

    if warm:
        all_()
    return _measured(all_)


def tick() -> dict[str, Any]:
    """Run every connection as the worker does, one after the other, and return what that cost.

    The accounts count as read two minutes ago.
    """

    def all_() -> list[engine.Advance]:
        return [engine.advance(pk) for pk in _all()]

    all_()
    Mirror.objects.update(read_at=clock.now() - READ_LONG_AGO)
    return _measured(all_)


def _all() -> list[int]:
    return list(Connection.objects.order_by("pk").values_list("pk", flat=True))


def _measured(work: Callable[[], list[engine.Advance]]) -> dict[str, Any]:
    queries = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(sql, params, many, context)

    wait_until_ready()
    began, cpu = time.perf_counter(), time.process_time()
    with database.execute_wrapper(count):
        advances = work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    runs = {advance.run.pk: advance.run for advance in advances if advance.run}
    for run in runs.values():
        if run.status not in GOOD:
            raise RuntimeError(f"{run.connection_name}: {run.status} {run.message}")
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_rss_mb": _peak(),
        "db_queries": queries,
        "slices": sum(advance.progress is not Progress.BUSY for advance in advances),
        "done": _total(runs.values()),
    }


def pages(changes: int) -> list[dict[str, Any]]:
    """Return what the list pages of the admin cost."""
    return [page | {"peak_rss_mb": _peak()} for page in measured(changes)]


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _total(runs: Any) -> dict[str, int]:
    names = ("linked", "created_left", "created_right", "updated_left", "updated_right", "failed")
    return {name: sum(getattr(run, name) for run in runs) for name in names}


def main() -> None:
    job = json.loads(sys.argv[1])
    do: dict[str, Callable[..., Any]] = {
        "migrate": migrate,
        "set_up": set_up,
        "change": change,
        "sync": sync,
        "tick": tick,
        "pages": pages,
    }
    say(json.dumps(do[job.pop("do")](**job)))


if __name__ == "__main__":
    main()
