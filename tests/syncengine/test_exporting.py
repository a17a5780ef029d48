from __future__ import annotations

from typing import Any

import pytest

from connections.models import Account, Connection
from syncengine.exporting import as_yaml, export
from syncengine.importing import import_file
from tests.syncengine.apps import FILE, Apps, apps

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
