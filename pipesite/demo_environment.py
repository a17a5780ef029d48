"""The demo's settings, wholly apart from a real installation's.

They are written to var/demo/env, beside the demo's database; the keys in it are made once. Other
commands act on the demo with PIPESITE_ENV_FILE=var/demo/env.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from pipesite.environment import EXAMPLES

DIRECTORY = Path(__file__).resolve().parent.parent / "var" / "demo"
PIPELINER_SANDBOX = "http://127.0.0.1:8101"
GOOGLE_SANDBOX = "http://127.0.0.1:8102"


def enter(directory: Path = DIRECTORY) -> None:
    """Put the demo's settings in place of all others, in this process and its children."""
    path = directory / "env"
    directory.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    kept = dict(line.split("=", 1) for line in path.read_text().splitlines())
    values = {
        "DATABASE_URL": f"sqlite:///{directory}/pipesite.sqlite3",
        "FIELD_ENCRYPTION_KEYS": kept.get("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode()),
        "GOOGLE_ACCOUNTS_URL": GOOGLE_SANDBOX,
        "GOOGLE_API_URL": GOOGLE_SANDBOX,
        "GOOGLE_CLIENT_ID": "demo.apps.googleusercontent.com",
        "GOOGLE_CLIENT_SECRET": "demo",
        "GOOGLE_OAUTH_URL": GOOGLE_SANDBOX,
        "PIPESITE_ALLOW_LOCAL_APPS": "1",
        "SECRET_KEY": kept.get("SECRET_KEY", secrets.token_urlsafe(50)),
    }
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    for name in EXAMPLES:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ.update(values, PIPESITE_ENV_FILE=str(path))
