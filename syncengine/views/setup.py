"""The set-up page of a connection: its blocks, and what saving them does [CN1, CN10]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from connections.configuration import SIDES, Direction, Side
from connections.forms.connection import SetupForm, as_edited, time_zones
from connections.forms.owners import OwnersForm
from connections.forms.scopes import Branch
from connections.models import Account, Connection
from connections.neighbours import overlapping
from connections.setups import Setup
from syncengine import brake, control, mappings, pending, setup, tasks
from syncengine.models import Contact, Record, Run, SyncState
from syncengine.standings import Standing
from syncengine.state import Status
from syncengine.views import editing, rules
from syncengine.views.common import CHANGE, DELETE, OPERATE, find, person, show
from syncengine.views.edits import latest_edits
from syncengine.wording import NO_EMAIL


@dataclass(frozen=True, slots=True)
class SidePanel:
    """One side as the page shows it: its account, and its scope to choose from."""

    side: Side
    account: Account
    scope: str
    what: str
    part: str
    tree: list[Branch]
    gone: list[str]
    errors: Any
    read: int
    receives: bool
    fixed: bool
    is_edited: bool

    @property
    def part_name(self) -> str:
        return f"{self.side}_part"

    @property
    def scopes_name(self) -> str:
        return f"{self.side}_scopes"


# The page


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The set-up of a connection, with the edit of it that waits; a post is a further edit."""
    stands = find(request, connection_id)
    connection = stands.connection
    if request.method == "POST" and not may_edit(request, connection):
        raise PermissionDenied
    current = pending.current(connection)
    data = request.POST if request.method == "POST" else None
    began_with = (editing.seen(request) if data is not None else None) or current
    fixed = not may_edit(request, connection)
    form = SetupForm(connection, began_with, data, fixed=fixed)
    owners = OwnersForm(connection, began_with.owners, data, fixed=fixed)
    if data is None:
        return _show(request, stands, form, owners)
    if not (form.is_valid() and owners.is_valid()):
        return _show(request, stands, form, owners)
    try:
        _save(request, connection, form, owners)
    except pending.Outdated as outdated:
        connection.refresh_from_db(fields=["name"])
        form = SetupForm(connection, outdated.now, data)
        owners = OwnersForm(connection, outdated.now.owners, data)
        meanwhile = editing.meanwhile(request, connection, outdated)
        return _show(request, stands, form, owners, is_outdated=True, meanwhile=meanwhile)
    if "_preview" not in request.POST:
        return redirect("admin:connections_connection_change", connection_id)
    if request.user.has_perm(OPERATE):
        tasks.ask_preview(connection_id, person(request)[:200])
    return redirect("admin:connections_connection_preview", connection_id)


def _save(
    request: HttpRequest, connection: Connection, form: SetupForm, owners: OwnersForm
) -> None:
    """Store the name at once, and the set-up or an edit of it; what is outdated stores nothing."""
    named = {}
    with transaction.atomic():
        if form.renames:
            new = form.cleaned_data["name"]
            named = {"Name": f"{connection.name} → {new}"}
            Connection.objects.filter(pk=connection.pk).update(name=new)
            connection.name = new
        edited = replace(form.setup(), owners=owners.owners())
        editing.save(request, connection, edited, named)


def may_edit(request: HttpRequest, connection: Connection) -> bool:
    """Return whether a person may edit a connection's set-up now."""
    return request.user.has_perm(CHANGE) and connection.state != Connection.State.DELETING


# What it shows


