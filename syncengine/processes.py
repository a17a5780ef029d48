"""Child processes that end with us, whatever ends us."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO, Any

from django.conf import settings

MANAGE = settings.BASE_DIR / "manage.py"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def manage(*arguments: str) -> list[str]:
    """Return the command line of a management command."""
    return [sys.executable, str(MANAGE), *arguments]


def group(leader: int | None = None) -> str:
    """Return the name under which a group of processes, ours without a leader, is known to all
    hosts.
    """
    return f"{socket.gethostname()[:50]} group {leader or os.getpgrp()}"


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that a Ctrl-C at the terminal reaches us alone.

    Where the system can do that (Linux), it gets SIGTERM when we end, even by kill -9.
    """
    return subprocess.Popen(  # noqa: S603 - the commands are our own
        command,
        env=environment,
        stdout=stdout,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=pass_fds,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )


def adopt_orphans() -> None:
    """Become the parent of what a dead child leaves behind, so that it can be waited for (Linux).

    In a container, nobody else may do that, and they would stay as zombies.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


_libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
