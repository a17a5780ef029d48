from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from syncengine.processes import adopt_orphans
from syncengine.watching import Watchdog, ensure_schedule

logger = logging.getLogger(__name__)
SILENCE_SECONDS = 100.0
"""Well above the minute of the tick, and so much below three that syncs go on within those."""


class Command(BaseCommand):
    help = (
        "Runs the worker that syncs connections by themselves, until Ctrl-C or SIGTERM: then it "
        "finishes what it has in hand. A second one ends it at once. A worker that hangs is "
        "noticed and started again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--silence",
            type=float,
            default=SILENCE_SECONDS,
            metavar="SECONDS",
            help=f"after how long without a sign of life it is started again ({SILENCE_SECONDS:g})",
        )
        # The cluster itself, as the worker starts it: it ends when this pipe's other end is closed.
        parser.add_argument("--lifeline", type=int, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["lifeline"] is not None:
            _be_cluster(options["lifeline"])
            return
        adopt_orphans()
        ensure_schedule()
        watchdog = Watchdog(options["silence"])
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: watchdog.stop())
        logger.info("The worker runs")
        watchdog.run()
        logger.info("The worker has ended")


def _be_cluster(lifeline: int) -> None:
    threading.Thread(target=_hang_on, args=[lifeline], daemon=True).start()
    call_command("qcluster")


def _hang_on(lifeline: int) -> None:
    """End the whole group when the worker that started it is gone, even by kill -9."""
    os.read(lifeline, 1)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