def _show(
    request: HttpRequest,
    stands: Standing,
    form: SetupForm,
    owners: OwnersForm,
    *,
    is_outdated: bool = False,
    meanwhile: Mapping[str, str] | None = None,
) -> HttpResponse:
    connection = stands.connection
    shown = form.began_with
    found = editing.waiting(connection)
    changes = found.changes if found else {}
    example = mappings.example_of(connection)
    linked = Contact.objects.filter(
        connection=connection, left__isnull=False, right__isnull=False
    ).count()
    return show(
        request,
        "syncengine/setup.html",
        stands,
        tab="setup",
        title=f"Error: {connection}" if form.errors or owners.errors else str(connection),
        form=form,
        owners=owners,
        seen=editing.sign(shown),
        has_change_permission=may_edit(request, connection),
        has_delete_permission=request.user.has_perm(DELETE)
        and connection.state != Connection.State.DELETING,
        errors=form.errors or owners.errors,
        is_outdated=is_outdated,
        meanwhile=meanwhile or {},
        waiting=found,
        edited=changes,
        owners_edited=any(name.startswith("Owner ") for name in changes),
        roles_edited=[
            role.value for role, name in setup.mapping_names(connection).items() if name in changes
        ],
        mappings_edited=_mappings_edited(connection, shown),
        was_started=pending.was_started(connection),
        departures=_departures(connection) if found else 0,
        sides=[_side(connection, side, form, changes) for side in SIDES],
        linked=linked,
        rules=rules.block(connection, shown),
        directions=_directions(connection, form),
        winners=[
            (side, connection.side_label(side), form["winner"].value() == side) for side in SIDES
        ],
        first_merges=[
            (value, *words, form["first_merge"].value() == value)
            for value, words in setup.FIRST_MERGES.items()
        ],
        mapping=mappings.block(connection, shown, example),
        roles_on=set(form["roles"].value() or ()),
        example=example,
        contacts=sum(stands.counts.values()),
        without_email=_without_email(connection),
        brake=_brake(stands, linked, shown.brake_percent),
        overlaps=overlapping(as_edited(connection, shown)),
        edits=latest_edits(connection),
        time_zones=time_zones(),
        may_choose_accounts=not control.was_read(connection),
    )


def _mappings_edited(connection: Connection, shown: Setup) -> set[str]:
    """Return the keys of the left fields whose custom mapping is new or other than it counts."""
    stored = set(connection.setup().mappings)
    return {mapping.left for mapping in shown.mappings if mapping not in stored}


def _side(
    connection: Connection, side: Side, form: SetupForm, changes: Mapping[str, str]
) -> SidePanel:
    account = connection.account(side)
    return SidePanel(
        side=side,
        account=account,
        scope=setup.scope_words(account, form.began_with.scope(side)),
        what=account.declared.scope_label,
        part=form[f"{side}_part"].value() or "all",
        tree=form.tree(side),
        gone=form.gone(side),
        errors=form[f"{side}_scopes"].errors,
        read=Record.objects.filter(mirror__account=account, gone_at=None).count(),
        receives=Direction(form.began_with.direction).writes(side),
        fixed=form.fields[f"{side}_scopes"].disabled,
        is_edited=setup.scope_name(connection, side) in changes,
    )


def _directions(connection: Connection, form: SetupForm) -> list[dict[str, Any]]:
    left, right = (connection.side_label(side) for side in SIDES)
    follows = "{0} follows. The rules for contacts from {0} then do nothing."
    meanings = {
        Direction.BOTH: "A change on either side is copied to the other.",
        Direction.LEFT_TO_RIGHT: follows.format(right),
        Direction.RIGHT_TO_LEFT: follows.format(left),
    }
    icons = {
        Direction.BOTH: "i-both",
        Direction.LEFT_TO_RIGHT: "i-right",
        Direction.RIGHT_TO_LEFT: "i-left",
    }
    return [
        {
            "value": direction.value,
            "words": setup.direction_words(connection, direction),
            "meaning": meaning,
            "icon": icons[direction],
            "checked": form["direction"].value() == direction.value,
        }
        for direction, meaning in meanings.items()
    ]


def _without_email(connection: Connection) -> int:
    return Contact.objects.filter(
        connection=connection, status=Status.EXCLUDED, reason=NO_EMAIL
    ).count()


def _departures(connection: Connection) -> int:
    """Return how many contacts the edit that waits takes out of the sync, where its preview says
    so.
    """
    preview = control.latest_preview(connection)
    return preview.braked.get(brake.Kind.DEPARTURES, 0) if preview else 0


def _brake(stands: Standing, linked: int, percent: int) -> dict[str, Any]:
    """Return today's limit of the brake, and what the last 24 hours count to."""
    run = Run(connection=stands.connection, links_at_start=linked)
    state = stands.sync_state or SyncState()
    found = brake.Brake.of(run, state, percent, stands.now)
    used: Counter[str] = found.used
    return {
        "limit": found.limits[brake.Kind.CREATIONS],
        "least_many": brake.LEAST[brake.Kind.CREATIONS],
        "least_few": brake.LEAST[brake.Kind.CLEARS],
        "used": [
            f"{used[kind]:,} {words}"
            for kind, words in (
                (brake.Kind.CREATIONS, "created"),
                (brake.Kind.CLEARS, "cleared"),
                (brake.Kind.OVERWRITES, "overwritten"),
                (brake.Kind.DEPARTURES, "left the sync"),
            )
        ],
    }
