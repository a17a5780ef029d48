from __future__ import annotations

from connections.admin.account import AccountAdmin
from connections.admin.app_request import AppRequestAdmin
from connections.admin.connection import ConnectionAdmin

__all__ = ["AccountAdmin", "AppRequestAdmin", "ConnectionAdmin"]
