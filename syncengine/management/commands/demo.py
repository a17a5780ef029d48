from __future__ import annotations

import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.models import Account, Connection
from connections.sandbox.ports import HOST, free_port
from syncengine import control, engine, processes
from syncengine.demonstration import edit_both
from syncengine.models import Contact, Run
from syncengine.state import Status

NAME = "North"
PEOPLE = 40
PIPELINER, GOOGLE = "Pipeliner North", "Google Ops"
FILE = f"""\
accounts:
  - label: {PIPELINER}
    app: pipeliner
    settings:
      email: ann@example.com
      service_url: "${{PIPELINER_URL}}"
      space_id: demo
      user: ann@example.com
    secrets: {{api_token: "${{PIPELINER_TOKEN}}", api_password: "${{PIPELINER_PASSWORD}}"}}
  - label: {GOOGLE}
    app: google
    settings: {{email: ops@example.com}}
    secrets: {{refresh_token: "${{GOOGLE_REFRESH_TOKEN}}"}}
connections:
  - name: {NAME}
    left: {{account: {PIPELINER}}}
    right: {{account: {GOOGLE}}}
    direction: both
    phone_region: AT
    time_zone: Europe/Vienna
    interval_minutes: 1
    state: active
"""
RULES = """\
    rules:
      - side: left
      - side: right
        actions: [{kind: set_unit, value: North, when: creation}]
"""
"""With a rule to look at: what comes from Google is created in a sales unit of its own."""
ARRIVES_WITHIN = 10.0
"""The seconds in which `sync` brings an edit to the other side."""
START_SECONDS = 60.0
STOP_SECONDS = 30.0


