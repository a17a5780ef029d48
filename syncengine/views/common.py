"""What the pages of a connection share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from connections.models import Connection
from syncengine import tasks
from syncengine.standings import Standing, standing

PAGE = 50
VIEW = "connections.view_connection"
OPERATE = "connections.operate_connection"
START = "connections.start_connection"
CHANGE = "connections.change_connection"
DELETE = "connections.delete_connection"
LONGEST_NUMBER = 18
"""Digits: every number of so many fits into a column of numbers."""
T = TypeVar("T")


def need(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied for a person without this permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def find(request: HttpRequest, connection_id: int, permission: str = VIEW) -> Standing:
    """Return where a connection stands, for a person who may ask that."""
    need(request, permission)
    rows = Connection.objects.select_related("left", "right")
    rows = rows.defer("left__secrets", "right__secrets")
    return standing(get_object_or_404(rows, pk=connection_id))


def show(
    request: HttpRequest, template: str, stands: Standing, *, tab: str, title: str, **context: Any
) -> HttpResponse:
    """Return a page of a connection."""
    connection = stands.connection
    return TemplateResponse(
        request,
        template,
        {
            **admin.site.each_context(request),
            "opts": Connection._meta,
            "title": title,
            "subtitle": None,
            "standing": stands,
            "connection": connection,
            "tab": tab,
            **context,
        },
    )


class Paged(Page[Any]):
    """A page that knows which page numbers to offer."""

    @property
    def elided(self) -> list[int | str]:
        return list(self.paginator.get_elided_page_range(self.number, on_each_side=2, on_ends=1))


class Pages(Paginator[Any]):
    def _get_page(self, *args: Any, **kwargs: Any) -> Paged:
        return Paged(*args, **kwargs)


def page_of(request: HttpRequest, items: QuerySet[Any] | Sequence[T], size: int = PAGE) -> Paged:
    """Return the page that the query string asks for by `p`."""
    page = Pages(items, size).get_page(request.GET.get("p"))
    assert isinstance(page, Paged)
    return page


def person(request: HttpRequest) -> str:
    """Return who asks, as the history names people."""
    return name_of(request.user if request.user.is_authenticated else None)


def name_of(user: AbstractBaseUser | None) -> str:
    """Return what people are called; one who is no more is somebody."""
    if user is None:
        return "somebody"
    full_name = user.get_full_name() if isinstance(user, AbstractUser) else ""
    return full_name or user.get_username()


def ask_sync(request: HttpRequest, stands: Standing, what: str) -> bool:
    """Queue a sync where the connection runs at all, and return whether it does."""
    if stands.can_sync or stands.state.word == "Running":
        tasks.ask_sync(stands.connection.pk, f"{person(request)}, {what}"[:200])
        return True
    return False


def back(request: HttpRequest, connection: Connection, page: str = "history") -> HttpResponse:
    """Return to the page from which a button was pressed, else to a page of the connection."""
    url = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()):
        url = reverse(f"admin:connections_connection_{page}", args=[connection.pk])
    return HttpResponseRedirect(url)


def number_in(text: str) -> int:
    """Return the number of a row that a request names; 0, which no row has, where it names none."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else 0


def say(request: HttpRequest, text: str, *, bad: bool = False) -> None:
    """Show a line above the next page."""
    messages.add_message(request, messages.WARNING if bad else messages.SUCCESS, text)


def counted(number: int, noun: str) -> str:
    """Return "1 contact" or "1,234 contacts"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
