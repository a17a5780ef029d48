from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
LOCKED = dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^\s;]+)", LOCK, re.M))


def test_the_lock_fits_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]

    for requirement in map(Requirement, wanted):
        assert requirement.name in LOCKED
        assert LOCKED[requirement.name] in requirement.specifier, requirement


def test_each_locked_package_has_its_hashes_and_none_its_index() -> None:
    packages = re.split(r"\n(?=[a-z0-9])", LOCK.split("\n", 2)[2])

    assert len(packages) == len(LOCKED)
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in LOCK