class Command(BaseCommand):
    help = (
        "Shows the product at work on this machine alone: stand-ins for both apps with invented "
        "contacts, two accounts, a connection between them, a first sync, then the worker and the "
        "web server until Ctrl-C. All is kept in var/demo; delete that folder to start over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="sync, edit a contact on each side, sync again, and say whether both arrived",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        directory = _directory()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.default_int_handler)
        with ExitStack() as children:
            try:
                self.children = children
                self._show(directory, once=options["once"])
            except KeyboardInterrupt:
                self.stdout.write("\nThe demo ends.")

    def _show(self, directory: Path, *, once: bool) -> None:
        call_command("migrate", verbosity=0)
        password = _admin(directory)
        apps = self._start_apps(directory)
        self._connect(directory, apps)
        self._first_sync()
        if once:
            self._edit_both(apps)
            return
        site = self._start_site()
        self._say_where(directory, password, site, apps)
        self._watch()

    # -- the parts that run ----------------------------------------------------------------------

    def _start_child(
        self, name: str, command: list[str], **options: Any
    ) -> subprocess.Popen[bytes]:
        child = processes.start(command, **options)
        self.running = {**getattr(self, "running", {}), name: child}
        self.children.callback(_stop, child)
        return child

    def _start_apps(self, directory: Path) -> dict[str, dict[str, str]]:
        """Start the stand-ins and return their addresses and credentials."""
        port = urlsplit(settings.GOOGLE_API_URL).port
        child = self._start_child(
            "stand-ins",
            processes.manage(
                "sandbox",
                *("--json", "--state", str(directory), "--people", str(PEOPLE)),
                *("--pipeliner-port", str(_pipeliner_port()), "--google-port", str(port)),
            ),
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            raise CommandError("The stand-ins could not be started.")
        described: dict[str, dict[str, str]] = json.loads(line)
        return described

    def _connect(self, directory: Path, apps: dict[str, dict[str, str]]) -> None:
        """Authorize both accounts and connect them, as anybody would by a file; the rules of an
        earlier demo stay.
        """
        pipeliner, google = apps["pipeliner"], apps["google"]
        os.environ.update(
            PIPELINER_URL=pipeliner["service_url"],
            PIPELINER_TOKEN=pipeliner["api_token"],
            PIPELINER_PASSWORD=pipeliner["api_password"],
            GOOGLE_REFRESH_TOKEN=google["refresh_token"],
        )
        path = directory / "connections.yaml"
        is_new = not Connection.objects.filter(name=NAME).exists()
        path.write_text(FILE + RULES if is_new else FILE, "utf-8")
        call_command("importconnections", str(path), approve=True, stdout=self.stdout)

    def _start_site(self) -> str:
        """Start the worker and the web server; return the site's address."""
        port = free_port(8000)
        self._start_child("worker", processes.manage("worker"))
        self._start_child(
            "web server",
            [
                *(sys.executable, "-m", "gunicorn", "pipesite.wsgi", "--threads", "4"),
                *("--bind", f"{HOST}:{port}", "--log-level", "warning"),
                *("--chdir", str(settings.BASE_DIR)),
            ],
        )
        site = f"http://{HOST}:{port}"
        ends_at = time.monotonic() + START_SECONDS
        while time.monotonic() < ends_at:
            try:
                requests.get(f"{site}/admin/login/", timeout=5)
            except requests.RequestException:
                time.sleep(0.3)
            else:
                return site
        raise CommandError("The web server could not be started.")

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            for name, child in self.running.items():
                if child.poll() is not None:
                    raise CommandError(f"The {name} ended by itself (code {child.returncode}).")

    # -- what is shown ---------------------------------------------------------------------------

    def _first_sync(self) -> None:
        connection = Connection.objects.select_related("left", "right").get(name=NAME)
        state = engine.state_of(connection)
        why = control.blocked(connection, state) or control.held_why(connection, state)
        if why:
            self.stdout.write(why)
            return
        run = _sync(connection)
        self.stdout.write(
            f"\nSynced {connection.left} and {connection.right} in {run.seconds:.1f} seconds:\n"
            f"  linked {run.linked} contacts that were on both sides\n"
            f"  created {run.created_left} in {connection.left}, "
            f"{run.created_right} in {connection.right}\n"
            f"  updated {run.updated_left} in {connection.left}, "
            f"{run.updated_right} in {connection.right}\n"
            f"  excluded {run.excluded}, to review {run.review}, failed {run.failed}"
        )
        if run.message:
            self.stdout.write(f"  {run.message}")
        excluded = Contact.objects.filter(connection=connection, status=Status.EXCLUDED)
        for reason, count in Counter(excluded.values_list("reason", flat=True)).items():
            self.stdout.write(f"  excluded because: {reason} ({count})")
        if run.review or run.failed:
            self.stdout.write(f"  Those that wait for you: {_command('review', NAME)}")

    def _edit_both(self, apps: dict[str, dict[str, str]]) -> None:
        """Edit a contact on each side and end the command with 1 unless both arrive in time."""
        connection = Connection.objects.select_related("left", "right").get(name=NAME)
        on_time = True
        for arrival in edit_both(connection, apps, lambda: _sync(connection), ARRIVES_WITHIN):
            self.stdout.write(str(arrival))
            on_time &= arrival.arrived
        if not on_time:
            raise CommandError("An edit did not arrive in time.")

    def _say_where(
        self, directory: Path, password: str, site: str, apps: dict[str, dict[str, str]]
    ) -> None:
        self.stdout.write(
            f"\nThe demo runs, and syncs by itself every minute.\n"
            f"  Admin            {site}/admin/   user admin, password {password}\n"
            f"  Pipeliner        {apps['pipeliner']['service_url']}/\n"
            f"  Google Contacts  {apps['google']['url']}/\n"
            f"Edit a contact in one of the two apps and look for it in the other one.\n"
            f"  At once: {_command('sync', NAME)}\n"
            f"All is kept in {directory}. Ctrl-C ends it."
        )
        self.stdout.flush()


def _directory() -> Path:
    """Return where the demo keeps everything; its settings are in force already."""
    path = Path(os.environ.get("PIPESITE_ENV_FILE", ""))
    if not settings.PIPESITE_ALLOW_LOCAL_APPS or path.name != "env":
        raise CommandError("Start the demo by: make demo")
    return path.parent


def _admin(directory: Path) -> str:
    """Return the password of the user admin, made once."""
    path = directory / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    password = path.read_text()
    user, _ = User.objects.get_or_create(
        username="admin", defaults={"is_staff": True, "is_superuser": True}
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    return password


def _pipeliner_port() -> int:
    """Return the port of the stand-in for Pipeliner.

    An account belongs to the address of its space, so an earlier demo's stays.
    """
    account = Account.objects.filter(label=PIPELINER).first()
    if account is None:
        return free_port(8101)
    port = urlsplit(str(account.settings["service_url"])).port or 0
    if free_port(port) != port:
        raise CommandError(
            f"Port {port}, at which this demo has its Pipeliner, is taken by another program. "
            "End that, or delete the demo's folder to start over."
        )
    return port


def _sync(connection: Connection) -> Run:
    run = None
    for advance in engine.to_the_end(connection.pk, cause="the demo", wait=30):
        run = advance.run
    if run is None:
        raise CommandError("Another process syncs the demo's connection and does not end.")
    return run


def _command(*arguments: str) -> str:
    """Return what to type to run a command on the demo's database."""
    python, manage, *rest = processes.manage(*arguments)
    environment = f"PIPESITE_ENV_FILE={shlex.quote(os.environ['PIPESITE_ENV_FILE'])}"
    return f"{environment} {shlex.join([_short(python), _short(manage), *rest])}"


def _short(path: str) -> str:
    return path.removeprefix(f"{settings.BASE_DIR}/")


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End a child gently, and with force where it takes too long."""
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
