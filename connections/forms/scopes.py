"""The values of a scope as a tree of boxes: what is ticked takes in all below it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from connections.connectors.base import Scope


@dataclass(frozen=True, slots=True)
class Branch:
    """A scope value with those below it."""

    scope: Scope
    chosen: bool
    branches: list[Branch] = field(default_factory=list)


def tree(scopes: Sequence[Scope], chosen: Collection[str]) -> list[Branch]:
    """Return the scope values as a tree; `chosen` are ticked."""
    branches = {each.id: Branch(each, each.id in chosen) for each in scopes}
    roots: list[Branch] = []
    for branch in branches.values():
        parent = branches.get(branch.scope.parent)
        (parent.branches if parent else roots).append(branch)
    return roots


def topmost(branches: Iterable[Branch]) -> list[str]:
    """Return the chosen values, without those that another one includes."""
    found: list[str] = []
    for branch in branches:
        found += [branch.scope.id] if branch.chosen else topmost(branch.branches)
    return found
