"""The page of one rule: IF any number of conditions, THEN any number of actions [RU1]."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from connections.accounts import ask_catalogue, open_account
from connections.configuration import SIDES, Side
from connections.connectors.base import AuthorizationLost, ConnectorError
from connections.forms.rule import RuleForm
from connections.models import Account, Connection
from connections.rule_checks import in_full, problems, resting
from connections.rule_edits import as_saved, put, rule_of
from connections.rule_parts import ends
from connections.setups import RuleSetup, Setup
from syncengine import clock
from syncengine.models import Contact
from syncengine.notices import lose_authorization
from syncengine.pending import Outdated
from syncengine.sentences import parts
from syncengine.standings import Standing
from syncengine.views import editing, popup
from syncengine.views.rules import find_side, matched

NEW = "new"
"""What stands in an address for the key of a rule that is not saved yet."""
PATIENCE = 20
"""How many seconds each app has to answer what its lists are."""


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, connection_id: int, side: str, key: str) -> HttpResponse:
    """Edit a rule, or make a new one; each button but the last gives the form back as it is then,
    with nothing lost.
    """
    stands, side_ = find_side(request, connection_id, side)
    setup = popup.edited(request, stands.connection)
    if request.method == "POST":
        return _posted(request, stands, setup, side_, "" if key == NEW else key)
    found = RuleSetup("", side_) if key == NEW else rule_of(setup, side_, key)
    if found is None:
        raise Http404("There is no such rule. Somebody may have deleted it.")
    form = RuleForm.of(found, ends(stands.connection.left, stands.connection.right))
    if key == NEW:
        form.add("condition")
    else:
        found_wrong = problems(setup, stands.connection.left, stands.connection.right)
        form.blame((each for each in found_wrong if each.is_error and each.rule == key), key)
    return _page(request, stands, setup, form)


def _posted(
    request: HttpRequest, stands: Standing, setup: Setup, side: Side, key: str
) -> HttpResponse:
    connection = stands.connection
    refusals = _refresh(connection) if "_refresh" in request.POST else None
    form = RuleForm.posted(key, side, ends(connection.left, connection.right), request.POST)
    form.press(request.POST)
    if "_save" not in request.POST:
        return _page(request, stands, setup, form, refusals=refusals)
    new = as_saved(form.rule())
    if not _is_valid(connection, setup, form, new):
        return _page(request, stands, setup, form, is_wrong=True)
    try:
        editing.save(request, connection, put(setup, new, key))
    except Outdated as outdated:
        meanwhile = editing.meanwhile(request, connection, outdated)
        return _page(request, stands, outdated.now, form, is_outdated=True, meanwhile=meanwhile)
    return popup.done(request, stands, popup.RULES)


def _is_valid(connection: Connection, setup: Setup, form: RuleForm, new: RuleSetup) -> bool:
    """Return whether a rule can be saved; each thing wrong with it gets its message in the form.

    What was wrong in the set-up before, in other rules, is not held against it.
    """
    if not form.is_complete():
        return False
    if new.is_default and form.key != new.key and new in setup.rules:
        form.errors.append("Rule 1 takes in every contact already. Add a condition or an action.")
        return False
    accounts, after = (connection.left, connection.right), put(setup, new, form.key)
    had, found = problems(setup, *accounts), problems(after, *accounts)
    wrong = [each for each in found if each.is_error and (each.rule == new.key or each not in had)]
    form.blame(
        (
            each if each.rule == new.key else each._replace(message=in_full(each, after, *accounts))
            for each in wrong
        ),
        new.key,
    )
    return not wrong


def _refresh(connection: Connection) -> list[str]:
    """Ask both apps for their lists anew; return why that failed, where it did."""
    return [why for side in SIDES if (why := _ask(connection.account(side)))]


def _ask(account: Account) -> str:
    if account.status != Account.Status.AUTHORIZED:
        return f"{account} needs authorization: its lists are as they were."
    try:
        account.keep_catalogue(ask_catalogue(open_account(account, deadline=PATIENCE)), clock.now())
    except AuthorizationLost as error:
        lose_authorization(account, error.message)
        return f"{account} needs authorization ({error.message}). Its lists are as they were."
    except ConnectorError as error:
        return f"{account} could not be asked: {error.message}. Its lists are as they were."
    return ""


def _page(
    request: HttpRequest,
    stands: Standing,
    setup: Setup,
    form: RuleForm,
    *,
    refusals: list[str] | None = None,
    **context: Any,
) -> HttpResponse:
    connection = stands.connection
    given = form.rule()
    saved = rule_of(setup, form.side, form.key)
    new = as_saved(given)
    found = problems(put(setup, new, form.key), connection.left, connection.right)
    number = setup.rules_of(form.side).index(saved) + 1 if saved else 0
    here, there = form.ends
    return popup.show_edit(
        request,
        "syncengine/rule.html",
        stands,
        popup.RULES,
        title=f"Edit rule {number}" if saved else "New rule",
        form=form,
        side=form.side,
        here=here,
        there=there,
        parts=parts(connection, given, form.sides),
        warnings=[
            each.message
            for each in found
            if not each.is_error and each.side == form.side and each.rule in ("", new.key)
        ],
        resting=resting(setup, given, connection.left, connection.right),
        refusals=refusals,
        counts=_counts(connection, form) if saved else None,
        seen=editing.sign(setup),
        **context,
    )


def _counts(connection: Connection, form: RuleForm) -> tuple[int, int]:
    """Return how many contacts the rule matched when last decided, and how many its side has."""
    of_side = Contact.objects.filter(connection=connection, **{f"{form.side}__isnull": False})
    return sum(matched(connection).get(form.key, (0, 0))), of_side.count()
