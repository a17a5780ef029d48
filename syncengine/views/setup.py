"""What the set-up page of a connection shows around its form, and what saving it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from connections.configuration import SIDES, Direction, Side, other
from connections.forms.connection import SetupForm, time_zones
from connections.forms.scopes import Branch
from connections.models import Account, Connection
from connections.neighbours import overlapping
from syncengine import brake, control, mappings, setup, tasks
from syncengine.models import Contact, Record
from syncengine.standings import standing
from syncengine.state import Status
from syncengine.states import side_label
from syncengine.views.common import OPERATE, person, say
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

    @property
    def part_name(self) -> str:
        return f"{self.side}_part"

    @property
    def scopes_name(self) -> str:
        return f"{self.side}_scopes"


def context(connection: Connection, form: SetupForm) -> dict[str, Any]:
    """Return what the template shows, for a form whose connection is as stored."""
    stands = standing(connection)
    example = mappings.example_of(connection)
    linked = Contact.objects.filter(
        connection=connection, left__isnull=False, right__isnull=False
    ).count()
    return {
        "standing": stands,
        "connection": connection,
        "tab": "setup",
        "sides": [_side(connection, side, form) for side in SIDES],
        "linked": linked,
        "rules": [
            {
                "side": side,
                "here": side_label(connection, side),
                "there": side_label(connection, other(side)),
                "works": Direction(connection.direction).writes(other(side)),
            }
            for side in SIDES
        ],
        "directions": _directions(connection, form),
        "winners": [
            (side, side_label(connection, side), form["winner"].value() == side) for side in SIDES
        ],
        "first_merges": [
            (value, *words, form["first_merge"].value() == value)
            for value, words in setup.FIRST_MERGES.items()
        ],
        "groups": mappings.groups(connection, example),
        "roles_on": set(form["roles"].value() or ()),
        "example": example,
        "contacts": sum(stands.counts.values()),
        "without_email": _without_email(connection),
        "limit": max(brake.LEAST[brake.Kind.CREATIONS], linked * connection.brake_percent // 100),
        "overlaps": overlapping(connection),
        "edits": latest_edits(connection),
        "time_zones": time_zones(),
        "may_choose_accounts": not control.was_read(connection),
    }


def _side(connection: Connection, side: Side, form: SetupForm) -> SidePanel:
    account = connection.account(side)
    return SidePanel(
        side=side,
        account=account,
        scope=setup.scope_words(connection, side),
        what=account.declared.scope_label,
        part=form[f"{side}_part"].value() or "all",
        tree=form.tree(side),
        gone=form.gone(side),
        errors=form[f"{side}_scopes"].errors,
        read=Record.objects.filter(mirror__account=account, gone_at=None).count(),
        receives=Direction(connection.direction).writes(side),
        fixed=form.fields[f"{side}_scopes"].disabled,
    )


def _directions(connection: Connection, form: SetupForm) -> list[dict[str, Any]]:
    left, right = (side_label(connection, side) for side in SIDES)
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


def saved(request: HttpRequest, connection: Connection, edited: Mapping[str, str]) -> HttpResponse:
    """Do what an edit asks for beside storing it, say what it comes to, and show what is next."""
    say(request, _comes_to(connection, edited))
    if "_preview" not in request.POST:
        return redirect("admin:connections_connection_change", connection.pk)
    if request.user.has_perm(OPERATE):
        tasks.ask_preview(connection.pk, person(request))
    return redirect("admin:connections_connection_preview", connection.pk)


def _comes_to(connection: Connection, edited: Mapping[str, str]) -> str:
    if not edited:
        return f"Nothing was changed in “{connection}”."
    said = [f"“{connection}” is saved."]
    if control.check_again(connection):
        said.append("The run that the brake held is counted again.")
    contacts = Contact.objects.filter(connection=connection).count()
    if contacts and setup.decides_anew(edited):
        noun = "contact" if contacts == 1 else "contacts"
        said.append(f"The next run decides {contacts:,} {noun} anew.")
    return " ".join(said)
