from __future__ import annotations

from syncengine.admin.history import ChangeAdmin, ContactAdmin, RunAdmin

__all__ = ["ChangeAdmin", "ContactAdmin", "RunAdmin"]
