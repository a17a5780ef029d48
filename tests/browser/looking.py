"""A page under a stranger's eyes: what axe finds, both themes, and the width of a phone."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def look(page: Page, url: str, violations: list[str]) -> None:
    """Look at a page in both themes, and at the width of a phone."""
    page.emulate_media(color_scheme="light")
    page.goto(url)
    assert violations == [], url
    assert serious(page) == [], url
    violations.clear()  # What axe itself did to the page.
    page.emulate_media(color_scheme="dark")
    page.goto(url)
    # Only the colours are others.
    assert serious(page, runOnly=["color-contrast"]) == [], url
    violations.clear()
    page.set_viewport_size({"width": 320, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320, (url, width)
    page.set_viewport_size({"width": 1280, "height": 800})


def serious(page: Page, **options: list[str]) -> list[tuple[str, str]]:
    """Return what axe finds that is serious: the rule, and the first place."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return [
        (each["id"], each["nodes"][0]["html"])
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
