"""The page for people: see, search, add, edit, delete and restore contacts in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from .server import Route

if TYPE_CHECKING:
    from .base import Sandbox

PAGE_SIZE = 50


class FormError(Exception):
    """What the app says against a form; `field` is the form field it is about, if it is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class FormField:
    """A field of the form: one line, several lines (`multiline`), or a choice (`options`)."""

    name: str
    label: str
    multiline: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ListRow:
    """A line of the list."""

    id: str
    name: str
    detail: str = ""
    deleted: bool = False


class PeoplePage:
    """The routes of the page, over what a sandbox says about its contacts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def routes(self) -> list[Route]:
        """List at `/`, forms at `/contacts/new` and `/contacts/<id>`."""
        return [
            Route("GET", "/", "page.list", self.index),
            Route("GET", "/contacts/new", "page.new", self.show),
            Route("POST", "/contacts/new", "page.new", self.act),
            Route("GET", "/contacts/<path:contact>", "page.edit", self.show),
            Route("POST", "/contacts/<path:contact>", "page.edit", self.act),
            Route("GET", "/_sandbox/style.css", "page.style", self.style),
        ]

    def index(self, request: Request) -> Response:
        """50 contacts a page, with a search box."""
        search = request.args.get("q", "").strip()
        page = max(1, request.args.get("page", 1, type=int))
        rows = self.sandbox.list_rows(search.casefold())
        shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        parts = [
            '<form class="search"><label for="q">Search</label>'
            f'<input id="q" name="q" type="search" value="{escape(search)}">'
            "<button>Search</button>"
            '<a class="button" href="/contacts/new">Add contact</a></form>',
            f"<p>{len(rows)} contact{'' if len(rows) == 1 else 's'}</p><ul>",
            *(_list_item(row) for row in shown),
            "</ul>",
            _pager(search, page, len(rows)),
        ]
        return self._page("Contacts", "".join(parts))

    def show(self, request: Request, contact: str | None = None) -> Response:
        """The form, empty or with a contact's values."""
        values = {} if contact is None else self.sandbox.form_values(contact)
        if values is None:
            missing = '<p>No such contact. <a href="/">All contacts</a></p>'
            return self._page("Not found", missing, 404)
        return self._form(contact, values)

    def act(self, request: Request, contact: str | None = None) -> Response:
        """Save, delete or restore, as the pressed button says; then the list."""
        values = {field.name: request.form.get(field.name, "") for field in self._fields()}
        try:
            with self.sandbox.store.transaction():
                match request.form.get("action"), contact:
                    case "delete", str():
                        self.sandbox.delete_contact(contact)
                    case "restore", str():
                        self.sandbox.restore_contact(contact)
                    case _:
                        contact = self.sandbox.save_form(contact, values)
        except FormError as problem:
            return self._form(contact, values, problem)
        except LookupError:
            return self.show(request, contact)
        return redirect("/", 303)

    def style(self, request: Request) -> Response:
        """The stylesheet."""
        return Response(_STYLE, content_type="text/css; charset=utf-8")

    def _fields(self) -> list[FormField]:
        return self.sandbox.form_fields()

    def _form(
        self, contact: str | None, values: dict[str, str], problem: FormError | None = None
    ) -> Response:
        deleted = contact is not None and values.get("_deleted") == "1"
        known = {field.name for field in self._fields()}
        parts = ['<form method="post">']
        if problem is not None and problem.field not in known:
            parts.append(f'<p class="error" role="alert">{escape(problem.message)}</p>')
        for field in self._fields():
            message = problem.message if problem and problem.field == field.name else ""
            parts.append(_input(field, values.get(field.name, ""), message))
        parts.append('<div class="buttons">')
        if deleted:
            parts.append("<p>This contact is deleted.</p>")
            if self.sandbox.can_restore:
                parts.append('<button name="action" value="restore">Restore</button>')
        else:
            parts.append('<button name="action" value="save">Save</button>')
            if contact is not None:
                parts.append(
                    '<button class="danger" name="action" value="delete" formnovalidate>'
                    "Delete</button>"
                )
        parts.append('<a href="/">Back to the list</a></div></form>')
        heading = "New contact" if contact is None else "Edit contact"
        return self._page(heading, "".join(parts), 400 if problem else 200)

    def _page(self, heading: str, content: str, status: int = 200) -> Response:
        title = escape(self.sandbox.title)
        page = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(heading)} · {title}</title>"
            '<link rel="stylesheet" href="/_sandbox/style.css"></head><body>'
            f'<header><a href="/">{title}</a></header>'
            f"<main><h1>{escape(heading)}</h1>{content}</main></body></html>"
        )
        return Response(page, status, content_type="text/html; charset=utf-8")


def _list_item(row: ListRow) -> str:
    mark = ' <span class="mark">deleted</span>' if row.deleted else ""
    return (
        f'<li><a href="/contacts/{quote(row.id)}">{escape(row.name) or "(no name)"}</a>{mark}'
        f'<span class="detail">{escape(row.detail)}</span></li>'
    )


def _pager(search: str, page: int, total: int) -> str:
    def link(number: int, label: str) -> str:
        query = urlencode({"q": search, "page": number} if search else {"page": number})
        return f'<a href="/?{escape(query)}">{label}</a>'

    links = [link(page - 1, "Previous")] if page > 1 else []
    if page * PAGE_SIZE < total:
        links.append(link(page + 1, "Next"))
    return f'<nav aria-label="Pages">{" ".join(links)}</nav>'


def _input(field: FormField, value: str, message: str) -> str:
    name, text = escape(field.name), escape(value)
    invalid = f' aria-invalid="true" aria-describedby="{name}-error"' if message else ""
    if field.options:
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if key == value else ""}>'
            f"{escape(label)}</option>"
            for key, label in field.options
        )
        control = f'<select id="{name}" name="{name}"{invalid}>{options}</select>'
    elif field.multiline:
        # A line end right after the tag is dropped by browsers; this one may be.
        control = f'<textarea id="{name}" name="{name}" rows="4"{invalid}>\n{text}</textarea>'
    else:
        control = f'<input id="{name}" name="{name}" value="{text}"{invalid}>'
    error = f'<p class="error" id="{name}-error">{escape(message)}</p>' if message else ""
    label = f'<label for="{name}">{escape(field.label)}</label>'
    return f'<div class="field">{label}{control}{error}</div>'


_STYLE = """
:root { color-scheme: light dark; --line: #8885; --accent: light-dark(#1a5fb4, #8cb8f0);
  --danger: light-dark(#a51d2d, #ff9c9c); }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
header { padding: .75rem 1rem; border-bottom: 1px solid var(--line); font-weight: 600; }
header a { color: inherit; text-decoration: none; }
main { max-width: 44rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; }
a { color: var(--accent); }
ul { list-style: none; padding: 0; }
li { padding: .5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.detail { display: block; opacity: .8; font-size: .9rem; }
.mark { border: 1px solid var(--danger); color: var(--danger); border-radius: .25rem;
  padding: 0 .3rem; font-size: .8rem; }
.search, .buttons { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.field { margin-bottom: .75rem; }
.field label { display: block; font-size: .9rem; }
.field input, .field select, .field textarea { width: 100%; }
input, select, textarea, button, .button { font: inherit; padding: .4rem .6rem;
  border: 1px solid var(--line); border-radius: .3rem; background: Field; color: FieldText; }
button, .button { cursor: pointer; text-decoration: none; color: var(--accent); }
.danger, .error { color: var(--danger); }
.error { margin: .25rem 0; }
[aria-invalid] { border-color: var(--danger); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
"""
