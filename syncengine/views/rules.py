"""The rules of a connection: their block on the set-up page, and what moves and removes one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from connections.configuration import SIDES, Side, other
from connections.models import Connection
from connections.operands import ConditionKind
from connections.rule_checks import Problem, added, problems, without_rules, works
from connections.rule_edits import can_move, moved, rule_of, without
from connections.rule_parts import End, ends
from connections.rules import Match
from connections.setups import RuleSetup, Setup
from syncengine.models import Contact
from syncengine.pending import Outdated
from syncengine.sentences import Part, parts
from syncengine.standings import Standing
from syncengine.views import editing
from syncengine.views.common import counted, say
from syncengine.views.popup import RULES, address, done, edited, find_editable, show_edit


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as the page shows it."""

    rule: RuleSetup
    number: int
    parts: list[Part]
    notes: list[str]
    errors: list[str]
    warnings: list[str]
    is_edited: bool
    may_go_up: bool
    may_go_down: bool


@dataclass(frozen=True, slots=True)
class SideRules:
    """The rules of a side."""

    side: Side
    name: str
    there: str
    rows: list[RuleRow]
    errors: list[str]
    warnings: list[str]


# Their block


def block(connection: Connection, setup: Setup) -> list[SideRules]:
    """Return the rules of both sides as a set-up has them, compared with what is stored."""
    known = ends(connection.left, connection.right)
    found = problems(setup, connection.left, connection.right)
    stored = connection.setup()
    counts = Counter({key: sum(each) for key, each in matched(connection).items()})
    return [
        SideRules(
            side,
            known[side].name,
            known[other(side)].name,
            _rows(connection, setup, stored, side, known, found, counts),
            *_messages(found, side, ""),
        )
        for side in SIDES
    ]


def _rows(
    connection: Connection,
    setup: Setup,
    stored: Setup,
    side: Side,
    known: dict[Side, End],
    found: list[Problem],
    counts: Counter[str],
) -> list[RuleRow]:
    rules = list(setup.rules_of(side))
    return [
        RuleRow(
            rule,
            place + 1,
            parts(connection, rule, known),
            _notes(rule, rule_of(stored, side, rule.key), counts, decided=works(stored, side)),
            *_messages(found, side, rule.key),
            rule != rule_of(stored, side, rule.key),
            can_move(rules, place, -1),
            can_move(rules, place, 1),
        )
        for place, rule in enumerate(rules)
    ]


def _messages(found: list[Problem], side: Side, key: str) -> tuple[list[str], list[str]]:
    """Return the errors and the warnings of a rule, those of its side where `key` is ""."""
    mine = [each for each in found if each.side == side and each.rule == key]
    return (
        [each.message for each in mine if each.is_error],
        [each.message for each in mine if not each.is_error],
    )


def _notes(
    rule: RuleSetup, stored: RuleSetup | None, counts: Counter[str], *, decided: bool
) -> list[str]:
    notes = ["All contacts, old and new."] if rule.is_default else []
    if rule.match == Match.ANY and len(rule.conditions) > 1:
        notes.append("Any one condition is enough.")
    kind = ConditionKind.EXISTS.value
    if any(each.kind == kind and each.value != ("false",) for each in rule.conditions):
        notes.append("Updates only; never creates.")
    return [*notes, *_count_notes(rule, stored, counts, decided=decided)]


def _count_notes(
    rule: RuleSetup, stored: RuleSetup | None, counts: Counter[str], *, decided: bool
) -> list[str]:
    number = counts[rule.key]
    if stored is None:
        return ["New: the preview says whom it matches."]
    if stored != rule:
        return [f"Edited: matched {counted(number, 'contact')} before."]
    return [f"Matches {counted(number, 'contact')}."] if decided and counts else []


def matched(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return by rule how many contacts match it beside another one, and how many it alone, as last
    decided.
    """
    rows = Contact.objects.filter(connection=connection).exclude(matched="")
    found: dict[str, tuple[int, int]] = {}
    for keys, count in rows.order_by().values_list("matched").annotate(Count("pk")):
        each_key = keys.split(" ")
        for key in each_key:
            shared, alone = found.get(key, (0, 0))
            is_alone = len(each_key) == 1
            found[key] = (shared + count * (not is_alone), alone + count * is_alone)
    return found


# The side of a page


def find_side(request: HttpRequest, connection_id: int, side: str) -> tuple[Standing, Side]:
    """Return the connection, for a person who may edit it now, and the side."""
    stands = find_editable(request, connection_id)
    if side not in SIDES:
        raise Http404("A connection has a left and a right side.")
    return stands, "left" if side == "left" else "right"


# What the buttons do


@require_POST
def rule_move(request: HttpRequest, connection_id: int, side: str, key: str) -> HttpResponse:
    """Put a rule one place further up or down."""
    stands, side_ = find_side(request, connection_id, side)
    setup = edited(request, stands.connection)
    places = -1 if request.POST.get("to") == "up" else 1
    try:
        editing.save(request, stands.connection, moved(setup, side_, key, places))
    except Outdated:
        say(request, "Nothing was moved: the set-up was edited meanwhile. Look again.", bad=True)
    return redirect(address(stands.connection, RULES))


@require_http_methods(["GET", "HEAD", "POST"])
def rule_delete(request: HttpRequest, connection_id: int, side: str, key: str) -> HttpResponse:
    """Ask once more, then take a rule out of the set-up."""
    stands, side_ = find_side(request, connection_id, side)
    connection = stands.connection
    setup = edited(request, connection)
    context: dict[str, Any] = {}
    kept = without(setup, side_, key)
    refusals = added(setup, kept, connection.left, connection.right)
    if request.method == "POST" and not refusals:
        try:
            editing.save(request, connection, kept)
        except Outdated as outdated:
            meanwhile = editing.meanwhile(request, connection, outdated)
            setup, context = outdated.now, {"is_outdated": True, "meanwhile": meanwhile}
        else:
            return done(request, stands, RULES)
    rule = rule_of(setup, side_, key)
    if rule is None:
        raise Http404("There is no such rule. Somebody may have deleted it.")
    return show_edit(
        request,
        "syncengine/rule_delete.html",
        stands,
        RULES,
        title=f"Delete rule {setup.rules_of(side_).index(rule) + 1}",
        side=side_,
        parts=parts(connection, rule),
        consequences=_consequences(connection, setup, rule),
        refusals=refusals,
        seen=editing.sign(setup),
        **context,
    )


def _consequences(connection: Connection, setup: Setup, rule: RuleSetup) -> list[tuple[str, str]]:
    """Return what deleting a rule comes to, each with a line on it."""
    known = ends(connection.left, connection.right)
    _, alone = matched(connection).get(rule.key, (0, 0))
    who = f"{counted(alone, 'contact')} that no" if alone else "Contacts that no"
    leave = "leaves" if alone == 1 else "leave"
    line = "They stay linked, and nothing is deleted in any app."
    found = [(f"{who} other rule matches {leave} the sync", line)]
    if any(action.undo for action in rule.actions):
        line = "Where ours still stands; what a person changed since stays."
        found.append(("What its actions set with undo is put back", line))
    if len(setup.rules_of(rule.side)) == 1 and setup.rules_of(other(rule.side)):
        names = known[rule.side].name, known[other(rule.side)].name
        found.append((f"It is the last rule for contacts from {names[0]}", without_rules(*names)))
    return found
