"""System checks: mistakes of an installation, told at start with what to do about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from connections.encryption import CannotDecrypt
from connections.models.canary import Canary


@register(Tags.compatibility)
def shortened_times(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """E001: only an installation whose apps are stand-ins may set these times."""
    if settings.PIPESITE_ALLOW_LOCAL_APPS:
        return []
    return [
        Error(
            f"{name} is set, but local apps are not allowed.",
            hint=f"Take {name} out of the environment. Where the apps are local stand-ins,"
            " as in tests, set PIPESITE_ALLOW_LOCAL_APPS=1 beside it.",
            id="connections.E001",
        )
        for name in settings.SHORTENED_TIMES
    ]


@register(Tags.database)
def canary_decrypts(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> Iterable[CheckMessage]:
    """E002: the keys do not open what this database holds."""
    for alias in databases or ():
        try:
            Canary.objects.using(alias).filter(pk=1).first()
        except DatabaseError:
            continue  # not migrated yet
        except CannotDecrypt as error:
            return [
                Error(
                    f"{error}.",
                    hint="Put back the keys that this database was written with, newest first."
                    " Example: FIELD_ENCRYPTION_KEYS=newest,older",
                    id="connections.E002",
                )
            ]
    return []
