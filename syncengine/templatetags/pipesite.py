"""What the pages share: times and numbers in words, states, marks of apps, values, and links."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template.context import Context
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from connections.configuration import Direction, Side
from connections.models import Account, Connection
from connections.rule_words import lower_first
from syncengine import clock, differences, states, times
from syncengine.models import Change, Contact, Run
from syncengine.states import State

register = template.Library()
register.filter(lower_first)

MARKS = {"pipeliner": "p", "google": "g", "carddav": "c"}
"""The letter of an app's mark in `admin/marks.html`; others have a plain one, "x"."""
ARROWS = {
    Direction.BOTH: ("i-both", "both ways"),
    Direction.LEFT_TO_RIGHT: ("i-right", "to"),
    Direction.RIGHT_TO_LEFT: ("i-left", "from"),
}


# Times and numbers


@register.simple_tag(takes_context=True)
def ago(context: Context, moment: datetime | None, *, start: bool = False) -> str:
    """When something was, as a <time>: "2 minutes ago", "today, 14:05"; with `start`, as a sentence
    begins.
    """
    return _time(moment, times.ago(moment, _now(context)) if moment else "never", start)


@register.simple_tag(takes_context=True)
def ahead(context: Context, moment: datetime | None, *, start: bool = False) -> str:
    """When something will be, as a <time>: "in 3 minutes"."""
    return _time(moment, times.ahead(moment, _now(context)) if moment else "now", start)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None, *, start: bool = False) -> str:
    """A moment by day and time, as a <time>: "today, 14:05", "25 Nov, 08:30"."""
    return _time(at, times.day_and_time(at, _now(context)) if at else "never", start)


@register.simple_tag(takes_context=True)
def span(context: Context, first: datetime, last: datetime) -> str:
    """From when to when, after "between": "today, 12:40, and 14:00"."""
    return times.span(first, last, _now(context))


@register.filter
def day(at: datetime) -> str:
    """A day, as a <time>: "3 Mar 2026"."""
    return _time(at, times.day(at), False)


def _time(at: datetime | None, words: str, start: bool) -> str:
    words = capfirst(words) if start else words
    if at is None:
        return words
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), times.exact(at), words
    )


def _now(context: Context) -> datetime:
    """Return the database's time, asked for once a request."""
    request = context.get("request")
    now: datetime | None = getattr(request, "now", None)
    if now is None:
        now = clock.now()
        if request is not None:
            request.now = now
    return now


@register.filter
def lasting(seconds: float) -> str:
    """How long something took: "4.2 s"."""
    return times.lasting(seconds)


@register.filter
def number(value: int) -> str:
    """A number with separators: "1,204"."""
    return f"{value:,}"


@register.filter
def quiet_number(value: int | None) -> str:
    """A number with separators; 0 and none are quiet."""
    if value:
        return f"{value:,}"
    return format_html('<span class="ps-quiet">{}</span>', "–" if value is None else 0)


@register.filter
def named(contact: object) -> str:
    """A name for people; those without one have words of their own."""
    return str(contact or "").strip() or "No name"


# States


@register.simple_tag
def state(css: str, word: str) -> str:
    """A state by its class and word, such as "is-ok" and "Active"."""
    return format_html('<span class="ps-state {}">{}</span>', css, word)


def badge(shown: State) -> str:
    """Return a state as the pages show it."""
    return state(shown.css, shown.word)


@register.filter
def state_of(thing: State | Run | Contact | Account | Change) -> str:
    """The state of a run, contact, account or change, or a `State` itself."""
    if isinstance(thing, Run):
        return badge(states.run_state(thing))
    if isinstance(thing, Contact):
        return badge(states.contact_state(thing))
    if isinstance(thing, Account):
        return badge(states.account_state(thing))
    if isinstance(thing, Change):
        return badge(states.change_state(thing))
    return badge(thing)


# Apps and sides


@register.simple_tag
def mark(account: Account, size: str = "") -> str:
    """The mark of an account's app; `size` "is-big" for heads of pages."""
    letter = MARKS.get(account.app, "x")
    return format_html(
        '<svg class="ps-mark ps-mark-{} {}" aria-hidden="true"><use href="#mark-{}"></use></svg>',
        *(letter, size, letter),
    )


@register.simple_tag
def icon(name: str) -> str:
    """One of the icons in `admin/marks.html`, such as "i-right"."""
    return format_html('<svg class="ps-icon" aria-hidden="true"><use href="#{}"></use></svg>', name)


@register.simple_tag
def marks(connection: Connection, size: str = "") -> str:
    """The marks of both apps with the direction between them, in words for screen readers."""
    arrow, words = ARROWS[Direction(connection.direction)]
    return format_html(
        '<span class="ps-pair">{}{}{}<span class="visually-hidden">{}, {}, {}:</span></span>',
        *(mark(connection.left, size), icon(arrow), mark(connection.right, size)),
        *(connection.left.app_label, words, connection.right.app_label),
    )


@register.simple_tag
def side_mark(connection: Connection, side: Side) -> str:
    """The mark of the app of a side."""
    return mark(connection.account(side))


@register.simple_tag
def side_label(connection: Connection, side: Side) -> str:
    """How a side goes on screen."""
    return connection.side_label(side)


# Values


@register.filter
def breakable(text: object) -> SafeString:
    """An email address that may break before its @."""
    return mark_safe(conditional_escape(str(text)).replace("@", "<wbr>@"))  # noqa: S308 - escaped


@register.filter
def value(entries: tuple[str, ...]) -> str:
    """The entries of a value; an empty one is the word."""
    if not entries:
        return mark_safe('<span class="ps-quiet">empty</span>')
    return format_html_join(", ", "{}", ((breakable(entry),) for entry in entries))


@register.filter
def before(change: differences.FieldDifference) -> str:
    """What stood there; what went is marked."""
    empty = "–" if change.is_created else "empty"
    return _marked(change.before, change.after, "del") or format_html(
        '<span class="ps-quiet">{}</span>', empty
    )


@register.filter
def after(change: differences.FieldDifference) -> str:
    """What stands there then; what came is marked."""
    return _marked(change.after, change.before, "ins") or mark_safe(
        '<span class="ps-bad">cleared</span>'
    )


def _marked(entries: tuple[str, ...], others: tuple[str, ...], tag: str) -> str:
    shown = (
        breakable(entry)
        if entry in others
        else format_html("<{}>{}</{}>", tag, breakable(entry), tag)
        for entry in entries
    )
    return format_html_join(", ", "{}", ((each,) for each in shown))


# Links


@register.simple_tag(takes_context=True)
def query(context: Context, **changed: object) -> str:
    """The page's query string with these values; an empty value goes, and so does the page number
    unless it is given.
    """
    asked = context["request"].GET.copy()
    for name, each in {"p": "", **changed}.items():
        if each in ("", None):
            asked.pop(name, None)
        else:
            asked[name] = str(each)
    return f"?{asked.urlencode()}"
