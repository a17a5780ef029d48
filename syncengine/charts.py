"""A chart of stacked columns as inline SVG: no script, no style of its own; colours by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from django.utils.html import format_html, format_html_join

HEIGHT, WIDTH = 100, 10


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its tooltip says, and its parts from the bottom up by their class."""

    title: str
    parts: Sequence[tuple[str, int]]


def top_of(columns: Sequence[Column]) -> int:
    """Return the number at the top of the axis: even, and one of 2, 4, 10, 20, 40, 100 …"""
    highest = max((sum(size for _, size in each.parts) for each in columns), default=0)
    steps = (step * int(10**power) for power in count() for step in (2, 4, 10))
    return next(step for step in steps if step >= highest)


def chart(columns: Sequence[Column], label: str) -> str:
    """Return the columns as an SVG element; `label` tells what it shows to those who do not see."""
    top, width = top_of(columns), len(columns) * WIDTH
    return format_html(
        '<svg class="ps-bars" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"'
        ' aria-label="{}"><path class="grid" d="M0 .5H{}M0 50H{}M0 99.5H{}"/>{}</svg>',
        *(width, HEIGHT, label, width, width, width),
        format_html_join("", "{}", ((_column(each, n, top),) for n, each in enumerate(columns))),
    )


def _column(column: Column, number: int, top: int) -> str:
    left, under = number * WIDTH, 0
    parts = []
    for css, size in column.parts:
        if size:
            under += size
            y, height = HEIGHT - under * HEIGHT / top, size * HEIGHT / top
            parts.append((css, left + 1.5, WIDTH - 3, f"{y:.2f}", f"{height:.2f}"))
    bars = format_html_join("", '<rect class="{}" x="{}" width="{}" y="{}" height="{}"/>', parts)
    hit = format_html('<rect class="hit" x="{}" width="{}" height="{}"/>', left, WIDTH, HEIGHT)
    return format_html("<g><title>{}</title>{}{}</g>", column.title, hit, bars)
