"""What a sync costs beside the fewest requests that the APIs allow; see docs/performance.md."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests import environment
from tests.bench import rows
from tests.bench.child import say
from tests.bench.places import Bench
from tests.bench.scenarios import SCENARIOS

USUAL = [name for name in SCENARIOS if name != "memory"]
SIZES, QUICK_SIZES, VERY_LARGE = (1_000, 10_000), (200,), (100_000,)
MANY_AT_MOST = 1_000
"""Beyond it, preparing the 50 connections takes long and shows nothing more."""


def main() -> None:
    arguments = _arguments()
    environment.enter()
    environment.BUILD.mkdir(exist_ok=True)
    found: list[rows.Row] = []
    say(rows.head())
    with tempfile.TemporaryDirectory(prefix="bench-", dir=environment.BUILD) as folder:
        bench = Bench(Path(folder), arguments.latency)
        for name in arguments.scenario:
            for n in _sizes(name, arguments):
                for row in SCENARIOS[name](bench, n):
                    found.append(row)
                    say(rows.line(row))
                    _write(found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=USUAL)
    parser.add_argument("--n", nargs="+", type=int, help="contacts a side (default: 1000 10000)")
    parser.add_argument("--latency", nargs="+", type=int, default=[0, 50], help="milliseconds")
    parser.add_argument("--quick", action="store_true", help="few contacts, to see that it works")
    return parser.parse_args()


def _sizes(scenario: str, arguments: argparse.Namespace) -> Sequence[int]:
    if arguments.n:
        return list(arguments.n)
    if scenario == "memory":
        return VERY_LARGE
    if arguments.quick:
        return QUICK_SIZES
    if scenario == "pages":
        return VERY_LARGE
    return [n for n in SIZES if scenario != "many" or n <= MANY_AT_MOST]


def _write(found: Sequence[rows.Row]) -> None:
    text = json.dumps([row.as_json() for row in found], indent=1)
    (environment.BUILD / "bench.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
