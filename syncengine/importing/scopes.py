"""The names by which a file calls the scope values of an account: sales units, labels, lists."""

from __future__ import annotations

from collections import defaultdict

from connections.models import Catalogue

MOST_OFFERED = 50


class ScopeNames:
    """The scope values of an account by name.

    Where a name is ambiguous, what lies above it goes before it: `Europe/North`. A slash in front
    stands for the top: `/North`. Values that even that does not tell apart are called by their ids.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.scopes = catalogue.scopes
        paths: dict[str, tuple[str, ...]] = {}
        self._names: dict[str, list[str]] = {}
        self._ids: defaultdict[str, set[str]] = defaultdict(set)
        for scope in self.scopes:  # parents come before their children
            path = (*paths.get(scope.parent, ()), _normal(scope.name))
            paths[scope.id] = path
            names = ["/".join(path[at:]) for at in reversed(range(len(path)))]
            names += ["/" + "/".join(path), scope.id]
            self._names[scope.id] = names
            for name in names:
                self._ids[name].add(scope.id)

    def ids(self, name: str) -> list[str]:
        """Return the ids of all values that go by a name; exactly one where it is a good one."""
        return sorted(self._ids.get(_normal(name), ()))

    def name(self, scope_id: str) -> str:
        """Return the shortest name that only this value has; the id of one that is gone."""
        names = self._names.get(scope_id, [])
        return next((name for name in names if len(self._ids[name]) == 1), scope_id)

    def offered(self, only: list[str] | None = None) -> str:
        """Return the names to choose from, of all values or of those with some ids."""
        chosen = [scope.id for scope in self.scopes] if only is None else only
        names = [self.name(each) for each in chosen]
        more = f" and {len(names) - MOST_OFFERED} more" if len(names) > MOST_OFFERED else ""
        return ", ".join(names[:MOST_OFFERED]) + more if names else "none"


def _normal(name: str) -> str:
    return " ".join(name.split())
