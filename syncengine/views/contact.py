"""One contact of a connection: both sides' values, why it is as it is, and its whole story."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from connections.configuration import SIDES
from syncengine import explaining, finding
from syncengine.models import Change, Contact, Mirror, Run
from syncengine.states import contact_state
from syncengine.views.common import find, page_of, show
from syncengine.views.run import change_rows


@require_GET
def contact(request: HttpRequest, connection_id: int, contact_id: int) -> HttpResponse:
    """What is known of a contact."""
    stands = find(request, connection_id)
    connection = stands.connection
    rows = Contact.objects.filter(connection=connection).select_related("left", "right")
    found = get_object_or_404(rows, pk=contact_id)
    found.connection = connection
    changes = Change.objects.filter(contact=found, run__kind=Run.Kind.SYNC).select_related("run")
    page = page_of(request, changes.order_by("-at", "-pk"))
    accounts = (connection.left, connection.right)
    reads = Mirror.objects.filter(account__in=accounts).values_list("read_at", flat=True)
    linked = changes.filter(kind__in=(Change.Kind.LINKED, Change.Kind.CREATED, Change.Kind.ADOPTED))
    written = changes.filter(kind__in=(Change.Kind.CREATED, Change.Kind.UPDATED))
    return show(
        request,
        "syncengine/contact.html",
        stands,
        tab="",
        title=finding.name_of(found) or "No name",
        contact=found,
        state=contact_state(found),
        sides=[side for side in SIDES if found.record_id(side) is not None],
        explanation=explaining.explain(found),
        read_at=min((each for each in reads if each), default=None),
        linked=linked.order_by("-at").first() if found.is_linked else None,
        written=written.order_by("-at").first(),
        page=page,
        rows=change_rows(list(page.object_list), connection),
    )
