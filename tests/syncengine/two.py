"""Ada and Bob, for tests of linked contacts that are in each other's way."""

from __future__ import annotations

from connections.models import Connection
from syncengine.models import Contact
from tests.connectors.memory import MemoryApp
from tests.syncengine.world import World, contact_of


class Two:
    """Ada and Bob, linked, and what becomes of them."""

    def __init__(self, w: World) -> None:
        self.w, self.left, self.right = w, w.app("left"), w.app("right")
        self.ada = self.left.add(given_name="Ada", emails=("ada@example.org",))
        self.bob = self.left.add(given_name="Bob", emails=("bob@example.org",))
        self.connection: Connection = w.connect("left", "right")
        w.settle(self.connection)

    def contact(self, name: str) -> Contact:
        return contact_of(self.connection, right=name)

    def flags(self) -> list[list[str]]:
        return [self.contact(name).flags for name in ("Ada", "Bob")]

    def sync(self) -> None:
        self.w.settle(self.connection)

    def merge_bob_into_ada(self) -> Contact:
        self.left.merge(self.ada, self.bob)
        self.sync()
        return self.contact("Bob")

    def there(self, app: MemoryApp, name: str) -> str:
        return next(id_ for id_, row in app.live().items() if row["given_name"] == name)
