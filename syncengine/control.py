"""What people do with a whole connection: start, pause, resume, delete; why it would not run."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from connections.configuration import SIDES
from connections.configuring import configure
from connections.models import Account, Connection
from connections.neighbours import closes_ring
from syncengine import brake, clock, engine, pending
from syncengine.models import Contact, Mirror, Run, SyncState

PREVIEW_KEPT = timedelta(days=7)


Refused = pending.Refused


def blocked(connection: Connection, state: SyncState) -> str:
    """Return why a connection would not run now, with what to do about it; "" where it would."""
    name = connection.name
    if connection.state == Connection.State.DELETING:
        return f"“{name}” is being deleted"
    if connection.state == Connection.State.DRAFT:
        return f"“{name}” is a draft. Look at its preview and start it: manage.py start “{name}”"
    if connection.state == Connection.State.PAUSED:
        return f"“{name}” is paused. To go on: manage.py resume “{name}”"
    for side in SIDES:
        account = connection.account(side)
        if account.status != Account.Status.AUTHORIZED:
            return (
                f"“{name}” waits for authorization: {account.label} needs to be authorized again "
                f"({account.status_reason})"
            )
    if not state.approved_revision:
        return f"“{name}” waits for its preview to be approved: manage.py start “{name}”"
    return ""


def held_why(connection: Connection, state: SyncState) -> str:
    """Return why the brake holds a connection, with the ways out; "" where it does not."""
    if not state.held:
        return ""
    run = held_run(connection)
    why = run.message if run else ""
    return (
        f"“{connection.name}” is held by the brake. {why} Nothing was written. "
        f"To let it go on once: manage.py resume “{connection.name}” --approve"
    )


def held_run(connection: Connection) -> Run | None:
    """Return the last run that the brake held."""
    runs = Run.objects.filter(connection=connection, status=Run.Status.HELD)
    return runs.order_by("-started_at").first()


def latest_preview(connection: Connection) -> Run | None:
    """Return the newest finished preview that is still good for the connection's configuration, or
    for the edit of it that waits.
    """
    run = (
        Run.objects.filter(connection=connection, kind=Run.Kind.PREVIEW, status=Run.Status.DONE)
        .order_by("-started_at")
        .first()
    )
    if run is None or clock.now() - run.started_at >= PREVIEW_KEPT:
        return None
    edit = pending.of(connection)
    if edit is not None and run.started_at < edit.saved_at:
        return None
    setup = edit.value if edit else connection.setup()
    revision = configure(setup, connection.left, connection.right).revision
    return run if run.revision == revision else None


def check_ring(connection: Connection) -> None:
    """Raise `Refused` where the connection would close a ring [CN11], or is being deleted."""
    if connection.state == Connection.State.DELETING:
        raise Refused(f"“{connection.name}” is being deleted")
    if refusal := closes_ring(connection):
        raise Refused(refusal)


def check_no_edit(connection: Connection) -> None:
    """Raise `Refused` where an edit waits: previews are of that, not of what would be started."""
    if pending.of(connection) is not None:
        raise Refused(f"An edit of “{connection.name}” waits. Apply or drop it first.")


def was_read(connection: Connection) -> bool:
    """Return whether a connection has read its accounts: they do not change after that."""
    mine = {"connection": connection}
    return Run.objects.filter(**mine).exists() or Contact.objects.filter(**mine).exists()


def _put(connection: Connection, state: Connection.State) -> None:
    """Give a connection another state, unless somebody has begun to delete it."""
    kept = Connection.objects.filter(pk=connection.pk).exclude(state=Connection.State.DELETING)
    if not kept.update(state=state):
        raise Refused(f"“{connection.name}” is being deleted")
    connection.state = state


def start(connection: Connection, approved: Run | None) -> None:
    """Let a connection run; what the approved preview counted is its allowance, all of it without
    one [I9].
    """
    check_ring(connection)
    check_no_edit(connection)
    state = engine.state_of(connection)
    # Of the preview: an edit that nobody looked at may have come in between.
    state.approved_revision = approved.revision if approved else connection.configuration().revision
    state.allowance = {brake.UNSEEN: 1} if approved is None else dict(approved.braked)
    state.held, state.next_sync_at = {}, None
    state.save(update_fields=["approved_revision", "allowance", "held", "next_sync_at"])
    _put(connection, Connection.State.ACTIVE)


def apply_edit(connection: Connection, preview: Run) -> None:
    """Make the edit that waits what counts; what this preview of it counted is its allowance
    [CN10, I9]. Raises `Refused` where the preview is not of that edit any more.
    """
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)
        if latest_preview(connection) != preview:
            raise Refused(
                f"Nothing of “{connection.name}” was applied: the edit changed, or there is a "
                "newer preview. Look at what it would do now."
            )
        applied = pending.apply(connection.pk)
        state = engine.state_of(connection)
        state.approved_revision = applied.configuration().revision
        state.allowance, state.next_sync_at = dict(preview.braked), None
        if state.held != engine.HELD_BY_ACCOUNT:
            state.held = {}
        state.save(update_fields=["approved_revision", "allowance", "held", "next_sync_at"])


def pause(connection: Connection) -> None:
    """Stop a connection from running; what was sent already finishes."""
    _put(connection, Connection.State.PAUSED)


def resume(connection: Connection, *, approve: bool = False) -> None:
    """Let a paused connection run on; with `approve`, a run that the brake held may go on once.

    Raises `Refused`, and has the run counted anew, where the set-up is not the held run's any more.
    """
    check_ring(connection)
    state = engine.state_of(connection)
    if approve and state.held:
        run = held_run(connection)
        if run and run.revision != connection.configuration().revision and check_again(connection):
            raise Refused(
                f"Nothing of “{connection.name}” was approved: its set-up, or what its apps offer, "
                "is not what it was when the run was held. The run is counted again now."
            )
        if state.held != engine.HELD_BY_ACCOUNT:
            state.allowance = dict(state.held)
            state.approved_revision = connection.configuration().revision
        state.held = {}
        accounts = [connection.left_id, connection.right_id]
        Mirror.objects.filter(account__in=accounts).exclude(held_reason="").update(
            held_reason="", approved_read=F("full_read")
        )
        using = Q(connection__left__in=accounts) | Q(connection__right__in=accounts)
        SyncState.objects.filter(using, held=engine.HELD_BY_ACCOUNT).update(held={})
    state.next_sync_at = None
    state.save(update_fields=["allowance", "approved_revision", "held", "next_sync_at"])
    if connection.state != Connection.State.ACTIVE:
        _put(connection, Connection.State.ACTIVE)


def check_again(connection: Connection) -> bool:
    """Let a run that the brake held be counted anew; it is held again where it is still too much.

    Returns whether one was held. What a read of an account was stopped by stays until it is
    approved.
    """
    state = engine.state_of(connection)
    if not state.held or state.held == engine.HELD_BY_ACCOUNT:
        return False
    state.held, state.next_sync_at = {}, None
    state.save(update_fields=["held", "next_sync_at"])
    return True


def begin_deleting(connection: Connection) -> None:
    """Let nothing run for a connection any more; a task then deletes it [CN6]."""
    _put(connection, Connection.State.DELETING)
