"""What the worker would do, done here and now."""

from __future__ import annotations

from django.utils.module_loading import import_string
from django_q.models import OrmQ


def work() -> None:
    """Do what is queued, in its order, until nothing is left."""
    while (row := OrmQ.objects.order_by("pk").first()) is not None:
        task = row.task
        row.delete()
        import_string(task["func"])(*task["args"], **task["kwargs"])
