"""What people ask for contacts: link, keep apart, create, create again, try again.

The next run does it.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from syncengine import finding, twins, waiting
from syncengine.models import Contact
from syncengine.standings import Standing
from syncengine.state import Status
from syncengine.views.common import OPERATE, ask_sync, back, find, number_in, say

Asked = Contact.Asked


class Unfit(Exception):
    """What was asked does not fit the contact; the message says why."""


@require_POST
def answer(request: HttpRequest, connection_id: int, contact_id: int) -> HttpResponse:
    """Note what is asked for one contact: `asked`, and for a link the `record`."""
    stands = find(request, connection_id, OPERATE)
    rows = finding.contacts_of(stands.connection)
    contact = get_object_or_404(rows, pk=contact_id)
    contact.connection = stands.connection
    asked = request.POST.get("asked", "")
    if asked not in Asked.values or not asked:
        return HttpResponseBadRequest("Nothing was asked.")
    try:
        record = _partner(contact, request.POST.get("record", "")) if asked == Asked.LINK else None
        _check(contact, Asked(asked))
    except Unfit as problem:
        say(request, str(problem), bad=True)
        return back(request, stands.connection, "health")
    rows.filter(pk=contact.pk).update(asked=asked, asked_record=record)
    name = finding.name_of(contact) or "The contact"
    _say(request, stands, f"{name}: {Asked(asked).label.lower()}.")
    return back(request, stands.connection, "health")


@require_POST
def retry_all(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Have all failing contacts tried again, or those of one `reason`."""
    stands = find(request, connection_id, OPERATE)
    failing = Contact.objects.filter(connection=stands.connection, status=Status.FAILING)
    if reason := request.POST.get("reason", ""):
        failing = failing.filter(reason=reason.replace("\0", ""))
    number = failing.update(asked=Asked.RETRY, asked_record=None)
    contacts = "1 contact is" if number == 1 else f"{number:,} contacts are"
    _say(request, stands, f"{contacts} tried again.")
    return back(request, stands.connection, "health")


def _say(request: HttpRequest, stands: Standing, what: str) -> None:
    """Have the next run do it at once where there is one, and say when it is done."""
    if ask_sync(request, stands, "review"):
        say(request, f"{what} The worker does it now.")
    else:
        state = stands.state.word.lower()
        say(request, f"{what} It is done once the connection runs; it is {state}.")


def _check(contact: Contact, asked: Asked) -> None:
    if asked == Asked.RECREATE and contact.status != Status.GONE:
        raise Unfit("It has no deleted counterpart to create again.")
    if asked == Asked.CREATE and not waiting.cases_of(contact.connection, [contact])[0].may_create:
        raise Unfit("It does not wait in review with a name alone.")


def _partner(contact: Contact, chosen: str) -> int:
    """Return the record with which a contact is to be linked."""
    if contact.is_linked and twins.survivor(contact) is None:
        raise Unfit("It is linked already.")
    there = waiting.open_side(contact)
    record = number_in(chosen)
    if not record:
        raise Unfit("Say with which one it is to be linked.")
    if not waiting.is_record_of(contact.connection, there, record):
        raise Unfit("That contact is no longer there.")
    return record
