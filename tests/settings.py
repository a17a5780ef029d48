"""The settings with throwaway keys, for tools that load them: mypy, makemigrations --check."""

from __future__ import annotations

from tests import environment

environment.enter()

from pipesite.settings import *  # noqa: E402, F403
