from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipesite import demo_environment


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_the_demo_never_touches_a_real_installation(tmp_path: Path) -> None:
    os.environ["DATABASE_URL"] = "postgres://user:password@production/pipesite"
    os.environ["SECRET_KEY_FILE"] = "/run/secrets/key"

    demo_environment.enter(tmp_path)

    assert os.environ["DATABASE_URL"] == f"sqlite:///{tmp_path}/pipesite.sqlite3"
    assert "SECRET_KEY_FILE" not in os.environ
    assert os.environ["PIPESITE_ALLOW_LOCAL_APPS"] == "1"


def test_the_demo_keeps_its_keys_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    demo_environment.enter(tmp_path)
    keys = os.environ["SECRET_KEY"], os.environ["FIELD_ENCRYPTION_KEYS"]

    demo_environment.enter(tmp_path)

    assert (os.environ["SECRET_KEY"], os.environ["FIELD_ENCRYPTION_KEYS"]) == keys
    assert (tmp_path / "env").stat().st_mode & 0o077 == 0
    assert os.environ["PIPESITE_ENV_FILE"] == str(tmp_path / "env")
