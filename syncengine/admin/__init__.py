from __future__ import annotations

from syncengine.admin.account import AccountWithRecordsAdmin
from syncengine.admin.connection import ConnectionAdmin
from syncengine.admin.history import ChangeAdmin, ContactAdmin, RunAdmin

__all__ = ["AccountWithRecordsAdmin", "ChangeAdmin", "ConnectionAdmin", "ContactAdmin", "RunAdmin"]
