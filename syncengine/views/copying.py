"""Copies a connection, and gives it as the file that an import takes [CN6, CN9]."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from connections.configuration import SIDES
from connections.models import Connection
from connections.setups import Setup, new_key
from syncengine.exporting import as_yaml, export
from syncengine.views.common import back, find, say
from syncengine.views.edits import log

ADD = "connections.add_connection"
LONGEST = Connection._meta.get_field("name").max_length or 0


@require_POST
def copy(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Make a draft with the same accounts and the same set-up."""
    original = find(request, connection_id, ADD).connection
    if original.state == Connection.State.DELETING:
        say(request, f"“{original}” is being deleted and was not copied.", bad=True)
        return redirect("admin:connections_connection_changelist")
    try:
        made = _copied(original)
    except IntegrityError:
        say(request, "Somebody else copied it at this moment. Copy it again.", bad=True)
        return back(request, original, "change")
    log(request.user.pk or 0, made, f"Copied from “{original}”.")
    say(
        request,
        f"“{made}” is a draft with the accounts and the set-up of “{original}”. It has its scope "
        "too: choose another one, so that no contact is in both.",
    )
    return redirect("admin:connections_connection_change", made.pk)


def _copied(original: Connection) -> Connection:
    made = Connection(name=_name(original.name), left=original.left, right=original.right)
    with transaction.atomic():
        made.save()
        made.keep_setup(_with_new_keys(original.setup()))
    return made


def _name(name: str) -> str:
    """Return the first name of a copy that is free: "North (copy)", "North (copy 2)"."""
    taken = set(Connection.objects.values_list("name", flat=True))
    number = 1
    while True:
        end = " (copy)" if number == 1 else f" (copy {number})"
        free = name[: LONGEST - len(end)].rstrip() + end
        if free not in taken:
            return free
        number += 1


def _with_new_keys(setup: Setup) -> Setup:
    """Return a set-up whose rules are rules of their own."""
    rules = (each if each.is_default else replace(each, key=new_key()) for each in setup.rules)
    return replace(setup, rules=tuple(rules))


@require_GET
def export_file(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The connection and its accounts as YAML, never with a secret."""
    connection = find(request, connection_id).connection
    accounts = [connection.account(side) for side in SIDES]
    name = f"{slugify(connection.name) or 'connection'}.yaml"
    return HttpResponse(
        as_yaml(export([connection], accounts)),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name) or "attachment"},
    )
