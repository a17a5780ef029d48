"""Starts the same sync several times at once, from processes that stand ready.

For each line of its input it prints one of JSON: the exit code of each, and what it said.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import sys
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier

import django
from django.core.management import call_command


def sync(name: str, barrier: Barrier, results: SimpleQueue[tuple[int, str]]) -> None:
    """Sync as soon as all others are ready too."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    barrier.wait()
    try:
        call_command("sync", name, stdout=out, stderr=err)
    except SystemExit as end:
        code = int(end.code or 0)
    results.put((code, out.getvalue() + err.getvalue()))


def main(name: str, at_once: int) -> None:
    """Do as many rounds as there are lines in the input."""
    fork = multiprocessing.get_context("fork")
    for _ in sys.stdin:
        barrier, results = fork.Barrier(at_once), fork.SimpleQueue()
        processes = [
            fork.Process(target=sync, args=(name, barrier, results)) for _ in range(at_once)
        ]
        for each in processes:
            each.start()
        said = [results.get() for _ in processes]
        for each in processes:
            each.join()
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipesite.settings")
    # No connection to the database is open before the processes part.
    django.setup()
    main(sys.argv[1], int(sys.argv[2]))
