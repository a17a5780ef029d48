"""The connectors by the key of their app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from connections.connectors.base import Connector

CONNECTORS = {
    "pipeliner": "connections.connectors.pipeliner.Pipeliner",
    "google": "connections.connectors.google.Google",
}


def connector_class(app: str) -> type[Connector]:
    """Return the connector of an app; raises KeyError for an unknown one."""
    found: type[Connector] = import_string(CONNECTORS[app])
    return found


@contextmanager
def registered(app: str, path: str) -> Iterator[None]:
    """Offer one more connector for a while, for tests."""
    CONNECTORS[app] = path
    try:
        yield
    finally:
        del CONNECTORS[app]
