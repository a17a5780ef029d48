"""The demo's settings, wholly apart from a real installation's.

They are written to var/demo/env, beside the demo's database; the keys in it are made once. Other
commands act on the demo with PIPESITE_ENV_FILE=var/demo/env.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sys
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from connections.sandbox.ports import HOST, free_port
from pipesite.environment import EXAMPLES

DIRECTORY = Path(__file__).resolve().parent.parent / "var" / "demo"
GOOGLE_SANDBOX = f"http://{HOST}:8102"

_claims: list[IO[bytes]] = []
"""Kept open: a claim ends with the process that holds it."""


def enter(directory: Path = DIRECTORY) -> None:
    """Put the demo's settings in place of all others, in this process and its children.

    Ends the process with a message where another demo runs in the directory.
    """
    path = directory / "env"
    directory.mkdir(parents=True, exist_ok=True)
    _claim(directory)
    path.touch(mode=0o600)
    kept = dict(line.split("=", 1) for line in path.read_text().splitlines())
    google_port = urlsplit(kept.get("GOOGLE_API_URL", GOOGLE_SANDBOX)).port or 0
    google = f"http://{HOST}:{free_port(google_port)}"
    values = {
        "DATABASE_URL": f"sqlite:///{directory}/pipesite.sqlite3",
        "FIELD_ENCRYPTION_KEYS": kept.get("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode()),
        "GOOGLE_ACCOUNTS_URL": google,
        "GOOGLE_API_URL": google,
        "GOOGLE_CLIENT_ID": "demo.apps.googleusercontent.com",
        "GOOGLE_CLIENT_SECRET": "demo",
        "GOOGLE_OAUTH_URL": google,
        "PIPESITE_ALLOW_LOCAL_APPS": "1",
        "SECRET_KEY": kept.get("SECRET_KEY", secrets.token_urlsafe(50)),
    }
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    for name in EXAMPLES:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ.update(values, PIPESITE_ENV_FILE=str(path))


def _claim(directory: Path) -> None:
    claim = (directory / "lock").open("ab")
    try:
        fcntl.lockf(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"The demo runs already, in {directory}. End that one first, by Ctrl-C.")
    _claims.append(claim)
