"""How long the admin's list pages take, with many connections and changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from connections.models import Connection
from syncengine import clock, engine
from syncengine.models import Change, Contact, Run

CONNECTIONS = 200
CHANGES_A_RUN = 50


def fill(changes: int) -> Connection:
    """Add connections, and runs with so many changes to the first one; return that."""
    first = Connection.objects.order_by("pk")[0]
    for number in range(CONNECTIONS - 1):
        made = Connection.objects.create(name=f"C{number}", left=first.left, right=first.right)
        engine.state_of(made)
    now, contact = clock.now(), Contact.objects.filter(connection=first)[0]
    runs = Run.objects.bulk_create(
        Run(
            connection=first,
            connection_name=first.name,
            cause="the bench",
            status=Run.Status.DONE,
            started_at=now,
            finished_at=now,
            updated_right=CHANGES_A_RUN,
        )
        for _ in range(changes // CHANGES_A_RUN)
    )
    for run in runs:
        Change.objects.bulk_create(
            Change(run=run, contact=contact, kind=Change.Kind.UPDATED, name="Ada", at=now)
            for _ in range(CHANGES_A_RUN)
        )
    return first


def measured(changes: int) -> Iterator[dict[str, Any]]:
    """Yield each page with its seconds, CPU seconds and queries."""
    connection = fill(changes)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench"))
    around = "admin:connections_connection_"
    pages = {
        "overview": reverse("admin:index"),
        "connections": reverse(f"{around}changelist"),
        "history": reverse(f"{around}history", args=[connection.pk]),
        "health": reverse(f"{around}health", args=[connection.pk]),
    }
    for name, address in pages.items():
        client.get(address)
        began, cpu = time.perf_counter(), time.process_time()
        with CaptureQueriesContext(database) as queries:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        yield {
            "page": name,
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - cpu,
            "db_queries": len(queries),
        }
