"""Reads the settings from the environment.

Every variable has an example here and a row in docs/settings.md. A variable that is missing or
malformed raises `ImproperlyConfigured` with its name and its example, never its value. An empty
one counts as not set. Each can also be given as `NAME_FILE`, the path of a file that holds it.
"""

from __future__ import annotations

import re
import zoneinfo
from email.utils import parseaddr
from pathlib import Path
from typing import Any, overload
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environ.fileaware_mapping import FileAwareMapping

EXAMPLES = {
    "ALLOWED_HOSTS": "pipesite.example.com,10.0.0.5",
    "DATABASE_URL": "postgres://pipesite:password@db.example.com:5432/pipesite",
    "DEBUG": "0",
    "EMAIL_FROM": "Pipesite <pipesite@example.com>",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
    "FIELD_ENCRYPTION_KEYS": "newest-key-of-44-characters=,older-key-of-44-characters=",
    "FORWARDED_ALLOW_IPS": "127.0.0.1,10.0.0.5",
    "GOOGLE_ACCOUNTS_URL": "https://accounts.google.com",
    "GOOGLE_API_URL": "https://people.googleapis.com",
    "GOOGLE_CLIENT_ID": "1234567890-abc.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": "GOCSPX-abc",
    "GOOGLE_OAUTH_URL": "https://oauth2.googleapis.com",
    "PIPESITE_ALLOW_LOCAL_APPS": "0",
    "PIPESITE_ENV_FILE": "/etc/pipesite/env",
    "PIPESITE_LEASE_SECONDS": "120",
    "PIPESITE_RETRY_SECONDS": "60",
    "PIPESITE_SETTLING_SECONDS": "300",
    "PIPESITE_URL": "https://pipesite.example.com",
    "SECRET_KEY": "fifty-or-more-random-characters-that-nobody-else-knows",
    "TIME_ZONE": "Europe/Vienna",
}

_WORDS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
_LINE = re.compile(r"(export )?[A-Za-z_][A-Za-z0-9_]*=.*")
# Read from here and not by environ.Env: that takes a value that starts with "$" for the name of
# another variable, and a word that it does not know for False.
_source = FileAwareMapping(cache=False)


def read_file(default: Path) -> None:
    """Take in the lines of the environment file, where there is one; what is set already stays.

    A line is `NAME=value`, blank, or a comment that starts with `#`.
    """
    path = Path(text("PIPESITE_ENV_FILE", str(default)))
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#") and not _LINE.fullmatch(line):
            raise ImproperlyConfigured(
                f"{path}, line {number} is neither a comment nor NAME=value."
                " Example: DEBUG=0 (no space around the equals sign)"
            )
    environ.Env.read_env(path)


def text(name: str, default: str | None = None) -> str:
    """The variable's text without surrounding space; `default` None means that it is required."""
    try:
        value = str(_source.get(name, "")).strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names a file that cannot be read ({error.strerror})."
            f" Example: {name}_FILE=/run/secrets/{name.lower()}"
        ) from error
    if value and default is None and value == EXAMPLES[name]:
        raise _malformed(name, "must not be the example itself")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Example: {name}={EXAMPLES[name]}")
    return default


def flag(name: str, default: bool) -> bool:
    """A yes or no, in one of the words 1, true, yes, on, 0, false, no, off."""
    value = text(name, str(default)).lower()
    if value not in _WORDS:
        raise _malformed(name, "must be 1 or 0")
    return _WORDS[value]


@overload
def whole(name: str, default: int, *, highest: int) -> int: ...
@overload
def whole(name: str, default: None, *, highest: int) -> int | None: ...
def whole(name: str, default: int | None, *, highest: int) -> int | None:
    """A whole number from 1 to `highest`."""
    value = text(name, "")
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= highest:
        raise _malformed(name, f"must be a whole number from 1 to {highest}")
    return int(value)


def words(name: str, default: list[str]) -> list[str]:
    """The parts of a comma list, without surrounding space and empty parts."""
    return [part.strip() for part in text(name, ",".join(default)).split(",") if part.strip()]


def web_address(name: str, default: str) -> str:
    """A web address of scheme and host, perhaps a port and a path, without a closing slash."""
    value = text(name, default)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise _malformed(name, "must be a web address that starts with https:// or http://")
    return value.rstrip("/")


def time_zone(name: str, default: str) -> str:
    """The name of a time zone of the IANA database."""
    value = text(name, default)
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _malformed(name, "must be the name of a time zone") from error
    return value


def encryption_keys(name: str) -> list[str]:
    """The keys of a comma list, newest first; the first encrypts, all decrypt."""
    text(name)  # required
    keys = words(name, [])
    for key in keys or [""]:
        try:
            Fernet(key)
        except ValueError:
            raise _malformed(
                name, "must be a comma list of keys, newest first, each 32 bytes in URL-safe base64"
            ) from None
    return keys


def database(name: str, default: str, root: Path) -> dict[str, Any]:
    """One entry of Django's DATABASES; a relative SQLite path starts at `root`.

    SQLite gets what several processes need: readers that do not block (WAL), transactions that
    take the write lock at once (IMMEDIATE) and wait for it.
    """
    value = text(name, default)
    if "#" in value:
        raise _malformed(name, "must have # and other special characters percent-encoded (%23)")
    scheme = value.partition("://")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise _malformed(name, "must start with sqlite:/// or postgres://")
    try:
        config: dict[str, Any] = environ.Env.db_url_config(value)
    except ValueError:
        # Not "from error": that one may name a part of the password.
        raise _malformed(name, "must be a database address") from None
    if config["NAME"] in {"", ":memory:"}:
        raise _malformed(name, "must end with the name of a database")
    if scheme == "sqlite":
        config["NAME"] = str(root / config["NAME"])
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            # Of Python's usual 128, each with a thousand places takes up to a megabyte.
            "cached_statements": 32,
        }
    else:
        config |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return config


def email(name: str, default: str) -> dict[str, Any]:
    """Django's EMAIL_ settings, by name."""
    try:
        config: dict[str, Any] = environ.Env.email_url_config(text(name, default))
    except (ImproperlyConfigured, ValueError):
        raise _malformed(name, "must be an address of a mail server") from None
    return {key: value for key, value in config.items() if value is not None and key != "OPTIONS"}


def sender(name: str, default: str) -> str:
    """An email address, perhaps with a name before it."""
    value = text(name, default)
    try:
        validate_email(parseaddr(value)[1])
    except ValidationError:
        raise _malformed(name, "must be an email address") from None
    return value


def _malformed(name: str, rule: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} {rule}. Example: {name}={EXAMPLES[name]}")
