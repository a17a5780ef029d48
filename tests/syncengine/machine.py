"""A state machine over the engine: people, faults, kills and settings in any order."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.stateful import rule

from connections.models import Connection
from syncengine.engine import Advance, Progress
from syncengine.models import Run
from tests.syncengine.machine_apps import Error, Misbehaviour, Point, Verb
from tests.syncengine.machine_checks import links_of
from tests.syncengine.machine_people import People, picks
from tests.syncengine.machine_truth import LISTS
from tests.syncengine.world import approve


def _counts(advance: Advance | None) -> dict[str, int] | None:
    """Return what a run that ended well wrote, or would write; None for another one."""
    run = advance.run if advance and advance.progress is Progress.FINISHED else None
    if run is None or run.status != Run.Status.DONE:
        return None
    names = ("created_left", "created_right", "updated_left", "updated_right", "linked")
    return {name: getattr(run, name) for name in names}


class Machine(People):
    """People, syncs, faults, kills and settings."""

    @rule(pick=picks, seconds=st.sampled_from((5, 0)))
    def sync(self, pick: int, seconds: float) -> None:
        self._sync(self.connections[pick % len(self.connections)], seconds)

    @rule(pick=picks)
    def sync_a_slice(self, pick: int) -> None:
        self._slice(self.connections[pick % len(self.connections)], 0)

    @rule(seconds=st.sampled_from((1, 20, 70, 400, 2000)))
    def wait(self, seconds: float) -> None:
        self.clock.go(seconds)

    @rule(pick=picks, syncs=st.booleans())
    def preview(self, pick: int, syncs: bool) -> None:
        """A preview changes nothing, and tells what a sync then does where all goes well [PL1]."""
        connection = self.now()[pick % len(self.connections)]
        if Run.objects.filter(connection=connection, finished_at=None).exists():
            return
        if syncs:
            # An app that shows an edit late refuses what is written over it.
            self.clock.go(max(app.late for app in self.world.apps.values()) + 1)
        before = links_of([connection])
        advance = self._slice(connection.pk, 5, kind=Run.Kind.PREVIEW)
        told = _counts(advance)
        Run.objects.filter(kind=Run.Kind.PREVIEW).delete()
        after = links_of([connection])
        assert after == before, "a preview changed a contact"
        if syncs and told and self.is_plain(connection):
            done = _counts(self._slice(connection.pk, 5))
            # A creation that an app does not show yet counts once it does.
            if done and not any(map(self.is_in_doubt, self.world.apps)):
                assert done == told, f"the preview told {told}, and the sync did {done}"

    @rule(often=st.integers(0, 2))
    def have_a_rest(self, often: int) -> None:
        if not often:
            self.be_quiet()

    # -- what goes wrong ---------------------------------------------------------------------------

    @rule(
        pick=picks,
        error=st.sampled_from(get_args(Error)),
        verb=st.sampled_from(get_args(Verb)),
        point=st.sampled_from(get_args(Point)),
        after=st.sampled_from((0, 0, 1, 2)),
    )
    def break_down(self, pick: int, error: Error, verb: Verb, point: Point, after: int) -> None:
        if error in ("busy", "locked out", "down"):
            point = "before"
        app, self.is_all_well = self.app(pick), False
        app.break_down(error, verb, point, after)
        for connection in self.now():
            if app.key in (connection.left.label, connection.right.label):
                self._sync(connection.pk)
        self._authorize()

    @rule(pick=picks, what=st.sampled_from(get_args(Misbehaviour)))
    def behave_badly(self, pick: int, what: Misbehaviour) -> None:
        self.is_all_well = False
        self.app(pick).misbehave(what)

    @rule(pick=picks, moments=st.integers(0, 14) | st.integers(0, 120))
    def kill(self, pick: int, moments: int) -> None:
        """The process ends in the midst of a sync, at a commit or at any statement."""
        if moments < 15:
            self.reaper.commits = moments
        else:
            self.reaper.statements = moments - 15
        self._sync(self.connections[pick % len(self.connections)])

    # -- settings ----------------------------------------------------------------------------------

    @rule(
        pick=picks,
        setting=st.sampled_from(
            (
                ("winner", "left"),
                ("winner", "right"),
                ("direction", "both"),
                ("direction", "left_to_right"),
                ("direction", "right_to_left"),
                ("copy_blanks", True),
                ("copy_blanks", False),
                ("first_merge", "winner"),
                ("first_merge", "fill_gaps"),
                ("first_merge", "link_only"),
                ("switched_off", ["notes"]),
                ("switched_off", ["emails"]),
                ("switched_off", []),
                ("left_scope", []),
                ("left_scope", ["South"]),
                ("state", "paused"),
            )
        ),
    )
    def configure(self, pick: int, setting: tuple[str, Any]) -> None:
        name, value = setting
        connection = self.now()[pick % len(self.connections)]
        if name == "left_scope":
            scopes = self.world.apps[connection.left.label].scopes
            value = [scope.id for scope in scopes if scope.name in value]
        Connection.objects.filter(pk=connection.pk).update(**{name: value})
        connection.refresh_from_db()
        approve(connection)
        if setting == ("copy_blanks", False):
            self.truth.keep_blanks()
        if name in ("winner", "copy_blanks", "left_scope", "state"):
            return
        for person in self.truth.people:
            self.truth.merged_anew(person)
            if connection.first_merge != "winner" or not self.is_two_way():
                person.apart |= {*self.truth.text_names, *LISTS}
