"""Google Contacts by the People API v1.

https://developers.google.com/people/api/rest/v1/people
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connections.connectors import google_values as reading
from connections.connectors import google_write as writing
from connections.connectors.base import (
    App,
    Authorization,
    Connector,
    Creation,
    Cursor,
    CursorExpired,
    Doubt,
    Identity,
    Known,
    Login,
    Moved,
    Outcome,
    Page,
    Rejected,
    RemoteRecord,
    Scope,
    Unavailable,
    Update,
    User,
    Written,
)
from connections.connectors.google_api import GoogleRefusal, People
from connections.connectors.google_oauth import GoogleEndpoints, Tokens, revoke
from connections.connectors.google_person import (
    Code,
    Json,
    account_emails,
    contact_source,
    dicts,
    first_name,
    labels,
    response_code,
    response_person,
    version,
)
from connections.connectors.http import Session
from connections.schema import Field

PAGE_SIZE = 1000
BATCH = 200
FULL_READ_EVERY = timedelta(days=6)
"""A sync token dies seven days after the full read that it goes back to."""
OF_CONTACTS = "READ_SOURCE_TYPE_CONTACT"
GRANTS = (
    (
        "See and edit your contacts",
        "To read all of them, and to create and change those in the connection. The sync never "
        "deletes a contact.",
    ),
    ("See your email address", "So that the account gets its name here."),
    (
        "Keep access while you are away",
        "The sync runs by itself. You can withdraw it in your Google account at any time.",
    ),
)

_MOVED = frozenset({Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ABORTED})
_REFUSED = frozenset({Code.INVALID_ARGUMENT, Code.PERMISSION_DENIED, Code.OUT_OF_RANGE})


class Google(Connector):
    """A Google account's contacts.

    Records go by the id of their contact source; their addresses are resource names, which change.
    """

    app = App(
        key="google",
        label="Google Contacts",
        authorization=Authorization.OAUTH2,
        grants=GRANTS,
        permissions_url="https://myaccount.google.com/permissions",
        scope_kind="labels",
        scope_label="Labels",
        label_field=reading.LABELS,
        get_batch=BATCH,
        create_batch=BATCH,
        update_batch=BATCH,
        # Mutations for one user are to be sent one after the other.
        concurrency=1,
        compare_and_set=True,
        settling=timedelta(minutes=30),
        custom_prefix=reading.CUSTOM,
    )
    setting_keys = ("email",)
    secret_keys = ("refresh_token",)

    def __init__(self, login: Login, session: Session, endpoints: GoogleEndpoints) -> None:
        super().__init__(login, session)
        self._endpoints = endpoints
        self._tokens = Tokens(login, session, endpoints)
        self._people = People(session, endpoints, self._tokens)

    def identify(self) -> Identity:
        """Return the Google account, by its id, which stays when its address changes.

        Raises `Rejected` for the field `email` where the account has other addresses than the
        setting says.
        """
        me = self._people.read(
            "people/me",
            [
                ("personFields", "emailAddresses,metadata"),
                ("sources", "READ_SOURCE_TYPE_PROFILE"),
            ],
        )
        key = me.get("resourceName")
        if not isinstance(key, str) or not key:
            raise Unavailable("Google Contacts did not say whose account this is")
        self._people.read(
            "people/me/connections",
            [("personFields", "metadata"), ("pageSize", 1), ("sources", OF_CONTACTS)],
        )
        emails = account_emails(me)
        expected = str(self.login.settings.get("email") or "").strip().casefold()
        # Without the scope for it Google shows no address, and there is nothing to compare.
        if expected and emails and expected not in {email.casefold() for email in emails}:
            raise Rejected(
                f"This authorization is for {emails[0]}, another Google account", field="email"
            )
        return Identity(key, emails[0] if emails else expected or key)

    def users(self) -> list[User]:
        return []

    def scopes(self) -> list[Scope]:
        """Return the account's labels, and the stars."""
        scopes: list[Scope] = []
        params: list[tuple[str, str | int]] = [
            ("pageSize", PAGE_SIZE),
            ("groupFields", "groupType,metadata,name"),
        ]
        token = ""
        while True:
            page = self._people.read(
                "contactGroups", [*params, ("pageToken", token)] if token else params
            )
            scopes += labels(page.get("contactGroups"))
            former, token = token, _token(page, "nextPageToken")
            if not token:
                return scopes
            _check_goes_on(former, token)

    def fields(self) -> list[Field]:
        """Return the standard fields; custom ones (`custom.…`) are those that records show."""
        return list(reading.FIELDS)

    def changes(self, cursor: Cursor | None, known: Known) -> Iterator[Page]:
        """Yield pages by sync token.

        The cursor has the `mask` and the time `full_at` of the full read, `sync_token` but during
        a full read, and `page_token` while pages are left. It is no longer good after six days, nor
        when other fields are asked for.
        """
        if cursor is None:
            cursor = {"mask": reading.MASK, "full_at": datetime.now(UTC).isoformat()}
        else:
            _check_cursor(cursor)
        while True:
            page = self._page(cursor)
            yield page
            if page.complete:
                return
            _check_goes_on(cursor.get("page_token", ""), page.cursor["page_token"])
            cursor = page.cursor

    def _page(self, cursor: Cursor) -> Page:
        # All but the tokens has to be the same in each call.
        params: list[tuple[str, str | int]] = [
            ("personFields", reading.MASK),
            ("pageSize", PAGE_SIZE),
            ("sources", OF_CONTACTS),
            ("requestSyncToken", "true"),
        ]
        tokens = [
            (name, cursor[key])
            for name, key in (("syncToken", "sync_token"), ("pageToken", "page_token"))
            if cursor.get(key)
        ]
        answer = self._people.read(
            "people/me/connections", [*params, *tokens], resumes=bool(tokens)
        )
        records, gone, skipped = reading.rows(answer.get("connections"))
        next_page = _token(answer, "nextPageToken")
        kept = {key: cursor[key] for key in ("mask", "full_at", "sync_token") if cursor.get(key)}
        if next_page:
            after = {**kept, "page_token": next_page}
        else:
            sync_token = _token(answer, "nextSyncToken")
            after = {**kept, "sync_token": sync_token} if sync_token else kept
        return Page(
            records=records,
            cursor=after,
            complete=not next_page,
            full=not cursor.get("sync_token"),
            gone=gone,
            skipped=skipped,
        )

    def get(self, addresses: Sequence[str]) -> dict[str, RemoteRecord | None]:
        persons = self._persons(addresses)
        return {
            address: reading.record(person, whole=True) if person else None
            for address, person in persons.items()
        }

    def get_written(self, ids: Sequence[str]) -> dict[str, RemoteRecord]:
        """Return those that go by the name made of their id; answers show all others."""
        names = [name for id_ in ids if (name := first_name(id_))]
        found = self.get(names).values()
        return {record.id: record for record in found if record and record.id in ids}

    def _persons(self, addresses: Sequence[str]) -> dict[str, Json | None]:
        """Return each person by the name asked for, perhaps a former one; None if not there."""
        found: dict[str, Json | None] = {}
        asked = list(dict.fromkeys(addresses))
        for start in range(0, len(asked), BATCH):
            answer = self._people.read(
                "people:batchGet",
                [
                    *(("resourceNames", name) for name in asked[start : start + BATCH]),
                    ("personFields", reading.MASK),
                    ("sources", OF_CONTACTS),
                ],
            )
            for response in dicts(answer.get("responses")):
                person = response_person(response)
                name = response.get("requestedResourceName")
                if response_code(response) == Code.OK and person:
                    found[str(name or person.get("resourceName"))] = person
                elif response_code(response) == Code.NOT_FOUND:
                    found[str(name)] = None
        # What is not answered is not known: it does not count as gone.
        if any(name not in found for name in asked):
            raise Unavailable("Google Contacts did not show all contacts that were asked for")
        return {name: found[name] for name in asked}

    def create(self, batch: Sequence[Creation]) -> list[Outcome]:
        """Create the contacts; the answer is bound by the marks that it shows."""
        body = {
            "contacts": [{"contactPerson": writing.new_person(each)} for each in batch],
            "readMask": reading.MASK,
            "sources": [OF_CONTACTS],
        }
        try:
            answer = self._people.write("people:batchCreateContacts", body)
        except GoogleRefusal as refusal:
            self._look_for_labels(
                refusal, [{each.scope, *writing.labels_in(each.values)} - {""} for each in batch]
            )
            raise
        written: dict[str, RemoteRecord] = {}
        for response in dicts(answer.get("createdPeople")):
            record = reading.record(response_person(response), whole=False)
            if record is not None and record.mark:
                written.setdefault(record.mark, record)
        return [_written(written.get(each.mark)) for each in batch]

    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        """Change the records with one mask for all.

        A batch of several is refused whole where one has moved; one alone has the outcome `Moved`.
        """
        fields = writing.mask(each.changes for each in batch)
        outcomes: dict[str, Outcome] = {each.id: Moved() for each in batch}
        if standing := self._made_whole(batch, fields):
            outcomes |= self._updated(standing, fields)
        return [outcomes[each.id] for each in batch]

    def _made_whole(self, batch: Sequence[Update], fields: Sequence[str]) -> list[Update]:
        """Return updates whose `raw` holds these fields whole, without those that moved."""
        partial = {each.asked_as for each in batch if not reading.holds_whole(each.raw, fields)}
        persons = self._persons(sorted(partial))
        whole = []
        for each in batch:
            if each.asked_as not in partial:
                whole.append(each)
                continue
            person = persons[each.asked_as] or {}
            source = contact_source(person)
            if source and (source["id"], version(source)) == (each.id, each.version):
                whole.append(replace(each, raw=reading.whole_raw(person, source)))
        return whole

    def _updated(self, batch: Sequence[Update], fields: Sequence[str]) -> dict[str, Outcome]:
        body = {
            "contacts": {each.asked_as: writing.masked_person(each, fields) for each in batch},
            "updateMask": ",".join(fields),
            "readMask": reading.MASK,
            "sources": [OF_CONTACTS],
        }
        try:
            answer = self._people.write("people:batchUpdateContacts", body)
        except GoogleRefusal as refusal:
            if refusal.moved and len(batch) == 1:
                return {batch[0].id: Moved()}
            self._look_for_labels(refusal, [set(writing.labels_in(each.changes)) for each in batch])
            raise
        results = answer.get("updateResult")
        responses = results if isinstance(results, dict) else {}
        shown = [reading.record(response_person(each), whole=False) for each in responses.values()]
        records = {record.id: record for record in shown if record}
        return {
            each.id: _refused(responses.get(each.asked_as)) or _written(records.get(each.id))
            for each in batch
        }

    def _look_for_labels(self, refusal: GoogleRefusal, labels: Sequence[set[str]]) -> None:
        """Raise `Rejected` for the field where one contact alone was refused for a label that is
        gone: what the details of a batch's error look like is not documented.
        """
        if len(labels) > 1 or refusal.field or refusal.moved or refusal.stops_creations:
            return
        (wanted,) = labels
        if wanted and not wanted <= {scope.id for scope in self.scopes()}:
            raise Rejected("Google has no such label any more", field=reading.LABELS) from refusal

    def revoke(self) -> None:
        revoke(self._endpoints, self.session, self._tokens.refresh_token)


def _check_cursor(cursor: Cursor) -> None:
    if cursor.get("mask") != reading.MASK:
        raise CursorExpired("Other fields are asked for now: all contacts are read again")
    if not cursor.get("sync_token") and not cursor.get("page_token"):
        raise CursorExpired("Google gave no token to go on with: all contacts are read again")
    if datetime.now(UTC) - datetime.fromisoformat(cursor["full_at"]) >= FULL_READ_EVERY:
        raise CursorExpired("Google's sync token is about to expire: all contacts are read again")


def _token(answer: Json, key: str) -> str:
    token = answer.get(key)
    return token if isinstance(token, str) else ""


def _check_goes_on(token: str, following: str) -> None:
    if token == following:
        raise Unavailable("Google Contacts answered with the same page again and again")


def _refused(response: object) -> Outcome | None:
    code = response_code(response)
    if code in _MOVED:
        return Moved()
    if code in _REFUSED:
        return Rejected(f"Google refused the content of this contact (code {code})")
    return None


def _written(record: RemoteRecord | None) -> Outcome:
    if record is None:
        return Doubt("Google's answer does not show this contact")
    return Written(record.id, record)
