"""What people do in the apps of the state machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st
from hypothesis.stateful import rule

from connections.schema import Value, is_blank
from syncengine.models import Contact
from syncengine.steps import READ_ENOUGH
from tests.syncengine.machine_apps import App
from tests.syncengine.machine_base import Base
from tests.syncengine.machine_truth import LISTS, Ref

Asked = Contact.Asked
TEXTS = (
    "Wien",
    "A & B <c>",
    "  two  spaces ",
    "Zoe\u0308",
    "of two lines\r\nor more",
    "a text that is longer than what some apps keep of it, by far",
)
picks = st.integers(0, 7)
texts = st.sampled_from(TEXTS)


class People(Base):
    """People, who add, edit, delete and restore contacts."""

    def populate(self, data: st.DataObject) -> None:
        for pick in data.draw(st.lists(picks, min_size=1, max_size=3), label="first people"):
            if pick < 4:
                self._add_one(self.app(pick), TEXTS[pick], named=True, emails=pick % 3)
            else:
                self._add_twins(self.app(0), self.app(pick - 3), TEXTS[pick - 4])
        if data.draw(st.booleans(), label="synced first"):
            for connection_id in self.connections:
                self._sync(connection_id)

    def _person(
        self, app: App, values: dict[str, Value], *, named: bool = True
    ) -> dict[str, Value]:
        if named or app.names_all:
            given, family = self.word("Ga"), self.word("Fa")
            names: dict[str, Value] = (
                {"full_name": f"{given} {family}"}
                if app.one_name
                else {"given_name": given, "family_name": family}
            )
            values = values | names
        return values

    def is_full(self) -> bool:
        """Return whether there are people enough: the fewer, the more happens to each."""
        return len(self.truth.live) >= 4 * len(self.world.apps)

    def _add(self, app: App, token: str, values: dict[str, Value]) -> None:
        scopes = tuple(scope.id for scope in app.scopes)
        inside = (scopes[self.next() % len(scopes)],) if scopes else ()
        id_ = app.add(scopes=inside, **values, job_title=token)
        ref = Ref(app.key, id_)
        person = self.truth.add(ref, token)
        lets_be = person.is_twin and any(each.first_merge != "winner" for each in self.now())
        if lets_be or not self.reaches_all(app.key):
            person.apart |= {*self.truth.text_names, *LISTS}

    @rule(
        pick=picks,
        text=texts,
        named=st.sampled_from((True, True, True, False)),
        emails=st.integers(0, 2),
    )
    def add(self, pick: int, text: str, named: bool, emails: int) -> None:
        if not self.is_full():
            self._add_one(self.app(pick), text, named=named, emails=emails)

    def _add_one(self, app: App, text: str, *, named: bool, emails: int) -> None:
        values = self._person(
            app,
            {
                "emails": tuple(self.email() for _ in range(emails)),
                "phones": (self.phone(),),
                "company": self.text(text),
            },
            named=named,
        )
        self._add(app, f"T{self.next()}", values)

    @rule(pick=picks, other_pick=picks, text=texts)
    def add_a_twin(self, pick: int, other_pick: int, text: str) -> None:
        """The same person is entered in two apps, and both show it before anything is synced, to a
        read that began after that.

        Otherwise the engine cannot know of the second one: see I2's last sentence in `test_limits`.
        """
        self._add_twins(self.app(pick), self.app(other_pick), text)

    def _add_twins(self, one: App, two: App, text: str) -> None:
        if one is two or self.is_full():
            return
        token, email = f"T{self.next()}", self.email()
        for app in (one, two):
            self._add(app, token, self._person(app, {"emails": (email,), "city": self.text(text)}))
        self.clock.go(max(one.late, two.late) + READ_ENOUGH + 1)

    @rule(pick=picks, app_pick=picks, text=texts)
    def add_a_duplicate(self, pick: int, app_pick: int, text: str) -> None:
        """Somebody else is entered with an address of one who is there."""
        ref, app = self.ref(pick), self.app(app_pick)
        if ref is None or self.is_full() or not (emails := self.truth.row(ref).get("emails")):
            return
        assert isinstance(emails, tuple)
        values = self._person(app, {"emails": (str(emails[0]),), "company": self.text(text)})
        self._add(app, f"T{self.next()}", values)

    def _edit(self, ref: Ref, changes: dict[str, Value]) -> None:
        app = self.world.apps[ref.app]
        if "emails" in changes:
            self._lose_twin(ref)
        before = {name: self.truth.entries(ref, name) for name in LISTS}
        app.edit(ref.id, **changes)
        self._note_edit(ref, list(changes), before)

    def _note_edit(
        self, ref: Ref, changes: Sequence[str], before: Mapping[str, frozenset[str]]
    ) -> None:
        """Note what now stands in these fields of a contact as entered by a person."""
        person, at = self.truth.of[ref], self.clock()
        for key in changes:
            self.truth.edited_at[ref, key] = at
            name = "name" if self.are_names_joined and key.endswith("name") else key
            if name in LISTS:
                person.lists[name].edit(ref, before[name], self.truth.entries(ref, name))
                is_blank_now = not self.truth.entries(ref, name)
            else:
                person.text(name).edit(ref, self.truth.value(ref, name))
                is_blank_now = is_blank(self.truth.value(ref, name))
            if not self.reaches_all(ref.app) or (is_blank_now and self.are_blanks_kept()):
                person.apart.add(name)
        person.emails |= self.truth.entries(ref, "emails")

    @rule(pick=picks, key=st.sampled_from(("company", "city", "postal_code", "notes")), text=texts)
    def edit(self, pick: int, key: str, text: str) -> None:
        if ref := self.ref(pick):
            self._edit(ref, {key: self.text(text)})

    @rule(pick=picks, key=st.sampled_from(("company", "city", *LISTS)), text=texts, clears=picks)
    def disagree(self, pick: int, key: str, text: str, clears: int) -> None:
        """The same field of one person is edited in all apps."""
        ref = self.ref(pick)
        for each in sorted(self.truth.of[ref].refs & self.truth.live) if ref else ():
            if each in self.watch.created and self.is_in_doubt(each.app):
                continue
            if key in LISTS:
                self._edit_list(each, key, ("add", "replace", "remove")[clears % 3], clears)
            else:
                self._edit(each, {key: self.text(text) if clears else None})
            clears = max(0, clears - 1)

    @rule(pick=picks, part=st.sampled_from(("given_name", "family_name")))
    def rename(self, pick: int, part: str) -> None:
        ref = self.ref(pick)
        if ref is None:
            return
        word = self.word("Gb" if part == "given_name" else "Fb")
        if not self.world.apps[ref.app].one_name:
            self._edit(ref, {part: word})
            return
        given, _, family = str(self.truth.value(ref, "name") or "").rpartition(" ")
        names = (word, family) if part == "given_name" else (given, word)
        self._edit(ref, {"full_name": " ".join(filter(None, names))})

    @rule(pick=picks, key=st.sampled_from(("company", "city", "notes", "emails", "phones")))
    def clear(self, pick: int, key: str) -> None:
        ref = self.ref(pick)
        if ref is not None and self.truth.row(ref).get(key):
            self._edit(ref, {key: None if key not in LISTS else ()})

    @rule(
        pick=picks,
        key=st.sampled_from(LISTS),
        what=st.sampled_from(("add", "remove", "replace")),
        entry=picks,
    )
    def edit_list(self, pick: int, key: str, what: str, entry: int) -> None:
        if ref := self.ref(pick):
            self._edit_list(ref, key, what, entry)

    def _edit_list(self, ref: Ref, key: str, what: str, entry: int) -> None:
        now = self.truth.row(ref).get(key) or ()
        assert isinstance(now, tuple)
        new = self.email() if key == "emails" else self.phone()
        place = entry % len(now) if now else 0
        if what == "add":
            slots = self.world.apps[ref.app].slots
            if slots is None or len(now) < slots:
                self._edit(ref, {key: (*now, new)})
        elif now:
            middle = (new,) if what == "replace" else ()
            self._edit(ref, {key: (*now[:place], *middle, *now[place + 1 :])})

    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        ref = self.ref(pick)
        if ref is None:
            return
        self.world.apps[ref.app].delete(ref.id)
        self.truth.live.discard(ref)
        self._lose_twin(ref)

    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        if ref := self.ref(pick, live=False):
            self.world.apps[ref.app].restore(ref.id)
            self.truth.live.add(ref)
            self.truth.restored(ref)

    @rule(pick=picks, archived=st.booleans())
    def archive(self, pick: int, archived: bool) -> None:
        if ref := self.ref(pick):
            self.world.apps[ref.app].archive(ref.id, archived)

    @rule(pick=picks, scope=picks)
    def move(self, pick: int, scope: int) -> None:
        """A contact is put into another scope, out of what is synced perhaps."""
        if (ref := self.ref(pick)) and (scopes := self.world.apps[ref.app].scopes):
            self.world.apps[ref.app].put_into(ref.id, scopes[scope % len(scopes)].id)

    @rule(pick=picks, other_pick=picks)
    def merge(self, pick: int, other_pick: int) -> None:
        """Two contacts are merged inside an app: one takes what it lacks from the other."""
        kept, lost = self.ref(pick), self.ref(other_pick)
        if kept is None or lost is None or kept == lost or kept.app != lost.app:
            return
        before = dict(self.truth.row(kept))
        lists = {name: self.truth.entries(kept, name) for name in LISTS}
        self.world.apps[kept.app].merge(kept.id, lost.id)
        self.truth.live.discard(lost)
        self.truth.merged.add(lost)
        self._lose_twin(lost)
        changed = [key for key, value in self.truth.row(kept).items() if before.get(key) != value]
        self._note_edit(kept, changed, lists)

    @rule(pick=picks, asked=st.sampled_from((Asked.RECREATE, Asked.APART, Asked.RETRY)))
    def ask(self, pick: int, asked: Asked) -> None:
        """A person says what is to be done with a contact."""
        links = list(Contact.objects.filter(left__isnull=False).order_by("pk"))
        if not links:
            return
        contact = links[pick % len(links)]
        Contact.objects.filter(pk=contact.pk).update(asked=asked)
        assert contact.left is not None
        app = contact.left.mirror.account.label
        person = self.truth.of[Ref(app, contact.left.remote_id)]
        if asked in (Asked.RECREATE, Asked.APART):
            person.may_be_made_again = True
            person.is_kept_apart |= asked == Asked.APART
            self.truth.merged_anew(person)
