"""Imports accounts and connections from a file [CN9].

document.py reads the YAML, section.py its values, entries.py and rule_entries.py what they ask for;
logins.py asks the apps about the accounts, sides.py finds what the connections name, with rules.py
and mappings.py what their set-ups do, applying.py stores it all.
"""

from __future__ import annotations

from collections.abc import Mapping

from connections.models import Account, Connection
from syncengine.importing import applying, document, entries, logins, sides
from syncengine.importing.applying import Done, Report
from syncengine.importing.problems import Problem, Problems, Refused
from syncengine.importing.section import Section

__all__ = ["Done", "Problem", "Refused", "Report", "import_file"]


def import_file(content: bytes, environment: Mapping[str, str], *, approve: bool = False) -> Report:
    """Take a file whole and return what changed; raises Refused with all that is wrong with it.

    `environment` has the values of the variables that the file names. Accounts that are new or
    changed are tried at their apps before anything is stored. With `approve`, the first sync of the
    file's active connections may go ahead unseen.
    """
    problems = Problems()
    root = _root(content, problems, environment)
    present = {account.label: account for account in Account.objects.all()}
    known = {
        entry.label: logins.plan(entry, present.get(entry.label))
        for entry in entries.read_accounts(root, present)
    }
    standing = {each.name: each for each in Connection.objects.select_related("left", "right")}
    wishes = [
        sides.find(entry, standing.get(entry.name), known)
        for entry in entries.read_connections(root)
    ]
    problems.check()
    return applying.store(known.values(), wishes, problems, approve=approve)


def _root(content: bytes, problems: Problems, environment: Mapping[str, str]) -> Section:
    node = document.parse(content)
    if not isinstance(node, document.Mapping):
        raise Refused(
            [Problem(node.line, "", "the file must have the keys accounts or connections")]
        )
    root = Section(node, "", problems, environment)
    root.allow(("accounts", "connections"))
    return root
