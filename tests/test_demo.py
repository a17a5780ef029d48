"""The demo as `make demo` starts it, in a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from connections.sandbox.ports import free_port

START = """
import os, sys
from pathlib import Path
from pipesite import demo_environment
demo_environment.enter(Path(sys.argv[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "pipesite.settings"
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "demo", *sys.argv[2:]])
"""


def demo(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo once on a machine where nothing is set."""
    bare = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", START, str(directory), "--once"],
        cwd=settings.BASE_DIR,
        env=bare,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_edits_arrive_on_both_sides_within_ten_seconds(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "linked 15 contacts" in first.stdout
    assert "failed 0" in first.stdout
    assert first.stdout.count("had it after") == 2
    assert (tmp_path / "password").stat().st_mode & 0o077 == 0

    again = demo(tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "“North”: unchanged, active" in again.stdout
    assert "created 0 in Pipeliner North, 0 in Google Ops" in again.stdout
    assert again.stdout.count("had it after") == 2


def test_the_demo_runs_once_at_a_time(tmp_path: Path) -> None:
    hold = "import sys; from pathlib import Path; from pipesite import demo_environment as d; "
    hold += "d.enter(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        second = demo(tmp_path)
        holder.communicate()

    assert second.returncode == 1
    assert "runs already" in second.stderr


def test_a_port_that_is_taken_is_not_chosen() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        taken = sock.getsockname()[1]
        assert free_port(taken) not in (0, taken)
    assert free_port(taken) == taken
