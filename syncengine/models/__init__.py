from __future__ import annotations

from syncengine.models.contact import Apart, Contact, Intent, IntentKey, SyncState
from syncengine.models.heartbeat import Heartbeat
from syncengine.models.mirror import MatchKey, Mirror, Record
from syncengine.models.run import Change, Run

__all__ = [
    "Apart",
    "Change",
    "Contact",
    "Heartbeat",
    "Intent",
    "IntentKey",
    "MatchKey",
    "Mirror",
    "Record",
    "Run",
    "SyncState",
]
