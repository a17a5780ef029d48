"""What a browser would post of a form of a page where nothing was touched."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.is_inside = False
        self.values: dict[str, list[str]] = {}
        self.select = self.textarea = ""
        self.first_option: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = found.get("id") == self.form_id
        name = found.get("name", "")
        if not self.is_inside or "disabled" in found:
            return
        if tag == "select":
            self.select, self.first_option = name, None
        elif tag == "option" and self.select:
            if "selected" in found:
                self.values[self.select] = [found.get("value", "")]
                self.select = ""
            elif self.first_option is None:
                self.first_option = found.get("value", "")
        elif tag == "textarea":
            self.textarea = name
            self.values[name] = [""]
        elif tag == "input" and name and found.get("type") != "submit":
            ticks = found.get("type") in ("radio", "checkbox")
            if not ticks or "checked" in found:
                self.values.setdefault(name, []).append(found.get("value", "on" if ticks else ""))

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.select:
            self.values[self.select] = [self.first_option or ""]
            self.select = ""
        elif tag == "textarea":
            self.textarea = ""
        elif tag == "form":
            self.is_inside = False


def fields_of(page: str, form_id: str) -> dict[str, list[str]]:
    """Return the values by name, each as a list; a select without a choice has its first option."""
    parser = _Fields(form_id)
    parser.feed(page)
    parser.values.pop("csrfmiddlewaretoken", None)
    return parser.values
